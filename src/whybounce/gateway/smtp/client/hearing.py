"""What a server says, read with bounds: RFC 5321 §4.2.1.

    250-mx.example.org
    250 PIPELINING

A server may be broken or hostile: lines without end, replies without end, no reply at all. What is
no reply is a Fault, and nothing after it can be trusted.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from whybounce.notation import read_reply
from whybounce.vocabulary.reply import Reply

_LONGEST_LINE = 4096  # RFC 5321 §4.5.3.1.5 says 512; some explain themselves at length.
_MOST_LINES = 200
_MOST_OCTETS = 1_048_576  # That nobody asked for, or has read.
_LINE = re.compile(r"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)


class Fault(StrEnum):
    """Why there is no reply."""

    LOST = "connection-lost"  # The server went without a word.
    TIMED_OUT = "timed-out"
    NOT_SMTP = "not-smtp"  # It said something that is no reply, or before it was asked.
    TLS_FAILED = "tls-failed"
    NEEDS_SMTPUTF8 = "needs-smtputf8"  # We did not ask: the server offers no SMTPUTF8.
    NEEDS_8BITMIME = "needs-8bitmime"  # … no 8BITMIME.
    TOO_LARGE = "too-large"  # … and takes no message of this size.
    NO_MECHANISM = "no-mechanism"  # … and no AUTH mechanism that we know.


@dataclass(frozen=True, slots=True)
class ServerReply:
    """A reply, line by line."""

    code: int
    lines: tuple[str, ...]  # Without the code.

    @property
    def is_good(self) -> bool:
        """Whether the server did what it was asked: 2yz."""
        return 200 <= self.code < 300

    @property
    def reply(self) -> Reply:
        """The reply as everything else here knows it, with its status code."""
        *before, last = self.lines
        return read_reply(
            "\n".join([*(f"{self.code}-{line}" for line in before), f"{self.code} {last}"])
        )


class ReplyReader:
    """Makes replies of octets."""

    def __init__(self) -> None:
        self._octets = bytearray()
        self._searched = 0
        self._lines: list[str] = []
        self._fault: Fault | None = None
        self._peeked: ServerReply | Fault | None = None

    def receive(self, octets: bytes) -> None:
        """Take octets. After a fault they are of no interest."""
        if self._fault is None:
            self._octets += octets
        if len(self._octets) > _MOST_OCTETS:
            self._fault = Fault.NOT_SMTP
            self._octets.clear()

    def next(self) -> ServerReply | Fault | None:
        """Return the next reply; None where it has not all arrived."""
        if self._peeked is not None:
            peeked, self._peeked = self._peeked, None
            return peeked
        while self._fault is None:
            end = self._octets.find(b"\n", self._searched)
            self._searched = len(self._octets) if end < 0 else 0
            if max(end, self._searched) >= _LONGEST_LINE or len(self._lines) >= _MOST_LINES:
                self._fault = Fault.NOT_SMTP
            elif end < 0:
                return None
            else:
                line = bytes(self._octets[:end]).removesuffix(b"\r")
                del self._octets[: end + 1]
                if reply := self._take(_decoded(line)):
                    return reply
        return self._fault

    def peek(self) -> ServerReply | Fault | None:
        """Return the next reply, and leave it there."""
        self._peeked = self.next()
        return self._peeked

    def _take(self, line: str) -> ServerReply | None:
        match = _LINE.fullmatch(line)
        if match is None:
            self._fault = Fault.NOT_SMTP
            return None
        code, mark, text = match.groups()
        self._lines.append(text or "")
        if mark == "-":
            return None
        # Where a careless server's lines differ in their codes, the last decides.
        lines, self._lines = tuple(self._lines), []
        return ServerReply(int(code), lines)

    @property
    def is_silent(self) -> bool:
        """Whether nothing at all waits to be read."""
        nothing = not self._octets and not self._lines
        return nothing and self._fault is None and self._peeked is None

    def clear(self) -> None:
        """Forget what was not read."""
        self._octets.clear()
        self._lines.clear()
        self._searched = 0
        self._peeked = None


def _decoded(line: bytes) -> str:
    """RFC 6531 §3.7.4.2 allows UTF-8; before it there was Latin-1."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")
