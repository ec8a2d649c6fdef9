"""``whybounce write``: an NDR made of an original message and what a server replied."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import typer
from msgspec.structs import replace

import whybounce
from whybounce.cli import language, notice, typed
from whybounce.cli.refusal import Refusal
from whybounce.given import without_mark
from whybounce.notation import read_reply
from whybounce.vocabulary.envelope import Return
from whybounce.vocabulary.notice import (
    Audience,
    NoAddresseeError,
    NoticeError,
    NullSenderError,
    Style,
)
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.report import Report
from whybounce.wire.incoming import RowError, report_of

_EXAMPLE = (
    "whybounce write --original mail.eml --recipient anna@example.org "
    '--reply "550 5.1.1 User unknown" > ndr.eml'
)


def write(
    original: str = typer.Option(
        None, "--original", help="The message that was not delivered. - is standard input."
    ),
    recipient: list[str] = typer.Option(  # noqa: B008  # typer's way
        [], "--recipient", help="Who did not get it. Can be given several times."
    ),
    reply: list[str] = typer.Option(  # noqa: B008
        [], "--reply", help="What the server said: once for all, or once for each recipient."
    ),
    remote: str = typer.Option(
        None, "--remote", help="The server that said it. Else the host that reports."
    ),
    action: str = typer.Option(
        None, "--action", help="failed, delayed, delivered, relayed, expanded. Else by the reply."
    ),
    status: str = typer.Option(None, "--status", help="The status code, where the reply has none."),
    retry_until: str = typer.Option(
        None, "--retry-until", help="Until when a delayed one is tried."
    ),
    from_json: str = typer.Option(
        None,
        "--from-json",
        help="A row of read --json instead, from a file or from - (standard input).",
    ),
    reporting_mta: str = typer.Option(
        None, "--reporting-mta", help="The host that reports. Else this one."
    ),
    organisation: str = typer.Option(None, "--organisation", help="Whose mail system reports."),
    contact: str = typer.Option(None, "--contact", help="Whom the reader can ask."),
    help_base: str = typer.Option(
        None, "--help-base", help="The link under which /causes/<id> lies."
    ),
    style: str = typer.Option("modern", "--style", help="modern or classic."),
    audience: str = typer.Option(
        "internal",
        "--audience",
        help="internal, or external: without group members and inner hosts.",
    ),
    lang: str = typer.Option(None, "--lang", help="Language. Else the original's; else English."),
    words: str = typer.Option(None, "--words", help=notice.WORDS),
    to: str = typer.Option(
        None, "--to", help="Whom it goes to. Else the original's Return-Path or From."
    ),
    from_address: str = typer.Option(
        None, "--from", help="Whom it is from. Else postmaster@ the reporting host."
    ),
    date: str = typer.Option(None, "--date", help="Its date. Else now."),
    returns: str = typer.Option(None, "--return", help="FULL or HDRS: what goes back, RFC 3461."),
    preview: str = typer.Option(None, "--preview", help=notice.PREVIEW),
    shown: bool = typer.Option(False, "--open", help=notice.OPEN),
) -> None:
    """Write an NDR that people understand, RFC 3464 inside.

    Example: whybounce write --original mail.eml --recipient anna@example.org --reply "550 5.1.1 User unknown" > ndr.eml
    """
    language.wanted(lang)
    now = typed.time("--date", date) if date else datetime.now(UTC).replace(microsecond=0)
    host = typed.host("--reporting-mta", reporting_mta) if reporting_mta else None
    if from_json or not (recipient or reply or original or sys.stdin.isatty()):
        if from_json == original == "-":
            raise Refusal("standard input is one thing: --original or --from-json, not both")
        report = _of_row(from_json or "-", host, given=bool(recipient or reply))
        message = without_mark(_given("--original", original)) if original else None
    else:
        outcomes = _outcomes(recipient, reply, remote, action, status, retry_until, now)
        report = Report(generator=host or notice.this_host(), outcomes=outcomes)
        message = _original(original)
    try:
        written = whybounce.write(
            whybounce.diagnose(report),
            original=message,
            style=typed.one_of("--style", style, Style),
            audience=typed.one_of("--audience", audience, Audience),
            language=lang,
            organisation=organisation,
            contact=contact,
            help_base=typed.link("--help-base", help_base) if help_base else None,
            own_words=Path(words) if words else None,
            to=typed.address("--to", to) if to else None,
            from_address=typed.address("--from", from_address) if from_address else None,
            date=now,
            returns=typed.one_of("--return", returns.upper(), Return) if returns else None,
        )
    except NullSenderError as error:
        raise Refusal(f"--to takes whom the notice goes to; {error}") from error
    except NoAddresseeError as error:
        raise Refusal(
            "--to takes whom the notice goes to; the original has no address in Return-Path or From"
        ) from error
    except NoticeError as error:
        raise Refusal(f"write: {error}") from error
    except whybounce.CatalogueError as error:
        raise Refusal(f"--words {words}: {error}") from error
    notice.give(written, preview, shown=shown)


def _given(option: str, path: str) -> bytes:
    return sys.stdin.buffer.read() if path == "-" else typed.file(option, path)


def _original(path: str | None) -> bytes:
    if path is None:
        raise Refusal(
            f"--original takes the message that was not delivered, as a file; for instance: {_EXAMPLE}"
        )
    message = without_mark(_given("--original", path))
    if not message.strip():
        name = "standard input" if path == "-" else path
        raise Refusal(f"--original takes a message; {name} is empty")
    return message


def _outcomes(
    recipients: list[str],
    replies: list[str],
    remote: str | None,
    action: str | None,
    status: str | None,
    retry_until: str | None,
    now: datetime,
) -> tuple[Outcome, ...]:
    """Return one outcome for each recipient, with its reply or the one that all share."""
    if not recipients:
        raise Refusal(f"--recipient takes who did not get it; for instance: {_EXAMPLE}")
    if not replies:
        raise Refusal(f"--reply takes what the server said; for instance: {_EXAMPLE}")
    if len(replies) not in {1, len(recipients)}:
        raise Refusal(
            f"--reply takes what the server said, once for all or once for each --recipient; "
            f"there are {len(recipients)} recipients and {len(replies)} replies"
        )
    said = [_reply(reply) for reply in replies]
    server = typed.host("--remote", remote) if remote else None
    code = typed.status("--status", status) if status else None
    until = typed.time("--retry-until", retry_until) if retry_until else None
    stated = typed.one_of("--action", action, Action) if action else None
    return tuple(
        Outcome(
            recipient=typed.address("--recipient", recipient),
            action=stated or _action(reply),
            status=code or reply.status,
            reply=reply,
            remote=server,
            rejected_by=server,
            last_attempt=now,
            will_retry_until=until,
        )
        for recipient, reply in zip(
            recipients, said * len(recipients) if len(said) == 1 else said, strict=True
        )
    )


def _reply(written: str) -> Reply:
    reply = read_reply(written)
    if reply.code is None and reply.status is None:
        raise Refusal(
            f"--reply takes what the server said with its numbers, "
            f'such as "550 5.1.1 User unknown"; {written!r} has none'
        )
    return reply


def _action(reply: Reply) -> Action:
    """Return what a reply alone means: RFC 5321 §4.2.1."""
    digit = reply.code // 100 if reply.code else reply.status.class_ if reply.status else 5
    return {2: Action.DELIVERED, 4: Action.DELAYED}.get(digit, Action.FAILED)


def _of_row(source: str, host: str | None, *, given: bool) -> Report:
    """Return the report of the one row that is given, with the host that reports."""
    if given:
        raise Refusal(
            "--from-json brings recipients and replies; leave out --recipient and --reply"
        )
    written = without_mark(_given("--from-json", source))
    rows = sum(1 for line in written.splitlines() if line.lstrip().startswith(b"{"))
    try:
        report = report_of(written)
    except RowError as error:
        what = str(error) if written.strip() else "there is none"
        if rows > 1 and "trailing" in what:
            what = f"there are {rows}"
        raise Refusal(
            f"--from-json takes one row of whybounce read --json; {what}. From a message: {_EXAMPLE}"
        ) from error
    return replace(report, generator=host or report.generator or notice.this_host())
