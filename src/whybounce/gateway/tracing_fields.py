"""What the gateway writes above a message it takes: RFC 5321 §4.4, RFC 6409 §8.

The client's own header stays octet for octet. It is looked at as far as it reaches within a bound;
what stands beyond that is carried and not read.
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from email.utils import format_datetime
from functools import lru_cache

from whybounce.gateway.handed_over import protocol
from whybounce.notation import first_field, header_fields
from whybounce.vocabulary.session import Session

LONGEST_HEADER_READ = 65_536  # Octets.
_LONGEST_KEPT = 998  # Characters of a Message-ID or subject: RFC 5322 §2.1.1.
_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Header:
    """A message's header, as far as it was read."""

    fields: tuple[tuple[str, str], ...]

    @property
    def message_id(self) -> str | None:
        """The Message-ID field."""
        return self._kept("message-id")

    @property
    def subject(self) -> str | None:
        """The Subject field, as it stands."""
        return self._kept("subject")

    def _kept(self, name: str) -> str | None:
        value = first_field(self.fields, name)
        return value.strip()[:_LONGEST_KEPT].replace("\0", "") or None if value else None


def end_of_header(octets: bytes) -> int | None:
    """Return where the header ends; None where more of it may come."""
    if octets.startswith(b"\r\n"):
        return 0
    end = octets.find(_END)
    if end >= 0:
        return end + 2
    return LONGEST_HEADER_READ if len(octets) >= LONGEST_HEADER_READ else None


def header_of(octets: bytes) -> Header:
    """Read a header."""
    return Header(header_fields(octets.decode("utf-8", "replace")))


def received(session: Session, *, host: str, id_: str, smtputf8: bool, now: datetime) -> bytes:
    """Return the Received field for a message that came by this session."""
    helo = _word(session.helo or "unknown")
    name = f"{_word(session.name)} " if session.name else ""
    address = f"IPv6:{session.address}" if session.address.version == 6 else str(session.address)
    tls = f"\r\n\t({session.tls.version} {session.tls.cipher})" if session.tls else ""
    how = protocol(session, smtputf8=smtputf8)
    return (
        f"Received: from {helo} ({name}[{address}])\r\n\tby {host}{tls}\r\n"
        f"\twith {how} id {id_};\r\n\t{_date(now.replace(microsecond=0), now.tzinfo)}\r\n"
    ).encode()


def missing(header: Header, *, host: str, id_: str, now: datetime) -> bytes:
    """Return the Date and Message-ID that a submitted message lacks."""
    lines = ""
    if first_field(header.fields, "date") is None:
        lines += f"Date: {format_datetime(now)}\r\n"
    if first_field(header.fields, "message-id") is None:
        lines += f"Message-ID: <{id_}@{host}>\r\n"
    return lines.encode()


@lru_cache(maxsize=1)  # Many messages come in one second.
def _date(second: datetime, _zone: tzinfo | None) -> str:
    return format_datetime(second)


@lru_cache(maxsize=1024)
def _word(name: str) -> str:
    """Return a name a stranger gave, with nothing in it that ends a word of the field."""
    kept = "".join(each if each.isalnum() or each in ".-_:[]" else "?" for each in name)
    return kept[:255] or "unknown"
