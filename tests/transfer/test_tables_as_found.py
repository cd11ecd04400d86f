"""Tables as people have them: separators, decimal signs, missing words, phrases, kinds of intervals."""

from decimal import Decimal

import pytest

from service.db.engine import Database
from service.domain.vocabulary import EntityKind, ImportFormat, OnExisting
from service.errors import Invalid
from service.schemas.entities import EntityCreate
from service.schemas.figures import Figure
from service.schemas.imports import ImportResult, TableOptions
from service.schemas.queries import EntityQuery, FigureQuery, ScopeQuery, SourceQuery
from service.schemas.scopes import ScopePage
from service.store.records import entities, figures, scopes, sources
from service.transfer.formats import open_format
from service.transfer.mapping import parse_mapping
from service.transfer.spreadsheet import Spreadsheet
from tests.transfer.files import PARTIAL, made, refusal, table, take

PEOPLE = {"subject": "March", "metric": "Participants", "unit": "{people}", "claimant": "City", "source_title": "Log"}
SHARE = {"subject": "Vaccine", "metric": "Efficacy", "unit": "%", "claimant": "Maker", "source_title": "Trial"}


def read(database: Database) -> list[Figure]:
    with database.read() as connection:
        return figures.LIST.page(connection, FigureQuery(limit=200)).items


def options(**given: object) -> Spreadsheet:
    return Spreadsheet(options=TableOptions.model_validate(given))


def the_result(database: Database, content: bytes, **given: object) -> ImportResult:
    return take(database, content, options(**given))


@pytest.mark.parametrize(("separator", "name"), [(";", ";"), ("\t", "tab"), ("|", "|"), (",", ",")])
def test_the_separator_of_columns_is_found_and_reported(database: Database, separator: str, name: str) -> None:
    lines = [list(PEOPLE), list(PEOPLE.values())]
    content = "\n".join(separator.join([*cells, end]) for cells, end in zip(lines, ("value", "5"), strict=True))
    result = the_result(database, content.encode())
    assert result.layout is not None
    assert (result.layout.delimiter, result.layout.header_row) == (name, 1)
    assert read(database)[0].value == 5


def test_a_header_below_a_title_is_found(database: Database) -> None:
    content = b"Table 3. Who counted,,\n\n" + table({**PEOPLE, "value": "5"})
    result = the_result(database, content)
    assert result.layout is not None
    assert result.layout.header_row == 3
    assert refusal(database, content, options(header_row=1))[0][0] == 1
    assert refusal(database, content, options(header_row=2)) == [(None, "/header_row")]


def test_a_comma_can_be_the_decimal_sign(database: Database) -> None:
    rows = [{**PEOPLE, "metric": f"m{n}", "unit": "1", "value": value}
            for n, value in enumerate(["0,5", "1.237,65", "10 237,65", "1.500", "ca. 1,5 Mio."])]  # fmt: skip
    the_result(database, table(*rows), decimal=",")
    values = sorted(figure.value for figure in read(database) if figure.value is not None)
    assert values == [Decimal(text) for text in ("0.5", "1237.65", "1500", "10237.65", "1500000")]


def test_a_point_between_thousands_makes_the_comma_a_decimal_sign(database: Database) -> None:
    the_result(database, table({**PEOPLE, "value": "1.500"}, {**PEOPLE, "value": "1.234.567"}), thousands=".")
    assert sorted(figure.value or 0 for figure in read(database)) == [1500, 1234567]
    assert refusal(database, table({**PEOPLE, "value": "1,5.00"}), options(thousands="."))[0][1] == "/value"


def test_three_digits_behind_a_point_are_refused_of_people_until_the_sign_is_named(database: Database) -> None:
    content = table({**PEOPLE, "value": "1.500"})
    assert refusal(database, content, options()) == [(2, "/value")]
    the_result(database, content, decimal=".")
    assert read(database)[0].value == Decimal("1.5")


def test_signs_of_decimals_and_thousands_differ() -> None:
    with pytest.raises(Invalid) as refused:
        options(decimal=",", thousands=",")
    assert refused.value.faults[0].pointer == "/thousands"


@pytest.mark.parametrize(("encoding", "given"), [("windows-1252", "windows-1252"), ("utf-16", None), ("utf-8", None)])
def test_a_table_can_have_another_encoding(database: Database, encoding: str, given: str | None) -> None:
    content = table({**PEOPLE, "subject": "Zürich", "value": "5"}).decode().encode(encoding)
    result = the_result(database, content, **({"encoding": given} if given else {}))
    assert read(database)[0].subject.name == "Zürich"
    assert result.layout is not None
    assert result.layout.encoding == encoding


def test_usual_words_leave_optional_cells_empty(database: Database) -> None:
    plain = {**PEOPLE, "unit": "1"}
    rows = [
        {**plain, "value": "2.2", "lower": "Unspecified", "upper": "NA", "interval_kind": "n/a",
         "period": "2020-01-18 to Unspecified"},
        {**plain, "value": "2.6", "lower": "2.1", "upper": "3.0", "interval_kind": "credible interval 95%",
         "period": "2020-01-18"},
    ]  # fmt: skip
    result = the_result(database, table(*rows))
    assert [(remark.line, remark.pointer, remark.code) for remark in result.remarks] == [(2, "/period", "open_period")]
    found = {str(figure.value): (figure.period, figure.interval_kind) for figure in read(database)}
    assert found == {"2.2": ("2020-01-18/..", None), "2.6": ("2020-01-18", "ci95")}


def test_a_name_is_not_a_missing_word_unless_it_is_given_as_one(database: Database) -> None:
    content = table({**PEOPLE, "subject": "NA", "value": "5"})
    the_result(database, content)
    assert read(database)[0].subject.name == "NA"
    assert refusal(database, content, options(missing=["na"])) == [(2, "/subject")]


@pytest.mark.parametrize(
    ("words", "named"),
    [("95% UI", "ci95"), ("90% CrI", "ci90"), ("99% CI", "ci99"), ("IQR", "iqr"), ("SE", "other"), ("SD", "other"),
     ("80% CI", "other"), ("5th to 95th percentile", "p5_p95"), ("min-max", "range"),
     ("95 % confidence interval", "ci95"),
     ],
)  # fmt: skip
def test_kinds_of_intervals_are_read_as_written(database: Database, words: str, named: str) -> None:
    bounds = {"value": "90", "lower": "80", "upper": "95", "interval_kind": words}
    the_result(database, table({**SHARE, **bounds}))
    assert read(database)[0].interval_kind == named


def test_a_kind_of_interval_that_nobody_knows_is_refused(database: Database) -> None:
    bounds = {"value": "90", "lower": "80", "upper": "95", "interval_kind": "roughly"}
    assert refusal(database, table({**SHARE, **bounds}), options()) == [(2, "/interval_kind")]


def test_phrases_in_the_value_column_have_one_reading_each(database: Database) -> None:
    cells = ["ca. 300", "100-200", "100 – 200", "500+", "max. 50", "300 ± 20", "dozens", "3.5bn"]
    the_result(database, table(*({**PEOPLE, "subject": f"D{n}", "value": cell} for n, cell in enumerate(cells))))
    found = {f.subject.name: (str(f.qualifier), f.value, f.lower, f.upper) for f in read(database)}
    assert list(dict(sorted(found.items())).values()) == [
        ("about", 300, None, None), ("between", None, 100, 200), ("between", None, 100, 200),
        ("at_least", None, 500, None), ("at_most", None, None, 50), ("exact", 300, 280, 320),
        ("vague", None, None, None), ("exact", 3_500_000_000, None, None),
    ]  # fmt: skip


def test_words_that_are_no_number_are_kept_on_request(database: Database) -> None:
    content = table({**PEOPLE, "value": "nobody counted"})
    assert refusal(database, content, options()) == [(2, "/value")]
    result = the_result(database, content, unreadable="vague")
    assert [(remark.pointer, remark.code) for remark in result.remarks] == [("/value", "vague")]
    (kept,) = read(database)
    assert (kept.qualifier, kept.stated_as) == ("vague", "nobody counted")


def test_a_number_that_can_be_read_in_two_ways_is_never_kept_as_words(database: Database) -> None:
    content = table({**PEOPLE, "unit": "1", "value": "0,5"})
    assert refusal(database, content, options(unreadable="vague")) == [(2, "/value")]


def test_words_of_the_source_are_read_only_on_request(database: Database) -> None:
    content = table({**PEOPLE, "stated_as": "more than 5,000"})
    the_result(database, content)
    assert read(database)[0].qualifier == "vague"
    the_result(database, table({**PEOPLE, "subject": "Other", "stated_as": "more than 5,000"}), read_stated_as=True)
    other = next(figure for figure in read(database) if figure.subject.name == "Other")
    assert (other.qualifier, other.lower, other.stated_as) == ("more_than", 5_000, "more than 5,000")


def test_fractions_are_percent_if_the_table_says_so(database: Database) -> None:
    the_result(database, table({**SHARE, "value": "0.953"}), percent="fraction")
    (figure,) = read(database)
    assert (figure.value, figure.precision) == (Decimal("95.3"), Decimal("0.1"))


def test_a_stored_record_can_stay_as_it_is(database: Database) -> None:
    first = {**PEOPLE, "value": "5", "source_title": "Early", "source_url": "https://e.example/paper"}
    second = {**first, "value": "6", "claimant": "Other", "source_title": "Early (v2)"}
    take(database, table(first), options())
    assert refusal(database, table(second), options()) == [(2, "/source_title")]
    result = take(database, table(second), options(), on_existing=OnExisting.KEEP)
    assert made(result) == {"entity": 1, "claim": 1, "figure": 1}
    with database.read() as connection:
        assert [one.title for one in sources.LIST.page(connection, SourceQuery()).items] == ["Early"]


def test_keeping_a_stored_claim_adds_the_figures_that_it_lacks(database: Database) -> None:
    claim = {"claim_id": "0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e8f", "statement": "Said."}
    take(database, table({**PEOPLE, **claim, "value": "5"}), options())
    rows = table({**PEOPLE, **claim, "statement": "Said so.", "value": "5"},
                 {**PEOPLE, **claim, "statement": "Said so.", "metric": "Police", "value": "9"})  # fmt: skip
    result = take(database, rows, options(), on_existing=OnExisting.KEEP)
    assert (result.counts.figure.created, result.counts.claim.updated) == (1, 0)
    assert len(read(database)) == 2


def test_a_dry_run_names_what_would_be_created_and_what_is_nearly_the_same(database: Database) -> None:
    take(database, table({**PEOPLE, "subject": "march-paris", "value": "5", "scope": "Adults"}), options())
    row = {**PEOPLE, "subject": "march-pariss", "value": "6", "scope": "Adult", "metric": "Participant"}
    result = take(database, table(row), options(), dry_run=True)
    assert [(one.kind, one.name, one.near) for one in result.would_create] == [
        ("metric", "Participant", ["Participants"]), ("scope", "Adult", []),
        ("entity", "march-pariss", ["march-paris"]),
    ]  # fmt: skip
    again = take(database, table({**row, "metric": "Participants"}), options(), dry_run=True)
    assert [one.near for one in again.would_create if one.kind == "scope"] == [["Adults"]]
    assert take(database, table(row), options()).would_create == []


def test_all_refs_that_are_wrong_are_reported_at_once(database: Database) -> None:
    wrong = {**PEOPLE, "value": "5", "derived_from": "nothing", "supersedes": "nowhere", "speaks_for": "nobody"}
    found = refusal(database, table(wrong), options())
    assert sorted(found) == [(2, "/derived_from"), (2, "/speaks_for"), (2, "/supersedes")]


MAPPING = """
delimiter = ";"
decimal = ","
missing = ["k.A."]

[row]
subject = "{Land}"
subject_identifier = "iso3166:{Code}"
metric = "Strom"
scope = "{Art}"
unit = "GWh"
value = "{Menge}"
claimant = "Amt"
source_title = "Tabelle"

[metric."Strom"]
key = "electricity"
unit = "TWh"
additive = "parts_and_time"

[scope."Strom"."Wind"]
part_of = "Erneuerbare"

[scope."Strom"."Erneuerbare"]
part_of = "Alle"
"""


def test_a_mapping_fixes_properties_scopes_and_identifiers(database: Database) -> None:
    body = EntityCreate(key="germany", kind=EntityKind.PLACE, name="Germany", identifiers={"iso3166": "DE"})
    database.write(lambda connection: entities.create(connection, body))
    content = "Land;Code;Art;Menge\nDeutschland;DE;Wind;1.500,5\nFrankreich;FR;Wind;k.A.\nFrankreich;FR;Alle;7,25\n"
    result = take(database, content.encode(), Spreadsheet(parse_mapping(MAPPING)), **PARTIAL)
    assert (result.rejected_total, result.inferred[0].metric, result.inferred[0].unit) == (1, "electricity", "TWh")
    found = read(database)
    assert sorted((figure.subject.key, str(figure.value)) for figure in found) == [
        ("frankreich", "7.25"), ("germany", "1500.5"),
    ]  # fmt: skip
    with database.read() as connection:
        listed = ScopePage.model_validate_json(scopes.page_json(connection, "electricity", ScopeQuery()).body)
        tree = {one.name: one.part_of and one.part_of.name for one in listed.items}
        known = {one.key: one.identifiers for one in entities.LIST.page(connection, EntityQuery()).items}
    assert tree == {"Alle": None, "Erneuerbare": "Alle", "Wind": "Erneuerbare"}
    assert known["frankreich"] == {"iso3166": "FR"}


def test_a_name_of_another_identifier_is_refused(database: Database) -> None:
    row = {**PEOPLE, "value": "5", "subject": "Georgia"}
    take(database, table({**row, "subject_identifier": "iso3166:GE"}), options())
    assert refusal(database, table({**row, "subject_identifier": "iso3166:US-GA"}), options()) == [(2, "/subject")]
    assert refusal(database, table({**row, "subject_identifier": "GE"}), options()) == [(2, "/subject_identifier")]


def test_scopes_of_a_mapping_that_are_parts_of_each_other_are_refused() -> None:
    circle = '[scope.m.a]\npart_of = "b"\n[scope.m.b]\npart_of = "a"\n'
    with pytest.raises(Invalid, match="part of itself"):
        parse_mapping(circle)


def test_options_are_refused_where_they_mean_nothing() -> None:
    for name, given in (("jsonl", {"decimal": ","}), ("csv", {"sheet": "x"}), ("xlsx", {"delimiter": ";"})):
        with pytest.raises(Invalid):
            open_format(ImportFormat(name), None, TableOptions.model_validate(given))


@pytest.mark.parametrize("word", ["-", "n/a", ""])
def test_a_missing_code_is_no_identifier(database: Database, word: str) -> None:
    mapping = MAPPING.replace('missing = ["k.A."]\n', "")
    content = f"Land;Code;Art;Menge\nKosovo;{word};Wind;5\nAtlantis;{word};Wind;7\n"
    take(database, content.encode(), Spreadsheet(parse_mapping(mapping)))
    assert {figure.subject.name: figure.value for figure in read(database)} == {"Kosovo": 5, "Atlantis": 7}


@pytest.mark.parametrize("unit", ["people", "GPUs", "{people}"])
@pytest.mark.parametrize("value", ["1.500", "~1.500", "≥1.500", "-1.500"])
def test_three_digits_behind_a_point_are_doubted_however_they_are_written(
    database: Database, unit: str, value: str
) -> None:
    assert refusal(database, table({**PEOPLE, "unit": unit, "value": value}), options()) == [(2, "/value")]


@pytest.mark.parametrize(("unit", "value"), [("Percent", "0.15"), ("%", "about 0.15"), ("per cent", "~0.15")])
def test_fractions_are_percent_however_the_row_is_written(database: Database, unit: str, value: str) -> None:
    the_result(database, table({**SHARE, "unit": unit, "value": value}), percent="fraction")
    assert read(database)[0].value == 15


def test_no_digit_is_lost_on_the_way(database: Database) -> None:
    number = "12345678901234567890.1234567890123456"
    the_result(database, table({**SHARE, "value": number}), percent="fraction")
    assert read(database)[0].value == Decimal("1234567890123456789012.34567890123456")


@pytest.mark.parametrize(
    ("words", "unit"),
    [("two thirds", "1"), ("5%-10%", "%"), ("20 hours-30 hours", "hour"), ("one in five people", "person"),
     ("01-05-2024", "person"), ("300 dogs", "person"), ("five hundred people", "USD"), ("three dozen", "person"),
     ("5 Canadian dollars", "USD"), ("up to 500+", "person"), ("2019-2021", "1"), ("5kg-10kg", "kg")],
)  # fmt: skip
def test_words_that_say_more_than_their_first_number_are_refused(database: Database, words: str, unit: str) -> None:
    content = table({**PEOPLE, "unit": unit, "stated_as": words})
    assert refusal(database, content, options(read_stated_as=True)) == [(2, "/stated_as")]


def test_words_are_read_by_the_signs_of_the_table(database: Database) -> None:
    the_result(database, table({**PEOPLE, "stated_as": "ca. 1,5 Mio."}), read_stated_as=True, decimal=",")
    assert read(database)[0].value == 1_500_000


def test_keeping_a_claim_adds_no_figure_of_somebody_else(database: Database) -> None:
    claim = {"claim_id": "0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e8f", "statement": "Said."}
    take(database, table({**PEOPLE, **claim, "value": "5"}), options())
    other = table({**PEOPLE, **claim, "claimant": "Bob", "value": "9"})
    result = take(database, other, options(), on_existing=OnExisting.KEEP)
    assert (result.counts.figure.created, len(read(database))) == (0, 1)


def test_an_identifier_is_added_to_an_entity_that_is_found_by_its_name(database: Database) -> None:
    row = {**PEOPLE, "value": "5"}
    take(database, table({**row, "subject": "Georgia"}), options())
    take(database, table({**row, "subject": "Georgia", "subject_identifier": "iso3166:GE", "value": "6"}), options())
    take(database, table({**row, "subject": "Georgien", "subject_identifier": "iso3166:GE", "value": "7"}), options())
    assert {figure.subject.name for figure in read(database)} == {"Georgia"}


def test_figures_without_a_number_are_left_out_of_a_row(database: Database) -> None:
    mapping = '[row]\nsubject = "{S}"\nunit = "1"\nclaimant = "C"\nsource_title = "T"\n' + "".join(
        f'[[figure]]\nmetric = "{name}"\nvalue = "{{{name}}}"\n' for name in "AB"
    )
    result = take(database, b"S,A,B\nx,1,NA\n", Spreadsheet(parse_mapping(mapping)))
    assert (result.rejected_total, result.counts.figure.created) == (0, 1)


def test_near_names_are_found_beside_many_new_ones(database: Database) -> None:
    take(database, table({**PEOPLE, "subject": "March in Zürich", "value": "5"}), options())
    rows = [{**PEOPLE, "subject": f"March in A{n}", "value": "5"} for n in range(250)]
    result = take(
        database, table({**PEOPLE, "subject": "March in Zürch", "value": "6"}, *rows), options(), dry_run=True
    )
    assert {one.name: one.near for one in result.would_create}["March in Zürch"] == ["March in Zürich"]


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("subject", ["ab\U0010ffff", "ab\ud7ff"])
def test_a_dry_run_takes_any_name(database: Database, subject: str) -> None:
    content = table({**PEOPLE, "subject": subject, "value": "5"})
    assert take(database, content, options(), dry_run=True).rejected_total == 0


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_file_that_is_not_of_the_encoding_is_refused(database: Database) -> None:
    assert refusal(database, table({**PEOPLE, "value": "5"}), options(encoding="utf-16")) == [(None, "")]
