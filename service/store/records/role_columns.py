"""The role of a claimant, as columns: the effective one, and whether it was inferred."""

from typing import Any

from sqlalchemy import case, literal

from service.db.types import Flag


def role_columns(claim: Any) -> list[Any]:
    is_inferred = case(
        (claim.claimant_role.is_(None), literal(value=True, type_=Flag())), else_=literal(value=False, type_=Flag())
    )
    return [claim.effective_role.label("claimant_role"), is_inferred.label("claimant_role_inferred")]
