"""``whybounce serve``: the gateway, in the foreground."""

import asyncio
import logging
import os
import signal
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import typer

from whybounce.cli.config import gateway_installed, read_configuration
from whybounce.cli.refusal import Refusal
from whybounce.cli.screen import demonstration_screen, gateway_screen

if TYPE_CHECKING:
    from whybounce.gateway.config import Config
    from whybounce.gateway.directory import DirectoryTable
    from whybounce.gateway.service import Running

_log = logging.getLogger(__name__)

_FAULTY = 2
_INBOUND, _SUBMISSION = 2525, 2587


def serve(
    config: Path | None = typer.Option(  # noqa: B008  # typer's way
        None, "--config", help="The configuration; without it, a demonstration on this machine."
    ),
    node: str = typer.Option(
        "", "--node", help="This node's name among those that share a queue, instead of the file's."
    ),
    data: Path | None = typer.Option(  # noqa: B008
        None, "--data", help="The demonstration's folder; else one that is gone at the end."
    ),
    inbound: int = typer.Option(
        _INBOUND, "--inbound", min=0, max=65_535, help="The demonstration's port for other servers."
    ),
    submission: int = typer.Option(
        _SUBMISSION, "--submission", min=0, max=65_535, help="Its port for people who send."
    ),
) -> None:
    """Take mail, deliver it, and tell senders in plain words what could not be delivered.

    Example: whybounce serve
    """
    with gateway_installed():
        import whybounce.gateway.service  # noqa: F401, PLC0415  # heavy

    ours = {"--data": data is not None, "--inbound": inbound != _INBOUND, "--submission": submission != _SUBMISSION}  # fmt: skip
    if config is not None and any(ours.values()):
        option = next(name for name, is_given in ours.items() if is_given)
        raise Refusal(f"{option} is for the demonstration; with --config, that file says it")
    if node and config is None:
        raise Refusal("--node is for nodes that share a queue, whose file --config names")
    if config is not None:
        environ = {**os.environ, "WHYBOUNCE_NODE": node} if node else os.environ
        settings, directory = read_configuration(config, environ)
        _log_to_terminal(settings)
        _run(_serve(settings, directory, config, environ))
        return
    with ExitStack() as left:
        folder = data or Path(left.enter_context(TemporaryDirectory(prefix="whybounce-")))
        _run(_demonstrate(folder.resolve(), inbound, submission))


def _run(serving: Coroutine[None, None, None]) -> None:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(serving)


def new_loop() -> asyncio.AbstractEventLoop:
    """Return uvloop's where it is installed: the extra ``uvloop``."""
    try:
        import uvloop  # noqa: PLC0415  # heavy
    except ModuleNotFoundError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def _log_to_terminal(config: "Config") -> None:
    from whybounce.gateway.operating import log  # noqa: PLC0415  # heavy

    log.set_up(config.server.log_level, config.server.log_format)


async def _serve(
    config: "Config", directory: "DirectoryTable", path: Path, environ: Mapping[str, str]
) -> None:
    from whybounce.gateway.config import directory_of, read_config  # noqa: PLC0415  # heavy
    from whybounce.gateway.operating.log import Logged  # noqa: PLC0415
    from whybounce.gateway.service import (  # noqa: PLC0415
        AddressTakenError,
        ControlTakenError,
        UnfitResolverError,
        running,
        until_stopped,
    )
    from whybounce.gateway.store import StoreError  # noqa: PLC0415

    def reread() -> "tuple[Config, DirectoryTable]":
        fresh = read_config(path, environ)
        return fresh, directory_of(fresh, path)

    def reloaded(fresh: "Config") -> None:
        _log_to_terminal(fresh)
        logged.renew()

    logged = Logged()
    stop = _stop()
    reloads: set[asyncio.Task[None]] = set()
    try:
        async with running(
            config, directory, reread=reread, reloaded=reloaded, watch=logged
        ) as gateway:
            asyncio.get_running_loop().add_signal_handler(
                signal.SIGHUP, lambda: reloads.add(asyncio.create_task(_reload(gateway)))
            )
            _print(gateway_screen(config, gateway))
            await until_stopped(gateway, stop)
            typer.echo("Stopping: what is under way comes to its end.")
    except AddressTakenError as error:
        raise Refusal(f"{error}; end what listens there, or configure another address") from error
    except (ControlTakenError, StoreError, UnfitResolverError, OSError) as error:
        raise Refusal(str(error)) from error


async def _reload(gateway: "Running") -> None:
    """Reload as SIGHUP asks for; what is wrong stands in the log."""
    came = await gateway.reload()
    for fault in came.faults:
        _log.error("nothing was reloaded: %s", fault)
    if not came.faults:
        _log.info("reloaded: %s", ", ".join(came.changed) or "nothing has changed")
    for key in came.at_next_start:
        _log.warning("changed, but only at the next start: %s", key)


async def _demonstrate(folder: Path, inbound: int, submission: int) -> None:
    """Run the demonstration, and leave a note for those who provoke something in it."""
    from whybounce.gateway.service import (  # noqa: PLC0415  # heavy
        AddressTakenError,
        ControlTakenError,
        UnfitResolverError,
        until_stopped,
    )
    from whybounce.gateway.shaping import FaultyFileError  # noqa: PLC0415
    from whybounce.gateway.store import StoreError  # noqa: PLC0415
    from whybounce.provoking.demonstration import demonstration  # noqa: PLC0415
    from whybounce.provoking.whereabouts import noted  # noqa: PLC0415

    stop = _stop()
    try:
        async with AsyncExitStack() as left:
            shown = await left.enter_async_context(
                demonstration(folder, os.environ, inbound=inbound, submission=submission)
            )
            left.enter_context(noted(shown.whereabouts))
            _log_to_terminal(shown.config)
            _print(demonstration_screen(shown))
            await until_stopped(shown.gateway, stop)
            typer.echo("Stopping: what is under way comes to its end.")
    except AddressTakenError as error:
        raise Refusal(
            f"{error}; another demonstration may be running: end it, or choose other ports with "
            "--inbound and --submission"
        ) from error
    except FaultyFileError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_FAULTY) from error
    except (ControlTakenError, StoreError, UnfitResolverError, OSError) as error:
        raise Refusal(str(error)) from error


def _stop() -> asyncio.Event:
    """Return what is set when the process is told to end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        typer.echo(line)
