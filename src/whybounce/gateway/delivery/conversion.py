"""Eight-bit content for a server that takes seven bits only: RFC 6152 §3, RFC 2045 §6.

Only the transfer encodings of body parts change; what they decode to stays as it was. What cannot be
changed without changing its meaning is not: a signed part, a header in UTF-8, parts of no MIME.
"""

from base64 import encodebytes
from binascii import b2a_qp
from email import message_from_bytes, policy
from email.message import Message
from typing import Any

_POLICY = policy.compat32.clone(linesep="\r\n", max_line_length=None)
_LONGEST_FIELD = 8_192  # Octets, where parameters stand in it.
_ASCII = bytes(range(128))
_MOSTLY_TEXT = 6  # Of octets, one in so many above 127 still makes quoted-printable the shorter.


class BoundedMessage(Message):
    """A message that does not look for parameters in a field that is too long.

    The standard library takes the square of such a field's length for it: ten minutes for a megabyte.
    """

    def get_param(
        self,
        param: str,
        failobj: Any = None,
        header: str = "content-type",
        unquote: bool = True,  # noqa: FBT001, FBT002  # the standard library's shape
    ) -> Any:
        """Return the parameter. Raises ValueError where the field is too long."""
        if len(str(self.get(header, ""))) > _LONGEST_FIELD:
            raise ValueError(f"{header} has more than {_LONGEST_FIELD} octets")
        return super().get_param(param, failobj, header, unquote)


def seven_bit(raw: bytes) -> bytes | None:
    """Return the message with seven-bit octets only, or None where that cannot be done."""
    if raw.isascii():
        return raw
    try:
        return _converted(raw)
    except Exception:  # noqa: BLE001  # on damaged mail email fails in ways that nobody listed
        return None


def _converted(raw: bytes) -> bytes | None:
    message = message_from_bytes(raw, BoundedMessage, policy=_POLICY)
    if "MIME-Version" not in message or not _convert(message):
        return None
    converted = message.as_bytes(policy=_POLICY)
    # What is left is in headers, or between the parts.
    return converted if converted.isascii() else None


def _convert(part: Message) -> bool:
    """Convert what is below this part; return whether all of it could be."""
    if part.defects:
        return False
    if part.is_multipart():
        if part.get_content_type() in _SEALED and any(map(_is_eight_bit, part.walk())):
            return False
        if "Content-Transfer-Encoding" in part:
            part.replace_header("Content-Transfer-Encoding", "7bit")
        return all(_convert(each) for each in part.get_payload() if isinstance(each, Message))
    if _is_eight_bit(part):
        _encode(part)
    return True


_SEALED = frozenset({"multipart/signed", "multipart/encrypted"})  # RFC 1847: octet for octet.


def _is_eight_bit(part: Message) -> bool:
    payload = part.get_payload()
    return isinstance(payload, str) and not payload.isascii()


def _encode(part: Message) -> None:
    octets = part.get_payload(decode=True)
    if not isinstance(octets, bytes):
        raise TypeError(f"a part of type {part.get_content_type()} has no octets")
    is_text = part.get_content_maintype() == "text" and _is_mostly_ascii(octets)
    encode = b2a_qp if is_text else encodebytes
    del part["Content-Transfer-Encoding"]
    part["Content-Transfer-Encoding"] = "quoted-printable" if is_text else "base64"
    part.set_payload(encode(octets).decode("ascii"))


def _is_mostly_ascii(octets: bytes) -> bool:
    return len(octets.translate(None, _ASCII)) * _MOSTLY_TEXT < len(octets)
