"""``whybounce check --dry-run``: what the gateway would say to a message, without one being sent."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typer

from whybounce.cli.json_line import print_json
from whybounce.cli.operating import answered
from whybounce.cli.refusal import Refusal
from whybounce.wording import Speaker

if TYPE_CHECKING:
    from whybounce.wire.rehearsals import Rehearsal

_NOT_TAKEN = 1
_EXAMPLE = "whybounce check --dry-run --from A --to B --ip X"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be rehearsed, as it was typed."""

    sender: str
    recipient: str | None
    ip: str | None
    helo: str
    account: str
    author: str
    octets: int | None
    probe: bool


def rehearse(
    wanted: Wanted, config: Path | None, data: Path | None, speaker: Speaker, *, json: bool
) -> None:
    """Ask the gateway, and print what it would say; exit with 1 where it would not take it."""
    if not wanted.recipient:
        raise Refusal(f"--dry-run needs --to, whom the message is to: {_EXAMPLE}")
    if not (wanted.ip or wanted.account):
        raise Refusal(f"--dry-run needs --ip or --account, who sends it: {_EXAMPLE}")
    from whybounce.gateway.operating.requests import Rehearse, Rehearsed  # noqa: PLC0415  # heavy

    request = Rehearse(
        sender=wanted.sender.strip("<>"),
        recipient=wanted.recipient.strip("<>"),
        ip=wanted.ip or "127.0.0.1",
        helo=wanted.helo,
        account=wanted.account,
        author=wanted.author.strip("<>"),
        octets=wanted.octets,
        probe=wanted.probe,
    )
    told = answered(request, Rehearsed, config, data).rehearsal
    if json:
        print_json(told)
    else:
        _print(told, speaker)
    if told.would != "accept":
        raise typer.Exit(_NOT_TAKEN)


def _print(told: "Rehearsal", speaker: Speaker) -> None:
    from whybounce.cli.page import console, print_rehearsal  # noqa: PLC0415  # rich is 40 ms
    from whybounce.wording.rehearsals import rehearsal_words  # noqa: PLC0415  # likewise

    words = rehearsal_words(msgspec.to_builtins(told), speaker)
    print_rehearsal(words, speaker, console())
