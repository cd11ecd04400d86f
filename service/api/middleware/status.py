"""What was answered, for those who write it down."""

from starlette.types import Message, Send


class NotedStatus:
    """Sends on, and keeps the status; `status` is what counts where none is sent."""

    def __init__(self, send: Send, status: int) -> None:
        self.send = send
        self.status = status

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self.send(message)
