"""``whybounce web``: the look-ups as pages and for programs, in the foreground. No gateway, no database."""

import logging
import os
import socket

import typer

from whybounce.cli.check import reach_of, resolver_at
from whybounce.cli.refusal import Refusal


def web(
    port: int = typer.Option(8025, "--port", min=0, max=65535, help="0: any that is free."),
    host: str = typer.Option("127.0.0.1", "--host", help="The address to listen on."),
    resolver: str = typer.Option(
        None,
        "--resolver",
        metavar="IP[:PORT]",
        help="Whom live checks ask. Else whom this machine asks.",
    ),
    private: bool = typer.Option(
        False, "--private", help="Let visitors check inner networks' names and addresses too."
    ),
    connect: bool = typer.Option(
        True,
        "--connect/--no-connect",
        help="Whether live checks look at mail servers too, or ask the DNS alone.",
    ),
) -> None:
    """Show the pages, and answer programs: explain, read, write, check, causes.

    Example: whybounce web --port 8025
    """
    try:
        from whybounce.web import Means, Settings, create_app  # noqa: PLC0415  # heavy
        from whybounce.web.serving import server  # noqa: PLC0415  # likewise
    except ModuleNotFoundError as error:
        raise Refusal(
            f'{error.name} is not installed; the pages need: pip install "whybounce[web]"'
        ) from error
    asked = resolver_at(resolver) if resolver else None
    listening = _listening(host, port)
    name = f"[{host}]" if ":" in host else host
    typer.echo(f"Whybounce is at http://{name}:{listening.getsockname()[1]}/  Ctrl-C stops it.")
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    reach = reach_of(private=private) if connect else None
    means = Means(asked, reach, allow_private=private)
    app = create_app(Settings(means=lambda: means))
    server(app).run(sockets=[listening])


def _listening(host: str, port: int) -> socket.socket:
    """Return the socket, so that what is wrong with the address is said before anything starts."""
    try:
        return bound(host, port)
    except OSError as error:
        raise Refusal(
            f"--host {host} --port {port}: cannot be listened on: {why_not(error)}"
        ) from error


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens there. Raises OSError where that cannot be."""
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return socket.create_server(address[:2], family=family, backlog=1024)


def why_not(error: OSError) -> str:
    """Return the system's words for it."""
    number = error.errno or 0  # Of names that are not known it is negative.
    return (os.strerror(number) if number > 0 else error.strerror) or str(error)
