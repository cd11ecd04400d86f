"""One row of a spreadsheet: a figure in a claim, in a source, about a subject. Records are found or created by name."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

from service.domain.date_phrase import read_date
from service.domain.interval_words import read_interval_kind
from service.domain.names import content_id, fold_name, key_for
from service.domain.number import canonical
from service.domain.phrase import Doubt, Phrase, Unreadable, counts_noun, may_have_thousands, read_phrase
from service.domain.spreadsheet_cells import Number, NumberStyle, is_number_cell, parse_number_cell
from service.domain.text import composed
from service.domain.unit_spellings import canonical_unit, is_same_unit
from service.domain.vocabulary import OnUnreadable, OverTime, Percent, Qualifier
from service.errors import Fault, Invalid, ServiceError
from service.schemas.claims import ClaimCreate
from service.schemas.faults import validated
from service.schemas.figures import FigureFields
from service.schemas.imports import TableOptions
from service.schemas.metrics import MetricCreate
from service.schemas.sources import SourceCreate
from service.store.records.figure_intervals import check_figure
from service.transfer.columns import DATES, FIGURE, MISSING, NUMBERS, REQUIRED, SOURCE, WITHOUT_MISSING_WORDS
from service.transfer.entries import Note
from service.transfer.import_writer import ImportWriter, Stated
from service.transfer.mapping import Properties

_UNRESOLVED = "x"  # placeholder for records that are looked up when the row is written
_CLAIM = ("claimant_role", "speaks_for", "statement", "quote", "locator", "asserted", "derived_from", "supersedes")
_FIGURE = (
    "basis", "method", "qualifier", *NUMBERS, "interval_kind", "precision", "unit", "price_year", "period", "stated_as",
    "relayed",
)  # fmt: skip
_QUALIFIERS = {  # the default, by which numbers are given
    ("value",): Qualifier.EXACT,
    ("value", "lower"): Qualifier.EXACT,
    ("value", "upper"): Qualifier.EXACT,
    ("value", "lower", "upper"): Qualifier.BETWEEN,
    ("lower", "upper"): Qualifier.BETWEEN,
    ("lower",): Qualifier.AT_LEAST,
    ("upper",): Qualifier.AT_MOST,
    (): Qualifier.VAGUE,
}
LOOKS_EMPTY = "In a workbook, an error or a formula whose value is not stored looks empty, too."
_EXACT = Context(prec=100)  # more digits than any number has
_LOOKED_AT = 200  # characters of a cell
_NEGATIVE = re.compile(r"(?:^|[\s~≈≥≤<>=(])[-\u2212]\s?\d")
_BOUND_SIGNS = {"lower": (Qualifier.AT_LEAST, Qualifier.MORE_THAN), "upper": (Qualifier.AT_MOST, Qualifier.LESS_THAN)}
_WORDS = {
    Qualifier.ABOUT: "about {value}", Qualifier.AT_LEAST: "at least {lower}", Qualifier.MORE_THAN: "more than {lower}",
    Qualifier.AT_MOST: "at most {upper}", Qualifier.LESS_THAN: "less than {upper}",
    Qualifier.BETWEEN: "{lower} to {upper}", Qualifier.EXACT: "{value}",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A parsed row. Its names are not looked up yet."""

    subject: str
    subject_identifier: str | None
    claimant: str
    claimant_identifier: str | None
    metric: str
    scope: str | None
    source: SourceCreate | str  # or the id of a stored source
    claim: ClaimCreate
    is_composed: bool  # the statement is to be composed from the other fields
    status: Stated | None
    inferred: "Inferred"


class Inferred:
    """What all rows of a file imply. Amounts of a new metric differ by period if any row of it has a period, and are
    signed if any number is negative. If all values end with `.0`, a program wrote them so, and that says nothing about
    their precision. Keeps at most `_MOST` names of metrics, more than any real file has.
    """

    _MOST = 10_000

    def __init__(self, properties: Properties | None = None) -> None:
        self.properties = properties or Properties()  # which are not inferred, but given by a mapping
        self.by_period: set[str] = set()
        self.signed: set[str] = set()
        self.values_are_floats = True

    def note(self, row: Mapping[str, str]) -> None:
        self.values_are_floats &= row.get("value", ".0").endswith(".0")
        try:
            name = fold_name(row.get("metric", "")[:1_000])
        except Invalid:  # reported when the row is read
            return
        if "period" in row and len(self.by_period) < self._MOST:
            self.by_period.add(name)
        if (
            any(_NEGATIVE.search(row[number][:_LOOKED_AT]) for number in NUMBERS if number in row)
            and len(self.signed) < self._MOST
        ):
            self.signed.add(name)


class RowReader:
    """Reads rows by the options of the table. `states_digits` says whether cells have the digits that were written,
    which say how precise a number is.
    """

    def __init__(self, options: TableOptions, inferred: Inferred, *, states_digits: bool = True) -> None:
        self.options = options
        self.inferred = inferred
        self.states_digits = states_digits
        self.style = NumberStyle(options.decimal, options.thousands)
        given = options.missing
        self.missing = None if given is None else frozenset(word.strip().casefold() for word in given)

    def is_missing(self, column: str, text: str) -> bool:
        """Whether the text of a cell means that there is nothing."""
        word = text.rpartition(":")[2] if column.endswith("_identifier") else text
        word = word.strip().casefold()
        if not word:
            return True
        if self.missing is None:
            return column not in WITHOUT_MISSING_WORDS and word in MISSING
        return word in self.missing

    def read(self, row: dict[str, str], notes: list[Note]) -> FigureRow:
        """Parses a row, and adds to the notes. Raises Invalid with a pointer to each column that cannot be read."""
        faults = [Fault(f"/{name}", "This is required.") for name in REQUIRED if name not in row]
        if not any(name in row for name in FIGURE):
            faults.append(Fault("/value", self._no_figure()))
        if not any(name in row for name in SOURCE):
            faults.append(Fault("/source_title", "A source needs source_title or source_url."))
        for name, text in row.items():
            _try(faults, name, lambda text=text: composed(text))
        fields: dict[str, Any] = dict(row)
        for name in DATES:
            if name in row:
                _try(faults, name, lambda name=name: fields.update({name: self._date(name, row[name], notes)}))
        if "interval_kind" in row:
            _try(faults, "interval_kind", lambda: fields.update(interval_kind=read_interval_kind(row["interval_kind"])))
        numbers = self._numbers(row, faults, notes)
        if faults:
            raise Invalid(faults[0].detail, faults)
        fields |= numbers
        if "relayed" in fields:
            fields["relayed"] = {"true": True, "false": False}.get(row["relayed"].casefold(), row["relayed"])
        return _validated(fields, self.inferred)

    def _no_figure(self) -> str:
        hint = "" if self.states_digits else f" {LOOKS_EMPTY}"
        return f"A figure needs a value, lower, upper or stated_as.{hint}"

    def _date(self, name: str, text: str, notes: list[Note]) -> str:
        first, to, last = (part.strip() for part in f" {text} ".partition(" to "))
        no_first, no_last = (part != ".." and self.is_missing(name, part) for part in (first, last))
        if to and no_first is not no_last:
            end = "beginning" if no_first else "end"
            notes.append(Note(f"/{name}", "open_period", f"The {end} of the period is not stated, so it is open."))
            text = f".. to {last}" if no_first else f"{first} to .."
        return read_date(text, self.options.date_order)

    def _numbers(self, row: Mapping[str, str], faults: list[Fault], notes: list[Note]) -> dict[str, Any]:
        """The qualifier and the numbers of a row, by their fields. Adds what cannot be read to the faults."""
        given = [name for name in NUMBERS if name in row]
        if not given and self.options.read_stated_as and "qualifier" not in row:
            return self._phrase("stated_as", row, faults, notes)
        numbers: dict[str, Number] = {}
        for name in given:
            text = row[name]
            if name == "value" and self.inferred.values_are_floats:
                text = text.removesuffix(".0")
            if name == "value" and not is_number_cell(text):
                return self._phrase("value", row, faults, notes)
            if not self.style.is_given and may_have_thousands(text, _unit(row)):
                commas = text.replace(".", ",")
                detail = (
                    f"{text} may have thousands or decimals. Write {commas} if it has thousands, or name the signs."
                )
                faults.append(Fault(f"/{name}", detail))
            else:
                _try(faults, name, lambda name=name, text=text: numbers.update({name: self._number(text, row)}))
        if faults:
            return {}
        fields = _qualified(numbers, row)
        if fields["value"] is not None and "precision" not in row:
            fields["precision"] = numbers["value"].precision if self.states_digits else None
        return fields

    def _number(self, text: str, row: Mapping[str, str]) -> Number:
        number = parse_number_cell(text, self.style)
        if not self._are_fractions(row):
            return number
        precision = None if number.precision is None else _hundredfold(number.precision)
        return Number(_hundredfold(number.value), number.qualifier, precision)

    def _are_fractions(self, row: Mapping[str, str]) -> bool:
        """Whether the numbers of a row are in percent and stored as fractions. Raises Invalid if that is not known."""
        if _unit(row) != "%":
            return False
        if self.options.percent is None and not self.states_digits:
            detail = "A workbook does not show whether 15% is stored as 0.15 or 15: give percent=fraction or points."
            raise Invalid.at("", detail)
        return self.options.percent is Percent.FRACTION

    def _phrase(self, column: str, row: Mapping[str, str], faults: list[Fault], notes: list[Note]) -> dict[str, Any]:
        """What the words of a cell say. Adds a fault if they say something other than the rest of the row."""
        text = row[column]
        try:
            read = read_phrase(text, self.style.decimal_sign if self.style.is_given else None)
        except Unreadable as error:
            is_alone = not any(name in row for name in ("lower", "upper", "qualifier"))
            is_wordy = error.doubt is Doubt.NO_NUMBER
            if self.options.unreadable is OnUnreadable.VAGUE and is_alone and is_wordy:
                return self._vague(column, text, error.detail, notes) | {"stated_as": row.get("stated_as", text)}
            faults.append(Fault(f"/{column}", error.detail))
            return {}
        other = _contradiction(read, column, row)
        if other is not None:
            faults.append(Fault(f"/{column}", other))
            return {}
        numbers = {name: getattr(read, name) for name in (*NUMBERS, "precision")}
        try:
            if read.unit is None and self._are_fractions(row):
                numbers = {name: None if one is None else _hundredfold(one) for name, one in numbers.items()}
        except Invalid as error:
            faults.append(Fault(f"/{column}", error.detail))
        if "precision" in row:
            del numbers["precision"]
        return numbers | {"qualifier": read.qualifier, "stated_as": row.get("stated_as", text)}

    @staticmethod
    def _vague(column: str, text: str, why: str, notes: list[Note]) -> dict[str, Any]:
        notes.append(Note(f"/{column}", "vague", f"Kept in words only: {text[:100]}. {why}"))
        return dict.fromkeys(NUMBERS) | {"qualifier": Qualifier.VAGUE}


def _contradiction(read: Phrase, column: str, row: Mapping[str, str]) -> str | None:
    """What the words of a cell say other than the rest of the row."""
    unit = _unit(row)
    if any(name in row for name in (*NUMBERS, "qualifier") if name != column):
        return "Where other cells give bounds or the qualifier, the value is a number alone."
    if read.noun is not None and not (column == "stated_as" and counts_noun(read.noun, unit)):
        return f"Put what is counted ({read.noun}) into the columns metric, scope and unit."
    if read.unit is not None and not is_same_unit(read.unit, unit):
        return f"The words say {read.unit}, and the column unit does not."
    return None


def _unit(row: Mapping[str, str]) -> str:
    """The unit of a row in its one spelling; as it is, if it is none, which is reported elsewhere."""
    text = row.get("unit", "").strip()
    try:
        return canonical_unit(text)
    except Invalid:
        return text


def _hundredfold(number: Decimal) -> Decimal:
    return canonical(_EXACT.multiply(number, Decimal(100)))


def _try(faults: list[Fault], name: str, read: Any) -> None:
    try:
        read()
    except Invalid as error:
        faults.append(Fault(f"/{name}", error.detail))


def _qualified(numbers: dict[str, Number], row: Mapping[str, str]) -> dict[str, Any]:
    """The numbers and the qualifier, derived from their signs and from which numbers are given."""
    values = {name: number.value for name, number in numbers.items()}
    said = {name: number.qualifier for name, number in numbers.items() if number.qualifier is not None}
    qualifier = _QUALIFIERS[tuple(name for name in NUMBERS if name in values)]
    for name, sign in said.items():
        if len(said) > 1 or (name in _BOUND_SIGNS and (sign not in _BOUND_SIGNS[name] or len(values) > 1)):
            raise Invalid.at(f"/{name}", "A sign before this number contradicts the other cells.")
        qualifier = sign
        for bound, signs in _BOUND_SIGNS.items() if name == "value" else ():
            if sign in signs:
                if len(values) > 1:
                    raise Invalid.at("/value", "A value with ≥ ≤ > < before it is a bound, and there are others.")
                values = {bound: values["value"]}
    stated = row.get("qualifier")
    if stated is not None and said and stated != qualifier:
        raise Invalid.at("/qualifier", f"The sign before the number says {qualifier}.")
    return dict.fromkeys(NUMBERS) | values | {"qualifier": stated or qualifier}


def _validated(fields: dict[str, Any], inferred: Inferred) -> FigureRow:
    figure = {name: fields[name] for name in _FIGURE if name in fields} | {"id": fields.get("figure_id")}
    figure |= {"metric": _UNRESOLVED, "basis": fields.get("basis", "unstated")}
    if "price_year" in figure:
        figure["price_year"] = _year(figure["price_year"])
    claim = {name: fields[name] for name in _CLAIM if name in fields}
    claim |= dict.fromkeys(("source", "claimant", "subject"), _UNRESOLVED)
    claim |= {"statement": fields.get("statement", _UNRESOLVED), "figures": [figure]}
    if "claim_id" in fields:
        claim["id"] = fields["claim_id"]
    status = fields.get("claim_status")
    if status not in (None, "active", "retracted"):
        raise Invalid.at("/claim_status", "Expected active or retracted.")
    if "retracted_on" in fields and status != "retracted":
        raise Invalid.at("/retracted_on", "The claim is not retracted: set its claim_status, too.")
    source = _source(fields)
    if isinstance(source, str) and "claimant" not in fields:
        raise Invalid.at("/claimant", "Where only the id of the source is given, say who claims this.")
    said = _under_columns(ClaimCreate, claim)
    if "basis" not in fields:
        said.figures[0].model_fields_set.discard("basis")
    return FigureRow(
        subject=fields["subject"],
        subject_identifier=fields.get("subject_identifier"),
        claimant_identifier=fields.get("claimant_identifier"),
        claimant=fields["claimant"] if isinstance(source, str) else _claimant(fields, source),
        metric=fields["metric"],
        scope=fields.get("scope"),
        source=source,
        claim=said,
        is_composed="statement" not in fields,
        status=Stated(status, fields.get("retracted_on")) if status else None,
        inferred=inferred,
    )


_SOURCE = {
    "id": "source_id",
    "title": "source_title",
    "kind": "source_kind",
    "url": "source_url",
    "published": "source_published",
    "publisher": "source_publisher",
}


def _claimant(fields: Mapping[str, Any], source: SourceCreate) -> str:
    return fields.get("claimant") or source.publisher or source.title


def _source(fields: Mapping[str, Any]) -> SourceCreate | str:
    given = {name: fields[column] for name, column in _SOURCE.items() if column in fields}
    if set(given) == {"id"}:
        return str(given["id"])
    kind = "web_page" if "url" in given else "other"
    made: SourceCreate = _under_columns(SourceCreate, {"kind": kind, "title": given.get("url"), **given})
    made.model_fields_set.intersection_update(given)  # defaults are not compared with a stored source
    return made


def _year(text: str) -> object:
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 else text


def _under_columns(model: Any, fields: Any) -> Any:
    """Raises Invalid with pointers to columns instead of fields."""
    try:
        return validated(model, fields)
    except Invalid as error:
        raise Invalid(error.detail, [at_column(fault, model) for fault in error.faults]) from None


def at_column(fault: Fault, model: Any) -> Fault:
    name = fault.pointer.removeprefix("/figures/0").removeprefix("/")
    if model is SourceCreate:
        column = _SOURCE.get(name, name)
    elif model is MetricCreate:
        column = {"name": "metric", "key": "metric"}.get(name, name)
    else:
        own = "figure_id" if fault.pointer.startswith("/figures") else "claim_id"
        column = {"id": own, "figures": "figure_id", "source": "source_id", "status": "claim_status"}.get(name, name)
    return Fault(f"/{column}", fault.detail, fault.code)


# Writing -------------------------------------------------------------------------------------------------------------


def look_up(loading: ImportWriter, rows: Sequence[FigureRow]) -> None:
    named = {name for row in rows for name in (row.subject, row.claimant)}
    identified = {ref for row in rows for ref in (row.subject_identifier, row.claimant_identifier) if ref is not None}
    loading.names.look_up("entity", named | identified)
    loading.names.look_up("metric", {row.metric for row in rows})


def put(loading: ImportWriter, row: FigureRow) -> None:
    """Writes a row. Raises ServiceError with a pointer to the column that is refused."""
    figure = row.claim.figures[0]
    known = loading.names.find("metric", row.metric, "/metric")
    if known is not None:  # report errors before anything is written
        there = loading.names.metric_of(known)
        check_figure(dict(figure), there.unit, there.scale, signed=there.signed)
    metric = loading.names.metric(row.metric, "/metric", lambda: _new_metric(loading, row, figure))
    scope = loading.names.scope(metric, row.scope, "/scope", row.inferred.properties.whole_of) if row.scope else None
    source_id = row.source if isinstance(row.source, str) else _put_source(loading, row.source)
    subject = loading.names.entity(row.subject, "/subject", identifier=row.subject_identifier)
    claimant = loading.names.entity(row.claimant, "/claimant", "organization", row.claimant_identifier)
    figure = figure.model_copy(update={"metric": metric.key} | ({"scope": scope.key} if scope else {}))
    changes: dict[str, Any] = {"source": source_id, "claimant": claimant.key, "subject": subject.key}
    if row.is_composed:
        where = f"{subject.name}: {metric.name}" + (f" ({scope.name})" if scope else "")
        changes["statement"] = f"{where}, {_words(figure)}, according to {claimant.name}"
    claim = row.claim.model_copy(update=changes)
    if row.is_composed:
        claim.model_fields_set.discard("statement")  # a composed statement is not compared with a stored one
    if "claimant_role" not in row.claim.model_fields_set:
        claim.model_fields_set.discard("claimant_role")
    claim_id = claim.id or _claim_id(claim, figure, is_composed=row.is_composed)
    if figure.id is None:
        content = {"claim": claim_id, **figure.model_dump(mode="json", exclude={"id"})}
        figure = figure.model_copy(update={"id": content_id("figure", content)})
    loading.put_claim(claim.model_copy(update={"id": claim_id, "figures": [figure]}), status=row.status)


def _put_source(loading: ImportWriter, source: SourceCreate) -> str:
    try:
        return loading.source(source)
    except ServiceError as error:
        error.faults = [at_column(fault, SourceCreate) for fault in error.faults]
        raise


def _claim_id(claim: ClaimCreate, figure: FigureFields, *, is_composed: bool) -> str:
    """Rows with equal claim fields are figures of one claim. A claim with a composed statement has only one figure."""
    content = claim.model_dump(mode="json", exclude={"id", "figures", "statement"})
    own = figure.model_dump(mode="json", exclude={"id"}) if is_composed else claim.statement
    return content_id("claim", {**content, "own": own})


def _words(figure: FigureFields) -> str:
    if figure.qualifier is Qualifier.VAGUE:
        return str(figure.stated_as)
    numbers = {name: f"{number:,f}" for name in NUMBERS if (number := getattr(figure, name)) is not None}
    said = f"{_WORDS[figure.qualifier].format(**numbers)} {figure.unit}"
    return f"{said} in {figure.period}" if figure.period else said


def _new_metric(loading: ImportWriter, row: FigureRow, figure: FigureFields) -> MetricCreate:
    """A new metric, with the properties that all rows of the file imply and the unit of the first row."""
    name = fold_name(row.metric)
    is_signed = name in row.inferred.signed
    over_time = OverTime.BY_PERIOD if name in row.inferred.by_period else OverTime.FIXED
    made = {"key": key_for(row.metric, "metric"), "name": row.metric, "unit": figure.unit, "signed": is_signed}
    given = row.inferred.properties.of_metric(row.metric)
    inferred = {"over_time": over_time, "over_time_inferred": "over_time" not in given}
    metric: MetricCreate = _under_columns(MetricCreate, made | inferred | given)
    check_figure(dict(figure), metric.unit, metric.scale, signed=metric.signed)
    loading.inferred.append(metric)
    return metric
