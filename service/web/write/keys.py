"""The page on which administrators create and revoke API keys."""

from collections import defaultdict

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from service.api.dependencies import Primary, Write
from service.api.form_fields import Fields
from service.db.engine import Database
from service.domain.vocabulary import Role
from service.errors import Invalid
from service.schemas.faults import validated
from service.schemas.keys import ApiKeyCreate
from service.store.operations import keys
from service.web.html import page
from service.web.route import FormRoute, pages

routes = pages(FormRoute)


@routes.get("/keys")
def show_keys(request: Request, db: Primary) -> Response:
    return _shown(request, db)


@routes.post("/keys")
def change_keys(request: Request, fields: Fields, write: Write) -> Response:
    """Creates a key, which is shown on the answered page only, or revokes one."""
    if (revoked := fields.get("revoke")) is not None:
        write(lambda connection: keys.revoke(connection, revoked))
        return RedirectResponse("/keys", 303)
    try:
        content = {name: fields[name] for name in ("name", "role", "expires_at") if name in fields}
        body = validated(ApiKeyCreate, content)
        token, made = write(lambda connection: keys.create(connection, body))
    except Invalid as error:
        problems = {fault.pointer.removeprefix("/"): fault.detail for fault in error.faults}
        return _shown(request, write.database, fields, problems)
    return _shown(request, write.database, secret=str(token), name=made.name)


def _shown(
    request: Request,
    database: Database,
    fields: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
    secret: str | None = None,
    name: str | None = None,
) -> Response:
    with database.read() as connection:
        known = keys.every(connection)
    return page(
        request,
        "keys.html",
        422 if problems else 200,
        has_form=True,
        keys=known,
        roles=list(Role),
        fields=defaultdict(str, fields or {}),
        problems=defaultdict(str, problems or {}),
        secret=secret,
        name=name,
    )
