"""Random worlds, exported, imported into an empty database, and exported again to the same bytes."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.db.engine import Connection, Database
from service.errors import ServiceError
from service.schemas.claims import ClaimCreate, ClaimPatch
from service.schemas.disputes import DisputeCreate
from service.schemas.entities import EntityCreate, EntityPatch
from service.schemas.figures import FigureCreate
from service.schemas.metrics import MetricCreate
from service.schemas.sources import SourceCreate
from service.store.operations.database_setup import open_database
from service.store.records import claims, disputes, entities, figures, metrics, sources
from service.store.records.chains import MAX_CHAIN, MAX_VERSIONS
from service.transfer.jsonl import JsonLines
from tests.databases import Templates
from tests.store.test_summaries import assert_true
from tests.transfer.files import PARTIAL, json_lines, take, unchanged

RECORDS = {"claim": claims, "entity": entities, "source": sources, "dispute": disputes, "figure": figures}


@pytest.fixture
def empty(kind: str, templates: Templates) -> Callable[[], Database]:
    def opened() -> Database:
        return open_database(templates.clone(kind))

    return opened


def begin(connection: Connection) -> None:
    for number in range(2):
        sources.create(connection, SourceCreate(key=f"s-{number}", kind="paper", title=f"S {number}"))
        entities.create(connection, EntityCreate(key=f"e-{number}", kind="model", name=f"E {number}"))
    scopes = [{"key": "full", "name": "Full"}, {"key": "part", "name": "Part", "part_of": "full"}]
    metrics.create(connection, MetricCreate.model_validate({"key": "m", "name": "M", "unit": "USD", "scopes": scopes}))


def claim_body(number: int, claimant: int, *values: int, **fields: Any) -> ClaimCreate:
    stated = [
        {"metric": "m", "scope": (None, "full", "part")[value % 3], "basis": "reported", "qualifier": "exact",
         "value": str(value), "unit": "USD"}
        for value in values
    ]  # fmt: skip
    plain = {"source": f"s-{number % 2}", "claimant": f"e-{claimant}", "subject": "e-0", "statement": f"Claim {number}"}
    return ClaimCreate.model_validate({"key": f"c-{number}", **plain, "figures": stated, **fields})


class World:
    """A database to which random changes are made. Refused ones are passed over."""

    def __init__(self, database: Database) -> None:
        self.database = database
        database.write(begin)
        self.count: dict[str, int] = {"claim": 0, "entity": 2, "dispute": 0}

    def attempt(self, work: Callable[[Connection], Any]) -> bool:
        try:
            self.database.write(work)
        except ServiceError:
            return False
        return True

    def change(self, action: str, a: int, b: int, c: int) -> None:
        number = self.count["claim"]
        earlier = [f"c-{one % number}" if number else None for one in (a, b)]
        match action:
            case "claim":
                links = {"derived_from": earlier[0] if c & 1 else None, "supersedes": earlier[1] if c & 2 else None}
                body = claim_body(number, c % 2, *(range(a, a + c % 4)), **links)
                self.count["claim"] += self.attempt(lambda connection: claims.create(connection, body))
            case "figure" if number:
                extra = claim_body(0, 0, b).figures[0]
                body_of = FigureCreate.model_validate({"claim": earlier[0], **extra.model_dump(exclude={"id"})})
                self.attempt(lambda connection: figures.create(connection, body_of))
            case "entity":
                whole = f"e-{a % self.count['entity']}" if c & 1 else None
                entity = EntityCreate(key=f"e-{self.count['entity']}", kind="group", name=f"E {a}", part_of=whole)
                self.count["entity"] += self.attempt(lambda connection: entities.create(connection, entity))
            case "move":
                ref, whole = (f"e-{one % self.count['entity']}" for one in (a, b))
                move = EntityPatch(part_of=whole)
                self.attempt(
                    lambda connection: entities.amend(connection, ref, move, version(self.database, "entity", ref))
                )
            case "dispute" if number:
                about = {"disputed_claim": earlier[0], "disputing_claim": earlier[1] if c & 1 else None}
                fields = {"key": f"d-{self.count['dispute']}", "type": "data", "rationale": "No.", "raised_by": "e-1"}
                dispute = DisputeCreate.model_validate({**about, **fields})
                self.count["dispute"] += self.attempt(lambda connection: disputes.create(connection, dispute))
            case "retract" | "stand" | "relink" if number:
                links = {"derived_from": earlier[1]} if c & 1 else {"supersedes": earlier[1]}
                status = {"retract": {"status": "retracted"}, "stand": {"status": "active"}}
                patch = ClaimPatch.model_validate(status.get(action, links))
                ref = str(earlier[0])
                self.attempt(
                    lambda connection: claims.amend(connection, ref, patch, version(self.database, "claim", ref))
                )
            case "withdraw" | "restore":
                self.end(action, a, c)

    def end(self, action: str, a: int, c: int) -> None:
        kinds = [kind for kind in RECORDS if self.count.get(kind, 2)]
        kind = kinds[c % len(kinds)]
        ref = self.figure(a) if kind == "figure" else f"{kind[0]}-{a % self.count.get(kind, 2)}"
        if ref is None:
            return
        records: Any = RECORDS[kind]
        expected = version(self.database, kind, ref)
        if action == "restore":
            self.attempt(lambda connection: records.restore(connection, ref, expected))
        else:
            self.attempt(lambda connection: records.withdraw(connection, ref, "a mistake", expected))

    def figure(self, a: int) -> str | None:
        with self.database.read() as connection:
            ids = connection.exec_driver_sql("SELECT id FROM figure ORDER BY id").scalars().all()
        return str(ids[a % len(ids)]) if ids else None


def version(database: Database, kind: str, ref: str) -> frozenset[int]:
    records: Any = RECORDS[kind]
    with database.read() as connection:
        return frozenset([records.PROJECTION.stored(connection, ref).version])


ACTIONS = [
    "claim",
    "claim",
    "claim",
    "figure",
    "entity",
    "move",
    "dispute",
    "retract",
    "stand",
    "relink",
    "withdraw",
    "restore",
]
changes = st.lists(
    st.tuples(st.sampled_from(ACTIONS), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), max_size=40
)


def assert_loads_again(database: Database, copy: Database) -> None:
    first = json_lines(database)
    result = take(copy, first, JsonLines(), **PARTIAL)
    assert result.rejected == []
    assert json_lines(copy) == first
    assert_true(copy)
    assert sum(unchanged(take(copy, first, JsonLines(), **PARTIAL)).values()) > 0


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=changes)
def test_what_is_exported_loads_again(empty: Callable[[], Database], made: list[tuple[str, int, int, int]]) -> None:
    database, copy = empty(), empty()
    try:
        world = World(database)
        for action, a, b, c in made:
            world.change(action, a, b, c)
        assert_loads_again(database, copy)
    finally:
        database.close()
        copy.close()


def test_chains_of_every_kind_load_again_at_any_depth(empty: Callable[[], Database]) -> None:
    """130 claims that supersede each other, as many mixed with relays, and entities as deep as they may be."""
    database, copy = empty(), empty()

    def write(connection: Connection) -> None:
        begin(connection)
        for number in range(2, MAX_CHAIN + 1):
            whole = f"e-{number - 1}" if number > 2 else "e-0"
            entities.create(
                connection, EntityCreate(key=f"e-{number}", kind="group", name=f"E {number}", part_of=whole)
            )
        for number in range(130):
            older = {"supersedes": f"c-{number - 1}"} if number else {}
            claims.create(connection, claim_body(number, 0, number, **older))
        for number in range(130, 170):
            links = {"derived_from": f"c-{number - 1}"} if number % 2 else {}
            links |= {"supersedes": f"c-{number - 2}"} if number > 132 else {}
            claims.create(connection, claim_body(number, number % 2, number, **links))

    database.write(write)
    for number in (40, 90):
        patch = ClaimPatch(status="retracted")
        ref = f"c-{number}"
        database.write(partial(claims.amend, ref=ref, patch=patch, expected=version(database, "claim", ref)))
    expected = version(database, "claim", "c-60")
    database.write(lambda connection: claims.withdraw(connection, "c-60", "a mistake", expected))
    assert_loads_again(database, copy)
    database.close()
    copy.close()


@pytest.mark.parametrize("kind", ["sqlite"])
def test_chains_are_limited_on_every_path(empty: Callable[[], Database]) -> None:
    database = empty()
    database.write(begin)

    def entity(number: int) -> bool:
        body = EntityCreate(key=f"e-{number}", kind="group", name=f"E {number}", part_of=f"e-{number - 1}")
        return attempted(database, lambda connection: entities.create(connection, body))

    assert [entity(number) for number in range(2, MAX_CHAIN + 3)] == [True] * (MAX_CHAIN - 1) + [False] * 2
    lines = b"".join(
        b'{"type":"entity","key":"x-%d","kind":"group","name":"X %d"%s}\n'
        % (number, number, b',"part_of":"x-%d"' % (number - 1) if number else b"")
        for number in range(MAX_CHAIN + 5)
    )
    assert take(database, lines, JsonLines(), **PARTIAL).rejected_total == 5

    def versions(connection: Connection) -> None:
        for number in range(MAX_VERSIONS):
            older = {"supersedes": f"c-{number - 1}"} if number else {}
            claims.create(connection, claim_body(number, 0, **older))

    database.write(versions)
    last = claim_body(MAX_VERSIONS, 0, supersedes=f"c-{MAX_VERSIONS - 1}")
    assert not attempted(database, lambda connection: claims.create(connection, last))
    database.close()


def test_relays_and_successors_close_no_circle_together(empty: Callable[[], Database]) -> None:
    database = empty()
    database.write(begin)

    def write(connection: Connection) -> None:
        claims.create(connection, claim_body(0, 0))
        claims.create(connection, claim_body(1, 0, supersedes="c-0"))
        claims.create(connection, claim_body(2, 1, derived_from="c-1"))

    database.write(write)
    for patch in (ClaimPatch(derived_from="c-2"), ClaimPatch(derived_from="c-1")):
        with pytest.raises(ServiceError, match="circle"):
            database.write(partial(claims.amend, ref="c-0", patch=patch, expected=version(database, "claim", "c-0")))
    database.close()


def attempted(database: Database, work: Callable[[Connection], Any]) -> bool:
    try:
        database.write(work)
    except ServiceError:
        return False
    return True
