"""Full addresses of pages, for links from elsewhere."""

from datetime import date
from urllib.parse import urlencode

from fastapi import Request


def base(request: Request) -> str:
    """The address of the service, without a slash at its end."""
    return str(request.base_url).rstrip("/")


def of_comparison(request: Request, key: str, as_of: date | None) -> str:
    return f"{base(request)}/comparisons/{key}{day_query(as_of)}"


def of_embedded(request: Request, key: str, as_of: date | None) -> str:
    return f"{base(request)}/embed/comparisons/{key}{day_query(as_of)}"


def day_query(as_of: date | None) -> str:
    return f"?{urlencode({'as_of': as_of.isoformat()})}" if as_of else ""
