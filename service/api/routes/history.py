"""The change feed: all changes, in the order of their commits."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from service.api import responses
from service.api.change_stream import ChangeStream, Listener, listener_of
from service.api.dependencies import Db, SeesNames
from service.api.route import router
from service.db.last_change import last_change
from service.domain.vocabulary import Role
from service.errors import Forbidden
from service.schemas.history import ChangeFeed, FeedQuery, StreamQuery
from service.store.audit import history

routes = router("changes")
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events of the type `change`, each with a Change as data and its `seq` as id.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@routes.get("/changes", responses=responses.LIST | responses.problems(403))
def list_changes(
    query: Annotated[FeedQuery, Query()], request: Request, response: Response, db: Db, names: SeesNames
) -> ChangeFeed:
    """Returns the changes after the one whose `seq` is given as `after`, oldest first. To continue, pass `next_after`
    of the response as `after`: no change is skipped or repeated, even with concurrent writes. Changes to keys are
    returned to admins only.
    """
    caller = request.state.caller
    with db.read() as connection:
        items = history.feed(connection, query, for_admin=caller is not None and caller.role is Role.ADMIN, names=names)
    next_after = items[-1].seq if items else query.after
    response.headers["Link"] = responses.next_link(request, after=str(next_after))
    return ChangeFeed(items=items, next_after=next_after)


async def stream_start(
    request: Request,
    query: Annotated[StreamQuery, Query()],
    last_event_id: Annotated[
        int | None,
        Header(ge=0, le=2**62, description="The id of the last event received; browsers send it by themselves."),
    ] = None,
) -> tuple[Listener, int]:
    """Returns who listens, and after which change the stream begins. Raises Forbidden and Unavailable."""
    stream: ChangeStream = request.app.state.change_stream
    stream.admit()
    listener = listener_of(request, list(query.kind))
    if "key" in query.kind and not listener.is_admin:
        raise Forbidden.at("/kind", "The changes of keys are for admins.", "query")
    if last_event_id is not None:
        return listener, last_event_id
    if query.after is not None:
        return listener, query.after
    last = await request.app.state.turns.run(lambda: last_change(listener.database).seq)
    return listener, last


@routes.get(
    "/changes/stream",
    response_class=EventSourceResponse,
    responses=_EVENTS | responses.problems(403),
)
async def stream_changes(
    request: Request, start: Annotated[tuple[Listener, int], Depends(stream_start)]
) -> AsyncIterator[ServerSentEvent]:
    """Streams changes as they are made, as server-sent events: by default from now on, with `after` those since then
    first. A client that connects again with `Last-Event-ID` misses nothing. Comments keep idle connections open. A
    stream ends when the service shuts down, or when its key ends: connect again.
    """
    stream: ChangeStream = request.app.state.change_stream
    listener, after = start
    async for event in stream.events(request, listener, after):
        yield event
