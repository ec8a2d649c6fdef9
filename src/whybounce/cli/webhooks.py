"""``whybounce webhooks``: who is told of what happens, and whether that works."""

import secrets
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from whybounce.cli.operating import CONFIG, DATA, configuration, reached
from whybounce.cli.typed import minute

if TYPE_CHECKING:
    from whybounce.gateway.operating.requests import OnWebhooks
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
    found = _asked(lambda requests: requests.ListWebhooks(), config, data)
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
    (tried,) = _asked(lambda requests: requests.TryWebhook(name=name), config, data)
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


def _asked(
    make: "Callable[[Any], OnWebhooks]", config: Path | None, data: Path | None
) -> "tuple[WebhookEntry, ...]":
    settings = configuration(config, data)
    from whybounce.gateway.operating import requests  # noqa: PLC0415  # heavy

    with reached(settings) as ask:
        answer = ask(make(requests))
    return answer.webhooks if isinstance(answer, requests.Webhooks) else ()


def _print(webhook: "WebhookEntry", *, json: bool) -> None:
    if json:
        import msgspec  # noqa: PLC0415  # only here

        typer.echo(msgspec.json.encode(webhook))
        return
    typer.echo(f"{webhook.name}  {webhook.host}  {', '.join(webhook.events)}")
    if not webhook.waiting:
        typer.echo("  nothing waits")
        return
    due = f"the next at {minute(webhook.due)}"
    why = f": {webhook.fault}" if webhook.fault else ""
    typer.echo(f"  {webhook.waiting} wait, {due}{why}")
