"""``whybounce config``: whether a configuration can be used, and hashes for its passwords."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from whybounce.cli.refusal import Refusal

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


app = typer.Typer(help="Check the gateway's configuration.", no_args_is_help=True)


@app.command("check")
def check(
    path: Path | None = typer.Argument(  # noqa: B008  # typer's way
        None, help="The configuration; without it, that of the demonstration."
    ),
) -> None:
    """Check a configuration and its directory: one line for each thing that is wrong.

    Example: whybounce config check whybounce.toml
    """
    with gateway_installed():
        from whybounce.gateway.config import directory_of, read_config  # noqa: PLC0415  # heavy
        from whybounce.gateway.shaping import FaultyFileError  # noqa: PLC0415

    try:
        directory = directory_of(read_config(path, os.environ), path)
    except FaultyFileError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_FAULTY) from error
    domains = [domain.name for each in directory.organisation for domain in each.domain]
    people = sum(len(each.mailbox) for each in directory.organisation)
    typer.echo(
        f"{path or 'The demonstration'} can be used. Domains: {len(domains)}. Mailboxes: {people}."
    )


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
