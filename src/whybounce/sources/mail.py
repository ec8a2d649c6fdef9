"""One mail, and where it stands."""

from msgspec import Struct

from whybounce.vocabulary.report import Defect


class Mail(Struct, frozen=True):
    """One mail as it was found, or one thing that could not be read and why."""

    source: str  # Stable: "path", "path#3" for the third mail of an mbox, "a.zip/b.eml".
    raw: bytes | None  # None: nothing could be read; the defects say why.
    defects: tuple[Defect, ...] = ()


def unreadable(source: str, what: str) -> Mail:
    """Return the row that stands where a mail should: it could not be read, and why."""
    return Mail(source, None, (Defect("file", what),))
