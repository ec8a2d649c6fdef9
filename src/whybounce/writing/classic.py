"""The classic notice: user information per recipient, then diagnostic information.

Its layout is the one that administrators know by heart and tools read by its marks:

    Generating server: alpineskihouse.com

    ronald@contoso.com
    mail.contoso.com #<exchange.contoso.com #5.7.1 smtp;530 5.7.1 Client was not …> #SMTP#

Remote server, then in brackets who wrote the reply, its code and its words. Where no remote server
spoke, the generating server itself refused: ``#550 5.1.1 … ##``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import getaddresses

from whybounce.notation import decoded_words, write_reply
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.report import Original
from whybounce.wording.filling import printable
from whybounce.wording.moments import moment
from whybounce.wording.notice import NoticeSpeaker
from whybounce.wording.passages import passages
from whybounce.writing.composing import contact, reported, subject_line, warning
from whybounce.writing.delivery_status import status_of
from whybounce.writing.grouping import Group
from whybounce.writing.lines import numbered, sentence, wrapped
from whybounce.writing.page import Names, Sentence
from whybounce.writing.telling import Telling, shortened
from whybounce.writing.trace import all_fields, trimmed
from whybounce.writing.trouble import refusers_of, words_of

_LONGEST_ADDRESS_FIELD = 16_000


@dataclass(frozen=True, slots=True)
class Section:
    """User information about recipients with the same fate for the same cause."""

    heading: str
    language: str  # Of reason and advice.
    recipients: Names  # "Anna Example (anna@example.org)".
    reason: Sentence
    refused: str
    again: str
    advice: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What administrators get about one recipient."""

    recipient: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClassicPage:
    """Everything, in the order in which it stands."""

    language: str
    direction: str
    subject: str
    warning: str
    sections: tuple[Section, ...]
    sections_more: str
    generator: str
    diagnostics: tuple[Diagnostic, ...]
    diagnostics_more: str
    headers: tuple[str, ...]
    headers_note: str
    rewritten: str
    contact: str


def compose(telling: Telling) -> ClassicPage:
    """Return the page of the classic style."""
    groups, room = telling.groups, telling.room
    names = _names_in(telling.report.original)
    outcomes = [outcome for group in groups for outcome in group.outcomes]
    shown = outcomes[: room.recipients]
    headers, cut = all_fields(telling)
    return ClassicPage(
        language=telling.speaker.language,
        direction=telling.speaker.direction,
        subject=subject_line(telling),
        warning=warning(telling),
        sections=tuple(_section(group, names, telling) for group in groups[: room.causes]),
        sections_more=_more(len(groups) - room.causes, telling),
        generator=telling.clean(telling.generator),
        diagnostics=tuple(_diagnostic(outcome, telling) for outcome in shown),
        diagnostics_more=_more(len(outcomes) - len(shown), telling),
        headers=headers,
        headers_note=trimmed(telling) if cut else "",
        rewritten=reported(telling) if telling.settings.rewriting else "",
        contact=contact(telling),
    )


def render(page: ClassicPage, speaker: NoticeSpeaker) -> str:
    """Return the page as text, ending with a line end."""
    say = speaker.say
    lines: list[str] = [*wrapped(page.warning)]
    for section in page.sections:
        lines += ["", section.heading, ""] if lines else [section.heading, ""]
        lines += section.recipients.shown
        lines += wrapped(section.recipients.more)
        for paragraph in (
            sentence(section.reason, "", ""),
            wrapped(section.refused),
            numbered(section.advice),
            wrapped(section.again),
        ):
            lines += _below_empty_line(paragraph)
    lines += wrapped(page.sections_more)
    lines += ["", "", say("classic.diagnostics"), ""]
    lines += [f"{say('classic.generator')} {page.generator}"]
    for diagnostic in page.diagnostics:
        lines += ["", diagnostic.recipient, *diagnostic.lines]
    lines += wrapped(page.diagnostics_more)
    lines += ["", say("classic.headers"), "", *page.headers, *wrapped(page.headers_note)]
    if page.rewritten or page.contact:
        lines += ["", *wrapped(page.rewritten), *wrapped(page.contact)]
    return "\n".join(lines) + "\n"


def _below_empty_line(paragraph: Iterable[str]) -> list[str]:
    lines = list(paragraph)
    return ["", *lines] if lines else []


def _section(group: Group, names: Mapping[str, str], telling: Telling) -> Section:
    say = telling.speaker.say
    recipients = telling.names(group.recipients)
    people = tuple(_named(address, names) for address in recipients.shown)
    heading = say(f"classic.{group.action}")
    if not group.in_trouble:
        became = say(f"became.{group.action}")
        return Section(
            heading,
            telling.speaker.language,
            Names(people, recipients.more),
            passages(became),
            "",
            "",
            (),
        )
    words = words_of(group, telling)
    steps = {steps.role: steps.sentences for steps in words.steps}
    key = "classic.put-off-by" if group.action is Action.DELAYED else "classic.rejected-by"
    servers = telling.joined(refusers_of(group, telling))
    return Section(
        heading=heading,
        language=telling.speaker.language_of(group.explanations[0].cause),
        recipients=Names(people, recipients.more),
        reason=passages(words.what),
        refused=say(key, server=servers) if servers else "",
        again=f"{telling.speaker.say('heading.again')} {words.again}",
        advice=tuple(map(passages, steps.get(FixItOwner.SENDER, ()))),
    )


def _diagnostic(outcome: Outcome, telling: Telling) -> Diagnostic:
    lines = [shortened(_response(outcome, telling), telling.room.reply)]
    if outcome.attempts:
        lines.append(f"{telling.speaker.say('classic.attempts')} {len(outcome.attempts)}")
        for attempt in outcome.attempts[: telling.room.attempts]:
            when = moment(attempt.time) if attempt.time else ""
            said = shortened(_words(attempt.reply), telling.room.reply) if attempt.reply else ""
            lines.append(
                " - ".join(filter(None, (when, telling.clean(attempt.remote or ""), said)))
            )
    return Diagnostic(telling.clean(outcome.recipient or ""), tuple(lines))


def _response(outcome: Outcome, telling: Telling) -> str:
    """Return the reply in Exchange's sharps: by a remote server, or by the generating one itself."""
    status = status_of(outcome)
    said = _words(outcome.reply)
    remote = outcome.remote or outcome.rejected_by
    if remote is None or remote == telling.generator:
        orig = (
            f"rfc822;{telling.clean(outcome.original_recipient)}"
            if outcome.original_recipient
            else ""
        )
        return f"#{said or status} ##{orig}"
    writer = outcome.reply_from or (outcome.reply.host if outcome.reply else None) or remote
    if not said:
        return f"{telling.clean(remote)} #{status}"
    return f"{telling.clean(remote)} #<{telling.clean(writer)} #{status} smtp;{said}> #SMTP#"


def _words(reply: Reply | None) -> str:
    return printable(write_reply(reply)) if reply else ""


def _named(address: str, names: Mapping[str, str]) -> str:
    name = names.get(address.lower())
    return f"{name} ({address})" if name else address


def _names_in(original: Original | None) -> dict[str, str]:
    """Return the names that the original's To and Cc give to addresses."""
    fields = original.headers if original else ()
    written = [
        value[:_LONGEST_ADDRESS_FIELD] for name, value in fields if name.lower() in {"to", "cc"}
    ]
    return {
        address.lower(): shortened(printable(decoded_words(name)).strip(), 80)
        for name, address in getaddresses(written)
        if name and name.lower() != address.lower()
    }


def _more(left: int, telling: Telling) -> str:
    return telling.speaker.say("more.attached", count=str(left)) if left > 0 else ""
