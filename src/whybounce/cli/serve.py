"""``whybounce serve``: the gateway, in the foreground."""

import asyncio
import gc
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import typer

from whybounce.cli.config import gateway_installed, read_configuration
from whybounce.cli.refusal import Refusal
from whybounce.cli.screen import demonstration_screen, gateway_screen
from whybounce.cli.web import bound, why_not

if TYPE_CHECKING:
    from whybounce.checking.mail_servers import Reach
    from whybounce.gateway.config import Config
    from whybounce.gateway.directory import DirectoryTable
    from whybounce.gateway.operating.log import Lines
    from whybounce.gateway.service import Running
    from whybounce.provoking.demonstration import Demonstration

_log = logging.getLogger(__name__)

_FAULTY = 2
_INBOUND, _SUBMISSION, _WEB = 2525, 2587, 8025


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
    web: int = typer.Option(
        _WEB, "--web", min=0, max=65_535, help="Its port for browsers; 0: any that is free."
    ),
) -> None:
    """Take mail, deliver it, and tell senders in plain words what could not be delivered.

    Example: whybounce serve
    """
    with gateway_installed():
        import whybounce.gateway.service  # noqa: F401, PLC0415  # heavy

    ours = {"--data": data is not None, "--inbound": inbound != _INBOUND, "--submission": submission != _SUBMISSION, "--web": web != _WEB}  # fmt: skip
    if config is not None and any(ours.values()):
        option = next(name for name, is_given in ours.items() if is_given)
        raise Refusal(f"{option} is for the demonstration; with --config, that file says it")
    if node and config is None:
        raise Refusal("--node is for nodes that share a queue, whose file --config names")
    if config is not None:
        environ = {**os.environ, "WHYBOUNCE_NODE": node} if node else os.environ
        settings, directory = read_configuration(config, environ)
        _run(_serve(settings, directory, config, environ))
        return
    with ExitStack() as left:
        folder = data or Path(left.enter_context(TemporaryDirectory(prefix="whybounce-")))
        _run(_demonstrate(folder.resolve(), inbound, submission, web))


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


def collect_less_often() -> None:
    """Leave what was loaded at the start, and what a few messages hold, out of garbage collection.

    To look at all of it again and again took a seventh of the time of taking a message.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 10)


def _log_to_terminal(config: "Config") -> "Lines":
    from whybounce.gateway.operating import log  # noqa: PLC0415  # heavy

    return log.set_up(config.server.log_level, config.server.log_format)


async def _serve(
    config: "Config", directory: "DirectoryTable", path: Path, environ: Mapping[str, str]
) -> None:
    from whybounce.gateway.config import directory_of, read_config  # noqa: PLC0415  # heavy
    from whybounce.gateway.operating.log import Logged  # noqa: PLC0415
    from whybounce.gateway.service import (  # noqa: PLC0415
        AddressTakenError,
        ControlTakenError,
        UnfitResolverError,
        UnusableFolderError,
        running,
        until_stopped,
    )
    from whybounce.gateway.store import StoreError, StoreSetupError  # noqa: PLC0415  # heavy too

    def reread() -> "tuple[Config, DirectoryTable]":
        fresh = read_config(path, environ)
        return fresh, directory_of(fresh, path)

    def reloaded(fresh: "Config") -> None:
        logged.lines = _log_to_terminal(fresh)

    logged = Logged(_log_to_terminal(config))
    stop = _stop()
    reloads: set[asyncio.Task[None]] = set()
    try:
        async with AsyncExitStack() as left:
            listening = _listening_for_site(config)
            gateway = await left.enter_async_context(
                running(config, directory, reread=reread, reloaded=reloaded, watch=logged)
            )
            site = None
            if listening is not None:
                site = await left.enter_async_context(_site(gateway, listening))
            asyncio.get_running_loop().add_signal_handler(
                signal.SIGHUP, lambda: reloads.add(asyncio.create_task(_reload(gateway)))
            )
            _print(gateway_screen(config, gateway, site))
            collect_less_often()
            await until_stopped(gateway, stop)
            typer.echo("Stopping: what is under way comes to its end.")
    except AddressTakenError as error:
        raise Refusal(
            f"{path}: {error}; end what listens there, or configure another address"
        ) from error
    except UnusableFolderError as error:
        raise Refusal(f"{path}: {error}; configure another, or make it one") from error
    except StoreSetupError as error:
        raise Refusal(f"{path}: server, queue: {error}") from error
    except (ControlTakenError, StoreError, UnfitResolverError) as error:
        raise Refusal(f"{path}: {error}") from error
    except OSError as error:
        raise Refusal(f"{path}: {_of_the_system(error)}") from error


async def _reload(gateway: "Running") -> None:
    """Reload as SIGHUP asks for; what is wrong stands in the log."""
    try:
        came = await gateway.reload()
    except Exception:  # noqa: BLE001  # a mistake of ours: whoever reloads reads of it in the log
        _log.exception("nothing was reloaded")
        return
    for fault in came.faults:
        _log.error("nothing was reloaded: %s", fault)
    if not came.faults:
        _log.info("reloaded: %s", ", ".join(came.changed) or "nothing has changed")
    for key in came.at_next_start:
        _log.warning("changed, but only at the next start: %s", key)


async def _demonstrate(folder: Path, inbound: int, submission: int, web: int) -> None:
    """Run the demonstration, and leave a note for those who provoke something in it."""
    from whybounce.gateway.service import (  # noqa: PLC0415  # heavy
        AddressTakenError,
        ControlTakenError,
        UnfitResolverError,
        UnusableFolderError,
        until_stopped,
    )
    from whybounce.gateway.shaping import FaultyFileError  # noqa: PLC0415
    from whybounce.gateway.store import StoreError  # noqa: PLC0415
    from whybounce.provoking.demonstration import demonstration  # noqa: PLC0415
    from whybounce.provoking.whereabouts import noted  # noqa: PLC0415

    stop = _stop()
    try:
        async with AsyncExitStack() as left:
            listening, site = _bound_if_free(web)
            shown = await left.enter_async_context(
                demonstration(
                    folder, os.environ, inbound=inbound, submission=submission,
                    site=site if listening else "",
                )
            )  # fmt: skip
            left.enter_context(noted(shown.whereabouts))
            _log_to_terminal(shown.config)
            if listening is not None:
                serving = _site(shown.gateway, listening, shown)
                await left.enter_async_context(serving)
            _print(demonstration_screen(shown, site))
            collect_less_often()
            await until_stopped(shown.gateway, stop)
            typer.echo("Stopping: what is under way comes to its end.")
    except AddressTakenError as error:
        raise Refusal(
            f"cannot listen at {error.address}: {error.why}; another demonstration may be running: end it, or choose other ports with "
            "--inbound and --submission"
        ) from error
    except FaultyFileError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_FAULTY) from error
    except UnusableFolderError as error:
        raise Refusal(f"--data {folder}: {error.folder} is no folder: {error.why}") from error
    except (ControlTakenError, StoreError, UnfitResolverError) as error:
        raise Refusal(str(error)) from error
    except OSError as error:
        raise Refusal(_of_the_system(error)) from error


def _of_the_system(error: OSError) -> str:
    """Return what the system did not allow, and where."""
    if error.filename is None:
        return str(error)
    return (
        f"{error.filename}: {why_not(error)}; whoever runs the gateway must be able to write there"
    )


def _listening_for_site(config: "Config") -> socket.socket | None:
    """Return where pages are to be served, so that a port that is taken is said before anything starts."""
    address = config.web.address
    if address is None:
        return None
    try:
        return bound(address.host, address.port)
    except OSError as error:
        raise Refusal(
            f"[web] address {address}: cannot be listened at: {why_not(error)}; end what listens"
            " there, or configure another address"
        ) from error


def _bound_if_free(port: int) -> tuple[socket.socket | None, str]:
    """Return where the demonstration's pages are to be served, or why they are not."""
    try:
        listening = bound("127.0.0.1", port)
    except OSError as error:
        why = f"127.0.0.1 port {port}: {why_not(error)}; choose another with --web"
        return None, f"not served: {why}"
    return listening, _address(listening)


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


@asynccontextmanager
async def _site(
    gateway: "Running",
    listening: socket.socket,
    shown: "Demonstration | None" = None,
) -> AsyncIterator[str]:
    """Serve look-ups and console beside the gateway; yield their address."""
    try:
        from whybounce.console import console_face, prepared  # noqa: PLC0415  # heavy
        from whybounce.console.provoked import demonstration_face  # noqa: PLC0415  # likewise
        from whybounce.web import Means, Settings, create_app  # noqa: PLC0415  # likewise
        from whybounce.web.serving import serving_beside  # noqa: PLC0415  # likewise
    except ModuleNotFoundError as error:
        raise Refusal(
            f'{error.name} is not installed; [web] needs: pip install "whybounce[web]"'
        ) from error

    def means() -> Means:
        now = gateway.settings()
        return Means(gateway.resolver(), reach_of_gateway(now), allow_private=now.web.private)

    settings = Settings(
        faces=(*([demonstration_face(shown)] if shown else []), console_face()), means=means
    )
    async with serving_beside(prepared(create_app(settings), gateway), listening):
        yield _address(listening)


def reach_of_gateway(config: "Config") -> "Reach":
    """Return what live checks may connect to: what mail from here may, and inside only if allowed."""
    from whybounce.checking.mail_servers import Reach  # noqa: PLC0415  # heavy

    outbound = config.outbound
    return Reach(
        port=outbound.port,
        policy_port=outbound.mta_sts_port,
        allow_private=config.web.private,
        authorities=outbound.authorities,
        name=config.server.name or "",
    )


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
