"""CSV: one figure a row, with the defaults that people expect, and nothing guessed."""

from pathlib import Path

import pytest

from service.db.engine import Database
from service.domain.number import format_number
from service.domain.vocabulary import DateOrder
from service.errors import Invalid
from service.schemas.claims import Claim
from service.schemas.entities import EntityCreate, EntityPatch
from service.schemas.imports import TableOptions
from service.schemas.queries import ClaimQuery, ComparisonQuery, EntityQuery, MetricQuery, SourceQuery
from service.schemas.sources import SourceCreate, SourcePatch
from service.store.comparisons.ranking import LIST
from service.store.records import claims, entities, metrics, sources
from service.transfer.mapping import parse_mapping
from service.transfer.spreadsheet import Spreadsheet
from tests.support import load
from tests.transfer.files import PARTIAL, PLAIN, UPDATE, made, refusal, table, take, unchanged

EPOCH = Path(__file__).resolve().parents[2] / "fixtures" / "epoch-ai-chip-counts"


def every_claim(database: Database) -> list[Claim]:
    with database.snapshot() as connection:
        return claims.LIST.page(connection, ClaimQuery(sort="created_at", limit=200)).items


def the_claim(database: Database) -> Claim:
    (found,) = every_claim(database)
    return found


def test_a_row_makes_all_that_it_names(database: Database) -> None:
    result = take(database, table(PLAIN), Spreadsheet())
    assert made(result) == {"source": 1, "entity": 2, "metric": 1, "claim": 1, "figure": 1}
    claim = the_claim(database)
    (only,) = claim.figures
    assert (claim.subject.key, claim.claimant.name, claim.source.title) == ("r1", "DeepSeek", "A paper")
    assert (only.metric.key, only.qualifier, only.basis) == ("training-cost", "exact", "unstated")
    assert claim.statement == "R1: Training cost, 294,000 USD, according to DeepSeek"
    assert only.interval is not None
    assert only.interval.text == "$294,000"


def test_loading_twice_changes_nothing(database: Database) -> None:
    rows = [PLAIN, {**PLAIN, "value": "1,000,000", "claimant": "Epoch AI"}, PLAIN]
    first = take(database, table(*rows), Spreadsheet())
    assert (made(first)["figure"], unchanged(first)) == (2, {"figure": 1})  # the third row is the first again
    again = take(database, table(*rows), Spreadsheet(), **PARTIAL)
    assert (made(again), unchanged(again)) == ({}, {"claim": 2, "figure": 3})


def test_entities_and_metrics_are_found_by_key_name_and_alias(demo_database: Database) -> None:
    names = ["deepseek-r1", "DEEPSEEK-R1", "r1 ", "R1"]
    source = SourceCreate.model_validate(
        {"key": "a-paper", "kind": "paper", "title": "T", "url": "https://example.org/"}
    )
    demo_database.write(lambda connection: sources.create(connection, source))
    plain = {**PLAIN, "source_title": "", "source_url": "https://example.org/"}
    rows = [
        {**plain, "subject": name, "metric": metric, "scope": scope, "value": str(number)}
        for number, (name, metric, scope) in enumerate(
            zip(names, ["training-cost", "Training  cost", "TRAINING COST", "training-cost"],
                ["full", "Full training run", "on-top-of-base", ""], strict=True), 1)
    ]  # fmt: skip
    result = take(demo_database, table(*rows), Spreadsheet())
    assert made(result) == {"claim": 4, "figure": 4}
    with demo_database.snapshot() as connection:
        mine = claims.LIST.page(connection, ClaimQuery(source=["a-paper"], sort="created_at")).items
    assert {claim.subject.key for claim in mine} == {"deepseek-r1"}
    assert [f.scope and f.scope.key for claim in mine for f in claim.figures] == [
        "full",
        "full",
        "on-top-of-base",
        None,
    ]


def test_a_name_that_several_have_is_refused(database: Database) -> None:
    rows = [{**PLAIN, "subject": "Twin"}]
    take(database, table(*rows), Spreadsheet())
    with database.snapshot() as connection:
        assert entities.PROJECTION.read(connection, "twin").name == "Twin"
    other = EntityCreate.model_validate({"key": "another", "kind": "model", "name": "TWIN"})
    database.write(lambda connection: entities.create(connection, other))
    assert refusal(database, table({**rows[0], "value": "5"}), Spreadsheet()) == [(2, "/subject")]
    assert made(take(database, table({**rows[0], "subject": "another", "value": "5"}), Spreadsheet()))["claim"] == 1


def test_a_name_whose_key_is_another_s_is_refused(demo_database: Database) -> None:
    assert refusal(demo_database, table({**PLAIN, "subject": "Gemini--Ultra"}), Spreadsheet()) == [(2, "/subject")]


@pytest.mark.parametrize(
    ("cells", "qualifier", "numbers"),
    [
        ({"value": "5"}, "exact", ("5", None, None)),
        ({"value": "~5"}, "about", ("5", None, None)),
        ({"value": "≥5"}, "at_least", (None, "5", None)),
        ({"value": "<5"}, "less_than", (None, None, "5")),
        ({"lower": "5"}, "at_least", (None, "5", None)),
        ({"lower": ">5"}, "more_than", (None, "5", None)),
        ({"upper": "5"}, "at_most", (None, None, "5")),
        ({"lower": "4", "upper": "6"}, "between", (None, "4", "6")),
        ({"value": "5", "lower": "4", "upper": "6", "interval_kind": "ci90"}, "between", ("5", "4", "6")),
        ({"value": "5", "lower": "4"}, "exact", ("5", "4", None)),
        ({"value": "5", "qualifier": "about"}, "about", ("5", None, None)),
        ({"stated_as": "a lot"}, "vague", (None, None, None)),
    ],
)
@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_qualifier_follows_from_the_numbers(
    database: Database, cells: dict[str, str], qualifier: str, numbers: tuple[str | None, ...]
) -> None:
    plain = {name: text for name, text in PLAIN.items() if name != "value"}
    take(database, table(plain | cells), Spreadsheet())
    (found,) = the_claim(database).figures
    shown = tuple(None if n is None else str(n) for n in (found.value, found.lower, found.upper))
    assert (found.qualifier, shown) == (qualifier, numbers)


@pytest.mark.parametrize(
    ("cells", "pointer"),
    [
        ({"subject": ""}, "/subject"),
        ({"unit": ""}, "/unit"),
        ({"unit": "parsec"}, "/unit"),
        ({"value": ""}, "/value"),
        ({"value": "1.234.567"}, "/value"),
        ({"value": "-5"}, None),
        ({"value": "5", "lower": "6"}, "/lower"),
        ({"value": ">5", "upper": "6"}, "/value"),
        ({"lower": "<5", "value": ""}, "/lower"),
        ({"value": "~5", "qualifier": "exact"}, "/qualifier"),
        ({"basis": "guessed"}, "/basis"),
        ({"period": "1/2/2022"}, "/period"),
        ({"asserted": "yesterday"}, "/asserted"),
        ({"price_year": "24"}, "/price_year"),
        ({"source_title": ""}, "/source_title"),
        ({"source_url": "ftp://example.org"}, "/source_url"),
        ({"source_kind": "rumour"}, "/source_kind"),
        ({"claimant_role": "friend"}, "/claimant_role"),
        ({"interval_kind": "ci90"}, "/interval_kind"),
        ({"quote": "x" * 20_001}, "/quote"),
        ({"claim_id": "5"}, "/claim_id"),
        ({"claim_status": "superseded"}, "/claim_status"),
        ({"derived_from": "nothing-of-this-key"}, "/derived_from"),
    ],
)
@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_is_wrong_is_told_by_its_column(database: Database, cells: dict[str, str], pointer: str | None) -> None:
    content = table(PLAIN | cells)
    if pointer is None:  # a new metric is signed when its first number is negative
        take(database, content, Spreadsheet())
        return
    assert refusal(database, content, Spreadsheet()) == [(2, pointer)]
    assert every_claim(database) == []


@pytest.mark.parametrize(
    ("header", "pointer"),
    [
        ("subject,metrik", "/metrik"),
        ("subject,metric,subject", "/subject"),
        ("subject;metric;unit", "/value"),
        ("", "/a"),
    ],
)
@pytest.mark.parametrize("kind", ["sqlite"])
def test_columns_that_are_not_known_are_refused_with_the_nearest(database: Database, header: str, pointer: str) -> None:
    (_, found), *_ = refusal(database, f"{header}\na,b,c\n".encode(), Spreadsheet())
    assert found == pointer


def test_rows_of_one_claim_are_figures_of_it(database: Database) -> None:
    said = {**PLAIN, "statement": "It cost so much, in so many hours."}
    rows = [said, {**said, "metric": "GPU-hours", "unit": "GPU.hour", "value": "147000"}]
    take(database, table(*rows), Spreadsheet())
    assert [f.metric.name for f in the_claim(database).figures] == ["Training cost", "GPU-hours"]
    later = {**said, "metric": "GPUs", "unit": "GPU", "value": "512"}
    result = take(database, table(*rows, later), Spreadsheet())
    assert (made(result), unchanged(result)) == ({"metric": 1, "figure": 1}, {"claim": 1, "figure": 2})
    assert [f.metric.name for f in the_claim(database).figures] == ["Training cost", "GPU-hours", "GPUs"]


def test_the_claimant_is_the_publisher_or_is_named_after_the_source(database: Database) -> None:
    plain = {name: text for name, text in PLAIN.items() if name != "claimant"}
    take(database, table(plain | {"source_publisher": "Nature"}), Spreadsheet())
    take(database, table(plain | {"source_title": "", "source_url": "https://example.org/x"}), Spreadsheet())
    first, second = every_claim(database)
    assert (first.claimant.name, second.claimant.name) == ("Nature", "https://example.org/x")
    assert (second.source.title, second.claimant_role) == ("https://example.org/x", "unknown")


def test_who_speaks_of_himself_is_the_first_party(database: Database) -> None:
    take(database, table({**PLAIN, "subject": "deepseek"}), Spreadsheet())
    assert the_claim(database).claimant_role == "first_party"


def test_a_source_is_known_by_its_address(database: Database) -> None:
    url = {"source_url": "https://example.org/a"}
    take(database, table(PLAIN | url), Spreadsheet())
    assert made(take(database, table({**PLAIN, "value": "5", "source_title": ""} | url), Spreadsheet())) == {
        "claim": 1,
        "figure": 1,
    }
    other = table({**PLAIN, "value": "6", "source_title": "Another title"} | url)
    assert refusal(database, other, Spreadsheet()) == [(2, "/source_title")]
    result = take(database, other, Spreadsheet(), **UPDATE)
    assert (result.counts.source.updated, result.counts.claim.created) == (1, 1)
    with database.snapshot() as connection:
        (source,) = sources.LIST.page(connection, SourceQuery()).items
    assert source.title == "Another title"


def test_a_metric_with_periods_is_by_period(database: Database) -> None:
    rows = [{**PLAIN, "period": text, "value": value} for text, value in (("Q1 2024", "5"), ("2024-34", "6"))]
    take(database, table(*rows), Spreadsheet())
    with database.snapshot() as connection:
        (metric,) = metrics.LIST.page(connection, MetricQuery()).items
        found = LIST.page(connection, ComparisonQuery()).items
    assert (metric.over_time, metric.over_time_inferred) == ("by_period", True)
    assert {one.key for one in found} == {"r1.training-cost@2024-33", "r1.training-cost@2024-34"}


def test_partial_takes_what_it_can_and_tells_the_rest(database: Database) -> None:
    rows = [{**PLAIN, "value": str(number)} for number in range(1, 40)]
    rows[7]["unit"] = "GPU"
    rows[20]["value"] = "1.2.3"
    rows[38]["derived_from"] = "nobody"
    result = take(database, table(*rows), Spreadsheet(), **PARTIAL)
    assert (result.lines, result.rejected_total, result.committed) == (39, 3, True)
    assert [(r.line, r.pointer, r.code) for r in result.rejected] == [
        (9, "/unit", "invalid"),
        (22, "/value", "invalid"),
        (40, "/derived_from", "invalid"),
    ]
    assert result.counts.figure.created == 36
    assert result.counts.figure.rejected == 3
    assert len(every_claim(database)) == 36


def test_atomic_tells_all_that_is_wrong_and_takes_nothing(database: Database) -> None:
    rows = [{**PLAIN, "value": str(number)} for number in range(1, 40)]
    rows[7]["unit"] = "GPU"
    rows[38]["derived_from"] = "nobody"
    assert refusal(database, table(*rows), Spreadsheet()) == [(9, "/unit"), (40, "/derived_from")]
    assert every_claim(database) == []


def test_a_dry_run_tells_what_would_become_and_writes_nothing(database: Database) -> None:
    result = take(database, table(PLAIN), Spreadsheet(), dry_run=True)
    assert (made(result)["claim"], result.committed) == (1, False)
    with database.snapshot() as connection:
        assert entities.LIST.page(connection, EntityQuery()).items == []


# Others' tables ------------------------------------------------------------------------------------------------------


def test_the_tables_of_epoch_ai_are_loaded_through_mappings(database: Database) -> None:
    owners = parse_mapping((EPOCH / "owners.toml").read_text("utf-8"))
    quantities = parse_mapping((EPOCH / "quantities.toml").read_text("utf-8"))
    first = load(database, EPOCH / "nvidia_owners_cumulative_totals.csv", Spreadsheet(owners))
    assert (made(first)["claim"], made(first)["figure"]) == (102, 306)
    second = load(database, EPOCH / "named_other_owners_cumulative_totals.csv", Spreadsheet(owners))
    assert (made(second)["claim"], made(second)["figure"]) == (2, 2)
    third = load(database, EPOCH / "xai_chip_quantities.csv", Spreadsheet(quantities))
    assert made(third)["figure"] == 6
    again = load(database, EPOCH / "nvidia_owners_cumulative_totals.csv", Spreadsheet(owners), **PARTIAL)
    assert (made(again), unchanged(again)) == ({}, {"claim": 102, "figure": 306})
    with database.snapshot() as connection:
        found = LIST.page(connection, ComparisonQuery(subject=["microsoft"], limit=200))
        keys = {one.key for one in found.items}
    assert "microsoft.computing-capacity-acquired@2022-33" in keys
    (microsoft,) = [c for c in every_claim(database) if c.statement == "Microsoft cumulative Nvidia through Q1 2022"]
    stated = microsoft.figures[0]
    assert (str(stated.value), str(stated.lower), str(stated.upper)) == ("14769", "8717", "24931")
    assert (stated.interval_kind, stated.period) == ("p5_p95", "2022-01-01/2022-03-31")
    bases = {
        claim.statement: claim.figures[0].basis for claim in every_claim(database) if "Colossus" in claim.statement
    }
    assert bases["H100 at xAI Colossus 1 on 2025-07-22T00:00:00.000Z"] == "reported"
    assert bases["B300 at xAI Colossus 2 on 2026-05-13T00:00:00.000Z"] == "estimated"


@pytest.mark.parametrize(
    ("mapping", "pointer"),
    [
        ("not toml", "/mapping"),
        ("colour = 1", "/mapping/colour"),
        ('[row]\nsubjekt = "{A}"', "/mapping/row/subjekt"),
        ('[[figure]]\nvalu = "{A}"', "/mapping/figure/0/valu"),
        ('date_order = "dym"', "/mapping/date_order"),
        ('[words.basys]\nx = "reported"', "/mapping/words/basys"),
    ],
)
def test_a_mapping_that_is_none_is_refused(mapping: str, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_mapping(mapping)
    assert refused.value.faults[0].pointer == pointer


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_mapping_that_uses_a_column_that_is_not_there_is_refused(database: Database) -> None:
    mapping = parse_mapping('[row]\nsubject = "{Ownr}"')
    assert refusal(database, b"Owner,Count\nA,5\n", Spreadsheet(mapping)) == [(1, "/Ownr")]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_an_order_of_dates_can_be_said_without_a_mapping(database: Database) -> None:
    content = table({**PLAIN, "asserted": "1/31/2022"})
    take(database, content, Spreadsheet(options=TableOptions(date_order=DateOrder.MDY)))
    assert the_claim(database).asserted == "2022-01-31"


@pytest.mark.parametrize("column", ["subject", "claimant", "metric", "scope"])
def test_a_name_that_is_too_long_is_told_by_its_column(database: Database, column: str) -> None:
    assert refusal(database, table({**PLAIN, column: "x" * 600}), Spreadsheet()) == [(2, f"/{column}")]


def test_update_changes_only_what_the_file_has_columns_for(database: Database) -> None:
    ids = {"claim_id": "0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e01", "figure_id": "0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e02"}
    take(database, table({**PLAIN, **ids, "statement": "s", "method": "counted", "basis": "reported"}), Spreadsheet())
    take(database, table({**PLAIN, **ids, "statement": "s"}), Spreadsheet())  # the same, as far as it says
    take(database, table({**PLAIN, **ids, "statement": "s", "value": "7"}), Spreadsheet(), **UPDATE)
    (figure,) = the_claim(database).figures
    assert (str(figure.value), figure.method, figure.basis) == ("7", "counted", "reported")


def test_a_figure_of_another_claim_is_never_changed(database: Database) -> None:
    figure = {"figure_id": "0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e02"}
    take(database, table({**PLAIN, **figure, "statement": "one"}), Spreadsheet())
    other = table({**PLAIN, **figure, "statement": "two", "value": "9"})
    assert refusal(database, other, Spreadsheet(), **UPDATE) == [(2, "/figure_id")]
    take(database, table({**PLAIN, "statement": "two", "value": "8"}), Spreadsheet())
    assert refusal(database, other, Spreadsheet(), **UPDATE) != []
    values = {str(f.value) for claim in every_claim(database) for f in claim.figures}
    assert values == {"294000", "8"}


def test_what_was_added_elsewhere_does_not_make_a_row_another(database: Database) -> None:
    take(database, table(PLAIN), Spreadsheet())
    with database.snapshot() as connection:
        (source,) = sources.LIST.page(connection, SourceQuery()).items
        subject = entities.PROJECTION.read(connection, "r1")
    note, name = SourcePatch(notes="seen"), EntityPatch(name="DeepSeek-R1", aliases=["R1"])
    database.write(lambda connection: sources.amend(connection, source.id, note, frozenset([1])))
    database.write(lambda connection: entities.amend(connection, subject.id, name, frozenset([1])))
    again = take(database, table(PLAIN), Spreadsheet())
    assert (made(again), unchanged(again)) == ({}, {"claim": 1, "figure": 1})


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_row_that_goes_on_for_ever_is_refused(database: Database) -> None:
    content = table(PLAIN) + b'"a\n",' * 2_000_000
    assert refusal(database, content, Spreadsheet())[0][1] == ""


def test_a_long_address_in_any_script_is_taken(database: Database) -> None:
    rows = table({**PLAIN, "source_url": f"https://example.org/{'深' * 1_900}"})
    assert made(take(database, rows, Spreadsheet()))["source"] == 1
    assert made(take(database, rows, Spreadsheet())) == {}


def test_texts_are_kept_to_the_last_space_and_line_end(database: Database) -> None:
    said = " a\r\nb\rc\n\u00a0d "
    take(database, table({**PLAIN, "statement": said, "subject": " R1 "}), Spreadsheet())
    claim = the_claim(database)
    assert (claim.statement, claim.subject.name) == (said, "R1")


def test_what_a_new_metric_is_follows_from_all_rows(database: Database) -> None:
    rows = [
        {**PLAIN, "value": "5"},
        {**PLAIN, "value": "-6", "period": "2023"},
        {**PLAIN, "value": "7", "period": "2024"},
    ]
    take(database, table(*rows), Spreadsheet())
    with database.snapshot() as connection:
        (metric,) = metrics.LIST.page(connection, MetricQuery()).items
        found = LIST.page(connection, ComparisonQuery()).items
    assert (metric.over_time, metric.signed) == ("by_period", True)
    assert {(one.key, one.self_conflict) for one in found} == {
        ("r1.training-cost", False),
        ("r1.training-cost@2023", False),
        ("r1.training-cost@2024", False),
    }


def test_a_line_of_several_figures_is_taken_whole_or_rejected(database: Database) -> None:
    mapping = parse_mapping("""
        [row]
        subject = "{Name}"
        unit = "{Unit}"
        source_title = "T"
        claimant = "C"
        [[figure]]
        metric = "A"
        value = "{A}"
        [[figure]]
        metric = "B"
        value = "{B}"
    """)
    content = b"Name,Unit,A,B\nx,USD,1,2\ny,USD,3,plenty\nz,GPU,5,6\n"
    result = take(database, content, Spreadsheet(mapping), **PARTIAL)
    assert (result.lines, result.counts.figure.created) == (3, 2)
    assert [(r.line, r.pointer) for r in result.rejected] == [(3, "/value"), (4, "/unit")]


def test_a_header_may_be_written_in_words_and_all_that_is_wrong_is_told_at_once(database: Database) -> None:
    words = table(PLAIN).replace(b"source_title", b"Source Title").replace(b"subject", b"SUBJECT")
    assert made(take(database, words, Spreadsheet()))["figure"] == 1
    wrong = refusal(database, b"subject,metrik,valeu\na,b,c\n", Spreadsheet())
    assert wrong == [(1, "/metrik"), (1, "/valeu")]
    lacking = refusal(database, b"subject,metric,quote\na,b,c\n", Spreadsheet())
    assert lacking == [(1, "/unit"), (1, "/value"), (1, "/source_title")]


def test_a_message_says_what_was_meant_and_what_to_do(database: Database) -> None:
    wrong = take(database, table({**PLAIN, "basis": "Estimated", "unit": "usd"}), Spreadsheet(), **PARTIAL)
    assert wrong.rejected[0].detail.endswith("Did you mean 'estimated'?")
    assert "Did you mean USD?" in wrong.rejected[1].detail
    cited = {**PLAIN, "source_url": "https://example.org/r1"}
    take(database, table(cited), Spreadsheet())
    other = take(database, table({**cited, "source_title": "Another title"}), Spreadsheet(), **PARTIAL)
    assert "on_existing=update" in other.rejected[0].detail
    clash = take(database, table({**PLAIN, "subject": PLAIN["subject"] + "!"}), Spreadsheet(), **PARTIAL)
    assert f"is that of {PLAIN['subject']!r}" in clash.rejected[0].detail


@pytest.mark.parametrize("kind", ["postgres"])
def test_after_many_rows_the_database_knows_its_tables(database: Database) -> None:
    rows = [{**PLAIN, "subject": f"Model {number}"} for number in range(1_000)]
    take(database, table(*rows), Spreadsheet(), **PARTIAL)
    with database.read() as connection:
        counted = connection.exec_driver_sql("SELECT reltuples FROM pg_class WHERE relname = 'figure'").scalar_one()
    assert counted == 1_000


def test_a_value_in_words_is_read_as_a_phrase(database: Database) -> None:
    words = ["ca. 300", "100-200", "100 – 200", "500+", "max. 50", "300 ± 20", "dozens", "3.5bn", "1,500"]
    plain = {"metric": "participants", "unit": "{people}", "claimant": "City", "source_title": "L"}
    rows = [{**plain, "subject": f"March {number}", "value": value} for number, value in enumerate(words)]
    take(database, table(*rows), Spreadsheet())
    read = {}
    for one in every_claim(database):
        (only,) = one.figures
        numbers = [None if n is None else format_number(n) for n in (only.value, only.lower, only.upper)]
        read[only.stated_as or "1,500"] = (str(only.qualifier), *numbers)
    assert read == {
        "ca. 300": ("about", "300", None, None),
        "100-200": ("between", None, "100", "200"),
        "100 – 200": ("between", None, "100", "200"),
        "500+": ("at_least", None, "500", None),
        "max. 50": ("at_most", None, None, "50"),
        "300 ± 20": ("exact", "300", "280", "320"),
        "dozens": ("vague", None, None, None),
        "3.5bn": ("exact", "3500000000", None, None),
        "1,500": ("exact", "1500", None, None),
    }


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        ("1.500", "{people}"),
        ("1.500", "GPU"),
        ("$5", "EUR"),
        ("5 to 3", "USD"),
        ("50 Hopper GPUs", "GPU"),
        ("0,5", "USD"),
    ],
)  # fmt: skip
def test_a_value_with_two_readings_or_other_words_is_refused(database: Database, value: str, unit: str) -> None:
    assert refusal(database, table({**PLAIN, "value": value, "unit": unit}), Spreadsheet()) == [(2, "/value")]
