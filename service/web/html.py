"""Renders pages from templates. All content is escaped, nothing but the stylesheet is loaded, and no script runs."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_FLOOR
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from service.api.responses import links
from service.charts import strip
from service.charts.comparison import stated
from service.charts.model import Row
from service.charts.scale import Scale, unit_beside
from service.charts.svg import TURNING
from service.db.engine import Author
from service.domain.access import reaches
from service.domain.compact import apart_text, compact, compact_interval, compact_stated, exact_stated
from service.domain.display import unit_in_words
from service.domain.interval import Interval as DomainInterval
from service.domain.period import period_in_words
from service.domain.vocabulary import VOCABULARIES, Agreement, DisagreementKind, Role, Word
from service.errors import Invalid
from service.schemas.figures import Interval
from service.schemas.types import format_time
from service.schemas.urls import host_of
from service.transfer import citations
from service.web.session_cookie import session_of

HERE = Path(__file__).parent
BUILD = hashlib.sha256(
    b"".join(path.read_bytes() for path in sorted(HERE.glob("assets/*")) + sorted(HERE.glob("templates/*.html")))
).hexdigest()[:16]
_MEANINGS = {str(word): word.meaning for vocabulary in VOCABULARIES.values() for word in vocabulary}

TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def policy(*, forms: str = "'self'", ancestors: str = "'none'") -> str:
    """The content security policy of a page. `ancestors` are the origins whose pages may show it in a frame."""
    loads = "default-src 'none'; style-src 'self'; img-src 'self'"
    return f"{loads}; form-action {forms}; base-uri 'none'; frame-ancestors {ancestors}"


_POLICY = policy()


def may_write(caller: Author | None) -> bool:
    return caller is not None and caller.role is not None and reaches(caller.role, Role.CONTRIBUTOR)


def page(
    request: Request,
    template: str,
    status: int = 200,
    *,
    policy: str = _POLICY,
    has_form: bool = False,
    moment: datetime | None = None,
    **context: Any,
) -> HTMLResponse:
    """Renders a page. One with a form that is posted lets browsers name it as the form's origin, which they do not do
    under `no-referrer`; a page of somebody who is signed in has such a form, to sign out.
    """
    caller = getattr(request.state, "caller", None) if session_of(request) else None
    made = TEMPLATES.get_template(template).render(
        request=request,
        caller=caller,
        may_write=may_write(caller),
        is_admin=caller is not None and caller.role == Role.ADMIN,
        build=BUILD,
        today=datetime.now(UTC).date(),
        now=format_time(datetime.now(UTC)),
        moment=moment,
        with_query=lambda **changes: with_query(request, changes),
        **context,
    )
    headers = {"Content-Security-Policy": policy, **links(request, moment=moment)}
    if has_form or caller is not None:
        headers["Referrer-Policy"] = "same-origin"
    return HTMLResponse(made, status, headers=headers)


def with_query(request: Request, changes: Mapping[str, object]) -> str:
    """Returns this page's address with changed parameters; None removes one."""
    kept = [(name, text) for name, text in request.query_params.multi_items() if name not in changes]
    added = [(name, str(value)) for name, value in changes.items() if value is not None]
    query = urlencode([*kept, *added])
    return f"{request.url.path}?{query}" if query else request.url.path


# Filters -------------------------------------------------------------------------------------------------------------


def _words(text: object) -> str:
    """Returns a vocabulary word with spaces in place of underscores."""
    return str(text).replace("_", " ")


def _meaning(word: object) -> str:
    """Returns the meaning of a word in its own vocabulary, if known."""
    return word.meaning if isinstance(word, Word) else _MEANINGS.get(str(word), "")


_AGREEMENTS = {
    Agreement.NONE: "no amount to compare",
    Agreement.SINGLE: "one claimant only",
    Agreement.AGREE: "agree",
    Agreement.MIXED: "agree in part",
    Agreement.CONFLICT: "conflict",
}


def _flat(text: str) -> str:
    """Removes marks that change the direction of neighbouring text, for places where no element can isolate them."""
    return "".join(character for character in text if character not in TURNING)


def _separation(one: Any) -> str:
    """Returns how far apart the figures are, if there is a difference but no ratio."""
    if not one.difference:
        return "said of something else" if one.kind == DisagreementKind.DRIFT else "apart"
    return f"at least {compact(Fraction(repr(one.difference)), one.unit, ROUND_FLOOR)} apart"


def _short(interval: Interval | None) -> str:
    if interval is None:
        return ""
    low, high = (None if end is None else Fraction(repr(end)) for end in (interval.low, interval.high))
    if low == 0 and high is None:
        return "no common range"  # the hull of figures bounded above and figures bounded below
    signed = interval.text.startswith("−") or (low is not None and low < 0)
    return compact_interval(
        DomainInterval(low, high, interval.low_open, interval.high_open), interval.unit, signed=signed
    )


def _link(url: str | None) -> Markup:
    """Returns an external link, shown as the host that a browser opens. The URL was checked when it was stored."""
    if url is None:
        return Markup()
    try:
        host = host_of(url)
    except Invalid:  # stored by a version with other rules
        return escape(url)
    return Markup('<a href="{}" rel="noopener noreferrer nofollow">{}</a>').format(url, host)


def _when(moment: datetime | date) -> Markup:
    if isinstance(moment, datetime):
        shown = moment.astimezone(UTC)
        return Markup('<time datetime="{}">{}</time>').format(shown.isoformat(), f"{shown:%Y-%m-%d %H:%M} UTC")
    return Markup('<time datetime="{0}">{0}</time>').format(moment.isoformat())


def _marked(match: Any) -> Markup:
    """Returns the text of a search result, with the words found marked."""
    parts, last = [], 0
    for start, end in match.offsets:
        parts += [escape(match.text[last:start]), Markup("<mark>{}</mark>").format(match.text[start:end])]
        last = end
    return Markup().join([*parts, escape(match.text[last:])])


def _in_words(value: object) -> str:
    """Returns a short text for a field of an earlier version of a record."""
    if value is None:
        return "nothing"
    if isinstance(value, list):
        return "; ".join(map(_in_words, value)) or "nothing"
    if isinstance(value, dict):
        if "qualifier" in value:  # a figure
            said = value["value"] or value["lower"] or value["upper"] or value["stated_as"]
            return f"{value['metric']['name']} {value['qualifier']} {said} {value['unit']}"
        named = next((value[n] for n in ("name", "title", "statement", "text", "reason", "id") if value.get(n)), "")
        return str(named)
    return str(value)


def _strip(row: Row, scale: Scale, reference: float | None = None) -> Markup:
    return Markup(strip.strip(row, scale, reference))


TEMPLATES.filters |= {
    "words": _words,
    "meaning": _meaning,
    "short": _short,
    "compact": lambda figure: compact_stated(stated(figure), figure.unit),
    "exact": lambda figure: exact_stated(stated(figure), figure.unit),
    "outside": _link,
    "when": _when,
    "agreement": lambda word: _AGREEMENTS[Agreement(word)],
    "moment": lambda at: "" if at is None else format_time(at),
    "marked": _marked,
    "apart": lambda factor: apart_text(Fraction(repr(factor))),
    "in_words": _in_words,
    "flat": _flat,
    "separation": _separation,
    "beside": unit_beside,
    "unit": unit_in_words,
    "period": lambda text: period_in_words(text) if text else "",
    "cited": citations.sentence,
    "bibtex": citations.bibtex,
}
TEMPLATES.globals |= {
    "strip": _strip,
    "long_chart": 8,  # rows, from which the axis is above them as well
    "axis": lambda scale: Markup(strip.axis(scale)),
    "key": lambda shape, hollow=False, copy=False: Markup(strip.key(shape, hollow=hollow, copy=copy)),
}
