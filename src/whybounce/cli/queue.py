"""``whybounce queue``: what waits, why, and what an operator can do to it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from msgspec.structs import asdict

from whybounce.cli.json_line import print_json
from whybounce.cli.lives import print_life, print_standing
from whybounce.cli.move import move
from whybounce.cli.operating import CONFIG, DATA, Ask, configuration, reached
from whybounce.cli.refusal import Refusal
from whybounce.cli.trace import found
from whybounce.wire import SCHEMA
from whybounce.wire.lives import MessageStanding, QueueEntry

if TYPE_CHECKING:
    from whybounce.gateway.operating.requests import Act, Change, Selection

_NOTHING_DONE = 1

app = typer.Typer(help="See the queue, and act on what is in it.", no_args_is_help=True)

_IDS = typer.Argument(None, metavar="[ID]...", help="Messages, by their ids in the queue.")
_STATE = typer.Option(None, "--state", help="Recipients that are queued, held or quarantined.")
_DOMAIN = typer.Option(None, "--domain", help="Recipients at this domain.")
_SENDER = typer.Option(None, "--sender", help="Messages from this return path.")
_CAUSE = typer.Option(None, "--cause", help="Recipients that wait for this cause.")
_ALL = typer.Option(False, "--all", help="Everything in the queue.")
_WHY = typer.Option("", "--why", help="A reason; it stands in the trace.")
_JSON = typer.Option(False, "--json", help="One JSON object per message, nothing else.")
_STATES = ("queued", "held", "quarantined")

# What can be done to mail, how it is told to be done, and what help says of it.
_ACTS = (
    (
        "hold",
        "held",
        """Stop trying, until it is released.

        Example: whybounce queue hold --domain example.org --why "their server is down"
        """,
    ),
    (
        "release",
        "released",
        """Let what is held or set aside be tried again, at once.

        Example: whybounce queue release --state held --all
        """,
    ),
    (
        "retry",
        "to be tried at once",
        """Try at once what waits for its time.

        Example: whybounce queue retry --cause connection-refused
        """,
    ),
    (
        "bounce",
        "returned",
        """Return it: the sender gets an NDR with the last answer of the other side.

        Example: whybounce queue bounce 0P9UTKFUKTECL --why "the domain is gone"
        """,
    ),
)


@app.command("list")
def list_(
    state: str = _STATE,
    domain: str = _DOMAIN,
    sender: str = _SENDER,
    cause: str = _CAUSE,
    json: bool = _JSON,
    config: Path | None = CONFIG,
    data: Path | None = DATA,
) -> None:
    """Show what waits, oldest first, and why.

    Example: whybounce queue list --domain example.org
    """
    settings = configuration(config, data)
    which = _selection((), state, domain, sender, cause)
    count = 0
    with reached(settings) as ask:
        for message in _messages(ask, which):
            count += 1
            if json:
                _echo_entry(message)
            else:
                print_standing(message)
    if not count and not json:
        typer.echo("Nothing in the queue is like that." if _says(which) else "The queue is empty.")


@app.command()
def show(
    id_: str = typer.Argument(..., metavar="ID", help="The message's id in the queue."),
    json: bool = _JSON,
    config: Path | None = CONFIG,
    data: Path | None = DATA,
) -> None:
    """Show one message: where its recipients stand, and its whole life.

    Example: whybounce queue show 0P9UTKFUKTECL
    """
    from whybounce.gateway.store.identity import canonical  # noqa: PLC0415  # heavy

    (life, *_) = found(id_, None, config, data) or (None,)
    if life is None or life.message is None or life.message.id != canonical(id_.strip()):
        typer.echo(f"whybounce: there is no message {id_} in the queue", err=True)
        raise typer.Exit(_NOTHING_DONE)
    if json:
        print_json(life)
        return
    print_standing(life.message)
    typer.echo("")
    print_life(life)


def _acting(act: str, done: str) -> Callable[..., None]:
    """Return the command that does so to whatever is meant."""

    def command(
        ids: list[str] = _IDS,
        every: bool = _ALL,
        state: str = _STATE,
        domain: str = _DOMAIN,
        sender: str = _SENDER,
        cause: str = _CAUSE,
        why: str = _WHY,
        json: bool = _JSON,
        config: Path | None = CONFIG,
        data: Path | None = DATA,
    ) -> None:
        which = _chosen(ids, every, state, domain, sender, cause)
        _act(act, done, which, why, json, config, data)

    return command


for _name, _done, _help in _ACTS:
    app.command(_name, help=_help)(_acting(_name, _done))


@app.command()
def delete(
    ids: list[str] = _IDS,
    every: bool = _ALL,
    state: str = _STATE,
    domain: str = _DOMAIN,
    sender: str = _SENDER,
    cause: str = _CAUSE,
    why: str = _WHY,
    yes: bool = typer.Option(False, "--yes", help="Do not ask."),
    json: bool = _JSON,
    config: Path | None = CONFIG,
    data: Path | None = DATA,
) -> None:
    """Delete it, without a notice to anybody. Asks first, unless --yes is given.

    Example: whybounce queue delete --sender spammer@example.net --yes
    """
    which = _chosen(ids, every, state, domain, sender, cause)
    _act("delete", "deleted", which, why, json, config, data, asks=not yes)


def _chosen(
    ids: list[str] | None,
    every: bool,
    state: str | None,
    domain: str | None,
    sender: str | None,
    cause: str | None,
) -> "Selection":
    which = _selection(tuple(ids or ()), state, domain, sender, cause)
    if not every and not _says(which):
        raise Refusal(
            "which messages? Name their ids, or choose with --domain, --sender, --cause or"
            " --state; --all means everything"
        )
    if every and which.ids:
        raise Refusal("--all and ids exclude each other")
    return which


def _selection(
    ids: tuple[str, ...],
    state: str | None,
    domain: str | None,
    sender: str | None,
    cause: str | None,
) -> "Selection":
    from whybounce.catalogue import catalogue  # noqa: PLC0415  # only here
    from whybounce.gateway.operating.requests import Selection  # noqa: PLC0415  # heavy

    if state is not None and state not in _STATES:
        raise Refusal(f"--state {state}: takes one of {', '.join(_STATES)}")
    if cause is not None and cause not in catalogue().causes:
        raise Refusal(f"--cause {cause}: no such cause; `whybounce causes` lists them")
    return Selection(
        ids=tuple(each.strip() for each in ids),
        state=state,
        domain=domain,
        sender=sender,
        cause=cause,
    )


def _says(which: "Selection") -> bool:
    said = (which.state, which.domain, which.sender, which.cause)
    return bool(which.ids) or any(each is not None for each in said)


def _messages(ask: Ask, which: "Selection") -> Iterator[MessageStanding]:
    """Yield all that is meant, a page at a time; name what cannot be read."""
    from whybounce.gateway.operating.requests import Listing, Show  # noqa: PLC0415  # heavy

    after = None
    while True:
        answer = ask(Show(which=which, after=after), Listing)
        for id_ in answer.damaged:
            typer.echo(f"whybounce: message {id_} is damaged and cannot be shown", err=True)
        yield from answer.messages
        if answer.after is None:
            return
        after = answer.after


def _changes(ask: Ask, act: "Act", which: "Selection", why: str) -> "Iterator[Change]":
    from whybounce.gateway.operating.requests import Changes, Do  # noqa: PLC0415  # heavy

    after = None
    while True:
        answer = ask(Do(act=act, which=which, why=why, after=after), Changes)
        yield from answer.changes
        if answer.after is None:
            return
        after = answer.after


def _act(
    act: str,
    done: str,
    which: "Selection",
    why: str,
    json: bool,
    config: Path | None,
    data: Path | None,
    *,
    asks: bool = False,
) -> None:
    settings = configuration(config, data)
    from whybounce.gateway.operating.requests import Act  # noqa: PLC0415  # heavy

    with reached(settings) as ask:
        if asks:
            _confirm(list(_messages(ask, which)), json)
        changes = []
        for change in _changes(ask, Act(act), which, why):
            changes.append(change)
            _print_change(change, done, json)
    if not any(each.changed for each in changes):
        if not json and not changes:
            typer.echo("whybounce: nothing in the queue is like that", err=True)
        raise typer.Exit(_NOTHING_DONE)


def _print_change(change: "Change", done: str, json: bool) -> None:
    if json:
        print_json({"schema": SCHEMA, **asdict(change)})
        return
    if change.fault is not None:
        typer.echo(f"{change.id}  not {done}: {change.fault}")
        return
    what = f"{_recipients(change.changed)} {done}"
    if change.being_tried:
        what += f", {_recipients(change.being_tried)} left alone: being tried right now"
    if change.report is not None:
        what += f"; the sender is told by {change.report}"
    typer.echo(f"{change.id}  {what}")


def _confirm(messages: list[MessageStanding], json: bool) -> None:
    """Ask whether so much is to be deleted; whoever cannot be asked must have said --yes."""
    import sys  # noqa: PLC0415  # only here

    if not messages:
        return
    recipients = sum(len(each.recipients) for each in messages)
    count = "1 message" if len(messages) == 1 else f"{len(messages)} messages"
    what = f"{count}, {_recipients(recipients)}"
    if json or not sys.stdin.isatty():
        raise Refusal(f"{what}: say --yes to delete what nobody can be asked about")
    if not typer.confirm(f"Delete {what}? Nobody is told of it."):
        raise typer.Exit(_NOTHING_DONE)


def _recipients(count: int) -> str:
    return "1 recipient" if count == 1 else f"{count} recipients"


def _echo_entry(message: MessageStanding) -> None:

    print_json(QueueEntry(schema=SCHEMA, message=message))


app.command()(move)
