"""API models for reconciliation (the Reconciliation Service API 0.2, as OpenRefine speaks it)."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from typing_extensions import TypeAliasType

from service.schemas.base import View
from service.schemas.types import Bool, Line, clean_text

MOST_QUERIES = 50


def _type_id(given: Any) -> Any:
    """A type may be given as an object or alone, and as a list of one."""
    if isinstance(given, list):
        given = given[0] if given else None
    return given.get("id") if isinstance(given, dict) else given


class ReconciliationQuery(BaseModel):
    """One name to be found. What else the protocol knows, such as properties, is not used."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    query: Annotated[str, BeforeValidator(lambda text: clean_text(text) if isinstance(text, str) else text)] = Field(
        min_length=1, max_length=500, description="The name as it stands in the cell."
    )
    type: Annotated[str | None, BeforeValidator(_type_id)] = Field(None, max_length=60, description="Only this kind.")
    limit: int = Field(5, ge=1, le=50, description="How many candidates are wanted.")


class ReconciliationType(View):
    id: str = Field(description="The kind.")
    name: str = Field(description="The kind in words.")


class Candidate(View):
    id: str = Field(description="The key of the record, or its id.")
    name: Line = Field(description="The name or the title of the record.")
    description: str | None = Field(description="A short description, to distinguish records with the same name.")
    type: list[ReconciliationType] = Field(description="The kind of the record.")
    score: float = Field(description="From 0 to 100: how alike the names are.")
    match: Bool = Field(description="Whether it is the only record that is called just so.")


class Candidates(View):
    result: list[Candidate] = Field(description="The best ones first.")


ReconciliationResults = TypeAliasType("ReconciliationResults", dict[str, Candidates])


class ReconciliationView(View):
    url: str = Field(description="URL template of a candidate's page; `{{id}}` is replaced by its id.")


class ReconciliationService(View):
    """What the service finds, as the protocol wants it."""

    versions: list[str] = Field(description="The versions of the protocol.")
    name: str = Field(description="The name of the service.")
    identifierSpace: str = Field(description="The address before the ids of candidates.")  # noqa: N815 - the protocol's
    schemaSpace: str = Field(description="The address of the vocabularies.")  # noqa: N815
    defaultTypes: list[ReconciliationType] = Field(description="The kinds that can be asked for.")  # noqa: N815
    view: ReconciliationView = Field(description="Where a candidate is shown.")
