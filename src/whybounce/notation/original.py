"""The header of the message a report is about, and the way that message came."""

from whybounce.notation.encoded_words import decoded_words
from whybounce.notation.received import read_date, read_received
from whybounce.vocabulary.report import Hop, Original

_MOST_HOPS = 200


def original_of(fields: tuple[tuple[str, str], ...]) -> Original:
    """Return what the header's fields say, the subject as people read it.

    Addresses stay as they stand: RFC 2047 §5 lets a name that is decoded hold an address.
    """
    first = {name.lower(): value for name, value in reversed(fields)}
    return Original(
        message_id=first.get("message-id"),
        from_=first.get("from"),
        to=first.get("to"),
        subject=decoded_words(first.get("subject") or "") or None,
        date=read_date(first.get("date") or ""),
        sender=first.get("sender"),
        received_spf=first.get("received-spf"),
        authentication_results=first.get("authentication-results"),
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
