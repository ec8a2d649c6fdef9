"""An Outlook file (.msg) as the mail it was made from. MS-OXMSG, MS-OXOMSG, MS-OXCMAIL.

Outlook keeps the header of a mail as it came, but takes the rest apart. Of a non-delivery report
it keeps what the report says of each recipient as properties of that recipient; here those become
a message/delivery-status part again (RFC 3464). Nothing is added that no property says.
"""

import re
from collections.abc import Iterator, Sequence
from email.utils import format_datetime
from hashlib import blake2b
from itertools import islice
from typing import BinaryIO

from whybounce.sources.compound_file import DamagedError, Properties, properties_of
from whybounce.sources.mail import Mail, unreadable
from whybounce.vocabulary.report import Defect

# MS-OXPROPS: what the tags are called there.
_MESSAGE_CLASS = 0x001A
_TRANSPORT_HEADERS = 0x007D
_SUBJECT = 0x0037
_DELIVERY_TIME, _SUBMIT_TIME = 0x0E06, 0x0039
_SENDER_NAME, _SENDER_ADDRESS, _SENDER_SMTP_ADDRESS = 0x0C1A, 0x0C1F, 0x5D01
_DISPLAY_TO = 0x0E04
_MESSAGE_ID = 0x1035
_BODY, _HTML, _RTF = 0x1000, 0x1013, 0x1009
_REPORT_TEXT = 0x1001
_REPORTING_SERVER, _REMOTE_SERVER = 0x6820, 0x0C21
_SUPPLEMENTARY = 0x0C1B  # "<mail.contoso.com #5.7.1 smtp;530 5.7.1 Client was not authenticated>"
_SMTP_ADDRESS, _ADDRESS, _NAME = 0x39FE, 0x3003, 0x3001
_ATTACHED_DATA, _ATTACHED_TYPE, _ATTACHED_NAME = 0x3701, 0x370E, 0x3707

_RECIPIENTS, _ATTACHMENTS = "__recip_version1.0_#", "__attach_version1.0_#"
_ATTACHED_MESSAGE = "__substg1.0_3701000D"

# MS-OXOMSG §2.2.2: which action a class of report stands for.
_ACTIONS = ((".NDR", "failed"), (".DELAYED", "delayed"), (".DR", "delivered"))

# Fields that speak of the parts as they were, RFC 2045 §3.
_OF_THE_PARTS = ("content-", "mime-version")

_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")  # RFC 3463 §2.

_MOST_PARTS = 100
_LONGEST_ATTACHMENT = 1_048_576
_READABLE = ("message/", "text/")

Part = tuple[str, bytes]  # Content type, and the bytes as they stand.


def read_outlook(source: str, file: BinaryIO, defects: tuple[Defect, ...] = ()) -> Mail:
    """Return the mail that the file was made from, as far as it can be put together again."""
    try:
        message = properties_of(file)
    except DamagedError as error:
        return unreadable(source, f"the Outlook file is damaged ({error})")
    if message.text(_MESSAGE_CLASS) is None and message.text(_TRANSPORT_HEADERS) is None:
        return unreadable(source, "an Office file that is no mail")
    parts = list(islice(_parts(message), _MOST_PARTS))
    if not any(kind.startswith("text/") for kind, _ in parts) and message.binary(_RTF):
        defects += (Defect("message", "its text is kept as RTF only, which is not read here"),)
    return Mail(source, _header(message) + _multipart(parts, _action(message)), defects)


def _parts(message: Properties) -> Iterator[Part]:
    yield from _bodies(message)
    action = _action(message)
    if action is not None and (status := _delivery_status(message, action)):
        yield "message/delivery-status", status
    for attachment in message.below(_ATTACHMENTS):
        attached = next(attachment.below(_ATTACHED_MESSAGE), None)
        if attached is not None:
            yield "message/rfc822", _attached(attached)
        elif (part := _attached_part(attachment)) is not None:
            yield part


def _bodies(message: Properties) -> Iterator[Part]:
    recipients = islice(message.below(_RECIPIENTS), _MOST_PARTS)
    said = [text for recipient in recipients if (text := recipient.text(_REPORT_TEXT))]
    if body := message.text(_BODY) or "\n\n".join(said):
        yield "text/plain; charset=utf-8", body.encode("utf-8", "replace")
    html = message.binary(_HTML)
    if written := message.decoded(html) if html else message.text(_HTML):
        yield "text/html; charset=utf-8", written.encode("utf-8", "replace")


def _attached(message: Properties) -> bytes:
    """Return an attached message: its header, and its text."""
    bodies = list(_bodies(message))
    kind, body = bodies[0] if bodies else ("text/plain", b"")
    return _header(message) + b"Content-Type: " + kind.encode() + b"\n\n" + body


def _attached_part(attachment: Properties) -> Part | None:
    kind = _one_line(attachment.text(_ATTACHED_TYPE) or "").lower()
    if (attachment.text(_ATTACHED_NAME) or "").lower().endswith(".eml"):
        kind = "message/rfc822"
    data = attachment.binary(_ATTACHED_DATA) if kind.startswith(_READABLE) else None
    return (kind, data[:_LONGEST_ATTACHMENT]) if data else None


def _header(message: Properties) -> bytes:
    """Return the header as it came, without what it says of the parts; else put one together."""
    came = message.text(_TRANSPORT_HEADERS)
    if not came or ":" not in came:
        return _fields(
            ("From", _sender(message)),
            ("To", message.text(_DISPLAY_TO)),
            ("Subject", message.text(_SUBJECT)),
            ("Date", _date(message)),
            ("Message-ID", message.text(_MESSAGE_ID)),
        )
    kept: list[str] = []
    dropping = False
    for line in came.strip("\r\n").replace("\r\n", "\n").split("\n"):
        if not line.startswith((" ", "\t")):
            dropping = line.lower().startswith(_OF_THE_PARTS) or not line.strip()
        if not dropping:
            kept.append(line)
    return ("\n".join(kept) + "\n").encode("utf-8", "replace")


def _delivery_status(message: Properties, action: str) -> bytes:
    """Return what the recipients' properties say as fields of RFC 3464, a group for each."""
    reporting = message.text(_REPORTING_SERVER)
    groups = [_fields(("Reporting-MTA", f"dns; {reporting}"))] if reporting else []
    for recipient in islice(message.below(_RECIPIENTS), _MOST_PARTS):
        said = recipient.text(_SUPPLEMENTARY)
        remote = recipient.text(_REMOTE_SERVER)
        groups.append(
            _fields(
                ("Final-Recipient", f"rfc822; {_address(recipient)}"),
                ("Action", action),
                ("Status", _status(said or "")),
                ("Remote-MTA", remote and f"dns; {remote}"),
                ("Diagnostic-Code", said and f"smtp; {said}"),
            )
        )
    return b"\n".join(groups)


def _multipart(parts: Sequence[Part], action: str | None) -> bytes:
    """Return the parts behind the fields that announce them. RFC 2046 §5.1, RFC 6522."""
    boundary = blake2b(b"".join(body for _, body in parts), digest_size=16).hexdigest()
    kind = "report; report-type=delivery-status" if action else "mixed"
    lines = [
        f'MIME-Version: 1.0\nContent-Type: multipart/{kind}; boundary="{boundary}"\n\n'.encode()
    ]
    for content_type, body in parts:
        lines.append(f"--{boundary}\nContent-Type: {content_type}\n\n".encode() + body + b"\n")
    return b"".join((*lines, f"--{boundary}--\n".encode()))


def _fields(*fields: tuple[str, str | None]) -> bytes:
    lines = (f"{name}: {_one_line(value)}\n" for name, value in fields if value)
    return "".join(lines).encode("utf-8", "replace")


def _action(message: Properties) -> str | None:
    kind = (message.text(_MESSAGE_CLASS) or "").upper()
    if not kind.startswith("REPORT."):
        return None
    return next((action for ending, action in _ACTIONS if kind.endswith(ending)), None)


def _sender(message: Properties) -> str | None:
    address = message.text(_SENDER_SMTP_ADDRESS) or message.text(_SENDER_ADDRESS)
    name = message.text(_SENDER_NAME)
    return f"{name or ''} <{address}>".strip() if address else name


def _date(message: Properties) -> str | None:
    time = message.time(_SUBMIT_TIME) or message.time(_DELIVERY_TIME)
    return format_datetime(time) if time else None


def _address(recipient: Properties) -> str:
    """Return the address; inside an organisation Exchange may know no more than a name."""
    address = recipient.text(_SMTP_ADDRESS) or recipient.text(_ADDRESS)
    return address or recipient.text(_NAME) or ""


def _status(said: str) -> str | None:
    match = _STATUS.search(said)
    return match[0] if match else None


def _one_line(value: str) -> str:
    """Return the value on one line: in a field, a line end would begin another."""
    return " ".join(value.split())
