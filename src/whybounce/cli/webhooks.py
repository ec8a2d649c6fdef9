"""``whybounce webhooks``: who is told of what happens, and whether that works."""

import secrets
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from whybounce.cli.json_line import print_json
from whybounce.cli.operating import CONFIG, DATA, answered
from whybounce.cli.typed import minute

if TYPE_CHECKING:
    from whybounce.wire.calls import WebhookEntry

_NOT_TAKEN = 1

app = typer.Typer(
    help="See who is told of what happens, and try whether that works.", no_args_is_help=True
)

_JSON = typer.Option(False, "--json", help="One JSON object per webhook, nothing else.")


@app.command("list")
def list_(json: bool = _JSON, config: Path | None = CONFIG, data: Path | None = DATA) -> None:
    """Show the webhooks of the configuration, and what waits for each.

    Example: whybounce webhooks list --config whybounce.toml
    """
    from whybounce.gateway.operating.requests import ListWebhooks, Webhooks  # noqa: PLC0415  # heavy

    found = answered(ListWebhooks(), Webhooks, config, data).webhooks
    for each in found:
        _print(each, json=json)
    if not found and not json:
        typer.echo("There are no webhooks; docs/webhooks.md says how one is configured.")


@app.command("test")
def try_(
    name: str = typer.Argument(..., help="The webhook's name."),
    json: bool = _JSON,
    config: Path | None = CONFIG,
    data: Path | None = DATA,
) -> None:
    """Call a webhook, signed as always, to tell it that nothing happened.

    Example: whybounce webhooks test crm --config whybounce.toml
    """
    from whybounce.gateway.operating.requests import TryWebhook, Webhooks  # noqa: PLC0415  # heavy

    (tried,) = answered(TryWebhook(name=name), Webhooks, config, data).webhooks
    if json:
        _print(tried, json=True)
    elif tried.fault is None:
        typer.echo(f"{tried.name}: {tried.host} took it.")
    else:
        typer.echo(f"whybounce: {tried.name}: {tried.fault}", err=True)
    if tried.fault is not None:
        raise typer.Exit(_NOT_TAKEN)


@app.command()
def secret() -> None:
    """Make a secret for a webhook, for both sides to know.

    Example: whybounce webhooks secret
    """
    typer.echo(f"whsec_{b64encode(secrets.token_bytes(32)).decode()}")


def _print(webhook: "WebhookEntry", *, json: bool) -> None:
    if json:
        print_json(webhook)
        return
    typer.echo(f"{webhook.name}  {webhook.host}  {', '.join(webhook.events)}")
    if not webhook.waiting:
        typer.echo("  nothing waits")
        return
    due = f"the next at {minute(webhook.due)}"
    why = f": {webhook.fault}" if webhook.fault else ""
    typer.echo(f"  {webhook.waiting} wait, {due}{why}")
