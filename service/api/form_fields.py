"""Reads forms as browsers send them."""

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from service.errors import Invalid
from service.schemas.types import clean_text

_MOST_FIELDS = 100
_MEDIA_TYPE = "application/x-www-form-urlencoded"


async def form_fields(request: Request) -> dict[str, str]:
    """Returns the fields that are not empty, with plain line ends. Raises Invalid for text that cannot be stored, and
    HTTPException 415 for another media type.
    """
    if not request._body:
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _MEDIA_TYPE:
        raise HTTPException(415)
    try:
        pairs = parse_qsl(request._body.decode("ascii"), errors="strict", max_num_fields=_MOST_FIELDS)  # read before
        return {name: clean_text(text.replace("\r\n", "\n")) for name, text in pairs if text.strip()}
    except ValueError:
        raise Invalid("This form cannot be read: it holds too much, or text that is not Unicode.") from None


Fields = Annotated[dict[str, str], Depends(form_fields)]
