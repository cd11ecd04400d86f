"""Notes the status of a response, for logs and metrics."""

from starlette.types import Message, Send


class NotedStatus:
    """Forwards messages, and notes the status. `status` is its value if none is sent."""

    def __init__(self, send: Send, status: int) -> None:
        self.send = send
        self.status = status

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self.send(message)
