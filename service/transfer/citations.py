"""Citations of sources and comparisons: as CSL-JSON (citation managers), as BibTeX, and as one sentence."""

import re
from datetime import date
from typing import Any

from service.domain.period import parse_period
from service.domain.vocabulary import SourceKind
from service.errors import Invalid
from service.schemas.comparisons import Comparison
from service.schemas.sources import Source

SERVICE = "Counterclaim"
_CSL_TYPES = {
    SourceKind.PAPER: "article-journal",
    SourceKind.PREPRINT: "article",
    SourceKind.NEWS_ARTICLE: "article-newspaper",
    SourceKind.ANALYST_REPORT: "report",
    SourceKind.FILING: "report",
    SourceKind.INTERVIEW: "interview",
    SourceKind.SPEECH: "speech",
    SourceKind.PRESS_RELEASE: "report",
    SourceKind.DATASET: "dataset",
    SourceKind.SOCIAL_POST: "post",
    SourceKind.BOOK: "book",
}
_BIBTEX_TYPES = {"article-journal": "article", "book": "book", "report": "techreport"}
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}", "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}", "%": r"\%", "&": r"\&", "$": r"\$", "#": r"\#", "_": r"\_",
}  # fmt: skip
_NOT_IN_ADDRESSES = {"\\": "%5C", "{": "%7B", "}": "%7D"}  # styles print the rest of an address as it stands

Csl = dict[str, Any]


def csl_of_source(source: Source) -> Csl:
    """A source as an item of CSL-JSON 1.0.2. Its authors are literal names: nobody said which part is the family's."""
    return _plain(
        {
            "id": source.key or source.id,
            "type": _CSL_TYPES.get(source.kind, "webpage"),
            "title": source.title,
            "author": [{"literal": name} for name in source.authors],
            "publisher": source.publisher,
            "issued": _issued(source.published),
            "accessed": _day(source.accessed_on),
            "DOI": source.doi,
            "URL": source.url,
            "language": source.language,
        }
    )


def csl_of_comparison(comparison: Comparison, url: str, today: date) -> Csl:
    """A comparison as an item of CSL-JSON: what it compares, what follows, and when it was read."""
    parts = [comparison.scope.name if comparison.scope else None, comparison.period]
    detail = ", ".join(part for part in parts if part)
    title = f"{comparison.subject.name}: {comparison.metric.name}" + (f" ({detail})" if detail else "")
    return {
        "id": comparison.key,
        "type": "webpage",
        "title": title,
        "container-title": SERVICE,
        "abstract": comparison.text,
        "accessed": _day(today),
        "URL": url,
    }


def sentence(item: Csl) -> str:
    """The citation in words: who, what, where, when."""
    authors = ", ".join(one["literal"] for one in item.get("author", ()))
    year = _year(item.get("issued"))
    where = item.get("container-title") or item.get("publisher")
    address = f"https://doi.org/{item['DOI']}" if "DOI" in item else item.get("URL")
    accessed = item.get("accessed")
    read = f"accessed {_written(accessed)}" if accessed and "DOI" not in item else None
    head = f"{authors} ({year})" if authors and year else authors or (f"({year})" if year else "")
    parts = [head, f"“{item['title']}”", where, address, read]
    return ". ".join(str(part) for part in parts if part) + "."


def bibtex(item: Csl) -> str:
    """The citation as an entry of BibTeX. Signs that TeX acts on are escaped."""
    fields = {
        "title": f"{{{_tex(item['title'])}}}",
        "author": " and ".join(f"{{{_tex(one['literal'])}}}" for one in item.get("author", ())) or None,
        "year": _year(item.get("issued")),
        "publisher": _tex(item["publisher"]) if "publisher" in item else None,
        "howpublished": _tex(item["container-title"]) if "container-title" in item else None,
        "doi": _address(item["DOI"]) if "DOI" in item else None,
        "url": _address(item["URL"]) if "URL" in item else None,
        "note": f"Accessed {_written(item['accessed'])}" if "accessed" in item else None,
    }
    key = re.sub(r"[^a-z0-9:-]+", "-", str(item["id"]).lower())
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value is not None]
    return f"@{_BIBTEX_TYPES.get(item['type'], 'misc')}{{{key},\n" + ",\n".join(lines) + "\n}\n"


def _tex(text: str) -> str:
    """The text with commands for the signs that TeX acts on. Braces need one too: BibTeX counts `\\{` as open."""
    return "".join(_SPECIAL.get(character, character) for character in " ".join(text.split()))


def _address(text: str) -> str:
    return "".join(_NOT_IN_ADDRESSES.get(character, character) for character in text)


def _plain(item: Csl) -> Csl:
    return {name: value for name, value in item.items() if value not in (None, [])}


def _issued(published: str | None) -> Csl | None:
    """The date as CSL writes it: from the first day to the last, as exactly as it is known."""
    if published is None:
        return None
    try:
        period = parse_period(published)
    except Invalid:
        return {"literal": published}
    first, last = period.earliest, period.latest
    if first == date.min or last == date.max:
        return {"literal": published}
    is_year = (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year
    parts = [[first.year]] if is_year else [_parts(first)] if first == last else [_parts(first), _parts(last)]
    return {"date-parts": parts} | ({"circa": True} if period.approximate else {})


def _day(day: date | None) -> Csl | None:
    return None if day is None else {"date-parts": [_parts(day)]}


def _parts(day: date) -> list[int]:
    return [day.year, day.month, day.day]


def _year(issued: Csl | None) -> str | None:
    return None if issued is None or "date-parts" not in issued else str(issued["date-parts"][0][0])


def _written(day: Csl) -> str:
    return date(*day["date-parts"][0]).isoformat()
