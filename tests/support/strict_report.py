"""A strict reader of delivery reports: names every rule that a message breaks, with its section.

It shares no code with the product and forgives nothing. ``violations`` returns sentences such as
"RFC 3464 §2.3.9: Will-Retry-Until stands with Action: failed"; an empty list is a valid report.
"""

import base64
import binascii
import quopri
import re
from dataclasses import dataclass, field
from itertools import pairwise

_NAME = re.compile(rb"[\x21-\x39\x3b-\x7e]+")
_DATE = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}"
    r" [012]\d:[0-5]\d:[0-6]\d [+-]\d{4}"
)
_MESSAGE_ID = re.compile(r"<[^\s<>@]+@[^\s<>@]+>")
_ENCODED_WORD = re.compile(r"=\?([\w-]+)\?([bBqQ])\?([^?\s]*)\?=")
_HOST = re.compile(
    r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9])?\.)*[A-Za-z0-9_-]+|\[[0-9A-Fa-f.:]+\]"
)
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_ATOM = re.compile(r"[A-Za-z0-9-]+")
# RFC 6533 §3: utf-8-addr-xtext.
_XTEXT = re.compile(
    r"(?:[\x21-\x2a\x2c-\x3c\x3e-\x5b\x5d-\x7e]|\\x\{(?:[0-9A-F]{2}|[1-9A-F][0-9A-F]{2,4}|10[0-9A-F]{4})\})+"
)
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_QUOTED_PRINTABLE = re.compile(rb"(?:[\x21-\x3c\x3e-\x7e \t]|=[0-9A-F]{2})*=?")

_ABOUT_MESSAGE = {
    "original-envelope-id", "reporting-mta", "dsn-gateway", "received-from-mta", "arrival-date",
}  # fmt: skip
_ABOUT_RECIPIENT = {
    "original-recipient", "final-recipient", "action", "status", "remote-mta", "diagnostic-code",
    "last-attempt-date", "final-log-id", "will-retry-until",
}  # fmt: skip
_ACTIONS = {"failed": "45", "delayed": "4", "delivered": "2", "relayed": "2", "expanded": "2"}
_RETURNED = {
    "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers",
}  # fmt: skip
_AT_LEAST = {
    "date": 1, "from": 1, "to": 1, "subject": 1, "message-id": 1, "in-reply-to": 0, "references": 0,
}  # fmt: skip
_IDS = ("message-id", "in-reply-to", "references")


@dataclass
class Entity:
    """A MIME entity, cut strictly."""

    fields: list[tuple[str, str]]
    body: bytes
    children: list["Entity"] = field(default_factory=list)

    def all(self, name: str) -> list[str]:
        """Return the values of every field of that name."""
        return [value for key, value in self.fields if key.lower() == name]

    def one(self, name: str) -> str:
        """Return the first value, or an empty string."""
        return next(iter(self.all(name)), "")

    @property
    def kind(self) -> str:
        """Return type/subtype in lower case."""
        return self.one("content-type").partition(";")[0].strip().lower() or "text/plain"

    @property
    def encoding(self) -> str:
        """Return the transfer encoding."""
        return self.one("content-transfer-encoding").strip().lower() or "7bit"

    def parameter(self, name: str) -> str:
        """Return a parameter of Content-Type, unquoted."""
        match = re.search(rf';\s*{name}=(?:"([^"]*)"|([^\s;"]+))', self.one("content-type"))
        return (match[1] or match[2]) if match else ""

    def decoded(self) -> bytes:
        """Return the body without its transfer encoding."""
        if self.encoding == "quoted-printable":
            return quopri.decodestring(self.body)
        if self.encoding == "base64":
            return base64.b64decode(self.body)
        return self.body

    def leaves(self) -> list["Entity"]:
        """Return what is no multipart, in order."""
        return [leaf for child in self.children for leaf in child.leaves()] or [self]


def violations(raw: bytes, *, unicode: bool = False) -> list[str]:
    """Return every rule that the message breaks. ``unicode``: it may travel by SMTPUTF8."""
    found: list[str] = []
    _lines(raw, found)
    entity = parse(raw, found, unicode=unicode)
    _header(entity, found)
    _tree(entity, found)
    if entity.kind != "multipart/report":
        found.append(f"RFC 6522 §3: the message is {entity.kind}")
        return found
    _report(entity, found)
    return found


def parse(raw: bytes, found: list[str] | None = None, *, unicode: bool = False) -> Entity:
    """Return the entity with its children."""
    found = [] if found is None else found
    header, blank, body = raw.partition(b"\r\n\r\n")
    if raw.startswith(b"\r\n"):
        header, blank, body = b"", b"\r\n", raw[2:]
    if not blank:
        found.append("RFC 5322 §2.1: no blank line ends the header")
    entity = Entity(_fields(header, found, unicode=unicode), body)
    if entity.kind.startswith("multipart/"):
        entity.children = [parse(piece, found, unicode=unicode) for piece in _pieces(entity, found)]
    return entity


def _lines(raw: bytes, found: list[str]) -> None:
    if re.search(rb"\r(?!\n)|(?<!\r)\n", raw):
        found.append("RFC 5322 §2.3: a CR or LF stands alone")
    if b"\0" in raw:
        found.append("RFC 5322 §2.2: a NUL")
    if any(len(line) > 998 for line in raw.split(b"\r\n")):
        found.append("RFC 5322 §2.1.1: a line has more than 998 octets")
    if not raw.endswith(b"\r\n"):
        found.append("RFC 5322 §2.1: the last line has no end")


def _fields(header: bytes, found: list[str], *, unicode: bool) -> list[tuple[str, str]]:
    fields: list[tuple[str, str]] = []
    for line in header.split(b"\r\n") if header else []:
        if line[:1] in {b" ", b"\t"}:
            if not line.strip():
                found.append("RFC 5322 §2.2.3: a folded line of white space only")
            if not fields:
                found.append("RFC 5322 §2.2: the header begins with white space")
                continue
            name, value = fields[-1]
            fields[-1] = (name, value + line.decode("utf-8", "replace"))
            continue
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name):
            found.append(f"RFC 5322 §2.2: {line[:60]!r} is no field")
        if not line.isascii() and not unicode:
            found.append(f"RFC 5322 §2.2: {line[:60]!r} is not ASCII")
        fields.append((name.decode("ascii", "replace"), value.decode("utf-8", "replace").strip()))
    return fields


def _header(entity: Entity, found: list[str]) -> None:
    for name, least in _AT_LEAST.items():
        values = entity.all(name)
        if not least <= len(values) <= 1 or values == [""]:
            found.append(f"RFC 5322 §3.6: {name} stands {len(values)} times, or is empty")
    if not _DATE.fullmatch(entity.one("date")):
        found.append(f"RFC 5322 §3.3: {entity.one('date')!r} is no date")
    ids = [id_ for name in _IDS for id_ in entity.one(name).split()]
    found += [f"RFC 5322 §3.6.4: {id_!r}" for id_ in ids if not _MESSAGE_ID.fullmatch(id_)]
    if entity.one("mime-version") != "1.0":
        found.append("RFC 2045 §4: no MIME-Version: 1.0")
    if entity.one("auto-submitted") != "auto-replied":
        found.append("RFC 3834 §5: not auto-replied")
    if not re.fullmatch(r"[a-z]{2,3}(?:-[A-Za-z0-9]+)*", entity.one("content-language")):
        found.append("RFC 3282 §2: no Content-Language")
    for name, value in entity.fields:
        _encoded_words(name, value, found)


def _encoded_words(name: str, value: str, found: list[str]) -> None:
    for word in re.findall(r"=\?\S*\?=", value):
        match = _ENCODED_WORD.fullmatch(word)
        if match is None or len(word) > 75:
            found.append(f"RFC 2047 §2: {word!r} in {name}")
            continue
        try:
            base64.b64decode(match[3], validate=True).decode(match[1])
        except (binascii.Error, UnicodeDecodeError, LookupError):
            found.append(f"RFC 2047 §5: {word!r} in {name} is no whole text")


def _pieces(entity: Entity, found: list[str]) -> list[bytes]:
    boundary = entity.parameter("boundary")
    if not _BOUNDARY.fullmatch(boundary):
        found.append(f"RFC 2046 §5.1.1: {boundary!r} is no boundary")
        return []
    delimiter = f"--{boundary}".encode()
    lines = entity.body.split(b"\r\n")
    at = [place for place, line in enumerate(lines) if line.startswith(delimiter)]
    if not at or lines[at[-1]] != delimiter + b"--":
        found.append("RFC 2046 §5.1.1: the closing delimiter is missing")
    if any(lines[place] != delimiter for place in at[:-1]):
        found.append("RFC 2046 §5.1.1: the boundary stands in a part")
    if b"".join(lines[: at[0]] if at else []) or b"".join(lines[at[-1] + 1 :] if at else []):
        found.append("RFC 2046 §5.1.1: something stands outside the parts")
    return [b"\r\n".join(lines[start + 1 : end]) for start, end in pairwise(at)]


def _tree(entity: Entity, found: list[str]) -> None:
    """Hold what a part says of its width against its body. RFC 2045 §6."""
    wide = not entity.body.isascii()
    if entity.encoding == "7bit" and wide:
        found.append(f"RFC 2045 §6.2: {entity.kind} says 7bit and is not")
    if entity.encoding not in {"7bit", "8bit", "quoted-printable", "base64"}:
        found.append(f"RFC 2045 §6.1: {entity.encoding!r}")
    composite = entity.kind.startswith(("multipart/", "message/"))
    if composite and entity.encoding not in {"7bit", "8bit"}:
        found.append(f"RFC 2046 §5: {entity.kind} is encoded in {entity.encoding}")
    lines = entity.body.split(b"\r\n")
    if entity.encoding == "quoted-printable":
        if any(len(line) > 76 or not _QUOTED_PRINTABLE.fullmatch(line) for line in lines):
            found.append(f"RFC 2045 §6.7: a line of {entity.kind}")
        if any(line.endswith((b" ", b"\t")) for line in lines):
            found.append(f"RFC 2045 §6.7 (3): {entity.kind} has white space at a line's end")
    if entity.encoding == "base64" and any(len(line) > 76 for line in lines):
        found.append(f"RFC 2045 §6.8: a line of {entity.kind}")
    if entity.kind.startswith("text/") and entity.kind != "text/rfc822-headers":
        try:
            entity.decoded().decode(entity.parameter("charset") or "us-ascii")
        except (UnicodeDecodeError, LookupError):
            found.append(f"RFC 2046 §4.1.2: {entity.kind} is not in its charset")
    for child in entity.children:
        _tree(child, found)


def _report(entity: Entity, found: list[str]) -> None:
    if entity.parameter("report-type") != "delivery-status":
        found.append("RFC 6522 §3: no report-type=delivery-status")
    if len(entity.children) not in {2, 3}:
        found.append(f"RFC 6522 §3: {len(entity.children)} parts")
        return
    words, status, *returned = entity.children
    _words(words, found)
    if status.kind not in {"message/delivery-status", "message/global-delivery-status"}:
        found.append(f"RFC 6522 §3: the second part is {status.kind}")
        return
    actions = _status(status, found)
    for part in returned:
        _returned(part, actions, found)


def _words(words: Entity, found: list[str]) -> None:
    if words.kind == "multipart/mixed":  # RFC 6522 §3 leaves the first part's type open.
        words = words.children[0]
    kinds = [child.kind for child in words.children]
    if words.kind != "multipart/alternative" or kinds != ["text/plain", "text/html"]:
        found.append(f"RFC 2046 §5.1.4: the text is {words.kind} of {kinds}")


def _status(status: Entity, found: list[str]) -> set[str]:
    """Hold the machine part against RFC 3464 and RFC 6533; return the actions in it."""
    wide = status.kind == "message/global-delivery-status"
    if not wide and not status.body.isascii():
        found.append("RFC 3464 §2.1: the machine part is not ASCII")
    body = status.body
    if not body.endswith(b"\r\n") or b"\r\n\r\n\r\n" in body or body.startswith(b"\r\n"):
        found.append("RFC 3464 §2.1: the groups do not stand apart by one blank line")
    groups = [_fields(group, found, unicode=wide) for group in body.strip().split(b"\r\n\r\n")]
    about_message, *recipients = groups
    _group(about_message, _ABOUT_MESSAGE, {"reporting-mta"}, "§2.2", found)
    if not recipients:
        found.append("RFC 3464 §2.1: no recipient")
    actions = set()
    for group in recipients:
        mandatory = {"final-recipient", "action", "status"}
        _group(group, _ABOUT_RECIPIENT, mandatory, "§2.3", found)
        actions.add(_recipient({name.lower(): value for name, value in group}, found, wide=wide))
    return actions


def _group(
    group: list[tuple[str, str]],
    allowed: set[str],
    mandatory: set[str],
    section: str,
    found: list[str],
) -> None:
    names = [name.lower() for name, _ in group]
    found += [f"RFC 3464 {section}: {name} is missing" for name in sorted(mandatory - set(names))]
    found += [
        f"RFC 3464 {section}: {name} stands twice" for name in set(names) if names.count(name) > 1
    ]
    found += [
        f"RFC 3464 {section}: {name} does not stand here" for name in names if name not in allowed
    ]
    for name, value in group:
        if not value:
            found.append(f"RFC 3464 {section}: {name} is empty")
        if name.lower().endswith("-mta"):
            _typed(name, value, found)
        if name.lower().endswith("-date") and not _DATE.fullmatch(value):
            found.append(f"RFC 3464 §2.1.2: {name}: {value!r} is no date")


def _typed(name: str, value: str, found: list[str]) -> None:
    kind, semicolon, host = value.partition(";")
    if not semicolon or not _ATOM.fullmatch(kind.strip()):
        found.append(f"RFC 3464 §2.1.2: {name}: {value!r} has no type")
    if kind.strip() == "dns" and not _HOST.fullmatch(host.strip()):
        found.append(f"RFC 3464 §2.1.2: {name}: {host.strip()!r} is no host")


def _recipient(fields: dict[str, str], found: list[str], *, wide: bool) -> str:
    action, status = fields.get("action", ""), fields.get("status", "")
    if action not in _ACTIONS:
        found.append(f"RFC 3464 §2.3.3: {action!r}")
    if not _STATUS.fullmatch(status):
        found.append(f"RFC 3464 §2.3.4: {status!r}")
    elif status[0] not in _ACTIONS.get(action, "245"):
        found.append(f"RFC 3464 §2.3.4: {status} with {action}")
    for name in ("final-recipient", "original-recipient"):
        if name in fields:
            _address(name, fields[name], found, wide=wide)
    if "will-retry-until" in fields and action != "delayed":
        found.append(f"RFC 3464 §2.3.9: Will-Retry-Until stands with Action: {action}")
    if "will-retry-until" in fields and not _DATE.fullmatch(fields["will-retry-until"]):
        found.append("RFC 3464 §2.3.9: no date")
    if "remote-mta" in fields and action == "failed" and "diagnostic-code" not in fields:
        found.append("RFC 3464 §2.3.5: a remote is named that said nothing")
    kind, _, said = fields.get("diagnostic-code", "x; -").partition(";")
    if not _ATOM.fullmatch(kind.strip()):
        found.append(f"RFC 3464 §2.3.6: {kind!r} is no type")
    if kind.strip() == "smtp" and not re.match(r"\s*[2-5]\d\d(?:[ -]|$)", said):
        found.append(f"RFC 3464 §2.3.6: {said[:40]!r} is no SMTP reply")
    return action


def _address(name: str, value: str, found: list[str], *, wide: bool) -> None:
    kind, semicolon, address = (piece.strip() for piece in value.partition(";"))
    if not semicolon or not address:
        found.append(f"RFC 3464 §2.3.2: {name}: {value!r}")
    if kind == "rfc822" and not (address.isascii() and "@" in address):
        found.append(f"RFC 3464 §2.3.2: {name}: {address!r} is no rfc822 address")
    if kind == "utf-8" and not wide and not _XTEXT.fullmatch(address):
        found.append(f"RFC 6533 §3: {name}: {address!r} is no utf-8-addr-xtext")
    if kind not in {"rfc822", "utf-8"}:
        found.append(f"RFC 3464 §2.1.2: {name}: the type {kind!r}")


def _returned(part: Entity, actions: set[str], found: list[str]) -> None:
    if part.kind not in _RETURNED:
        found.append(f"RFC 6522 §3: the third part is {part.kind}")
    if part.kind in {"message/rfc822", "message/global"}:
        if actions and not actions & {"failed"}:
            found.append("RFC 3461 §4.3: the whole original goes back without a failure")
        header = part.body.partition(b"\r\n\r\n")[0]
        if not re.search(rb"(?im)^(?:from|subject|date)[ \t]*:", header):
            found.append("RFC 2046 §5.2.1: the original has no From, Subject or Date")
        if part.kind == "message/rfc822" and not header.isascii():
            found.append("RFC 6532 §3.7: message/rfc822 has a UTF-8 header")
    elif not part.decoded().strip():
        found.append("RFC 6522 §4: an empty header is returned")
