"""``whybounce serve``: the gateway, in the foreground."""

import asyncio
import logging
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import typer

from whybounce.cli.config import gateway_installed
from whybounce.cli.refusal import Refusal

if TYPE_CHECKING:
    from whybounce.gateway.config import Config
    from whybounce.gateway.directory import DirectoryTable
    from whybounce.gateway.service import Running

_FAULTY = 2
_MOST_SHOWN = 12
_FULL = "full@contoso.example"


def serve(
    config: Path | None = typer.Option(  # noqa: B008  # typer's way
        None, "--config", help="The configuration; without it, a demonstration on this machine."
    ),
    data: Path | None = typer.Option(  # noqa: B008
        None, "--data", help="The demonstration's folder; else one that is gone at the end."
    ),
) -> None:
    """Take mail, deliver it, and tell senders in plain words what could not be delivered.

    Example: whybounce serve
    """
    with gateway_installed():
        import whybounce.gateway.service  # noqa: F401, PLC0415  # heavy

    if config is not None and data is not None:
        raise Refusal("--data is for the demonstration; with --config, `queue` says where")
    with ExitStack() as left:
        environ = dict(os.environ)
        folder = None
        if config is None:
            folder = data or Path(left.enter_context(TemporaryDirectory(prefix="whybounce-")))
            folder = folder.resolve()
            environ.setdefault("WHYBOUNCE_NAME", "mail.contoso.example")
            environ.setdefault("WHYBOUNCE_QUEUE", str(folder))
            environ.setdefault("WHYBOUNCE_MAILBOXES", str(folder / "mailboxes"))
        settings, directory = _read(config, environ)
        logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
        logging.getLogger("whybounce").setLevel(settings.server.log_level.upper())
        asyncio.run(_serve(settings, directory, config))


def _read(path: Path | None, environ: dict[str, str]) -> "tuple[Config, DirectoryTable]":
    from whybounce.gateway.config import directory_of, read_config  # noqa: PLC0415  # heavy
    from whybounce.gateway.shaping import FaultyFileError  # noqa: PLC0415

    try:
        config = read_config(path, environ)
        return config, directory_of(config, path)
    except FaultyFileError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_FAULTY) from error


async def _serve(config: "Config", directory: "DirectoryTable", path: Path | None) -> None:
    from whybounce.gateway.service import (  # noqa: PLC0415  # heavy
        AddressTakenError,
        running,
        until_stopped,
    )
    from whybounce.gateway.store import StoreError  # noqa: PLC0415

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        async with running(config, directory) as gateway:
            for line in _screen(config, directory, gateway, is_demonstration=path is None):
                typer.echo(line)
            await until_stopped(gateway, stop)
            typer.echo("Stopping: what is under way comes to its end.")
    except AddressTakenError as error:
        raise Refusal(f"{error}; end what listens there, or configure another address") from error
    except (StoreError, OSError) as error:
        raise Refusal(str(error)) from error


def _screen(
    config: "Config", directory: "DirectoryTable", gateway: "Running", *, is_demonstration: bool
) -> Iterator[str]:
    """Yield what a person needs to begin."""
    yield f"Whybounce serves as {gateway.host}. Ctrl-C stops it."
    yield ""
    for each in config.listener:
        chosen = gateway.ports[each.name]  # Where a port was left to the system.
        at = ", ".join(
            f"{address.host} port {address.port or chosen[place]}"
            for place, address in enumerate(each.addresses)
        )
        yield f"  {each.name:<12}{at}"
    yield f"  {'mailboxes':<12}{config.server.mailboxes}"
    yield f"  {'queue':<12}{config.server.queue.partition('@')[2] or config.server.queue}"
    if not is_demonstration:
        return
    people = [str(each.address) for one in directory.organisation for each in one.mailbox]
    yield ""
    yield "This is the demonstration. Write to, for instance:"
    for address in people[:_MOST_SHOWN]:
        yield f"  {address}"
    anna, ports = people[0], [*gateway.ports.values()][-1]
    yield ""
    yield f"Write to a full mailbox in another terminal, and {anna} gets an NDR:"
    yield ""
    yield f"  {_provoking(anna, ports[0])}"
    yield f"  whybounce read {Path(config.server.mailboxes) / anna / 'new'}"


def _provoking(sender: str, port: int) -> str:
    """Return a command that sends a mail which comes back."""
    mail = f"From: {sender}\\r\\nTo: {_FULL}\\r\\nSubject: Minutes\\r\\n\\r\\nSee below.\\r\\n"
    script = (
        f"import smtplib; s = smtplib.SMTP('127.0.0.1', {port}); "
        f"s.login('{sender}', 'demonstration'); s.sendmail('{sender}', '{_FULL}', '{mail}')"
    )
    return f'python3 -c "{script}"'
