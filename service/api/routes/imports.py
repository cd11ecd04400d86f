"""Imports: many records from one file."""

from typing import Annotated, Any

from fastapi import BackgroundTasks, Query, Request, Response

from service.api import responses
from service.api.body import refuse_gone
from service.api.dependencies import Write
from service.api.route import router
from service.schemas.imports import ImportQuery, ImportResult
from service.transfer.columns import TEMPLATE
from service.transfer.formats import open_format
from service.transfer.imports import MANY, Import

routes = router("imports", takes_file=True)
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file itself, whatever its Content-Type.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


@routes.post("/imports", responses=responses.problems(408, 409, 413, 415, 431, 507), openapi_extra=_FILE)
def import_file(
    query: Annotated[ImportQuery, Query()], request: Request, write: Write, after: BackgroundTasks
) -> ImportResult:
    """Imports a file of records: JSON lines (as exported), a spreadsheet of figures, or fact checks.

    An atomic import takes the whole file, or refuses it and reports everything that is wrong (422). A partial import
    works in batches, and reports rejected lines by number. Importing a file again changes nothing: a record is
    identified by its id, else its key, else a source's DOI or address, else its content. Dry runs and atomic imports
    take at most 1,000 lines and figures.

    An import ends when its client disconnects, or at the time limit; a partial one then keeps whole batches.
    """
    form = open_format(query.format, query.mapping, query.table)
    work = Import(
        form, request.state.file, query, watch=lambda: refuse_gone(request), seconds=request.app.state.import_seconds
    )
    result = work.run(write, most=write.database.max_import_rows, pause=write.database.yield_write_lock)
    if result.lines >= MANY:
        after.add_task(write.database.analyze_tables, result.lines)  # after the response is sent
    return result


@routes.get("/imports/template.csv", response_class=Response, responses=_CSV)
def read_import_template() -> Response:
    """Returns the columns of a spreadsheet of figures as CSV, to be filled in."""
    headers = {"Content-Disposition": 'attachment; filename="figures.csv"'}
    return Response(",".join(TEMPLATE) + "\r\n", headers=headers, media_type="text/csv; charset=utf-8")
