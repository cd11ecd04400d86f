"""Reading request bodies: JSON only, parsed exactly."""

from fastapi import Request
from starlette.exceptions import HTTPException

from service.schemas.strict_json import parse_json

_MEDIA_TYPES = ("application/json", "application/merge-patch+json")


async def read_json(request: Request) -> None:
    """Parses the body once and keeps it where FastAPI looks for it."""
    content = await request.body()
    if not content:
        return
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _MEDIA_TYPES:
        raise HTTPException(415)
    request._json = parse_json(content)
