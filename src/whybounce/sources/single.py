"""A file that is one mail."""

from collections.abc import Iterator

from whybounce.sources.mail import Mail, unreadable
from whybounce.sources.stream import CutShortError
from whybounce.vocabulary.report import Defect

LONGEST_MAIL = 64 * 1024**2  # More than any server takes; the rest of a longer one is not read.
TOO_LONG = Defect("message", f"longer than {LONGEST_MAIL // 1024**2} MiB; the rest was not read")


def read_single(source: str, pieces: Iterator[bytes]) -> Mail:
    """Return the mail that the pieces make up, as far as they go and no longer than any mail is."""
    raw = bytearray()
    try:
        for piece in pieces:
            raw += piece
            if len(raw) > LONGEST_MAIL:
                return Mail(source, bytes(memoryview(raw)[:LONGEST_MAIL]), (TOO_LONG,))
    except CutShortError as trouble:
        if not raw:
            return unreadable(source, str(trouble))
        return Mail(source, bytes(raw), (Defect("file", str(trouble)),))
    return Mail(source, bytes(raw))
