"""The command that serves the tools for programs over standard input and output."""

from typing import Annotated

import anyio
import anyio.to_thread
import typer

from service import logs
from service.cli import console
from service.cli.console import DatabaseUrl


def mcp(
    base_url: Annotated[str, typer.Option(help="Address of the explorer, for links in answers.")] = "",
    database_url: DatabaseUrl = None,
) -> None:
    """Serve the read tools to a program that acts for you (MCP over stdio). Needs the extra `mcp`."""
    try:
        from service.mcp.tools import server  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        typer.echo("This needs the extra: pip install 'counterclaim[mcp]'", err=True)
        raise typer.Exit(1) from None
    logs.configure()  # on standard error: standard output carries the protocol
    with console.opened(database_url, read_only=True) as database:
        made = server(lambda: database, anyio.to_thread.run_sync, lambda: base_url.rstrip("/"))
        anyio.run(made.run_stdio_async)
