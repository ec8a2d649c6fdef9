"""The header of the message that was not delivered, and the way it came. Used by every form."""

from collections.abc import Sequence

from whybounce.notation import header_fields, hops_of, original_of, read_received
from whybounce.reading.mime import Message, Part
from whybounce.vocabulary.report import Hop, Original

__all__ = ["first_hop_of", "hops_of", "original_of", "read_original"]

_WHOLE = ("message/rfc822", "message/global")
_HEADER_ONLY = (
    "text/rfc822-headers",
    "text/rfc822-header",
    "message/rfc822-headers",
    "message/global-headers",
)
_RETURNED = (*_WHOLE, *_HEADER_ONLY)
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_LONGEST_RETURNED = 65_536


def read_original(message: Message, returned: str = "") -> Original | None:
    """Return the original's header: from its part, else from text that was returned; or None."""
    parts = _returned_parts(message)
    whole = next((part for part in parts if part.content_type in _WHOLE), None)
    if whole is not None:
        fields = whole.fields_within()
    else:
        header = next((part for part in parts if part.content_type in _HEADER_ONLY), None)
        fields = header_fields(header.text() if header else returned[:_LONGEST_RETURNED])
    return original_of(fields) if fields else None


def _returned_parts(message: Message) -> Sequence[Part]:
    """Return what follows the machine part, RFC 6522 §3; all parts where nothing does.

    A report that was rewritten has the first report attached before the machine part.
    """
    parts = message.parts
    for place, part in enumerate(parts):
        if part.content_type in _STATUS_TYPES:
            after = parts[place + 1 :]
            return after if any(one.content_type in _RETURNED for one in after) else parts
    return parts


def first_hop_of(message: Message) -> Hop | None:
    """Return the report's own oldest Received step: near whoever wrote it. RFC 5321 §4.4."""
    if message.field("received") is None:
        return None
    return next(
        read_received(value)
        for name, value in reversed(message.fields)
        if name.lower() == "received"
    )
