"""A rehearsal in words: what the gateway would say to a message, to whom it takes the sender, what nobody knew.

It takes the rehearsal as the dict that ``wire`` describes, for it may come from another process.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Answer, Finding
from whybounce.wording.speaker import Speaker


@dataclass(frozen=True, slots=True)
class SayingWords:
    """What a policy says in words, or several that follow one another and say the same."""

    stage: str
    policies: tuple[str, ...]
    says: str  # As the wire has it: pass, refuse …
    words: str
    decides: bool
    reply: str
    because: str  # What decided, for administrators.


@dataclass(frozen=True, slots=True)
class RehearsalWords:
    """All of it."""

    verdict: str
    sentences: tuple[str, ...]
    sayings: tuple[SayingWords, ...]
    unknown: tuple[str, ...]
    probe: Finding | None


def rehearsal_words(told: Mapping[str, Any], speaker: Speaker) -> RehearsalWords:
    """Return the rehearsal in words."""
    say = speaker.page
    return RehearsalWords(
        verdict=say(f"rehearsal.{told['would']}"),
        sentences=tuple(_sentences(told, speaker)),
        sayings=tuple(_together(_saying(each, speaker) for each in told["sayings"])),
        unknown=tuple(say(f"rehearsal.unknown.{each}") for each in told["unknown"]),
        probe=_probe(told["probe"]),
    )


def _sentences(told: Mapping[str, Any], speaker: Speaker) -> Sequence[str]:
    say = speaker.page
    what = say(
        f"rehearsal.{told['would']}.what",
        ip=told["ip"],
        sender=told["sender"] or say("rehearsal.nobody"),
        recipient=told["recipient"],
        listener=told["listener"],
        policy=told["policy"] or "",
    )
    whom = say(
        f"rehearsal.{told['taken_for']}",
        who=told["taken_name"] or "",
        organisation=told["organisation"] or "",
    )
    kind = told["leads_to"]
    reply = [say("rehearsal.reply", reply=told["reply"])] if told["reply"] else []
    return [
        what,
        *reply,
        say("rehearsal.sender", whom=whom),
        say(_WHERE[bool(kind), told["is_ours"]], kind=kind or ""),
        say("rehearsal.written"),
    ]


_WHERE = {
    (True, True): "rehearsal.recipient",
    (True, False): "rehearsal.recipient",
    (False, True): "rehearsal.missing",
    (False, False): "rehearsal.elsewhere",
}


def _saying(each: Mapping[str, Any], speaker: Speaker) -> SayingWords:
    say = speaker.page
    words = say(f"rehearsal.{each['says']}.says")
    if each["note"]:
        note = say(f"rehearsal.note.{each['note']}")
        words = f"{words}: {note}"
    return SayingWords(
        say(f"rehearsal.stage.{each['stage']}"),
        (each["policy"],),
        each["says"],
        words,
        each["decides"],
        each["reply"] or "",
        each["evidence"] or "",
    )


def _together(sayings: Iterable[SayingWords]) -> Iterator[SayingWords]:
    """Yield them in their order, those that need no line of their own together."""
    for _, alike in groupby(sayings, lambda each: replace(each, policies=())):
        several = list(alike)
        yield replace(
            several[0], policies=tuple(name for each in several for name in each.policies)
        )


def _probe(told: Mapping[str, Any] | None) -> Finding | None:
    if told is None:
        return None
    return Finding(
        CheckName(told["check"]),
        Answer(told["answer"]),
        told["evidence"],
        told["result"],
        told["parameters"],
    )
