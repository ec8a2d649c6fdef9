"""Many mails in one file, each behind a line that begins with "From ". RFC 4155, and older habits.

Rule 1: such a line separates if a header field follows it and either an empty line stands before
it or it ends in a date. So prose that begins with "From" splits nothing.
Rule 2: ">From " at the start of a line stood for "From "; one ">" is taken away.
Rule 3: one mail is held at a time, and no more of it than any mail is long.
"""

import re
from collections.abc import Iterator

from whybounce.sources.mail import Mail, unreadable
from whybounce.sources.single import LONGEST_MAIL, TOO_LONG
from whybounce.sources.stream import CutShortError
from whybounce.vocabulary.report import Defect

_LOOK_AHEAD = 1_400  # A separator, a line that quotes one, and the name of a field.
_EMPTY_LINE = 4  # Bytes before a separator that show whether an empty line stands there.

_SEPARATOR = re.compile(
    rb"From (?P<rest>[^\r\n]{0,600})(?:\r\n|\n|\r)(?:>From [^\r\n]{0,600}(?:\r\n|\n|\r))?"
    rb"(?=[!-9;-~]{1,100}[ \t]*:)"
)
_DATED = re.compile(rb"[ \t]\d{1,2}:\d{1,2}(?::\d{1,2})?\b[^\r\n]{0,60}$")
_QUOTED = re.compile(rb"(?<=[\r\n])>(?=>*From )")


def read_mbox(source: str, pieces: Iterator[bytes]) -> Iterator[Mail]:
    """Yield the mails in order, named ``source#1`` and so on; a lone one is named ``source``."""
    held: tuple[bytes, tuple[Defect, ...]] | None = None
    number = 0
    for found in _split(pieces):
        if held is not None:
            number += 1
            yield Mail(f"{source}#{number}", *held)
        held = found
    if held is not None:
        yield Mail(f"{source}#{number + 1}" if number else source, *held)
    else:
        yield unreadable(source, "an mbox that holds no mail")


def _split(pieces: Iterator[bytes]) -> Iterator[tuple[bytes, tuple[Defect, ...]]]:
    """Yield each mail as it was sent, with what is wrong with it."""
    buffer = bytearray()
    beginning: bytes | None = None  # Of a mail that is too long; the rest of it is dropped.
    mark: bytes | None = None
    searched = 0
    trouble: tuple[Defect, ...] = ()
    ended = False
    while not ended:
        piece, trouble = _next(pieces)
        ended = not piece
        buffer += piece
        if mark is None:
            if not ended and len(buffer) < _LOOK_AHEAD:
                continue
            mark = b"\nFrom " if b"\n" in buffer[:_LOOK_AHEAD] else b"\rFrom "
        while (at := buffer.find(mark, searched)) >= 0:
            searched = at
            if not ended and len(buffer) - at < _LOOK_AHEAD:
                break  # Whether it separates shows in what comes next.
            searched = at + 1
            if _separates(buffer, searched):
                yield _as_sent(buffer[:searched], beginning)
                beginning = None
                del buffer[:searched]
                searched = 0
        if at < 0:
            searched = max(searched, len(buffer) - len(mark) + 1)
        if len(buffer) > LONGEST_MAIL or beginning is not None:
            beginning = bytes(memoryview(buffer)[:LONGEST_MAIL]) if beginning is None else beginning
            dropped = max(0, searched - _EMPTY_LINE)
            del buffer[:dropped]
            searched -= dropped
    if buffer or beginning is not None:
        raw, defects = _as_sent(buffer, beginning)
        yield raw, (*defects, *trouble)


def _next(pieces: Iterator[bytes]) -> tuple[bytes, tuple[Defect, ...]]:
    try:
        return next(pieces, b""), ()
    except CutShortError as trouble:
        return b"", (Defect("file", str(trouble)),)


def _separates(buffer: bytearray, at: int) -> bool:
    line = _SEPARATOR.match(buffer, at)
    if line is None:
        return False
    after_empty_line = buffer[max(0, at - _EMPTY_LINE) : at].endswith((b"\n\n", b"\n\r\n", b"\r\r"))
    return after_empty_line or _DATED.search(line["rest"]) is not None


def _as_sent(buffer: bytearray, beginning: bytes | None) -> tuple[bytes, tuple[Defect, ...]]:
    """Return the mail without its separator and the quoting of its lines."""
    raw = bytes(buffer) if beginning is None else beginning
    if (line := _SEPARATOR.match(raw)) is not None:
        raw = raw[line.end() :]
    if b">From " in raw:
        raw = _QUOTED.sub(b"", raw)
    return raw, () if beginning is None else (TOO_LONG,)
