"""``whybounce tokens``: what lets programs ask the gateway over HTTP."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from whybounce.cli.json_line import print_json
from whybounce.cli.operating import CONFIG, DATA, answered
from whybounce.cli.typed import minute, span

if TYPE_CHECKING:
    from whybounce.wire.tokens import TokenEntry

_NOTHING_DONE = 1

app = typer.Typer(
    help="Let programs ask the gateway over HTTP, and end that.", no_args_is_help=True
)

_JSON = typer.Option(False, "--json", help="One JSON object per token, nothing else.")


@app.command("list")
def list_(json: bool = _JSON, config: Path | None = CONFIG, data: Path | None = DATA) -> None:
    """Show the tokens: what they are for, what they may do, and until when. Never what opens.

    Example: whybounce tokens list
    """
    from whybounce.gateway.operating.requests import ListTokens, Tokens  # noqa: PLC0415  # heavy

    found = answered(ListTokens(), Tokens, config, data).tokens
    for each in found:
        _print(each, json=json)
    if not found and not json:
        typer.echo("There are no tokens.")


@app.command()
def add(
    name: str = typer.Argument(..., help="What it is for."),
    scope: str = typer.Option("read", "--scope", help="What it may do: read, or change as well."),
    lasts: str = typer.Option("90d", "--for", help="How long it opens: 12h, 90d; at most 366d."),
    json: bool = _JSON,
    config: Path | None = CONFIG,
    data: Path | None = DATA,
) -> None:
    """Make a token, and print it. It is shown here and never again.

    Example: whybounce tokens add "nightly report" --for 30d
    """
    from whybounce.gateway.operating.requests import AddToken, Tokens  # noqa: PLC0415  # heavy

    seconds = span("--for", lasts)
    wanted = AddToken(name=name, scope=scope, seconds=seconds)
    (made,) = answered(wanted, Tokens, config, data).tokens
    if json:
        _print(made, json=True)
        return
    typer.echo(made.token)
    typer.echo(
        f"whybounce: this is the token {made.name!r} ({made.scope}), until {minute(made.until)};"
        " it is shown once",
        err=True,
    )


@app.command()
def revoke(
    wanted: str = typer.Argument(..., metavar="ID", help="The token's id."),
    json: bool = _JSON,
    config: Path | None = CONFIG,
    data: Path | None = DATA,
) -> None:
    """End a token at once.

    Example: whybounce tokens revoke 1BQF4VBG00AB4
    """
    from whybounce.gateway.operating.requests import RevokeToken, Tokens  # noqa: PLC0415  # heavy

    ended = answered(RevokeToken(wanted=wanted), Tokens, config, data).tokens
    for each in ended:
        _print(each, json=json)
    if not ended:
        if not json:
            typer.echo(f"whybounce: no token that is good has the id {wanted}", err=True)
        raise typer.Exit(_NOTHING_DONE)


def _print(token: "TokenEntry", *, json: bool) -> None:
    if json:
        print_json(token)
        return
    if token.revoked is not None:
        end = f"revoked by {token.revoked_by}, {minute(token.revoked)}"
    else:
        is_over = datetime.fromisoformat(token.until or "") <= datetime.now(UTC)
        end = f"{'over since' if is_over else 'until'} {minute(token.until)}"
    typer.echo(f"{token.id}  {token.name}  {token.scope}  {end}")
    typer.echo(f"  made {minute(token.made)} by {token.made_by}")
