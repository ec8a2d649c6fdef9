"""Whether a message is spam: what a scanner in front of the gateway wrote into it, or a test string.

The gateway looks for no spam itself. Whoever writes the field themselves says it of their own mail.
"""

from collections.abc import Iterable
from dataclasses import dataclass

# The Generic Test for Unsolicited Bulk Email: no mail holds it by chance. Written in two parts here,
# so that this very file passes scanners.
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*" + b"GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
_YES = "yes"


@dataclass(frozen=True, slots=True)
class SpamSigns:
    """What counts as a sign; nothing, unless configured."""

    header: str = ""  # The field's name; its value begins with YES where the message is spam.
    gtube: bool = False  # Whether the test string makes a message spam.

    def said(self, fields: Iterable[tuple[str, str]]) -> bool:
        """Whether the scanner's field says that it is."""
        wanted = self.header.lower()
        return bool(wanted) and any(
            name.lower() == wanted and value.strip().lower().startswith(_YES)
            for name, value in fields
        )


NO_SIGNS = SpamSigns()


class TestString:
    """Looks for the test string in a message's pieces as they come."""

    __test__ = False  # It is no test.

    def __init__(self) -> None:
        self.was_seen = False
        self._end = b""

    def read(self, octets: bytes) -> None:
        """Take the next octets."""
        if self.was_seen:
            return
        searched = self._end + octets
        self.was_seen = GTUBE in searched
        self._end = searched[1 - len(GTUBE) :]
