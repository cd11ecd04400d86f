"""API models for API keys. The key itself is returned once, when it is created."""

from pydantic import Field

from service.domain.vocabulary import Role
from service.schemas.base import Body, Page, View
from service.schemas.queries import PageQuery
from service.schemas.types import GivenTime, Id, Line, Time


class ApiKeyCreate(Body):
    name: Line = Field(
        description="Whose key it is, or its purpose. The history shows it with every change made with the key."
    )
    role: Role
    expires_at: GivenTime | None = Field(None, description="From then on the key is refused.")


class ApiKey(View):
    id: Id
    name: Line
    role: Role
    created_at: Time
    expires_at: Time | None
    revoked_at: Time | None
    last_used_at: Time | None = Field(description="To the minute, more or less.")


class ApiKeyCreated(ApiKey):
    key: str = Field(description="Send it as `Authorization: Bearer …`. It is shown this once.")


class ApiKeyPage(Page[ApiKey]):
    pass


class KeyQuery(PageQuery):
    pass


class RecordedKey(View):
    """An API key as recorded in the history."""

    id: Id
    version: int
    name: Line
    role: Role
    created_at: Time
    expires_at: Time | None
    revoked_at: Time | None
