"""``whybounce config``: whether a configuration can be used, and hashes for its passwords."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from whybounce.cli.refusal import Refusal

if TYPE_CHECKING:
    from whybounce.gateway.config import Config
    from whybounce.gateway.directory import DirectoryTable

_FAULTY = 2


@contextmanager
def gateway_installed() -> Iterator[None]:
    """Say in one sentence what to install, where the gateway is not."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise Refusal(
            f'{error.name} is not installed; the gateway needs: pip install "whybounce[gateway]"'
        ) from error


def read_configuration(
    path: Path | None, environ: Mapping[str, str]
) -> "tuple[Config, DirectoryTable]":
    """Return the configuration and its directory; print every fault and end where there are some."""
    from whybounce.gateway.config import directory_of, read_config  # noqa: PLC0415  # heavy
    from whybounce.gateway.shaping import FaultyFileError  # noqa: PLC0415

    try:
        config = read_config(path, environ)
        return config, directory_of(config, path)
    except FaultyFileError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_FAULTY) from error


app = typer.Typer(help="Check the gateway's configuration.", no_args_is_help=True)


@app.command("check")
def check(
    path: Path | None = typer.Argument(  # noqa: B008  # typer's way
        None, help="The configuration; without it, that of the demonstration."
    ),
    config: Path | None = typer.Option(  # noqa: B008
        None, "--config", help="The same, as the other commands name it."
    ),
) -> None:
    """Check a configuration and its directory: one line for each thing that is wrong.

    Example: whybounce config check whybounce.toml
    """
    with gateway_installed():
        import whybounce.gateway.config  # noqa: F401, PLC0415  # heavy

    if path is not None and config is not None and path != config:
        raise Refusal(f"two configurations are named, {path} and {config}; name one")
    path = path or config
    _, directory = read_configuration(path, os.environ)
    domains = [domain.name for each in directory.organisation for domain in each.domain]
    people = sum(len(each.mailbox) for each in directory.organisation)
    typer.echo(
        f"{path or 'The demonstration'} can be used. Domains: {len(domains)}. Mailboxes: {people}."
    )


@app.command("reload")
def reload(
    config: Path | None = typer.Option(  # noqa: B008  # typer's way
        None, "--config", help="The gateway's configuration."
    ),
    data: Path | None = typer.Option(  # noqa: B008
        None, "--data", help="The demonstration's folder, as `serve` names it."
    ),
) -> None:
    """Have the running gateway read its configuration and its directory anew, as SIGHUP does.

    A file that cannot be used changes nothing, and is told line by line.
    Example: whybounce config reload --config whybounce.toml
    """
    from whybounce.cli.operating import ask_running, configuration  # noqa: PLC0415  # they need us

    settings = configuration(config, data)
    from whybounce.gateway.operating.requests import Reload, Reloaded  # noqa: PLC0415  # heavy

    answer = ask_running(settings, Reload())
    if not isinstance(answer, Reloaded):
        raise Refusal(f"nothing was changed: {getattr(answer, 'why', 'it does not say why')}")
    if answer.faults:
        for fault in answer.faults:
            typer.echo(fault, err=True)
        raise typer.Exit(_FAULTY)
    typer.echo(
        f"In force now: {', '.join(answer.changed)}."
        if answer.changed
        else "Nothing has changed that can come into force while it runs."
    )
    if answer.at_next_start:
        typer.echo(f"Changed, but only at the next start: {'; '.join(answer.at_next_start)}.")


@app.command("password")
def password() -> None:
    """Read a password from standard input, or ask for it; print its hash for the directory."""
    with gateway_installed():
        from whybounce.gateway.directory.passwords import hash_of  # noqa: PLC0415  # heavy

    if sys.stdin.isatty():
        plain = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    else:
        plain = sys.stdin.readline().rstrip("\r\n")
    if not plain:
        raise Refusal("a password is needed on standard input")
    typer.echo(hash_of(plain))
