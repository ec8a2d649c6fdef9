"""``whybounce provoke``: a cause is made to happen for real, through a running demonstration."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import typer

from whybounce.catalogue import catalogue
from whybounce.cli.config import gateway_installed
from whybounce.cli.json_line import print_json
from whybounce.cli.refusal import Refusal
from whybounce.cli.screen import called

if TYPE_CHECKING:
    from whybounce.provoking.naming import Condition, Conditions
    from whybounce.provoking.provoke import Provoked
    from whybounce.provoking.whereabouts import Whereabouts

_NOT_RAISED = 1
_ALL = "all"
_EVERY_CODE = "every-code"
_SUBMISSION = 2587
_GRACE = 15.0  # Seconds beside the time after which the demonstration gives delivery up.


def provoke(
    condition: str = typer.Argument(
        help="A cause, a code such as 5.1.10, `all` rows of the table, or `every-code`."
    ),
    json: bool = typer.Option(False, "--json", help="One JSON object a line, and nothing else."),
    server: str = typer.Option(
        f"127.0.0.1:{_SUBMISSION}",
        "--server",
        help="Where people submit mail to the demonstration on this machine.",
    ),
) -> None:
    """Make a message come back for a cause or a code, and show what came back.

    It goes through the demonstration that `whybounce serve` runs; where none runs, one is started.

    Example: whybounce provoke mailbox-full
    """
    with gateway_installed():
        from whybounce.provoking.naming import Conditions  # noqa: PLC0415  # heavy
        from whybounce.provoking.sending import NoDemonstrationError  # noqa: PLC0415  # heavy

    named = _named(condition, Conditions(catalogue()))
    port = _port(server)
    show = _Shown(json=json, briefly=condition in {_ALL, _EVERY_CODE})
    try:
        raised = _provoke(named, port, show, is_default=port == _SUBMISSION)
    except NoDemonstrationError as error:
        raise Refusal(f"{error}; start it: whybounce serve") from error
    show.end(len(named))
    if raised < len(named):
        raise typer.Exit(_NOT_RAISED)


def _named(name: str, conditions: "Conditions") -> "list[Condition]":
    if name == _ALL:
        return conditions.table()
    if name == _EVERY_CODE:
        return [each for each in conditions.all() if not each.never]
    found = conditions.named(name)
    if found is None:
        raise Refusal(f"{name!r} is no cause and no code; all causes: whybounce causes")
    if found.never:
        raise Refusal(f"{found.wanted} cannot be provoked: {found.how}")
    return [found]


def _port(server: str) -> int:
    host, _, port = server.rpartition(":")
    if host not in {"127.0.0.1", "localhost"} or not port.isdecimal() or int(port) > 65_535:
        raise Refusal(
            f"--server {server}: takes 127.0.0.1 and a port, as the demonstration is on this machine"
        )
    return int(port)


def _provoke(named: "list[Condition]", port: int, show: "_Shown", *, is_default: bool) -> int:
    """Provoke all of it, and return how much was raised."""
    from whybounce.gateway.config import read_config  # noqa: PLC0415  # heavy
    from whybounce.provoking.demonstration import FILE, demonstration  # noqa: PLC0415  # heavy
    from whybounce.provoking.provoke import provoke  # noqa: PLC0415  # heavy
    from whybounce.provoking.sending import NoDemonstrationError  # noqa: PLC0415  # heavy
    from whybounce.provoking.whereabouts import find  # noqa: PLC0415  # heavy

    expire = read_config(FILE, {}).schedule.expire_after.total_seconds()

    def through(at: "Whereabouts") -> int:
        raised = 0
        for each in provoke(named, at, patience=expire + _GRACE):
            show.one(each)
            raised += each.is_raised
        return raised

    where = find(port)
    if where is not None:
        try:
            return through(where)
        except NoDemonstrationError:
            if not is_default:
                raise
    elif not is_default:
        raise NoDemonstrationError(f"no demonstration of yours is at port {port}")

    async def by_itself() -> int:
        async with demonstration(Path(left), _environment(), inbound=0, submission=0) as running:
            return await asyncio.to_thread(through, running.whereabouts)

    show.starting()
    with TemporaryDirectory(prefix="whybounce-") as left:
        return asyncio.run(by_itself())


def _environment() -> dict[str, str]:
    """Return nothing of what is set for a gateway: this one is its own, and gone at the end."""
    return {"WHYBOUNCE_LOG_LEVEL": os.environ.get("WHYBOUNCE_LOG_LEVEL", "error")}


class _Shown:
    """What is printed of it."""

    def __init__(self, *, json: bool, briefly: bool) -> None:
        self._json = json
        self._briefly = briefly
        self._raised = 0
        self._only_said: list[str] = []  # Rows of the table.
        self._is_kept = True

    def starting(self) -> None:
        """Say that nothing runs yet."""
        self._is_kept = False
        if not self._json:
            typer.echo("No demonstration runs; one is started for this, and is gone afterwards.\n")

    def one(self, provoked: "Provoked") -> None:
        """Print what came of one condition."""
        self._raised += provoked.is_raised
        if provoked.condition.code is not None and not provoked.condition.is_real:
            self._only_said.append(provoked.condition.causes[0])
        if self._json:
            print_json(_as_dict(provoked, is_kept=self._is_kept))
        elif self._briefly:
            typer.echo(_line(provoked))
        else:
            for line in self._page(provoked):
                typer.echo(line)

    def end(self, count: int) -> None:
        """Print how much was raised, where it was much."""
        if self._briefly and not self._json:
            typer.echo(f"\n{self._raised} of {count} conditions were raised.")
            if self._only_said:
                causes = ", ".join(self._only_said)
                typer.echo(f"Said by a server of the world, and not made to happen: {causes}.")

    def _page(self, provoked: "Provoked") -> Iterator[str]:
        condition, client = provoked.condition, provoked.condition.client
        yield f"Wanted    {condition.wanted}: {condition.how}"
        first, *others = client.recipients
        more = f" and {len(others)} others" if others else ""
        yield f"Sent      from {client.sender or '<>'} to {first}{more}"
        if provoked.trouble:
            yield f"Result    {provoked.trouble}"
        for notice in provoked.delay_notices:
            yield (
                f"Delayed   {notice}"
                if self._is_kept
                else "Delayed   a notice of the delay came first"
            )
        if provoked.said:
            yield f"Said      {provoked.said}"
            yield f"At        {_place(provoked)}"
        if provoked.cause:
            yield f"Read as   {_title(provoked.cause)} ({provoked.cause})"
            yield f"Must act  {provoked.owner}"
        yield f"Raised    {'yes' if provoked.is_raised else 'no'}, after {provoked.seconds:.1f} s"
        if provoked.notice and self._is_kept:
            yield ""
            yield f"  {called()} read {provoked.notice}"
        elif provoked.notice:
            yield ""
            yield "The notice of the delay:" if provoked.is_delay else "The NDR:"
            yield ""
            yield from _text_of(provoked.notice).splitlines()


def _text_of(notice: Path) -> str:
    """Return what a person reads of the NDR."""
    from email import policy  # noqa: PLC0415  # for this alone
    from email.parser import BytesParser  # noqa: PLC0415  # for this alone

    message = BytesParser(policy=policy.default).parsebytes(notice.read_bytes())
    body = message.get_body(("plain",))
    return str(body.get_content()).rstrip() if body else ""


def _title(cause: str) -> str:
    return catalogue().causes[cause].words.title


def _place(provoked: "Provoked") -> str:
    if provoked.notice is None:
        return f"{provoked.stage}, to the client that sent it"
    return {
        "RCPT": "RCPT, by another server",
        "DATA": "DATA, by another server",
        ".": "the end of the message, by another server",
    }.get(provoked.stage, provoked.stage)


def _line(provoked: "Provoked") -> str:
    """Return one line: raised or not, condition, code, where, who must act, by what it is told."""
    mark = "raised" if provoked.is_raised else "NOT   "
    told = _TOLD.get(_told_by(provoked)) or provoked.trouble
    stage = "end of data" if provoked.stage == "." else provoked.stage
    read = "" if provoked.is_raised or not provoked.cause else f"; read as {provoked.cause}"
    return (
        f"{mark}  {provoked.condition.wanted!s:<52} {provoked.status or '-'!s:<8} {stage:<11} "
        f"{provoked.owner or '-':<15} {told}{read}"
    )


_TOLD = {"ndr": "NDR", "delay": "notice of delay", "reply": "reply", None: None}


def _told_by(provoked: "Provoked") -> str | None:
    if provoked.notice is None:
        return "reply" if provoked.said else None
    return "delay" if provoked.is_delay else "ndr"


def _as_dict(provoked: "Provoked", *, is_kept: bool) -> dict[str, Any]:
    condition, client = provoked.condition, provoked.condition.client
    return {
        "schema": 1,
        "condition": str(condition.wanted),
        "how": condition.how,
        "listener": client.listener,
        "sender": client.sender,
        "recipients": list(client.recipients),
        "raised": provoked.is_raised,
        "stage": "end of data" if provoked.stage == "." else provoked.stage,
        "status": str(provoked.status) if provoked.status else None,
        "reply": provoked.said,
        "cause": provoked.cause,
        "owner": provoked.owner,
        "told_by": _told_by(provoked),
        "notice": str(provoked.notice) if provoked.notice and is_kept else None,
        "seconds": round(provoked.seconds, 1),
        "trouble": provoked.trouble,
    }
