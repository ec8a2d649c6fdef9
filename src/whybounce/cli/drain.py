"""``whybounce drain``: stop the running gateway in good order."""

from pathlib import Path

import typer

from whybounce.cli.operating import CONFIG, DATA, ask_running, configuration
from whybounce.cli.refusal import Refusal


def drain(config: Path | None = CONFIG, data: Path | None = DATA) -> None:
    """Stop the running gateway: take nothing more, end what is under way; wait until it has ended.

    Example: whybounce drain --config whybounce.toml
    """
    settings = configuration(config, data)
    from whybounce.gateway.operating.requests import Drain, Draining  # noqa: PLC0415  # heavy

    answer = ask_running(settings, Drain(), until_over=True)
    if not isinstance(answer, Draining):
        raise Refusal(f"the gateway goes on: {getattr(answer, 'why', 'it does not say why')}")
    typer.echo(
        f"Stopped. Under way when asked: sessions {answer.sessions}, deliveries {answer.deliveries}."
    )
