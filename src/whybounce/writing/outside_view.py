"""What a stranger may see: no group members, no inner servers, no evidence of our policies.

Rule 1: an address that the sender did not write to is a member, or where mail is forwarded to;
the address they did write to stands in its place, once. RFC 3464 §2.3.2 asks for that care.
Rule 2: what the member's own server said could name it, so only its numbers are kept.
Rule 3: of the message's way the steps up to our own door are shown: the sender knows those.
"""

import re
from fnmatch import fnmatchcase

from msgspec.structs import replace

from whybounce.notation import read_received
from whybounce.vocabulary.explanation import Explanation
from whybounce.vocabulary.outcome import Outcome
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.report import Diagnosis, Hop, Original, Report
from whybounce.writing.returned import header_of

_RECEIVED = re.compile(
    rb"^received[ \t]*:((?:[^\n]|\n[ \t]){0,8192})", re.IGNORECASE | re.MULTILINE
)
# What a member's server is and said; each is a parameter that sentences are filled in with.
_MEMBERS_OWN = ("remote", "ip", "helo", "list", "url", "limit")


def inner_hosts(report: Report, named: tuple[str, ...]) -> tuple[str, ...]:
    """Return patterns of the hosts that are ours: those named, else the generator's domain."""
    if named or report.generator is None:
        return tuple(pattern.lower() for pattern in named)
    host = report.generator.lower()
    domain = host.partition(".")[2] if host.count(".") > 1 else host
    return (host, domain, f"*.{domain}")


def outside_view(diagnosis: Diagnosis, ours: tuple[str, ...]) -> Diagnosis:
    """Return the diagnosis as a stranger may see it, without findings and notes."""
    report = diagnosis.report
    shown: dict[tuple[str, ...], tuple[Outcome, Explanation]] = {}
    for outcome, explanation in zip(report.outcomes, diagnosis.explanations, strict=True):
        known = _without_member(outcome, explanation)
        if known is None:
            known = (_without_inner_remote(outcome, report.generator, ours), explanation)
        key = (known[0].recipient or "", str(known[0].action), known[1].cause)
        shown.setdefault(key, known)
    original = report.original
    return Diagnosis(
        replace(
            report,
            outcomes=tuple(outcome for outcome, _ in shown.values()),
            hops=_to_our_door(report.hops, ours),
            original=_outside_header(original, ours) if original else None,
            received_from=None if _is(ours, report.received_from) else report.received_from,
        ),
        tuple(explanation for _, explanation in shown.values()),
    )


def outside_original(original: bytes, ours: tuple[str, ...]) -> bytes:
    """Return the original as it came to our door: what was put above that field is ours."""
    header = header_of(original)
    at = [match.start() for match in _RECEIVED.finditer(header) if _by_us(match[1], ours)]
    return original[at[-1] :] if at else original


def _without_member(
    outcome: Outcome, explanation: Explanation
) -> tuple[Outcome, Explanation] | None:
    """Return outcome and explanation about the address written to; None where it is the same."""
    written_to = outcome.original_recipient
    if not written_to or written_to.lower() == (outcome.recipient or "").lower():
        return None
    said = outcome.reply
    numbers = Reply("", said.code, said.status) if said else None
    parameters = {
        name: value for name, value in explanation.parameters.items() if name not in _MEMBERS_OWN
    }
    parameters |= {"recipient": written_to, "domain": written_to.rpartition("@")[2]}
    return (
        replace(
            outcome,
            recipient=written_to,
            reply=numbers,
            remote=None,
            rejected_by=None,
            reply_from=None,
            attempts=(),
        ),
        replace(explanation, reply=numbers, inner=None, parameters=parameters),
    )


def _without_inner_remote(
    outcome: Outcome, generator: str | None, ours: tuple[str, ...]
) -> Outcome:
    if outcome.remote == generator or not _is(ours, outcome.remote):
        return outcome
    return replace(outcome, remote=None, rejected_by=generator, reply_from=None, attempts=())


def _to_our_door(hops: tuple[Hop, ...], ours: tuple[str, ...]) -> tuple[Hop, ...]:
    door = next((place for place, hop in enumerate(hops) if _is(ours, hop.by)), len(hops))
    return hops[: door + 1]


def _outside_header(original: Original, ours: tuple[str, ...]) -> Original:
    fields = original.headers
    doors = [
        place
        for place, (name, value) in enumerate(fields)
        if name.lower() == "received" and _is(ours, read_received(value).by)
    ]
    return replace(original, headers=fields[doors[-1] :] if doors else fields)


def _by_us(value: bytes, ours: tuple[str, ...]) -> bool:
    written = re.sub(r"\r?\n(?=[ \t])", "", value.decode("utf-8", "replace"))
    return _is(ours, read_received(written).by)


def _is(ours: tuple[str, ...], host: str | None) -> bool:
    return host is not None and any(
        fnmatchcase(host.lower().rstrip("."), pattern) for pattern in ours
    )
