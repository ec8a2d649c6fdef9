"""A zip archive of mails, mboxes and Outlook files; archives inside it stay closed.

Rule 1: what an archive claims of itself is not believed: members and bytes are bounded.
Rule 2: a member that cannot be read is a row, and the next one follows.
"""

import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from whybounce.sources.mail import Mail, unreadable
from whybounce.sources.stream import Allowance, Readable

_LONGEST_LIST = 16 * 1024**2  # Bytes of the list of members, all of which is held in memory.

# APPNOTE.TXT §4.3.14 to §4.3.16: the record at the end, which a comment may follow, and before it
# perhaps a larger one and what points to that.
_END = b"PK\x05\x06"
_END_RECORD = struct.Struct("<4s4H2LH")
_LOCATOR = b"PK\x06\x07"
_LOCATOR_SIZE = 20
_LARGE_RECORD = struct.Struct("<4sQ2H2L4Q")
_LONGEST_COMMENT = 65_535

# All that zipfile raises for what is no archive, or no longer one.
_DAMAGED = (
    zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError, OverflowError, struct.error
)  # fmt: skip

MailsIn = Callable[[str, Readable, Allowance], Iterator[Mail]]


def read_archive(source: str, file: BinaryIO, mails_in: MailsIn) -> Iterator[Mail]:
    """Yield the mails of each member, named ``source/member``; ``mails_in`` reads a member."""
    try:
        if _list_size(file) > _LONGEST_LIST:
            yield unreadable(source, "the archive has too many members; unpack it, read the folder")
            return
        archive = zipfile.ZipFile(file)
    except _DAMAGED as error:
        yield unreadable(source, f"the zip archive is damaged ({error})")
        return
    with archive:
        # Not is_dir(): before Python 3.12 it raises on a name that is empty.
        members = [one for one in archive.infolist() if not one.filename.endswith("/")]
        if not members:
            yield unreadable(source, "the zip archive is empty")
        size = file.seek(0, io.SEEK_END)
        allowance = Allowance(lambda: size)
        for member in members:
            yield from _member(f"{source}/{member.filename}", archive, member, mails_in, allowance)


def _member(
    source: str,
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    mails_in: MailsIn,
    allowance: Allowance,
) -> Iterator[Mail]:
    try:
        stream = cast("zipfile.ZipExtFile", archive.open(member))
    except NotImplementedError as error:
        yield unreadable(source, f"is packed in a way that is not known here ({error})")
        return
    except RuntimeError:  # So zipfile says that a password is needed.
        yield unreadable(source, "is encrypted; unpack it with its password first")
        return
    except _DAMAGED as error:
        yield unreadable(source, f"the packed file is damaged ({error})")
        return
    with stream:
        yield from mails_in(source, stream, allowance)


def _list_size(file: BinaryIO) -> int:
    """Return how long the archive says its list of members is, in bytes."""
    size = file.seek(0, io.SEEK_END)
    longest = _END_RECORD.size + _LONGEST_COMMENT + _LOCATOR_SIZE + _LARGE_RECORD.size
    file.seek(max(0, size - longest))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_RECORD.size:
        return 0
    large = at - _LOCATOR_SIZE - _LARGE_RECORD.size
    if large >= 0 and tail.startswith(_LOCATOR, at - _LOCATOR_SIZE):
        return int(_LARGE_RECORD.unpack_from(tail, large)[8])
    return int(_END_RECORD.unpack_from(tail, at)[5])
