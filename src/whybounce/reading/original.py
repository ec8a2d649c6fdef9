"""The header of the message that was not delivered, and the way it came. Used by every form."""

from whybounce.notation import header_fields, hops_of, original_of, read_received
from whybounce.reading.mime import Message, parse_part
from whybounce.vocabulary.report import Hop, Original

__all__ = ["first_hop_of", "hops_of", "original_of", "read_original"]

_WHOLE = ("message/rfc822", "message/global")
_HEADER_ONLY = (
    "text/rfc822-headers",
    "text/rfc822-header",
    "message/rfc822-headers",
    "message/global-headers",
)
_LONGEST_RETURNED = 65_536


def read_original(message: Message, returned: str = "") -> Original | None:
    """Return the original's header: from its part, else from text that was returned; or None."""
    whole, header = message.first(*_WHOLE), message.first(*_HEADER_ONLY)
    if whole is not None:
        fields = parse_part(whole.body.lstrip(b"\r\n")).fields
    else:
        fields = header_fields(header.text() if header else returned[:_LONGEST_RETURNED])
    return original_of(fields) if fields else None


def first_hop_of(message: Message) -> Hop | None:
    """Return the report's own oldest Received step: near whoever wrote it. RFC 5321 §4.4."""
    received = [value for name, value in message.fields if name.lower() == "received"]
    return read_received(received[-1]) if received else None
