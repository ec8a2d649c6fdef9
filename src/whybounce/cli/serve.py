"""``whybounce serve``: the gateway, in the foreground."""

import asyncio
import logging
import os
import signal
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import typer

from whybounce.cli.config import gateway_installed
from whybounce.cli.refusal import Refusal
from whybounce.cli.screen import demonstration_screen, gateway_screen

if TYPE_CHECKING:
    from whybounce.gateway.config import Config
    from whybounce.gateway.directory import DirectoryTable

_FAULTY = 2
_INBOUND, _SUBMISSION = 2525, 2587


def serve(
    config: Path | None = typer.Option(  # noqa: B008  # typer's way
        None, "--config", help="The configuration; without it, a demonstration on this machine."
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
    if config is not None:
        settings, directory = _read(config)
        _log_to_terminal(settings.server.log_level)
        _run(_serve(settings, directory))
        return
    with ExitStack() as left:
        folder = data or Path(left.enter_context(TemporaryDirectory(prefix="whybounce-")))
        _run(_demonstrate(folder.resolve(), inbound, submission))


def _run(serving: Coroutine[None, None, None]) -> None:
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(serving)


def _new_loop() -> asyncio.AbstractEventLoop:
    """Return uvloop's where it is installed: the extra ``uvloop``."""
    try:
        import uvloop  # noqa: PLC0415  # heavy
    except ModuleNotFoundError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def _log_to_terminal(level: str) -> None:
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("whybounce").setLevel(level.upper())


def _read(path: Path) -> "tuple[Config, DirectoryTable]":
    from whybounce.gateway.config import directory_of, read_config  # noqa: PLC0415  # heavy
    from whybounce.gateway.shaping import FaultyFileError  # noqa: PLC0415

    try:
        config = read_config(path, os.environ)
        return config, directory_of(config, path)
    except FaultyFileError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_FAULTY) from error


async def _serve(config: "Config", directory: "DirectoryTable") -> None:
    from whybounce.gateway.service import (  # noqa: PLC0415  # heavy
        AddressTakenError,
        UnfitResolverError,
        running,
        until_stopped,
    )
    from whybounce.gateway.store import StoreError  # noqa: PLC0415

    stop = _stop()
    try:
        async with running(config, directory) as gateway:
            _print(gateway_screen(config, gateway))
            await until_stopped(gateway, stop)
            typer.echo("Stopping: what is under way comes to its end.")
    except AddressTakenError as error:
        raise Refusal(f"{error}; end what listens there, or configure another address") from error
    except (StoreError, UnfitResolverError, OSError) as error:
        raise Refusal(str(error)) from error


async def _demonstrate(folder: Path, inbound: int, submission: int) -> None:
    """Run the demonstration, and leave a note for those who provoke something in it."""
    from whybounce.gateway.service import AddressTakenError, until_stopped  # noqa: PLC0415  # heavy
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
            _log_to_terminal(shown.config.server.log_level)
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
    except (StoreError, OSError) as error:
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
