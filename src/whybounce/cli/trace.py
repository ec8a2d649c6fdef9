"""``whybounce trace``: what became of a message, as events with who said what."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from whybounce.cli.json_line import print_json
from whybounce.cli.lives import print_life
from whybounce.cli.operating import CONFIG, DATA, answered
from whybounce.cli.refusal import Refusal

if TYPE_CHECKING:
    from whybounce.wire.lives import Traced

_NOTHING_FOUND = 1
_EVER = datetime(1970, 1, 2, tzinfo=UTC)


def trace(
    wanted: str = typer.Argument(
        ...,
        help="A Message-ID, the address of a sender or recipient, their domain as @example.org, or an id in the queue.",
    ),
    since: str = typer.Option(
        None, "--since", help="Only what came later: 2h, 3d, 2026-11-20, 2026-11-20T14:30. UTC."
    ),
    json: bool = typer.Option(False, "--json", help="One JSON object per message, nothing else."),
    config: Path | None = CONFIG,
    data: Path | None = DATA,
) -> None:
    """Tell a message's life: who brought it, what each server said, how it ended, who was told.

    Example: whybounce trace anna@contoso.example --since 2h
    """
    lives = found(wanted, since, config, data)
    for number, each in enumerate(lives):
        if json:
            print_json(each)
        else:
            print_life(each, first=number == 0)
    if not lives:
        typer.echo(f"whybounce: nothing is known of {wanted}", err=True)
        raise typer.Exit(_NOTHING_FOUND)


def found(
    wanted: str, since: str | None, config: Path | None, data: Path | None
) -> "tuple[Traced, ...]":
    """Return the lives of the messages that are meant, the newest first."""
    from whybounce.gateway.operating.requests import Lives, Trace  # noqa: PLC0415  # heavy

    begin = _EVER if since is None else _moment(since)
    return answered(Trace(wanted=wanted.strip(), since=begin), Lives, config, data).found


def _moment(written: str) -> datetime:
    """Return the time that is meant: so long ago, or a date of its own."""
    from whybounce.gateway.values import Duration  # noqa: PLC0415  # heavy

    try:
        return datetime.now(UTC) - Duration.parse(written)
    except (ValueError, OverflowError):
        pass
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise Refusal(
            f"--since {written}: takes a span such as 2h or 3d, or a date such as 2026-11-20"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
