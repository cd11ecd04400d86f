"""Workbooks: what is read of a sheet, and what a workbook cannot tell."""

import time
from collections.abc import Callable
from decimal import Decimal

import pytest

from service.db.engine import Database
from service.domain.vocabulary import ImportFormat
from service.schemas.figures import Figure
from service.schemas.imports import TableOptions
from service.schemas.queries import FigureQuery
from service.store.records import figures
from service.transfer.mapping import parse_mapping
from service.transfer.spreadsheet import Spreadsheet
from tests.transfer.files import PARTIAL, refusal, take
from tests.transfer.workbooks import Cell, Sheets, cell_xml, ods, xlsx

HEADER: list[Cell] = ["subject", "metric", "value", "unit", "claimant", "source_title"]
ROW: list[Cell] = ["Dam", "Capacity", 100, "MW", "Agency", "List"]


def row(value: Cell, unit: str = "MW", subject: str = "Dam") -> list[Cell]:
    return [subject, "Capacity", value, unit, "Agency", "List"]


def sheet(form: ImportFormat = ImportFormat.XLSX, mapping: str | None = None, **given: object) -> Spreadsheet:
    options = TableOptions.model_validate(given)
    return Spreadsheet(parse_mapping(mapping) if mapping else None, options, form)


def read(database: Database) -> list[Figure]:
    with database.read() as connection:
        return figures.LIST.page(connection, FigureQuery(limit=200)).items


@pytest.mark.parametrize(("form", "write"), [(ImportFormat.XLSX, xlsx), (ImportFormat.ODS, ods)])
def test_the_sheet_with_cells_is_read(database: Database, form: ImportFormat, write: Callable[[Sheets], bytes]) -> None:
    content = write(
        {"Notes": [], "Data": [["Dams of the world"], HEADER, ROW, row("about 5.6 million", subject="Big")]}
    )
    result = take(database, content, sheet(form))
    assert result.layout is not None
    assert (result.layout.sheet, result.layout.header_row, result.layout.delimiter) == ("Data", 2, None)
    assert {f.subject.name: (str(f.qualifier), f.value) for f in read(database)} == {
        "Dam": ("exact", 100), "Big": ("about", 5_600_000),
    }  # fmt: skip


def test_of_several_sheets_one_is_named(database: Database) -> None:
    content = xlsx({"One": [HEADER, row(1)], "Two": [HEADER, row(2)]})
    assert refusal(database, content, sheet()) == [(None, "")]
    assert refusal(database, content, sheet(sheet="Three")) == [(None, "")]
    take(database, content, sheet(sheet="Two"))
    assert read(database)[0].value == 2


def test_a_number_has_fifteen_digits_and_no_known_precision(database: Database) -> None:
    take(database, xlsx({"Data": [HEADER, row(0.1 + 0.2)]}), sheet())
    (figure,) = read(database)
    assert (figure.value, figure.precision) == (Decimal("0.3"), None)


def test_rows_are_reported_by_their_number_in_the_sheet(database: Database) -> None:
    content = xlsx({"Data": [HEADER, row(1), [], row("", subject="Empty")]}, first_row=4)
    assert refusal(database, content, sheet()) == [(7, "/value")]


def test_an_empty_value_is_listed_never_guessed(database: Database) -> None:
    uncalculated = '<c r="C2"><f>1+1</f></c>'
    cells = "".join(cell_xml(cell, column, 2) for column, cell in enumerate(ROW) if column != 2)
    header = "".join(cell_xml(cell, column, 1) for column, cell in enumerate(HEADER))
    content = xlsx({"Data": []}, raw=f'<row r="1">{header}</row><row r="2">{cells}{uncalculated}</row>')
    assert refusal(database, content, sheet()) == [(2, "/value")]
    mapping = '[row]\nsubject = "{subject}"\nclaimant = "A"\nsource_title = "L"\nunit = "MW"\n' + "".join(
        f'[[figure]]\nmetric = "{name}"\nvalue = "{{{name}}}"\n' for name in ("high", "low")
    )
    result = take(database, xlsx({"Data": [["subject", "high", "low"], ["Dam", 5, ""]]}), sheet(mapping=mapping))
    assert [(remark.line, remark.pointer, remark.code) for remark in result.remarks] == [(2, "/value", "empty_value")]


def test_a_number_in_percent_needs_to_be_told_how_it_is_stored(database: Database) -> None:
    content = xlsx({"Data": [HEADER, row(0.15, "%")]})
    assert refusal(database, content, sheet()) == [(2, "/value")]
    take(database, content, sheet(percent="fraction"))
    assert read(database)[0].value == 15
    take(database, xlsx({"Data": [HEADER, row(0.15, "%", "Other")]}), sheet(percent="points"))
    assert sorted(str(figure.value) for figure in read(database)) == ["0.15", "15"]


def test_words_that_say_percent_are_read(database: Database) -> None:
    take(database, xlsx({"Data": [HEADER, row("about 15 %", "%")]}), sheet())
    assert read(database)[0].value == 15


def test_a_decimal_comma_is_for_the_texts_of_a_sheet(database: Database) -> None:
    take(database, xlsx({"Data": [HEADER, row("1,5"), row(2.5, subject="Other")]}), sheet(decimal=","))
    assert sorted(figure.value or 0 for figure in read(database)) == [Decimal("1.5"), Decimal("2.5")]


HOSTILE = {
    "no workbook": b"PK\x03\x04 nothing",
    "text": b"subject,metric\n",
    "empty": b"",
    "no cells": xlsx({"Data": []}),
    "one far cell": xlsx({"Data": []}, raw='<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
    "a far row": xlsx({"Data": []}, raw='<row><c r="A1"><v>1</v></c></row><row><c r="ZZ1048576"><v>1</v></c></row>'),
    "many columns": xlsx({"Data": [["x"] * 5_000]}),
    "a bomb": xlsx({"Data": []}, raw="<row>" + " " * 300_000_000 + "</row>"),
    "many strings": xlsx({"Data": []}, raw="<row>" + '<c t="inlineStr"><is><t>x</t></is></c>' * 3_000_000 + "</row>"),
    "endless xml": xlsx({"Data": []}, raw="<row>" * 1_000_000),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_ends_in_an_error_within_seconds(database: Database, name: str) -> None:
    began = time.monotonic()
    assert refusal(database, HOSTILE[name], sheet()) != []
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("kind", ["sqlite"])
def test_dates_before_1900_are_read_or_refused(database: Database) -> None:
    header: list[Cell] = [*HEADER, "period"]
    content = xlsx({"Data": [header, [*ROW, "1850"], [*row(2, subject="Old"), -5]]})
    result = take(database, content, sheet(), **PARTIAL)
    assert [(one.line, one.pointer) for one in result.rejected] == [(3, "/period")]
    assert read(database)[0].period == "1850"
