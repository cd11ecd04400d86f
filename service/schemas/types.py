"""The value types of the API. Each is one named type in the OpenAPI document."""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, Strict, StrictBool, WithJsonSchema
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

from service.domain import key as keys
from service.domain.date_phrase import read_date
from service.domain.number import BOUNDS, format_number, parse_number
from service.domain.text import composed, has_visible
from service.domain.unit_spellings import canonical_unit
from service.errors import Invalid
from service.schemas.strict_json import Outsized
from service.schemas.urls import MAX_URL, check_url

_DOI = re.compile(r"^10\.[0-9]{4,9}/[!-~]+$")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9:.]{5,15}([Zz]|[+-][0-9]{2}:?[0-9]{2})")
_LANGUAGE = re.compile(r"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{1,8})*$")
MAX_LINE = 500
MAX_TEXT = 20_000


def refuse(message: str) -> PydanticCustomError:
    """A validation error that says what to do and does not repeat the input."""
    return PydanticCustomError("refused", "{message}", {"message": message})


def clean_text(text: str) -> str:
    """The text in NFC. Raises ValueError for text that cannot be stored."""
    try:
        return composed(text)
    except Invalid as error:
        raise refuse(error.detail) from None


def _at_most(longest: int) -> AfterValidator:
    """Refuses a text that is too long once it is composed: composing can make it longer."""

    def check(text: str) -> str:
        if len(text) > longest:
            raise refuse(f"Expected at most {longest} characters; composed (NFC), the text has more.")
        return text

    return AfterValidator(check)


def _not_blank(text: str) -> str:
    """Refuses a text without any visible character, such as one of zero-width spaces alone."""
    if not has_visible(text):
        raise refuse("The text is blank. Leave the field out, or send null where it may be null.")
    return text


def _no_controls(allowed: str) -> AfterValidator:
    """Refuses control characters, which terminals and spreadsheets act on, except those allowed."""

    def check(text: str) -> str:
        for character in text:
            if character not in allowed and unicodedata.category(character) == "Cc":
                raise refuse(f"The text holds the control character U+{ord(character):04X}. Remove it.")
        return text

    return AfterValidator(check)


def _reads(read: Callable[[str], str]) -> AfterValidator:
    """Puts what the domain reads in place of the text."""

    def check(text: str) -> str:
        try:
            return read(text)
        except Invalid as error:
            raise refuse(error.detail) from None

    return AfterValidator(check)


def _accepts(parse: Callable[[str], Any]) -> AfterValidator:
    """Keeps the text unchanged if the domain can parse it."""

    def check(text: str) -> str:
        try:
            parse(text)
        except Invalid as error:
            raise refuse(error.detail) from None
        return text

    return AfterValidator(check)


def _number(raw: object) -> Decimal:
    if isinstance(raw, Outsized):
        raise refuse(f"The number is out of bounds: {BOUNDS}.")
    try:
        return parse_number(raw)
    except Invalid as error:
        raise refuse(error.detail) from None


def _key(text: str) -> str:
    if not keys.is_key(text):
        raise refuse("A key is lower-case words joined by hyphens, at most 100 characters, and not shaped like a UUID.")
    return text


def _uuid(text: str) -> str:
    if not keys.is_uuid(text):
        raise refuse("Expected a UUID such as 0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e8f.")
    return text.lower()


def _ref(text: str) -> str:
    if keys.is_uuid(text):
        return text.lower()
    if not keys.is_key(text) and keys.split_identifier(text) is None:
        raise refuse("Name the record by its id or its key, or an entity by an identifier such as wikidata:Q2112.")
    return text


def _matches(pattern: re.Pattern[str], otherwise: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not pattern.search(text):
            raise refuse(otherwise)
        return text

    return check


def _day(raw: object) -> date:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    if not isinstance(raw, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", raw):
        raise refuse("Expected a day such as 2025-09-17.")
    try:
        return date.fromisoformat(raw)
    except ValueError:
        raise refuse("This day does not exist.") from None


def format_time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _moment(raw: object) -> object:
    """A time with its zone. A bare date or number is refused, because it would be misread."""
    if isinstance(raw, datetime):
        return raw
    if not isinstance(raw, str) or not _TIME.fullmatch(raw):
        raise refuse("Expected a time with its zone, such as 2025-09-17T12:00:00Z.")
    return raw


def _in_utc(moment: datetime) -> datetime:
    """The time in UTC. Refuses years outside 1000 to 9998, which the zone can lead to."""
    try:
        there = moment.astimezone(UTC)
    except OverflowError:
        there = None
    if there is None or not 1000 <= there.year <= 9998:
        raise refuse("Expected a time of the years 1000 to 9998.")
    return there


def _unique(items: list[str]) -> list[str]:
    if len(set(items)) < len(items):
        raise refuse("The list names something twice.")
    return items


Line = Annotated[
    str,
    Field(min_length=1, max_length=MAX_LINE),
    AfterValidator(clean_text),
    _at_most(MAX_LINE),
    _no_controls(""),
    AfterValidator(_not_blank),
]
Text = Annotated[
    str,
    Field(min_length=1, max_length=MAX_TEXT),
    AfterValidator(clean_text),
    _at_most(MAX_TEXT),
    _no_controls("\t\n\r"),
    AfterValidator(_not_blank),
]
Key = TypeAliasType(
    "Key",
    Annotated[
        str,
        AfterValidator(_key),
        Field(
            max_length=keys.MAX_KEY,
            description="Lower-case words joined by hyphens, unique among its kind.",
            json_schema_extra={"pattern": keys.KEY_PATTERN},
        ),
    ],
)
Id = Annotated[str, AfterValidator(_uuid), Field(max_length=36, json_schema_extra={"format": "uuid"})]
Ref = TypeAliasType(
    "Ref",
    Annotated[
        str,
        AfterValidator(_ref),
        Field(
            max_length=240,
            description="The id or the key of a record, or an identifier of an entity: wikidata:Q2112.",
            json_schema_extra={
                "format": "ref",
                "pattern": f"{keys.UUID_PATTERN}|{keys.KEY_PATTERN}|{keys.IDENTIFIER_PATTERN}",
            },
        ),
    ],
)
Url = Annotated[
    str,
    Field(max_length=MAX_URL, json_schema_extra={"format": "uri"}),
    AfterValidator(clean_text),
    _at_most(MAX_URL),
    _accepts(check_url),
]
Doi = Annotated[
    str,
    Field(max_length=200, json_schema_extra={"pattern": _DOI.pattern}),
    AfterValidator(_matches(_DOI, "Write the DOI alone, such as 10.1038/s41586-025-09422-z.")),
]
Language = Annotated[
    str,
    Field(max_length=35, json_schema_extra={"pattern": _LANGUAGE.pattern}),
    AfterValidator(_matches(_LANGUAGE, "Write the language as a tag, such as en or zh-Hans.")),
]
Edtf = TypeAliasType(
    "Edtf",
    Annotated[
        str,
        Field(
            max_length=40,
            json_schema_extra={"format": "edtf"},
            description="A date in EDTF: 2025, 2025-09, 2025-09-17, 2025-33 (first quarter), 202X, each with ?, ~ or %"
            " after it if need be, or an interval A/B, A/.., ../B. Q1 2025, H1 2025, FY2025-09 (the fiscal year that"
            " ends in September), summer 2025 and September 17, 2025 are read as these.",
        ),
        _reads(read_date),
    ],
)
UnitText = TypeAliasType(
    "UnitText",
    Annotated[
        str,
        Field(
            min_length=1,
            max_length=60,
            json_schema_extra={"format": "unit"},
            description="A unit of the table at /v1, an ISO 4217 currency, a noun in braces, or these joined by '.' and"
            " at most one '/': USD, GPU.hour, USD/GPU.hour, {cars}. Other spellings, such as GPU-hours, are read as"
            " these.",
        ),
        _reads(canonical_unit),
    ],
)
DecimalText = TypeAliasType(
    "DecimalText",
    Annotated[
        Decimal,
        BeforeValidator(_number),
        PlainSerializer(format_number, return_type=str, when_used="json"),
        WithJsonSchema(
            {
                "type": "string",
                "pattern": r"^-?[0-9]{1,38}(\.[0-9]{1,18})?$",
                "description": f"An exact decimal: {BOUNDS}. A JSON number is accepted as well.",
                "examples": ["294000"],
            }
        ),
    ],
)
DecimalSign = Annotated[str, Field(pattern=r"^[.,]$", examples=[","])]
Time = Annotated[
    datetime,
    PlainSerializer(format_time, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
GivenTime = Annotated[
    datetime,
    BeforeValidator(_moment),
    AfterValidator(_in_utc),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Year = Annotated[int, Strict(), Field(ge=1000, le=9999)]
Lines = Annotated[list[Line], Field(max_length=200), AfterValidator(_unique)]
Names = Annotated[list[Line], Field(max_length=1000)]
Urls = Annotated[list[Url], Field(max_length=50), AfterValidator(_unique)]
Identifiers = Annotated[
    dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")], Annotated[str, Field(pattern=r"^[!-~]{1,200}$")]],
    Field(
        max_length=50,
        description="By scheme, each unique: wikidata, iso3166, lei, ror, doi or another.",
        json_schema_extra={"examples": [{"wikidata": "Q2112", "iso3166": "DE"}]},
    ),
    AfterValidator(lambda given: dict(sorted(given.items()))),  # so that both databases export the same bytes
]
Bool = StrictBool
