"""The header of the message that was not delivered, and the way it came. Used by every form."""

from whybounce.notation import decoded_words, header_fields, read_date, read_received
from whybounce.reading.mime import Message
from whybounce.vocabulary.report import Hop, Original

_WHOLE = ("message/rfc822", "message/global")
_HEADER_ONLY = (
    "text/rfc822-headers",
    "text/rfc822-header",
    "message/rfc822-headers",
    "message/global-headers",
)
_LONGEST_RETURNED = 65_536
_MOST_HOPS = 200


def read_original(message: Message, returned: str = "") -> Original | None:
    """Return the original's header: from its part, else from text that was returned; or None."""
    whole, header = message.first(*_WHOLE), message.first(*_HEADER_ONLY)
    if whole is not None:
        fields = whole.message().fields
    else:
        fields = header_fields(header.text() if header else returned[:_LONGEST_RETURNED])
    return original_of(fields) if fields else None


def original_of(fields: tuple[tuple[str, str], ...]) -> Original:
    """Return what the header's fields say, the subject as people read it.

    Addresses stay as they stand: RFC 2047 §5 lets a name that is decoded hold an address.
    """
    header = Message(fields, ())
    return Original(
        message_id=header.field("message-id"),
        from_=header.field("from"),
        to=header.field("to"),
        subject=decoded_words(header.field("subject") or "") or None,
        date=read_date(header.field("date") or ""),
        sender=header.field("sender"),
        received_spf=header.field("received-spf"),
        authentication_results=header.field("authentication-results"),
        headers=fields,
    )


def hops_of(original: Original) -> tuple[Hop, ...]:
    """Return the steps oldest first, with the seconds since the one before; the first since Date."""
    received = [value for name, value in original.headers if name.lower() == "received"]
    before = original.date
    hops: list[Hop] = []
    for value in reversed(received[:_MOST_HOPS]):
        hop = read_received(value, before)
        before = hop.time or before
        hops.append(hop)
    return tuple(hops)


def first_hop_of(message: Message) -> Hop | None:
    """Return the report's own oldest Received step: near whoever wrote it. RFC 5321 §4.4."""
    received = [value for name, value in message.fields if name.lower() == "received"]
    return read_received(received[-1]) if received else None
