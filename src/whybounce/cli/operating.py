"""How commands reach a gateway: the one that runs, by its socket; else its queue itself."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import typer

from whybounce.cli.config import gateway_installed, read_configuration
from whybounce.cli.refusal import Refusal

if TYPE_CHECKING:
    from whybounce.gateway.config import Config
    from whybounce.gateway.operating.requests import Answer, OnStore, Request

CONFIG = typer.Option(None, "--config", help="The gateway's configuration.")
DATA = typer.Option(None, "--data", help="The demonstration's folder, as `serve` names it.")

Kind = TypeVar("Kind")
Perform = Callable[["OnStore"], "Answer"]


class Ask(Protocol):
    """Asks the gateway that is meant; what it refuses is refused in its words."""

    def __call__(self, request: "OnStore", kind: type[Kind]) -> Kind:
        """Return the answer, which is of the kind that the request is answered with."""


def configuration(config: Path | None, data: Path | None) -> "Config":
    """Return the configuration of the gateway that is meant."""
    with gateway_installed():
        import whybounce.gateway.config  # noqa: F401, PLC0415  # heavy

    environ = dict(os.environ)
    if data is not None:
        if config is not None:
            raise Refusal("--data is for the demonstration; with --config, `queue` says where")
        environ["WHYBOUNCE_QUEUE"] = str(data.resolve())
    return read_configuration(config, environ)[0]


def answered(request: "OnStore", kind: type[Kind], config: Path | None, data: Path | None) -> Kind:
    """Return what the gateway that is meant answers to this one request."""
    with reached(configuration(config, data)) as ask:
        return ask(request, kind)


@contextmanager
def reached(config: "Config") -> Iterator[Ask]:
    """Yield what asks the gateway. Where none runs, it is done on its queue from here."""
    from whybounce.gateway.operating.channel import ChannelError  # noqa: PLC0415  # heavy

    try:
        if _runs(config):
            yield _asking(lambda request: ask_running(config, request))
        else:
            with _alone(config) as perform:
                yield _asking(perform)
    except ChannelError as error:
        raise Refusal(str(error)) from error


def _runs(config: "Config") -> bool:
    from whybounce.gateway.operating.channel import (  # noqa: PLC0415  # heavy
        NobodyThereError,
        knock,
    )

    if config.control is None:
        return False
    try:
        knock(config.control)
    except NobodyThereError:
        return False
    return True


def ask_running(config: "Config", request: "Request", *, until_over: bool = False) -> "Answer":
    """Ask the gateway that runs; refuse in words where none does."""
    from whybounce.gateway.operating.channel import ChannelError, ask  # noqa: PLC0415  # heavy

    if config.control is None:
        raise Refusal(
            "this queue is kept by a server, and no `control` is configured to reach the gateway"
            " by; send the process a signal instead: HUP reloads, TERM drains"
        )
    try:
        return ask(config.control, request, until_over=until_over)
    except ChannelError as error:
        raise Refusal(str(error)) from error


@contextmanager
def _alone(config: "Config") -> Iterator[Perform]:
    from whybounce.gateway.operating.channel import user_name  # noqa: PLC0415  # heavy
    from whybounce.gateway.service import operating_alone  # noqa: PLC0415
    from whybounce.gateway.store import StoreError  # noqa: PLC0415

    file = config.queue_file
    if file is not None and not file.exists():
        raise Refusal(
            f"there is no queue at {file}; name the gateway's configuration with --config,"
            " or the demonstration's folder with --data"
        )
    by = user_name(os.geteuid())
    with asyncio.Runner() as runner:
        left = AsyncExitStack()
        try:
            operator = runner.run(left.enter_async_context(operating_alone(config)))
            yield lambda request: runner.run(operator.perform(request, by))
        except StoreError as error:
            raise Refusal(str(error)) from error
        finally:
            runner.run(left.aclose())


def _asking(perform: Perform) -> Ask:
    from whybounce.gateway.operating.requests import Refused  # noqa: PLC0415  # heavy

    def ask(request: "OnStore", kind: type[Kind]) -> Kind:
        answer = perform(request)
        if isinstance(answer, Refused):
            raise Refusal(answer.why)
        if not isinstance(answer, kind):
            raise Refusal("the gateway answered something else; it may run another release")
        return answer

    return ask
