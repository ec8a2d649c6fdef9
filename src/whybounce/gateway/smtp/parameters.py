"""What may stand behind a path: the parameters of MAIL and RCPT, each keyword with its reader.

    esmtp-param    = esmtp-keyword [ "=" esmtp-value ]        RFC 5321 §4.1.2
    esmtp-keyword  = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
    esmtp-value    = 1*(%d33-60 / %d62-126 / UTF8-non-ascii)   RFC 6531 §3.3

``MAIL`` and ``RCPT`` are the tables: a keyword that is not in them is not known. A reader returns
the field of Envelope or Recipient that it fills, and the value; BadParameterError says what is wrong.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from whybounce.gateway.smtp.paths import PathError, read_mailbox
from whybounce.gateway.smtp.xtext import decode_utf8_xtext, decode_xtext
from whybounce.vocabulary.envelope import BodyType, Notify, OriginalRecipient, Return

Field = tuple[str, object]
Reader = Callable[[str | None], Field]

_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*+)(?:=([!-<>-~\u00a1-\U0010ffff]++))?")
_SIZE = re.compile(r"[0-9]{1,20}")  # RFC 1870 §4: at most twenty digits.
_ADDRESS_TYPE = re.compile(r"[A-Za-z0-9-]{1,40}")
_LONGEST_ENVELOPE_ID = 100  # RFC 3461 §4.4, before decoding.
_LONGEST_ORIGINAL_RECIPIENT = 500  # RFC 3461 §4.2, before decoding.


class BadParameterError(ValueError):
    """A parameter cannot be read. Says what is wrong with it."""


class UnknownParameterError(BadParameterError):
    """Nobody here knows the parameter."""

    def __init__(self, keyword: str) -> None:
        super().__init__(f"{keyword} is not known here")
        self.keyword = keyword


def read_parameters(
    rest: str, known: Mapping[str, Reader], *, smtputf8: bool = False
) -> dict[str, Any]:
    """Return the fields that the parameters fill. Raises BadParameterError.

    ``smtputf8`` says whether the transaction may use UTF-8: for RCPT, what MAIL asked for.
    """
    if not smtputf8 and not rest.isascii():
        raise BadParameterError("letters outside ASCII need SMTPUTF8")
    fields: dict[str, Any] = {}
    for written in filter(None, rest.split(" ")):
        match = _PARAMETER.fullmatch(written)
        if match is None:
            raise BadParameterError("a parameter is written KEYWORD or KEYWORD=VALUE")
        keyword, value = match[1].upper(), match[2]
        reader = known.get(keyword)
        if reader is None:
            raise UnknownParameterError(keyword)
        field, read = reader(value)
        if field in fields:
            raise BadParameterError(f"{keyword} stands there twice")
        fields[field] = read
    return fields


def _size(value: str | None) -> Field:
    if value is None or not _SIZE.fullmatch(value):
        raise BadParameterError("SIZE is a number of at most twenty digits")
    return "size", int(value)


def _body(value: str | None) -> Field:
    try:
        return "body", BodyType((value or "").upper())
    except ValueError as error:
        raise BadParameterError("BODY is 7BIT or 8BITMIME") from error


def _smtputf8(value: str | None) -> Field:
    if value is not None:
        raise BadParameterError("SMTPUTF8 has no value")
    return "smtputf8", True


def _ret(value: str | None) -> Field:
    try:
        return "return_", Return((value or "").upper())
    except ValueError as error:
        raise BadParameterError("RET is FULL or HDRS") from error


def _envid(value: str | None) -> Field:
    decoded = decode_xtext(value) if value else None
    if value is None or decoded is None or len(value) > _LONGEST_ENVELOPE_ID:
        raise BadParameterError(f"ENVID is xtext of at most {_LONGEST_ENVELOPE_ID} characters")
    return "envelope_id", decoded


def _auth(value: str | None) -> Field:
    if value == "<>":  # RFC 4954 §5: not known, or not to be trusted.
        return "submitter", value
    decoded = decode_xtext(value) if value else None
    try:
        return "submitter", read_mailbox(decoded or "")
    except PathError as error:
        raise BadParameterError("AUTH is <> or a mailbox in xtext") from error


def _notify(value: str | None) -> Field:
    wishes = (value or "").upper().split(",")
    try:
        notify = frozenset(Notify(wish) for wish in wishes)
    except ValueError as error:
        raise BadParameterError("NOTIFY is NEVER, or some of SUCCESS, FAILURE and DELAY") from error
    if Notify.NEVER in notify and len(wishes) > 1:
        raise BadParameterError("NOTIFY=NEVER stands alone")
    return "notify", notify


def _orcpt(value: str | None) -> Field:
    kind, semicolon, written = (value or "").partition(";")
    address: str | None = None
    if (
        semicolon
        and _ADDRESS_TYPE.fullmatch(kind)
        and len(value or "") <= _LONGEST_ORIGINAL_RECIPIENT
    ):
        kind = kind.lower()
        if kind == "utf-8":
            address = decode_utf8_xtext(written, unitext=True)
        else:
            address = decode_xtext(written)
    if not address:
        raise BadParameterError(
            f"ORCPT is a type, a semicolon and an address in xtext, {_LONGEST_ORIGINAL_RECIPIENT} characters at most"
        )
    return "original", OriginalRecipient(kind, address)


MAIL: Final[Mapping[str, Reader]] = {
    "SIZE": _size,  # RFC 1870
    "BODY": _body,  # RFC 6152
    "SMTPUTF8": _smtputf8,  # RFC 6531
    "RET": _ret,  # RFC 3461 §4.3
    "ENVID": _envid,  # RFC 3461 §4.4
    "AUTH": _auth,  # RFC 4954 §5
}
RCPT: Final[Mapping[str, Reader]] = {
    "NOTIFY": _notify,  # RFC 3461 §4.1
    "ORCPT": _orcpt,  # RFC 3461 §4.2
}
