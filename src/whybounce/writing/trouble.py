"""What is said about recipients who did not get the message, or not yet, for one cause."""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from whybounce.notation import write_reply
from whybounce.vocabulary.explanation import Confidence
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.vocabulary.notice import Audience
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.report import Kind
from whybounce.vocabulary.words import Words
from whybounce.wording.filling import printable
from whybounce.wording.moments import moment
from whybounce.wording.passages import passages
from whybounce.writing.delivery_status import status_of
from whybounce.writing.grouping import Group
from whybounce.writing.page import (
    Advice,
    AttemptRow,
    Cell,
    CellState,
    Fact,
    Further,
    Names,
    Quote,
    Trouble,
)
from whybounce.writing.telling import Telling, shortened

# The three parties of a mail, left to right, and whose work each of them does.
_PARTIES: Mapping[str, tuple[FixItOwner, ...]] = {
    "sender": (FixItOwner.SENDER, FixItOwner.SENDER_ADMIN),
    "operator": (FixItOwner.OPERATOR,),
    "recipient": (FixItOwner.RECIPIENT, FixItOwner.RECIPIENT_ADMIN),
}


def trouble(group: Group, telling: Telling, *, named: bool) -> Trouble:
    """Return the section. ``named``: the headline names its one recipient."""
    speaker = telling.speaker
    words = words_of(group, telling)
    owner = owner_of(group)
    advice = {
        steps.role: Advice(steps.heading, tuple(map(passages, steps.sentences)))
        for steps in words.steps
    }
    senders = advice.pop(FixItOwner.SENDER, None)
    recipients = advice.pop(owner, None) if owner is FixItOwner.RECIPIENT else None
    inside = telling.settings.audience is Audience.INTERNAL
    language = speaker.language_of(group.explanations[0].cause)
    ambiguous = group.explanations[0].confidence is Confidence.AMBIGUOUS
    return Trouble(
        language=language,
        title=words.verdict,
        title_language=speaker.language if ambiguous else language,
        heading=speaker.say(f"heading.recipients.{group.action}"),
        recipients=Names(()) if named else telling.names(group.recipients),
        cells=_cells(owner, group, telling),
        nobody="" if owner else speaker.say("nobody"),
        what=passages(words.what),
        quotes=tuple(_quotes(group, telling)),
        again=words.again,
        steps=senders.sentences if senders else (),
        recipients_steps=recipients,
        tell=passages(words.tell) if owner else (),
        facts=tuple(_facts(group, telling)),
        because=_because(words, group, telling) if inside else "",
        readings=_readings(words, group, telling) if inside else (),
        attempts=tuple(_attempts(group, telling)),
        admins_steps=tuple(advice.values()),
    )


def words_of(group: Group, telling: Telling) -> Words:
    """Return the cause's words about these recipients, with who the sender is added."""
    sender = telling.sender
    known = {"sender": sender, "sender_domain": sender.rpartition("@")[2]}
    return telling.speaker.words(
        [replace(one, parameters={**known, **one.parameters}) for one in group.explanations]
    )


def further(group: Group, telling: Telling) -> Further:
    """Return the line about a cause that there is no room to tell in full."""
    cause = group.explanations[0].cause
    owner = owner_of(group)
    acts = telling.speaker.say("state.acts")
    who = telling.speaker.say("nobody")
    if owner:
        who = f"{acts}: {telling.speaker.say(f'who.{owner}', **_names_of(group, telling))}"
    return Further(
        title=telling.speaker.title(cause),
        language=telling.speaker.language_of(cause),
        who=who,
        recipients=telling.names(group.recipients),
    )


def owner_of(group: Group) -> FixItOwner | None:
    """Return who must act, or None where waiting is enough.

    Where waiting would have been enough and the time is over, the sender has to send again.
    """
    explanation = group.explanations[0]
    if group.action is Action.DELAYED and not explanation.tells_why:
        return None
    if explanation.owner is not FixItOwner.NOBODY:
        return explanation.owner
    return None if group.action is Action.DELAYED else FixItOwner.SENDER


def _cells(owner: FixItOwner | None, group: Group, telling: Telling) -> tuple[Cell, ...]:
    if owner is None:
        return ()
    helpers = group.explanations[0].helpers
    names = _names_of(group, telling)
    return tuple(_cell(party, owner, helpers, names, telling) for party in _PARTIES)


def _cell(
    party: str,
    owner: FixItOwner,
    helpers: tuple[FixItOwner, ...],
    names: Mapping[str, str],
    telling: Telling,
) -> Cell:
    say, roles = telling.speaker.say, _PARTIES[party]
    helper = next((one for one in helpers if one in roles), None)
    if owner in roles:
        state, role = CellState.ACTS, owner
    elif helper:
        state, role = CellState.HELPS, helper
    else:
        state, role = CellState.IDLE, roles[0]
    other = ".other" if party == "operator" and telling.settings.rewriting else ""
    return Cell(
        party=say(f"party.{party}{other}"),
        who=say(f"who.{role}", **names),
        state=state,
        words=say(f"state.{state}"),
    )


def _names_of(group: Group, telling: Telling) -> dict[str, str]:
    """Return what the three parties are called."""
    recipients = group.recipients
    return {
        "recipient": telling.joined(recipients),
        "domain": telling.joined(address.rpartition("@")[2] for address in recipients),
        "organisation": telling.clean(telling.operator),
    }


def _quotes(group: Group, telling: Telling) -> Iterator[Quote]:
    """Yield each different reply once, with whom it is about where it is not about all."""
    said: dict[tuple[str, str], list[str]] = {}
    for outcome in group.outcomes:
        if outcome.reply and (outcome.reply.text or outcome.reply.inner):
            key = (_speaker(outcome, telling), printable(write_reply(outcome.reply)))
            said.setdefault(key, []).append(outcome.recipient or "")
    for (host, words), recipients in list(said.items())[: telling.room.quotes]:
        server = telling.clean(host)
        if len(set(recipients)) == len(group.recipients):
            lead = telling.speaker.say("said", server=server)
        else:
            about = telling.joined(recipients)
            lead = telling.speaker.say("said.about", server=server, recipients=about)
        yield Quote(lead, shortened(words, telling.room.reply))


def _facts(group: Group, telling: Telling) -> Iterator[Fact]:
    say, settings = telling.speaker.say, telling.settings
    delayed = group.action is Action.DELAYED
    cause = group.explanations[0].cause
    yield Fact(
        say("fact.status"),
        telling.joined(code_of(outcome, cause, telling) for outcome in group.outcomes),
    )
    yield Fact(say("fact.cause"), cause)
    if servers := refusers_of(group, telling):
        label = "fact.put-off-by" if delayed else "fact.rejected-by"
        yield Fact(say(label), telling.joined(servers))
    if commands := [outcome.command for outcome in group.outcomes if outcome.command]:
        yield Fact(say("fact.command"), telling.joined(commands))
    if last := max((one.last_attempt for one in group.outcomes if one.last_attempt), default=None):
        yield Fact(say("fact.last-attempt"), moment(last))
    until = max(
        (one.will_retry_until for one in group.outcomes if one.will_retry_until), default=None
    )
    if until and delayed and telling.kind is not Kind.DELAY:
        yield Fact(say("fact.will-retry-until"), moment(until))
    if ids := [outcome.final_log_id for outcome in group.outcomes if outcome.final_log_id]:
        yield Fact(say("fact.log-id"), telling.joined(ids))
    if link := settings.cause_links.get(cause) or _page_of(cause, settings.help_base):
        yield Fact(say("fact.link"), link, is_link=True)


def _page_of(cause: str, help_base: str | None) -> str | None:
    return f"{help_base.rstrip('/')}/causes/{cause}" if help_base else None


def _speaker(outcome: Outcome, telling: Telling) -> str:
    """Return whose words the reply is: where nobody refused, what we tell of a server is ours."""
    if telling.settings.rewriting is None:
        return outcome.rejected_by or telling.generator
    return server_of(outcome, telling)


def server_of(outcome: Outcome, telling: Telling) -> str:
    """Return who answered: the server that was talked to, else the one that reports."""
    return outcome.rejected_by or outcome.remote or telling.generator


def refusers_of(group: Group, telling: Telling) -> list[str]:
    """Return who refused. Where another system's report does not say it, nobody knows."""
    if telling.settings.rewriting is None:
        return [server_of(outcome, telling) for outcome in group.outcomes]
    named = (outcome.rejected_by or outcome.remote for outcome in group.outcomes)
    return [server for server in named if server]


def code_of(outcome: Outcome, cause: str, telling: Telling) -> str:
    """Return ``550 5.1.1 (Bad destination mailbox address)``."""
    status = status_of(outcome)
    reply_code = outcome.reply.code if outcome.reply else None
    name = telling.speaker.code_name(status, cause)
    numbers = f"{reply_code} {status}" if reply_code else str(status)
    return f"{numbers} ({name})" if name else numbers


def _because(words: Words, group: Group, telling: Telling) -> str:
    sure = telling.speaker.confidence(group.explanations[0].confidence)
    return f"{words.because} ({sure})"


def _readings(words: Words, group: Group, telling: Telling) -> tuple[str, ...]:
    """Return what else the reply can mean, where that is not certain."""
    if group.explanations[0].confidence is Confidence.CERTAIN:
        return ()
    return tuple(map(telling.speaker.reading, words.alternatives))


def _attempts(group: Group, telling: Telling) -> Iterator[AttemptRow]:
    attempts = dict.fromkeys(attempt for one in group.outcomes for attempt in one.attempts)
    for attempt in list(attempts)[: telling.room.attempts]:
        said = printable(write_reply(attempt.reply)) if attempt.reply else ""
        yield AttemptRow(
            time=moment(attempt.time) if attempt.time else "",
            server=telling.clean(attempt.remote or ""),
            said=shortened(said, telling.room.reply),
        )
