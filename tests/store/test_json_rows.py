"""What the database writes as JSON is what the plain way of reading answers, after parsing."""

import json
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.analysis import disagreements as analysis
from service.db.engine import Connection, Database
from service.schemas.claims import ClaimCreate
from service.schemas.metrics import MetricCreate
from service.schemas.queries import (
    ClaimQuery,
    ComparisonQuery,
    DisagreementQuery,
    DisputeQuery,
    EntityQuery,
    FigureQuery,
    MetricQuery,
    SourceQuery,
)
from service.store import claims, comparisons, disagreements, disputes, entities, figures, metrics, sources
from tests.store.test_summaries import both_ways

conflicts = SimpleNamespace(page=analysis.page, json_page=disagreements.json_page)
QUERIES = [
    (claims, ClaimQuery(limit=200, status=["all"])),
    (claims, ClaimQuery(limit=3, sort="updated_at")),
    (claims, ClaimQuery(limit=200, withdrawn="all", status=["all"])),
    (figures, FigureQuery(limit=200)),
    (sources, SourceQuery(limit=200)),
    (sources, SourceQuery(limit=3, sort="title")),
    (entities, EntityQuery(limit=3, sort="name", withdrawn="all")),
    (disputes, DisputeQuery(limit=3)),
    (figures, FigureQuery(limit=3, sort="-updated_at", withdrawn="all")),
    # several words of one filter, which are asked for one by one
    (figures, FigureQuery(limit=3, basis=["reported", "estimated"])),
    (figures, FigureQuery(limit=3, sort="created_at", qualifier=["exact", "about", "at_least"], basis=["reported"])),
    (claims, ClaimQuery(limit=3, claimant_role=["first_party", "third_party", "first_party"])),
    (claims, ClaimQuery(limit=3, status=["active", "retracted"], sort="created_at", basis=["reported", "estimated"])),
    (entities, EntityQuery(limit=3, kind=["model", "organization"], sort="-name")),
    (sources, SourceQuery(limit=3, kind=["paper", "news_article"], sort="title")),
    (comparisons, ComparisonQuery(limit=200)),
    (comparisons, ComparisonQuery(limit=3, sort="-gap")),
    (comparisons, ComparisonQuery(limit=3, sort="figure_count", agreement=["single", "conflict"])),
    (conflicts, DisagreementQuery(limit=200)),
    (conflicts, DisagreementQuery(limit=3, gap_min=Decimal("1.01"))),
]


def both(database: Database, noun: Any, query: Any) -> tuple[Any, Any]:
    with database.snapshot() as connection:
        plain = noun.page(connection, query).model_dump(mode="json")
    written = json.loads(noun.json_page(database, query), parse_int=_number)
    return json.loads(json.dumps(plain), parse_int=_number), written


def _number(text: str) -> float:
    """PostgreSQL writes 2.0 as 2; but no float is written with more digits than it has."""
    assert len(text) <= 24, text
    return float(text)


@pytest.mark.parametrize(("noun", "query"), QUERIES)
def test_a_list_of_the_demo_is_the_same_both_ways(demo_database: Database, noun: Any, query: Any) -> None:
    plain, written = both(demo_database, noun, query)
    assert written == plain
    assert len(plain["items"]) > 2
    while plain["next_cursor"] is not None:
        query = query.model_copy(update={"cursor": plain["next_cursor"]})
        plain, written = both(demo_database, noun, query)
        assert written == plain


def test_a_comparison_of_the_demo_is_the_same_both_ways(demo_database: Database) -> None:
    """Put together from what is stored, and worked out."""
    with demo_database.snapshot() as connection:
        keys = [item.key for item in comparisons.page(connection, ComparisonQuery(limit=200)).items]
        every = []
        for key in keys:
            plain, stored = both_ways(demo_database, connection, key)
            assert stored == plain
            every.append(plain)
    for part in ("related", "disputes", "drift", "relays", "beside", "gap_without_one", "reported", "estimated"):
        assert any(one[part] for one in every), part


texts = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), min_size=1, max_size=40
).filter(lambda text: text.strip() == text != "")
numbers = st.decimals(min_value=Decimal("-1e37"), max_value=Decimal("1e37"), places=18).filter(
    lambda number: len(number.as_tuple().digits) <= 38
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts, number=numbers, low=st.integers(-(10**37), 0))
def test_any_text_and_any_number_comes_out_the_same(
    demo_database: Database, text: str, number: Decimal, low: int
) -> None:
    figure = {"metric": "net", "unit": "USD", "basis": "alleged"}
    exact = figure | {"qualifier": "exact", "value": str(number), "stated_as": text, "method": text}
    bound = figure | {"qualifier": "more_than", "lower": str(low)}
    vague = figure | {"qualifier": "vague", "stated_as": text, "unit": "EUR"}
    refs = {"source": "deepseek-r1-nature", "claimant": "epoch-ai", "subject": "deepseek-r1"}
    body = {**refs, "statement": text, "quote": text, "notes": text, "figures": [exact, bound, vague]}
    other = {
        **refs,
        "claimant": "deepseek",
        "statement": text,
        "figures": [exact | {"value": "-7.5", "basis": "reported"}],
    }

    def write(connection: Connection) -> None:
        if all(metric.key != "net" for metric in metrics.page(connection, MetricQuery(limit=200)).items):
            metrics.create(connection, MetricCreate(key="net", name="Net", unit="USD", signed=True))
        for one in (other, body):
            claims.create(connection, ClaimCreate.model_validate(one))

    demo_database.write(write)
    every = (
        (claims, ClaimQuery(limit=1)),
        (figures, FigureQuery(limit=3)),
        (comparisons, ComparisonQuery(metric=["net"])),
        (conflicts, DisagreementQuery(metric=["net"])),
    )
    for noun, query in every:
        plain, written = both(demo_database, noun, query)
        assert written == plain
    with demo_database.snapshot() as connection:
        plain, written = both_ways(demo_database, connection, "deepseek-r1.net")
    assert written == plain
