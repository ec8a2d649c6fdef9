"""Writing: a Diagnosis in, the bytes of a notice out, and always the same bytes.

A notice is a multipart/report (RFC 6522): text and HTML for people, the machine part (RFC 3464,
RFC 6533) for programs, and what is returned of the original. The kinds are failure, delay,
success, relayed and expanded. Two styles: ``modern`` groups the recipients by cause and says of
each who needs to act; ``classic`` has user information first, diagnostic information below.

No clock, no randomness, no network: dates are passed in or taken from the report; boundary and
Message-ID are made of the content. Files are read for the two templates of this package, once.
"""

from whybounce.vocabulary.notice import (
    Audience,
    NoticeError,
    NoticeSettings,
    NullSenderError,
    Rewriting,
    Style,
)
from whybounce.writing.writer import Writer

__all__ = [
    "Audience",
    "NoticeError",
    "NoticeSettings",
    "NullSenderError",
    "Rewriting",
    "Style",
    "Writer",
]
