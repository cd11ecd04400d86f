"""What the database writes as JSON is what was stored, on both databases and with either SQLite module."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from service.db.engine import Connection, Database
from service.db.models import MeasurandRow
from service.domain.number import format_number
from service.schemas.claims import Claim, ClaimCreate
from service.schemas.metrics import MetricCreate
from service.schemas.queries import ClaimQuery, ComparisonQuery, FigureQuery, MetricQuery
from service.store.comparisons import ranking
from service.store.comparisons.ranking import DISAGREEMENTS, WIDEST_FIRST
from service.store.records import claims, figures, metrics

texts = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(
    lambda text: text.strip() == text and any(character.isalnum() for character in text)
)
numbers = st.decimals(min_value=Decimal("-1e37"), max_value=Decimal("1e37"), places=18).filter(
    lambda number: len(number.as_tuple().digits) <= 38
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts, number=numbers, low=st.integers(-(10**37), 0))
def test_any_text_and_any_number_comes_out_as_it_went_in(
    demo_database: Database, text: str, number: Decimal, low: int
) -> None:
    figure = {"metric": "net", "unit": "USD", "basis": "alleged"}
    exact = figure | {"qualifier": "exact", "value": str(number), "stated_as": text, "method": text}
    bound = figure | {"qualifier": "more_than", "lower": str(low)}
    vague = figure | {"qualifier": "vague", "stated_as": text, "unit": "EUR"}
    refs = {"source": "deepseek-r1-nature", "claimant": "epoch-ai", "subject": "deepseek-r1"}
    body = {**refs, "statement": text, "quote": text, "notes": text, "figures": [exact, bound, vague]}
    sent = ClaimCreate.model_validate(body)

    def write(connection: Connection) -> str:
        if all(metric.key != "net" for metric in metrics.LIST.page(connection, MetricQuery(limit=200)).items):
            metrics.create(connection, MetricCreate(key="net", name="Net", unit="USD", signed=True))
        return claims.create(connection, sent).id

    claim_id = demo_database.write(write)
    with demo_database.snapshot() as connection:
        (found,) = claims.LIST.page(connection, ClaimQuery(limit=1)).items
        listed = figures.LIST.page(connection, FigureQuery(claim=[claim_id], sort="created_at")).items
        stored = claims.PROJECTION.stored(connection, claim_id)
    assert Claim.model_validate_json(stored.json) == found
    assert (found.statement, found.quote, found.notes) == (sent.statement, sent.quote, sent.notes)
    assert [one.model_dump(exclude={"claim", "subject"}) for one in listed] == [f.model_dump() for f in found.figures]
    first, second, third = found.figures
    assert first.value == sent.figures[0].value
    assert json.loads(stored.json)["figures"][0]["value"] == format_number(first.value or Decimal(0))
    assert (first.stated_as, first.method) == (sent.figures[0].stated_as, sent.figures[0].method)
    assert third.stated_as == sent.figures[2].stated_as
    assert first.interval is not None
    assert first.interval.low == float(first.value or 0)
    assert second.interval is not None
    assert (second.interval.low, second.interval.low_open) == (float(low), True)
    assert third.interval is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.floats(min_value=-1e95, max_value=1e95, allow_nan=False))
def test_a_real_number_keeps_all_its_digits(demo_database: Database, number: float) -> None:
    with demo_database.writer.begin() as connection:
        connection.execute(update(MeasurandRow).values(gap=number, rank=number, ratio_low=number, ratio_text="x"))
    with demo_database.read() as connection:
        listed: Any = json.loads(ranking.LIST.json(connection, ComparisonQuery(limit=1)).body)
    shown = listed["items"][0]
    assert (shown["gap"], shown["ratio"]["low"]) == (number, number)


def test_the_summary_in_a_list_and_in_a_ranking_are_the_same(demo_database: Database) -> None:
    with demo_database.snapshot() as connection:
        summaries = {one.id: one for one in ranking.LIST.page(connection, ComparisonQuery(limit=200, empty=True)).items}
        for kind, records in DISAGREEMENTS.items():
            for one in records.page(connection, ComparisonQuery(limit=200), WIDEST_FIRST).items:
                shown = dict(one)
                assert shown.pop("kind") is kind
                assert shown.pop("group_count") is None
                assert shown.pop("least").id != shown.pop("most").id
                assert {n: v for n, v in shown.items() if n != "text"} == {
                    n: v for n, v in dict(summaries[one.id]).items() if n != "text"
                }


@pytest.mark.parametrize("noun", [claims, figures, metrics])
def test_a_page_and_its_records_are_the_same(demo_database: Database, noun: Any) -> None:
    query = {claims: ClaimQuery, figures: FigureQuery, metrics: MetricQuery}[noun](limit=200)
    with demo_database.snapshot() as connection:
        listed = {one.id: one for one in noun.LIST.page(connection, query).items}
        assert {one.id: one for one in noun.PROJECTION.by_ids(connection, list(listed))} == listed
