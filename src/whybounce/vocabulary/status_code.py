"""The enhanced mail system status code: three numbers, RFC 3463 §2."""

import re
from functools import lru_cache

from msgspec import Struct

# RFC 3463 §2: class 2, 4 or 5; subject and detail of one to three digits, no leading zeros wanted.
_WRITTEN = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")


class StatusCode(Struct, frozen=True, order=True):
    """``class.subject.detail``. The class says whether it is final, the rest why."""

    class_: int  # 2 success, 4 persistent transient failure, 5 permanent failure.
    subject: (
        int  # 1 addressing, 2 mailbox, 3 mail system, 4 network, 5 protocol, 6 content, 7 policy.
    )
    detail: int

    @classmethod
    def parse(cls, written: str) -> "StatusCode | None":
        """Return the code that ``written`` is, or None where it is not exactly one."""
        return _parse(written)

    def __str__(self) -> str:
        return f"{self.class_}.{self.subject}.{self.detail}"


@lru_cache(maxsize=4096)  # A few hundred codes make up all the world's mail.
def _parse(written: str) -> StatusCode | None:
    match = _WRITTEN.fullmatch(written)
    if match is None:
        return None
    class_, subject, detail = match.groups()
    return StatusCode(int(class_), int(subject), int(detail))
