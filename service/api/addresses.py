"""Full addresses of pages, for links from elsewhere."""

from datetime import date, datetime
from urllib.parse import urlencode

from fastapi import Request

from service.schemas.types import format_time


def base(request: Request) -> str:
    """The address of the service, without a slash at its end."""
    return str(request.base_url).rstrip("/")


def of_comparison(request: Request, key: str, as_of: date | None, recorded: datetime | None = None) -> str:
    """With the moment as of which records are taken, the address of a page that stays as it is."""
    asked = {"as_of": as_of and as_of.isoformat(), "recorded_as_of": recorded and format_time(recorded)}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{base(request)}/comparisons/{key}{'?' + query if query else ''}"


def of_embedded(request: Request, key: str, as_of: date | None) -> str:
    return f"{base(request)}/embed/comparisons/{key}{day_query(as_of)}"


def day_query(as_of: date | None) -> str:
    return f"?{urlencode({'as_of': as_of.isoformat()})}" if as_of else ""
