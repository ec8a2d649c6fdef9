"""Whom a message was sent to, told by the address that its bounce came back to.

Variable envelope return paths: who sends to many gives each copy a sender address of its own, with
the recipient's written in it, ``news-bounces+anna=example.org@lists.example.net``. A bounce comes
back to that address whatever stands in it, and whomever the mail was forwarded to.

Rule 1: addresses that merely look so stay what they are: SRS and BATV write a sender in it.
Rule 2: where the place of the recipient's address is not clear, only one that the bounce itself
names is believed. A wrong address would be taken off a list in place of the right one.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

Fields = Iterable[tuple[str, str]]

# Where the address that a bounce came back to stands, the most certain first. To comes last: a
# mail system may have written something of its own there.
_ENVELOPE_FIELDS = (
    "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "to",
)  # fmt: skip
_RETURN_PATH = "return-path"  # Of the message that came back.

_LONGEST = 320  # RFC 5321 §4.5.3.1.
_MOST_ADDRESSES = 20

_WRITTEN = re.compile(r"[^\s<>,;:\"()\[\]]{1,254}@[^\s<>,;:\"()\[\]@]{1,255}")
_DOMAIN = r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,20}[^\W\d_](?:[\w-]{0,61}[^\W_])?"
_ENCODED = re.compile(rf"(?P<before>.{{1,254}})=(?P<domain>{_DOMAIN})")
_DELIMITER = re.compile(r"[+-]")

# Senders, rewritten on the way: SRS, BATV and its forerunner, Gmail's forwarding.
_NO_RECIPIENT = re.compile(r"srs[01][=+-]|prvs=|btv1==|.*\+caf_=", re.IGNORECASE)

# What stands before the recipient's local part, in forms that leave no doubt.
_KNOWN = (
    re.compile(r".+-bounces\+", re.IGNORECASE),  # Mailman.
    re.compile(r".+-return-\d+-", re.IGNORECASE),  # ezmlm.
    re.compile(r"bounces?\+\d+-[0-9a-f]{4}-", re.IGNORECASE),  # SendGrid.
    re.compile(
        r"bounces?[+-](?:\d{1,20}[+-])+(?=[^\d+-])", re.IGNORECASE
    ),  # With the sender's numbers.
    re.compile(r"[^+-]+\+(?=[^+-]+$)"),  # Postfix's XVERP, where only one delimiter stands.
    re.compile(r"[^+-]+-(?=[^+-]+$)"),  # qmail's, likewise.
)

_XTEXT = re.compile(r"\+([0-9A-F]{2})")  # RFC 3461 §4.

_PLACEHOLDER = re.compile(r"(\{local\}|\{domain\}|\*)")
_MEANING = {
    "{local}": "(?P<local>[^@]{1,64})",
    "{domain}": f"(?P<domain>{_DOMAIN})",
    "*": ".{0,200}?",
}


@dataclass(frozen=True, slots=True)
class SentTo:
    """The recipient a message was sent to, and what says so."""

    recipient: str
    rule: str


@dataclass(frozen=True, slots=True)
class VerpPattern:
    """How somebody writes recipients into sender addresses: ``bounce-*-{local}={domain}@x.example``."""

    written: str
    pattern: re.Pattern[str]

    @classmethod
    def parse(cls, written: str) -> "VerpPattern":
        """Return the pattern.

        Raises:
            ValueError: ``{local}`` or ``{domain}`` does not stand in it exactly once.

        """
        for name in ("{local}", "{domain}"):
            if written.count(name) != 1:
                raise ValueError(f"{name} stands {written.count(name)} times in it, not once")
        pieces = _PLACEHOLDER.split(written)
        pattern = "".join(_MEANING.get(piece) or re.escape(piece) for piece in pieces)
        return cls(written, re.compile(pattern, re.IGNORECASE))


def sent_to(
    bounce: Fields,
    original: Fields = (),
    envelope_id: str | None = None,
    *,
    named: Collection[str] = (),
    pattern: VerpPattern | None = None,
) -> SentTo | None:
    """Return whom the message was sent to, or None where no address tells.

    Args:
        bounce: The header fields of the bounce.
        original: Those of the message that came back.
        envelope_id: What the report gives as Original-Envelope-Id, RFC 3464 §2.2.1, in xtext.
        named: The recipients that the report names; they decide where the address does not.
        pattern: How the sender writes such addresses, where it is none of the usual ways.

    """
    folded = {address.casefold(): address for address in named}
    mark = "" if pattern else "="  # It parts local part and domain in all the usual ways.
    for place, address in _candidates(bounce, original, envelope_id, mark):
        recipient = _by_pattern(address, pattern) if pattern else _recipient(address, folded)
        if recipient is not None:
            return SentTo(recipient, f"the recipient written in {place}, {address}")
    return None


def _candidates(
    bounce: Fields, original: Fields, envelope_id: str | None, mark: str
) -> Iterator[tuple[str, str]]:
    """Yield the addresses a recipient may be written in with that mark, and where each stands."""
    fields = [(name.lower(), name, value) for name, value in bounce if mark in value]
    for wanted in _ENVELOPE_FIELDS:
        for folded, name, value in fields:
            if folded == wanted:
                yield from ((name, address) for address in _addresses(value))
    for name, value in original:
        if mark in value and name.lower() == _RETURN_PATH:
            yield from ((f"the original's {name}", address) for address in _addresses(value))
    if envelope_id:
        yield "Original-Envelope-Id", _decoded(envelope_id[: 3 * _LONGEST])[:_LONGEST]


def _addresses(value: str) -> list[str]:
    return _WRITTEN.findall(value[:8_192])[:_MOST_ADDRESSES]


def _by_pattern(address: str, pattern: VerpPattern) -> str | None:
    match = pattern.pattern.fullmatch(address[:_LONGEST])
    return f"{match['local']}@{match['domain']}" if match else None


def _recipient(address: str, named: dict[str, str]) -> str | None:
    local_part = address.rpartition("@")[0] or address
    encoded = _ENCODED.fullmatch(local_part)
    if encoded is None or _NO_RECIPIENT.match(local_part):
        return None
    before, domain = encoded["before"], encoded["domain"]
    for delimiter in _DELIMITER.finditer(before):
        possible = f"{before[delimiter.end() :]}@{domain}"
        if (confirmed := named.get(possible.casefold())) is not None:
            return confirmed
    for known in _KNOWN:
        if (prefix := known.match(before)) is not None and prefix.end() < len(before):
            return f"{before[prefix.end() :]}@{domain}"
    return None


def _decoded(xtext: str) -> str:
    return _XTEXT.sub(lambda match: chr(int(match[1], 16)), xtext)
