"""Messages on the terminal: their lives, and where they stand in the queue. UTC throughout."""

import textwrap
from collections.abc import Iterator

import typer

from whybounce.wire.lives import Happening, MessageStanding, RecipientStanding, Traced
from whybounce.wording import printable

_WIDTH = 100
_MOST_SHOWN = 10  # Recipients of one message in a list.


def print_life(traced: Traced, *, first: bool = True) -> None:
    """Print a message's life, each thing that happened under its time."""
    if not first:
        typer.echo("")
    message = traced.message
    if message is not None:
        for line in _headline(message):
            typer.echo(line)
    for each in traced.happenings:
        typer.echo(_happening(each, alone=message is not None and len(message.recipients) == 1))


def print_standing(message: MessageStanding) -> None:
    """Print a message of the queue, a line for each recipient that waits."""
    sender = printable(message.sender) or "<>"
    typer.echo(f"{message.id}  {_time(message.arrived)}  from {sender}, {_size(message.size)}")
    for each in message.recipients[:_MOST_SHOWN]:
        typer.echo(_wrapped(f"    {printable(each.address)}  ", _standing(each)))
    if (more := len(message.recipients) - _MOST_SHOWN) > 0:
        typer.echo(f"    and {more} more")


def _headline(message: MessageStanding) -> Iterator[str]:
    recipients = [printable(each.address) for each in message.recipients]
    shown = ", ".join(recipients[:_MOST_SHOWN])
    if (more := len(recipients) - _MOST_SHOWN) > 0:
        shown += f" and {more} more"
    yield f"{message.id}  from {printable(message.sender) or '<>'} to {shown}"
    named = (
        f'"{printable(message.subject)}"' if message.subject else None,
        printable(message.message_id) if message.message_id else None,
        _size(message.size),
    )
    yield f"  {', '.join(each for each in named if each)}"


def _happening(happening: Happening, *, alone: bool) -> str:
    whom = happening.recipient
    about = f"{printable(whom)}: " if whom and not alone else ""
    return _wrapped(f"  {_time(happening.time)}  ", f"{about}{happening.text}")


def _standing(recipient: RecipientStanding) -> str:
    parts = [recipient.state]
    if recipient.tries:
        parts.append("1 try" if recipient.tries == 1 else f"{recipient.tries} tries")
    if recipient.due:
        parts.append(f"next at {_time(recipient.due)}")
    why = ": ".join(
        printable(each) for each in (recipient.cause, recipient.said) if each is not None
    )
    return ", ".join(parts) + (f"; {why}" if why else "")


def _wrapped(lead: str, text: str) -> str:
    indent = " " * min(len(lead), 24)
    return textwrap.fill(
        text,
        width=_WIDTH,
        initial_indent=lead,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _time(time: str | None) -> str:
    return time.replace("T", " ") if time else ""


def _size(octets: int) -> str:
    return f"{octets} octets" if octets < 10_240 else f"{octets >> 10} KB"
