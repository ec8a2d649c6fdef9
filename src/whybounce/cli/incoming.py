"""What people hand to a verb: arguments, or standard input."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from whybounce.cli.refusal import Refusal
from whybounce.given import UTF_16, without_mark

if TYPE_CHECKING:
    from io import BufferedReader

_MOST_BYTES = 8 * 1024 * 1024  # Of a text, or of a line.


def text_given(arguments: list[str], verb: str, example: str) -> str:
    """Return the arguments as one text, or what stands on standard input.

    Raises:
        Refusal: Nothing was given, or what was given is no text.

    """
    text = _typed(arguments, verb, example)
    if text is None:
        text = _decoded(_text(sys.stdin.buffer.read(_MOST_BYTES)))
    if not text.strip():
        raise Refusal(f"the text is empty; try for instance: whybounce {verb} {example}")
    return text


def lines_given(arguments: list[str], verb: str, example: str) -> Iterator[str]:
    """Yield each line that is not blank; of standard input, as it arrives and however many.

    Raises:
        Refusal: There is none, or what was given is no text.

    """
    text = _typed(arguments, verb, example)
    empty = True
    for line in _lines() if text is None else text.splitlines():
        if line.strip():
            empty = False
            yield line
    if empty:
        raise Refusal(f"the text is empty; try for instance: whybounce {verb} {example}")


def _typed(arguments: list[str], verb: str, example: str) -> str | None:
    """Return the arguments as one text; None where it stands on standard input."""
    if arguments and arguments != ["-"]:
        return " ".join(arguments)
    if not arguments and sys.stdin.isatty():
        raise Refusal(f"{verb} needs a text, for instance: whybounce {verb} {example}")
    return None


def _lines() -> Iterator[str]:
    from whybounce.sources.marked import utf16_as_utf8  # noqa: PLC0415  # 10 ms, for who pipes

    file = cast("BufferedReader", sys.stdin.buffer)
    if file.peek(2).startswith(UTF_16):
        file = cast("BufferedReader", utf16_as_utf8(file))
    first = file.readline(_MOST_BYTES)
    yield from _decoded(_text(first)).splitlines()
    while line := file.readline(_MOST_BYTES):
        yield from _decoded(line).splitlines()


def _text(raw: bytes) -> bytes:
    """Return the text without the mark before it.

    Raises:
        Refusal: It is none.

    """
    raw = without_mark(raw)
    if b"\x00" in raw[:65536]:
        raise Refusal("standard input is binary, not text; give a reply, a code or a line of a log")
    return raw


def _decoded(raw: bytes) -> str:
    """Decode as UTF-8, which most logs are, or byte for byte, which never fails."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
