"""Sources: where mails stand. Paths in, one mail after another out, in bounded memory.

Files, folders, Maildirs and standard input are ``paths.py``; what a file is, and so who reads it,
is the table in ``kinds.py``. Nothing here knows what a bounce is. Nothing raises because of what
stands in a file: what cannot be read is a ``Mail`` without bytes, whose defects say why.
"""

from whybounce.sources.mail import Mail, unreadable
from whybounce.sources.paths import STANDARD_INPUT, files, mails, nothing_there

__all__ = [
    "STANDARD_INPUT",
    "Mail",
    "files",
    "mails",
    "nothing_there",
    "unreadable",
]
