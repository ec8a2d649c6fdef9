"""A header in UTF-8 for a server without SMTPUTF8: RFC 6531 §3.2, as far as it means the same.

Names of people, subjects, comments and file names have a form in ASCII (RFC 2047, RFC 2231); an
address before its @ has none, and such a message stays as it is.
"""

import re
from email import message_from_bytes, policy
from email.header import Header
from email.headerregistry import AddressHeader

from whybounce.gateway.delivery.conversion import BoundedMessage

_FIELD = re.compile(rb"^([!-9;-~]++)[ \t]*+:((?:[^\r\n]|\r\n[ \t])*)\r\n", re.MULTILINE)
_ADDRESSES = frozenset({
    "from", "sender", "reply-to", "to", "cc", "bcc",
    "resent-from", "resent-sender", "resent-to", "resent-cc", "resent-bcc",
})  # fmt: skip
_TEXTS = frozenset({
    "subject", "comments", "content-description", "organization",
})  # fmt: skip
_PARAMETERS = frozenset({"content-disposition", "content-type"})
_POLICY = policy.SMTP
_LONGEST_PARSED = 8_192  # Octets; the standard library takes minutes for a hostile 100,000.
_LINE = 72  # ``Header`` makes some a little longer; RFC 2047 §2 allows 76.


def with_ascii_header(raw: bytes) -> bytes | None:
    """Return the message with a header in ASCII, or None where that cannot be done."""
    try:
        return _converted(raw)
    except Exception:  # noqa: BLE001  # on damaged mail email fails in ways that nobody listed
        return None


def _converted(raw: bytes) -> bytes | None:
    header, mark, body = raw.partition(b"\r\n\r\n")
    fields = list(_FIELD.finditer(header + b"\r\n"))
    if not mark or b"".join(each[0] for each in fields) != header + b"\r\n" or _is_below(raw):
        return None
    parsed = (each[2] for each in fields if not each[0].isascii() and _is_parsed(each[1]))
    if sum(map(len, parsed)) > _LONGEST_PARSED:
        return None
    written = []
    for each in fields:
        if each[0].isascii():
            written.append(each[0])
            continue
        field = _in_ascii(each[1].decode("ascii"), each[2].decode("utf-8"))
        if field is None:
            return None
        written.append(field)
    return b"".join(written) + b"\r\n" + body


def _is_parsed(name: bytes) -> bool:
    return name.decode("ascii").lower() in _ADDRESSES | _PARAMETERS


def _is_below(raw: bytes) -> bool:
    """Whether a part, or a message inside, has UTF-8 in its own header: it would have to change too."""
    _, *below = message_from_bytes(raw, BoundedMessage).walk()
    return any(not value.isascii() for part in below for _, value in part.raw_items())


def _in_ascii(name: str, value: str) -> bytes | None:
    known, value = name.lower(), value.replace("\r\n", "").strip()
    if known in _PARAMETERS:
        field = _POLICY.header_factory(name, value)
        return None if field.defects else str(field.fold(policy=_POLICY)).encode("ascii")
    if known in _ADDRESSES:
        field = _POLICY.header_factory(name, value)
        written = None if field.defects else _people(name, field)
    else:  # Else an encoded word may not stand in it: RFC 2047 §5.
        written = _words(name, value) if known in _TEXTS or known.startswith("x-") else None
    return None if written is None else f"{name}: {written}\r\n".encode("ascii")


def _people(name: str, field: AddressHeader) -> str | None:
    if any(group.display_name is not None for group in field.groups):
        return None
    if not all(each.addr_spec.isascii() for each in field.addresses):
        return None
    return ",\r\n ".join(
        str(each)
        if each.display_name.isascii()
        else f"{_words(name, each.display_name)}\r\n <{each.addr_spec}>"
        for each in field.addresses
    )


def _words(name: str, text: str) -> str:
    """Return the text as encoded words on lines of 76 octets at most, the field's name counted."""
    return Header(text, "utf-8", maxlinelen=_LINE, header_name=name).encode(linesep="\r\n")
