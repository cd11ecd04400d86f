"""Summaries kept in the writing transaction equal those computed from scratch, after any sequence of writes."""

import json
import random
import threading
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from service.analysis.compare import comparison_json
from service.analysis.options import ComparisonOptions
from service.db.engine import Connection, Database
from service.db.limits import Limits
from service.db.models import ChangeRow, ClaimRow, ConsistencyRow, DisputeRow, EquationRow, FigureRow, MeasurandRow
from service.errors import ServiceError
from service.schemas.claims import ClaimCreate, ClaimPatch
from service.schemas.comparisons import Summary
from service.schemas.disputes import DisputeCreate, DisputePatch
from service.schemas.entities import EntityCreate
from service.schemas.equations import EquationCreate
from service.schemas.figures import FigureCreate, FigurePatch
from service.schemas.metrics import MetricCreate
from service.schemas.queries import ComparisonQuery
from service.schemas.sources import SourceCreate
from service.store.comparisons import consistency, ranking, summary
from service.store.operations.database_setup import open_database
from service.store.records import claims, disputes, entities, equations, figures, metrics, sources
from tests.databases import Templates

CLAIMANTS = ["lab", "analyst", "third"]
SUBJECTS = ["model", "rival"]
EQUATIONS: list[dict[str, Any]] = [
    {"key": "stages", "name": "Full = part + rest", "kind": "sum", "metric": "cost", "scope": "full",
     "parts": ["part", "rest"], "complete": True},
    {"key": "share", "name": "Share = cost ÷ sales", "kind": "product", "metric": "share",
     "factors": [{"metric": "cost"}, {"metric": "sales", "exponent": -1}]},
]  # fmt: skip
PERIODS = [None, "2023", "2023-01-01/2023-12-31", "2024~"]


def patient_database(templates: Templates) -> Database:
    """Where writers wait for each other as long as a busy machine needs."""
    return open_database(templates.clone("postgres"), Limits(statement=60, lock=60, idle=60, connection=60))


def seed(connection: Connection) -> None:
    sources.create(connection, SourceCreate(key="paper", kind="paper", title="Paper"))
    for key in (*CLAIMANTS, *SUBJECTS):
        entities.create(connection, EntityCreate(key=key, kind="other", name=key))
    scopes = [
        {"key": "full", "name": "Full"},
        {"key": "part", "name": "Part", "part_of": "full"},
        {"key": "rest", "name": "Rest", "part_of": "full"},
    ]
    for key, over_time in (("cost", "fixed"), ("sales", "by_period")):
        body = {"key": key, "name": key, "unit": "USD", "over_time": over_time, "scopes": scopes}
        metrics.create(connection, MetricCreate.model_validate(body))
    metrics.create(connection, MetricCreate.model_validate({"key": "share", "name": "Share", "unit": "1"}))
    for body in EQUATIONS:
        equations.create(connection, EquationCreate.model_validate(body))


def recomputed(connection: Connection) -> dict[str, tuple[Any, Any]]:
    """Each measurand's stored summary beside the one computed from scratch."""
    stored = {row["id"]: row for row in connection.execute(summary.STORED).mappings()}
    fresh = summary.compute(connection, stored, set(stored))
    differing = {key: summary.differing_columns(stored[key], values) for key, values in fresh.items()}
    return {
        key: ({name: stored[key][name] for name in names}, {name: fresh[key][name] for name in names})
        for key, names in differing.items()
    }


class Undone(Exception):
    """Rolls a transaction back."""


def assert_checks_true(database: Database) -> None:
    """Checking everything again changes no stored check."""
    stored = select(*ConsistencyRow.__table__.columns).order_by(ConsistencyRow.id)

    def again(connection: Connection) -> None:
        before = connection.execute(stored).all()
        for equation in connection.execute(select(EquationRow.id)).scalars().all():
            consistency.mark_equation(connection, equation)
        consistency.refresh(connection, [])
        assert connection.execute(stored).all() == before
        raise Undone

    with suppress(Undone):
        database.write(again)


def assert_true(database: Database) -> None:
    assert_checks_true(database)
    with database.snapshot() as connection:
        for key, (stored, fresh) in recomputed(connection).items():
            assert stored == fresh, key
        for listed in ranking.LIST.page(connection, ComparisonQuery(sort="-updated_at", limit=2)).items:
            detail = json.loads(comparison_json(connection, listed.id, ComparisonOptions()))
            shown = Summary.model_validate({name: detail[name] for name in Summary.model_fields})
            assert shown == listed, "a list and the detail say the same"
            exceeds = [one for one in detail["related"] if one["part_exceeds_whole"] and one["relation"] == "wider"]
            flag = connection.execute(select(MeasurandRow.part_rank).where(MeasurandRow.id == listed.id)).scalar_one()
            assert (flag is not None) == bool(exceeds)
        used = set(connection.execute(select(FigureRow.measurand_id)).scalars())
        assert used <= set(connection.execute(select(MeasurandRow.id)).scalars())


values = st.integers(0, 4).map(str)
numbers = st.one_of(
    st.fixed_dictionaries({"qualifier": st.sampled_from(["exact", "about"]), "value": values}),
    st.fixed_dictionaries({"qualifier": st.sampled_from(["at_least", "more_than"]), "lower": values}),
    st.fixed_dictionaries({"qualifier": st.just("at_most"), "upper": values}),
    st.just({"qualifier": "vague", "stated_as": "some"}),
)
fields = st.fixed_dictionaries(
    {
        "metric": st.sampled_from(["cost", "sales"]),
        "scope": st.sampled_from([None, "full", "part", "rest"]),
        "basis": st.sampled_from(["reported", "estimated", "alleged", "assumed"]),
        "unit": st.sampled_from(["USD", "EUR"]),
        "period": st.sampled_from(PERIODS),
        "price_year": st.sampled_from([None, 2023, 2024]),
    }
)
stated = st.builds(lambda a, b: a | b, fields, numbers)
EMPTY = {"value": None, "lower": None, "upper": None, "stated_as": None}


class Writes(RuleBasedStateMachine):
    """Any writes by way of the store, each in a transaction of its own; refused ones change nothing."""

    templates: Templates
    kind: str

    claim_ids: Bundle[str] = Bundle("claim_ids")
    figure_ids: Bundle[str] = Bundle("figure_ids")
    dispute_ids: Bundle[str] = Bundle("dispute_ids")

    def __init__(self) -> None:
        super().__init__()
        self.database = open_database(self.templates.clone(self.kind))
        self.database.write(seed)

    def teardown(self) -> None:
        self.database.close()

    def write(self, work: Any) -> Any:
        try:
            return self.database.write(work)
        except ServiceError:
            return None

    @initialize(target=claim_ids)
    def first(self) -> str:
        body = ClaimCreate(source="paper", claimant="lab", subject="model", statement="first")
        return str(self.database.write(lambda c: claims.create(c, body)).id)

    @rule(
        target=claim_ids,
        claimant=st.sampled_from(CLAIMANTS),
        subject=st.sampled_from(SUBJECTS),
        origin=st.none() | claim_ids,
        older=st.none() | claim_ids,
        inside=st.lists(stated, max_size=3),
    )
    def create_claim(self, claimant: str, subject: str, origin: Any, older: Any, inside: list[Any]) -> Any:
        body = {"source": "paper", "claimant": claimant, "subject": subject, "statement": "s", "figures": inside}
        made = self.write(
            lambda c: claims.create(c, ClaimCreate.model_validate(body | {"derived_from": origin, "supersedes": older}))
        )
        return made.id if made else "0199b1c4-0000-7000-8000-000000000000"

    @rule(
        claim=claim_ids,
        change=st.one_of(
            st.builds(lambda v: {"claimant": v}, st.sampled_from(CLAIMANTS)),
            st.builds(lambda v: {"subject": v}, st.sampled_from(SUBJECTS)),
            st.builds(lambda v: {"status": v}, st.sampled_from(["active", "retracted"])),
            st.just({"derived_from": None}),
            st.just({"supersedes": None}),
        ),
    )
    def amend_claim(self, claim: str, change: Any) -> None:
        self.write(lambda c: claims.amend(c, claim, ClaimPatch.model_validate(change), self.version(c, claims, claim)))

    @rule(claim=claim_ids, link=st.sampled_from(["derived_from", "supersedes"]), other=claim_ids)
    def link_claim(self, claim: str, link: str, other: str) -> None:
        patch = ClaimPatch.model_validate({link: other})
        self.write(lambda c: claims.amend(c, claim, patch, self.version(c, claims, claim)))

    @rule(target=figure_ids, claim=claim_ids, content=stated)
    def create_figure(self, claim: str, content: Any) -> Any:
        made = self.write(lambda c: figures.create(c, FigureCreate.model_validate(content | {"claim": claim})))
        return made.id if made else "0199b1c4-0000-7000-8000-000000000001"

    @rule(figure=figure_ids, content=stated)
    def amend_figure(self, figure: str, content: Any) -> None:
        patch = FigurePatch.model_validate(EMPTY | content)
        self.write(lambda c: figures.amend(c, figure, patch, self.version(c, figures, figure)))

    @rule(target=dispute_ids, claim=claim_ids)
    def create_dispute(self, claim: str) -> Any:
        body = DisputeCreate(disputed_claim=claim, raised_by="third", type="data", rationale="no")
        made = self.write(lambda c: disputes.create(c, body))
        return made.id if made else "0199b1c4-0000-7000-8000-000000000002"

    @rule(dispute=dispute_ids, status=st.sampled_from(["open", "taken_back"]))
    def amend_dispute(self, dispute: str, status: str) -> None:
        patch = DisputePatch.model_validate({"status": status})
        self.write(lambda c: disputes.amend(c, dispute, patch, self.version(c, disputes, dispute)))

    @rule(record=st.one_of(claim_ids, figure_ids, dispute_ids), restoring=st.booleans())
    def withdraw_or_restore(self, record: str, restoring: bool) -> None:
        for module in (claims, figures, disputes):

            def work(c: Connection, module: Any = module) -> None:
                versions = self.version(c, module, record)
                if restoring:
                    module.restore(c, record, versions)
                else:
                    module.withdraw(c, record, "a mistake", versions)

            self.write(work)

    @staticmethod
    def version(connection: Connection, module: Any, ref: str) -> frozenset[int]:
        return frozenset([module.PROJECTION.stored(connection, ref).version])

    @invariant()
    def summaries_are_true(self) -> None:
        assert_true(self.database)

    @invariant()
    def history_has_every_version(self) -> None:
        versions = select(ChangeRow.record_id, func.count(), func.max(ChangeRow.version)).group_by(ChangeRow.record_id)
        with self.database.snapshot() as connection:
            on_record = {row[0]: (row[1], row[2]) for row in connection.execute(versions)}
            for table in (ClaimRow, FigureRow, DisputeRow):
                for row in connection.execute(select(table.id, table.version)):
                    assert on_record[row.id] == (row.version, row.version), table


@pytest.mark.parametrize("examples", [8, pytest.param(300, marks=pytest.mark.long)])
def test_summaries_are_true_after_any_sequence_of_writes(kind: str, templates: Templates, examples: int) -> None:
    machine = type("Machine", (Writes,), {"templates": templates, "kind": kind})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


def test_summaries_are_true_after_racing_writers(templates: Templates) -> None:
    """Eight writers on Postgres add, change and withdraw figures of the same measurands, and relays of them."""
    database = patient_database(templates)
    database.write(seed)
    origin = database.write(
        lambda c: claims.create(
            c,
            ClaimCreate.model_validate(
                {"source": "paper", "claimant": "lab", "subject": "model", "statement": "o", "figures": [cost("5")]}
            ),
        )
    ).id
    failures: list[BaseException] = []
    start = threading.Barrier(8)

    def writer(seed_number: int) -> None:
        chance = random.Random(seed_number)
        start.wait()
        try:
            for _ in range(12):
                write_something(database, chance, origin)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=writer, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []
    assert_true(database)
    with database.snapshot() as connection:
        counted = connection.execute(select(MeasurandRow.figure_count)).scalars().all()
    assert sum(counted) > 20
    database.close()


def cost(value: str, scope: str | None = None) -> dict[str, Any]:
    plain = {"metric": "cost", "basis": "reported", "qualifier": "exact", "unit": "USD", "value": value}
    return plain | {"scope": scope}


def write_something(database: Database, chance: random.Random, origin: str) -> None:
    number = str(chance.randint(1, 9))
    body = {
        "source": "paper",
        "claimant": chance.choice(CLAIMANTS),
        "subject": "model",
        "statement": "s",
        "figures": [cost(number, chance.choice([None, "full", "part", "rest"]))],
    }
    kind = chance.choice(["claim", "relay", "amend", "withdraw"])
    if kind in ("claim", "relay"):
        relay = {"derived_from": origin} if kind == "relay" else {}
        database.write(lambda c: claims.create(c, ClaimCreate.model_validate(body | relay)))
        return

    def change(connection: Connection) -> None:
        figure = connection.execute(select(FigureRow.id).where(FigureRow.claim_id == origin)).scalar_one()
        row = connection.execute(select(FigureRow.version, FigureRow.withdrawn_at).where(FigureRow.id == figure)).one()
        versions = frozenset([row.version])
        if kind == "amend":
            figures.amend(connection, figure, FigurePatch.model_validate({"value": number}), versions)
        elif row.withdrawn_at is None:
            figures.withdraw(connection, figure, "x", versions)
        else:
            figures.restore(connection, figure, versions)

    # another writer was first, or the figure is withdrawn just now: refused, and nothing is changed
    with suppress(ServiceError):
        database.write(change)


def test_four_concurrent_writers_leave_a_summary_of_four(templates: Templates) -> None:
    database = patient_database(templates)
    database.write(seed)
    start = threading.Barrier(4)

    def writer(claimant: str) -> None:
        start.wait()
        body = {"source": "paper", "claimant": claimant, "subject": "model", "statement": "s", "figures": [cost("5")]}
        database.write(lambda c: claims.create(c, ClaimCreate.model_validate(body)))

    threads = [threading.Thread(target=writer, args=(c,)) for c in (*CLAIMANTS, "rival")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with database.read() as connection:
        assert connection.execute(select(MeasurandRow.figure_count)).scalar_one() == 4
    database.close()


def test_a_relay_and_a_change_to_the_root_of_its_chain_wait_for_each_other(templates: Templates) -> None:
    """The drift of a relay hangs on the figure of its root, which no foreign key of its own protects."""
    database = patient_database(templates)
    database.write(seed)
    body = {"source": "paper", "claimant": "lab", "subject": "model", "statement": "s", "figures": [cost("5", "full")]}

    def relay_of(claim: str, scope: str | None) -> ClaimCreate:
        relayed = {"claimant": "third", "derived_from": claim, "figures": [cost("5", scope)]}
        return ClaimCreate.model_validate(body | relayed)

    root = database.write(lambda c: claims.create(c, ClaimCreate.model_validate(body))).id
    with database.read() as connection:
        figure = connection.execute(select(FigureRow.id)).scalar_one()
    parent = database.write(lambda c: claims.create(c, relay_of(root, "full"))).id
    patch = FigurePatch.model_validate({"value": "50"})
    changing = threading.Thread(
        target=lambda: database.write(lambda c: figures.amend(c, figure, patch, frozenset([1])))
    )

    def relay_meanwhile(connection: Connection) -> None:
        claims.create(connection, relay_of(parent, None))  # of another measurand, whose lock is another
        changing.start()
        changing.join(0.5)
        assert changing.is_alive(), "the root cannot change while a relay of its relay is being written"

    database.write(relay_meanwhile)
    changing.join(30)
    assert_true(database)
    database.close()


def test_a_figure_added_to_a_relay_and_a_change_to_its_origin_wait_for_each_other(templates: Templates) -> None:
    database = patient_database(templates)
    database.write(seed)
    plain = {"source": "paper", "claimant": "lab", "subject": "model", "statement": "s"}
    origin = database.write(
        lambda c: claims.create(c, ClaimCreate.model_validate(plain | {"figures": [cost("100", "full")]}))
    ).id
    relay = database.write(lambda c: claims.create(c, ClaimCreate.model_validate(plain | {"derived_from": origin}))).id
    with database.read() as connection:
        figure = connection.execute(select(FigureRow.id)).scalar_one()
    patch = FigurePatch.model_validate({"value": "5000"})
    changing = threading.Thread(
        target=lambda: database.write(lambda c: figures.amend(c, figure, patch, frozenset([1])))
    )

    def add_meanwhile(connection: Connection) -> None:
        figures.create(connection, FigureCreate.model_validate(cost("100") | {"claim": relay}))
        changing.start()
        changing.join(0.5)
        assert changing.is_alive()

    database.write(add_meanwhile)
    changing.join(30)
    assert_true(database)
    with database.read() as connection:
        gaps = connection.execute(select(MeasurandRow.drift_gap)).scalars().all()
    assert sorted(gaps, key=str) == [50, None]
    database.close()
