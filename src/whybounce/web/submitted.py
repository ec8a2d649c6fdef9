"""What a person pasted or a program posted, whatever it is wrapped in: a form, JSON, or itself.

curl calls everything a form; a body that does not begin as ours do is taken as it is.
"""

import re
from dataclasses import dataclass
from io import BytesIO
from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec

from whybounce.diagnosing import is_mail
from whybounce.given import without_mark
from whybounce.reading.mime import parse_message
from whybounce.sources.mbox import read_mbox
from whybounce.sources.outlook import read_outlook
from whybounce.web.problems import ProblemError

_LONGEST_KEPT = 262_144  # Letters of a text that a page gives back.
_MOST_FIELDS = 40

_OUTLOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # MS-CFB §2.2.
_NAME = re.compile(r';\s*name="([^"]{1,40})"')
_FILE = re.compile(r';\s*filename="([^"]{0,255})"')


class Submitted(msgspec.Struct, frozen=True):
    """What is to be explained."""

    raw: bytes  # A mail, or a text in UTF-8.
    text: str  # What stands in the box; empty where a file was chosen.
    is_mail: bool
    file: str | None = None  # Its name.
    mails: int = 1  # So many it holds; this is the first.


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form."""

    value: bytes
    file: str | None = None


class _Json(msgspec.Struct, forbid_unknown_fields=True):
    text: str


Shape = TypeVar("Shape", bound=msgspec.Struct)


def submitted(content_type: str, body: bytes) -> Submitted:
    """Return what is to be explained.

    Raises:
        ProblemError: Nothing came, or nothing that could be a text or a mail.

    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data" or (kind == _URLENCODED and body.startswith(b"text=")):
        return _of_form(fields(content_type, body))
    if kind == "application/json":
        return _usable(given_json(body, _Json).text.encode("utf-8", "replace"), None)
    return _usable(body, None)


def beginning(content_type: str, body: bytes) -> str:
    """Return the text at the beginning of what was too large to be taken whole; empty for a file."""
    first = body[:_LONGEST_KEPT]
    for line_end in (b"\n", b"%0A"):  # No letter is cut in two.
        first = first.rpartition(line_end)[0] or first
    try:
        sent = submitted(content_type, first)
    except ProblemError as problem:
        return problem.kept
    return "" if sent.file else sent.text


def written(content_type: str, body: bytes) -> dict[str, str]:
    """Return what stood in the boxes of a form, for its page to give back; files are left out."""
    try:
        known = fields(content_type, body)
    except ProblemError:
        return {}
    return {
        name: text_of(field.value[:_LONGEST_KEPT])
        for name, field in known.items()
        if field.file is None
    }


def fields(content_type: str, body: bytes) -> dict[str, Field]:
    """Return a form's fields by name; of several of one name, the last that holds something.

    Raises:
        ProblemError: It is no form.

    """
    if content_type.partition(";")[0].strip().lower() == _URLENCODED:
        return _urlencoded(body)
    header = b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n"
    parts = parse_message(header + body).parts
    found: dict[str, Field] = {}
    for part in parts[:_MOST_FIELDS]:
        disposition = part.field("content-disposition") or ""
        if name := _NAME.search(disposition):
            file = _FILE.search(disposition)
            value = part.body
            if value or name[1] not in found:
                found[name[1]] = Field(value, file[1] if file else None)
    if not found:
        raise ProblemError("no-form")
    return found


_URLENCODED = "application/x-www-form-urlencoded"


def _urlencoded(body: bytes) -> dict[str, Field]:
    try:
        pairs = parse_qsl(
            body.decode("latin-1"), keep_blank_values=True, max_num_fields=_MOST_FIELDS,
            encoding="latin-1",
        )  # fmt: skip
    except ValueError:
        raise ProblemError("no-form") from None
    return {name: Field(value.encode("latin-1", "replace")) for name, value in pairs}


def given_json(body: bytes, shape: type[Shape]) -> Shape:
    """Return what a program sent, in that shape.

    Raises:
        ProblemError: It is no JSON, or of another shape; says where.

    """
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.MsgspecError as error:
        what = f"{error}."
    except UnicodeDecodeError:
        what = "It is not in UTF-8."
    except RecursionError:
        what = "Its objects and arrays stand in one another too deeply."
    raise ProblemError("no-json", {"what": what})


def _of_form(known: dict[str, Field]) -> Submitted:
    file = known.get("file")
    if file is not None and file.value:
        return _usable(file.value, file.file or "file")
    text = known.get("text")
    return _usable(text.value if text else b"", None)


def _usable(raw: bytes, file: str | None) -> Submitted:
    """Return what came, as bytes that are a mail or a text."""
    if raw.startswith(_OUTLOOK):
        mail = read_outlook(file or "file", BytesIO(raw))
        if mail.raw is None:
            raise ProblemError("binary")
        return Submitted(mail.raw, "", is_mail=True, file=file or "file")
    raw = without_mark(raw)
    written = text_of(raw)
    kept = "" if file else written[:_LONGEST_KEPT]
    if not raw.strip():
        raise ProblemError("nothing-given")
    if b"\x00" in raw[:65_536] and not is_mail(raw.replace(b"\x00", b"?")):
        raise ProblemError("binary", kept=kept.replace("\x00", "\ufffd"))
    if is_mail(raw):
        mails = _mails(raw)
        kept = kept.replace("\x00", "\ufffd")
        return Submitted(mails[0], kept, is_mail=True, file=file, mails=len(mails))
    return Submitted(written.encode("utf-8", "replace"), kept, is_mail=False, file=file)


def _mails(raw: bytes) -> list[bytes]:
    """Return the mails of an mbox; else the one that it is."""
    if not raw.startswith(b"From "):
        return [raw]
    return [mail.raw or raw for mail in read_mbox("", iter((raw,)))]


def text_of(raw: bytes) -> str:
    """Return the bytes as UTF-8, which most texts are, or byte for byte, which never fails."""
    try:
        return raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
