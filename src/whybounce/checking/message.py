"""A message as its signatures see it: the header's fields, and hashes of the body.

It is fed as it comes, once, and need not be in memory; the header alone is held.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import AddressHeader

from dkim.util import InvalidTagValueList, parse_tag_value

from whybounce.checking.body_hash import BodyHash, CanonicalBody
from whybounce.checking.domains import to_ascii

LONGEST_HEADER = 262_144  # Octets; beyond that nothing is judged.
MOST_SIGNATURES = 10  # Of DKIM, from the top; those below are not judged.
MOST_ARC_SETS = 50  # RFC 8617 §4.2.1.
_MOST_TAGS = 40
_LONGEST_SIGNATURE = 8192  # Octets of the field.
_TOO_MANY_BLANKS = re.compile(rb"\s{100}")  # dkimpy's patterns take the square of such a run.
_LONGEST_LENGTH = 12  # Digits of l=.
_LONGEST_FROM = 2048  # Octets, of all; the standard library's parser takes a second for 8,000.

# The shape of most From fields: the standard library's parser takes 100 times as long for them.
_PLAIN_FROM = re.compile(
    r"""(?:[A-Za-z0-9 ]{0,200}|"[A-Za-z0-9 .,'-]{0,200}"[ ]{0,9})
    <[A-Za-z0-9_+-]{1,64}(?:\.[A-Za-z0-9_+-]{1,64}){0,20}@([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,20})>
    |[A-Za-z0-9_+-]{1,64}(?:\.[A-Za-z0-9_+-]{1,64}){0,20}@([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,20})
    """,
    re.VERBOSE,
)
_FIELD = re.compile(rb"([\x21-\x39\x3b-\x7e]{1,998})[ \t]*:(.*)", re.DOTALL)
_FIELD_START = re.compile(rb"\r\n(?![ \t])")
_END_OF_HEADER = b"\r\n\r\n"

HeaderField = tuple[bytes, bytes]
"""Name and value as they stand, the value with its line end."""

Tags = Mapping[bytes, bytes]
_BodyKey = tuple[bool, bytes, int | None]  # Relaxed; algorithm; l=.


@dataclass(frozen=True, slots=True)
class SignatureField:
    """A header field that is a list of tags: a DKIM signature, or a part of an ARC set."""

    name: bytes
    value: bytes  # As it stands, with its line end.
    tags: Tags
    mistake: str = ""  # Why it is no list of tags.

    @property
    def body_key(self) -> _BodyKey:
        """Which hash of the body it wants."""
        _, _, canonical = self.tags.get(b"c", b"simple/simple").partition(b"/")
        length = self.tags.get(b"l", b"")
        is_length = length.isdigit() and len(length) <= _LONGEST_LENGTH
        return (
            canonical.strip() == b"relaxed",
            self.tags.get(b"a", b"").strip(),
            int(length) if is_length else None,
        )


@dataclass(frozen=True, slots=True)
class HashedMessage:
    """What is needed of a message to judge its signatures."""

    fields: tuple[HeaderField, ...]  # From the top.
    signatures: tuple[SignatureField, ...] = ()
    arc: tuple[SignatureField, ...] = ()
    body_hashes: Mapping[_BodyKey, bytes | None] = field(default_factory=dict)
    authors: tuple[str, ...] = ()  # The domains in From, in A-labels.
    defect: str = ""  # Why nothing is judged.


class MessageHasher:
    """Feed it the message as it was received, its lines ending with CRLF."""

    def __init__(self) -> None:
        self._header = b""
        self._message: HashedMessage | None = None
        self._bodies: tuple[CanonicalBody, ...] = ()
        self._hashes: dict[_BodyKey, BodyHash] = {}

    def feed(self, octets: bytes) -> None:
        """Take the next octets of the message."""
        if self._message is not None:
            for body in self._bodies:
                body.feed(octets)
            return
        before = max(0, len(self._header) - len(_END_OF_HEADER))
        self._header += octets
        if self._header.startswith(b"\r\n"):
            self._begin_body(b"", self._header[2:])
        elif (end := self._header.find(_END_OF_HEADER, before)) >= 0:
            self._begin_body(self._header[: end + 2], self._header[end + 4 :])
        elif len(self._header) > LONGEST_HEADER:
            self._begin_body(self._header, b"")

    def finish(self) -> HashedMessage:
        """Return the message, which has ended."""
        if self._message is None:
            self._begin_body(self._header, b"")
        message = self._message or HashedMessage(())
        for body in self._bodies:
            body.finish()
        hashes = {key: each.digest() for key, each in self._hashes.items()}
        return HashedMessage(
            message.fields,
            message.signatures,
            message.arc,
            hashes,
            message.authors,
            message.defect,
        )

    def _begin_body(self, header: bytes, body: bytes) -> None:
        self._header = b""
        self._message = _message(header)
        for signature in (*self._message.signatures, *self._message.arc):
            if b"bh" in signature.tags:
                relaxed, algorithm, length = signature.body_key
                key = (relaxed, algorithm, length)
                self._hashes.setdefault(key, BodyHash(algorithm, length))
        self._bodies = tuple(
            CanonicalBody(hashes, is_relaxed=relaxed)
            for relaxed in (False, True)
            if (hashes := [each for key, each in self._hashes.items() if key[0] is relaxed])
        )
        self.feed(body)


def hashed(message: bytes) -> HashedMessage:
    """Return a message that is in memory as its signatures see it."""
    hasher = MessageHasher()
    hasher.feed(message)
    return hasher.finish()


def _message(header: bytes) -> HashedMessage:
    if len(header) > LONGEST_HEADER:
        return HashedMessage((), defect=f"the header is longer than {LONGEST_HEADER} octets")
    fields = tuple(_fields(header))
    signatures = [pair for pair in fields if pair[0].lower() == b"dkim-signature"]
    arc = [pair for pair in fields if pair[0].lower() in ARC_FIELDS]
    return HashedMessage(
        fields,
        tuple(_signature(*pair) for pair in signatures[:MOST_SIGNATURES]),
        tuple(_arc_fields(arc)),
        authors=tuple(_author_domains(fields)),
    )


ARC_AUTHENTICATION_RESULTS = b"arc-authentication-results"
ARC_MESSAGE_SIGNATURE = b"arc-message-signature"
ARC_SEAL = b"arc-seal"
ARC_FIELDS = (ARC_AUTHENTICATION_RESULTS, ARC_MESSAGE_SIGNATURE, ARC_SEAL)


def _fields(header: bytes) -> Iterator[HeaderField]:
    for line in _FIELD_START.split(header):
        found = _FIELD.fullmatch(line)
        if found:
            yield found[1], found[2] + b"\r\n"


def _arc_fields(fields: Sequence[HeaderField]) -> Iterator[SignatureField]:
    """Yield them parsed; one more than is allowed shows that there are too many."""
    for name, value in fields[: 3 * MOST_ARC_SETS + 1]:
        if name.lower() == ARC_AUTHENTICATION_RESULTS:
            instance, _, _ = value.partition(b";")
            yield _signature(name, instance, value)
        else:
            yield _signature(name, value)


def _signature(name: bytes, tags: bytes, value: bytes | None = None) -> SignatureField:
    if len(tags) > _LONGEST_SIGNATURE or _TOO_MANY_BLANKS.search(tags):
        return SignatureField(name, value or tags, {}, "it is too long, or full of blanks")
    try:
        parsed = parse_tag_value(tags)
    except InvalidTagValueList as error:
        mistake = f"it is no list of tags: {type(error).__name__}"
        return SignatureField(name, value or tags, {}, mistake)
    if len(parsed) > _MOST_TAGS:
        return SignatureField(name, value or tags, {}, f"it has more than {_MOST_TAGS} tags")
    return SignatureField(name, value or tags, parsed)


def _author_domains(fields: Sequence[HeaderField]) -> Iterator[str]:
    """Yield each domain in From once, as often as the field stands there."""
    written = [value for name, value in fields if name.lower() == b"from"]
    if sum(map(len, written)) > _LONGEST_FROM:  # A part would be another author than the whole.
        return
    yield from dict.fromkeys(domain for value in written for domain in _domains(value))


def _domains(value: bytes) -> Iterator[str]:
    text = value.decode("utf-8", "replace").replace("\r\n", "").strip()
    if plain := _PLAIN_FROM.fullmatch(text):
        domain = plain[1] or plain[2]
        yield (to_ascii(domain) or domain).lower()
        return
    parsed: dict[str, object] = {"defects": []}
    try:
        AddressHeader.parse(text, parsed)
    except (HeaderParseError, IndexError, ValueError, AttributeError, RecursionError):
        return
    groups = parsed.get("groups")
    for group in groups if isinstance(groups, list) else ():
        for address in group.addresses:
            if address.domain:
                yield (to_ascii(address.domain) or address.domain).lower().rstrip(".")
