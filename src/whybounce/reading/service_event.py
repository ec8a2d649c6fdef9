"""Sending services' events: JSON that a webhook posts instead of a bounce.

SendGrid, Mailgun, Postmark, SparkPost, Mandrill and their kind say the same of a message, each under
names of its own: whom it was for, what happened, and what the server replied.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from whybounce.notation import read_text, untyped
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.report import Kind, Report
from whybounce.vocabulary.status_code import StatusCode

_LONGEST = 1_048_576
_MOST_EVENTS = 1_000
_DEEPEST = 4

# In lower case; of several that stand there the first is taken.
_RECIPIENT = ("recipient", "email", "rcpt_to", "raw_rcpt_to")
_EVENT = ("event", "recordtype", "type")
_SAID = (
    "raw_reason",
    "diag",
    "details",
    "message",
    "response",
    "reason",
    "description",
    "bounce_description",
)
_CODE = ("code", "error_code")
_STATUS = ("enhanced-code", "status")
_KINDS = {
    Kind.FAILURE: re.compile(r"(?:hard|soft)?[_-]?bounced?|failed|failure|dropped|reject(?:ed)?"),
    Kind.DELAY: re.compile(r"deferred|deferral|delay(?:ed)?"),
    Kind.COMPLAINT: re.compile(r"spam|spam_?report|spam_?complaint|complain(?:t|ed)"),
    Kind.SUCCESS: re.compile(r"delivered|delivery"),
}
_ACTIONS = {
    Kind.FAILURE: Action.FAILED,
    Kind.DELAY: Action.DELAYED,
    Kind.SUCCESS: Action.DELIVERED,
}
_HOLDS_A_CODE = re.compile(r"\b[245]\d\d\b|\b[245]\.\d\.\d")

Facts = dict[str, str]  # Scalars by name in lower case, from however deep; the outermost first.


def read_json(text: str) -> Report | None:
    """Return the report that the event, or the list of events, makes; None where it is none."""
    if not text.lstrip().startswith(("{", "[")) or len(text) > _LONGEST:
        return None
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    events = list(_events(found if isinstance(found, list) else [found]))
    kind = next((kind for kind in _KINDS if any(kind is one for one, _ in events)), None)
    if kind is None:
        return None
    outcomes = tuple(_outcome(one, facts) for one, facts in events)
    return Report(kind=kind, form="service-event", outcomes=outcomes)


def _events(objects: list[Any]) -> Iterator[tuple[Kind, Facts]]:
    for one in objects[:_MOST_EVENTS]:
        facts: Facts = {}
        _gather(one, facts, _DEEPEST)
        kind = _kind(facts)
        if kind is not None and "@" in _first(facts, _RECIPIENT):
            yield kind, facts


def _gather(value: object, facts: Facts, depth: int) -> None:
    """Add the object's own scalars, then those of the objects in it."""
    if not isinstance(value, dict) or not depth:
        return
    for name, inner in value.items():
        if isinstance(inner, str | int) and inner != "":
            facts.setdefault(str(name).lower(), str(inner))
    for inner in value.values():
        _gather(inner, facts, depth - 1)


def _kind(facts: Facts) -> Kind | None:
    word = _first(facts, _EVENT).lower()
    kind = next((kind for kind, words in _KINDS.items() if words.fullmatch(word)), None)
    # Mailgun calls every failed try so, and says apart whether it was the last.
    return Kind.DELAY if kind is Kind.FAILURE and facts.get("severity") == "temporary" else kind


def _outcome(kind: Kind, facts: Facts) -> Outcome:
    said = _said(facts)
    quoted = read_text(untyped(said)) if said else Outcome()
    return Outcome(
        recipient=_first(facts, _RECIPIENT).strip("<> "),
        action=_ACTIONS.get(kind),
        status=(quoted.reply.status if quoted.reply else None)
        or StatusCode.parse(_first(facts, _STATUS)),
        reply=quoted.reply,
        command=quoted.command,
        remote=quoted.remote,
        rejected_by=quoted.remote,
        reply_from=quoted.reply_from,
    )


def _said(facts: Facts) -> str:
    """Return what the server replied: the words with its numbers, else the first there are."""
    texts = [facts[name] for name in _SAID if name in facts]
    said = next(filter(_HOLDS_A_CODE.search, texts), texts[0] if texts else "")
    code = _first(facts, _CODE)
    return f"{code} {said}" if re.fullmatch(r"[245]\d\d", code) and code not in said else said


def _first(facts: Facts, names: tuple[str, ...]) -> str:
    return next((facts[name] for name in names if name in facts), "")
