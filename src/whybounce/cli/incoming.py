"""What people hand to a verb: arguments, or standard input."""

import sys

from whybounce.cli import typed
from whybounce.cli.refusal import Refusal

_MOST_BYTES = 8 * 1024 * 1024


def text_given(arguments: list[str], verb: str, example: str) -> str:
    """Return the arguments as one text, or what stands on standard input.

    Raises:
        Refusal: Nothing was given, or what was given is no text.

    """
    if arguments and arguments != ["-"]:
        text = " ".join(arguments)
    elif arguments or not sys.stdin.isatty():
        text = _decoded(sys.stdin.buffer.read(_MOST_BYTES))
    else:
        raise Refusal(f"{verb} needs a text, for instance: whybounce {verb} {example}")
    if not text.strip():
        raise Refusal(f"the text is empty; try for instance: whybounce {verb} {example}")
    return text


def _decoded(raw: bytes) -> str:
    """Decode as UTF-8, which most logs are, or byte for byte, which never fails."""
    raw = typed.unmarked(raw)
    if b"\x00" in raw[:65536]:
        raise Refusal("standard input is binary, not text; give a reply, a code or a line of a log")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
