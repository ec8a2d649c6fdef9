"""The rows about how mail travels, seen in the NDR or the notice of delay that comes back."""

from rows import NOTHING, Gateway, Row, Said
from whybounce.provoking.mail_server import Behaviour

_OUTSIDE = "somebody@remote.example"
_SOON = '[retry]\nwaits = ["1s"]\nexpire = "2s"\ndelay-notice = "1h"\n'


async def _refused_connections(gateway: Gateway) -> Said:
    """Write to a domain whose host is there and takes no connections."""
    records = gateway.world.dns.records
    records.add("refusing.example", "MX", "10 mx.refusing.example.")
    records.add("mx.refusing.example", "A", "127.0.0.9")  # Nobody listens at that address.
    assert await gateway.submit("somebody@refusing.example") == NOTHING
    return await gateway.notice()


async def _deferred_until_expiry(gateway: Gateway) -> Said:
    """Write to a server that says "later" until the message's time is up."""
    await gateway.delivered()  # What was sent before goes its way.
    gateway.world.remote.behaviour = Behaviour(replies={"RCPT": "451 4.7.1 Come back later"})
    assert await gateway.submit(_OUTSIDE) == NOTHING
    return await gateway.notice()


ROWS = (
    Row(
        code="4.4.316",
        cause="connection-refused",
        raise_it=_refused_connections,
        control=lambda gateway: gateway.submit(_OUTSIDE),
        siblings=("4.4.7", "5.4.300"),
        config='[retry]\nwaits = ["1s"]\nexpire = "1h"\ndelay-notice = "1s"\n',
    ),
    Row(
        code="5.4.300",
        cause="message-expired",
        raise_it=_refused_connections,
        control=lambda gateway: gateway.submit(_OUTSIDE),
        siblings=("4.4.7", "5.4.316"),
        config=_SOON,
    ),
    Row(
        code="4.4.7",
        cause="message-expired",
        raise_it=_deferred_until_expiry,
        control=lambda gateway: gateway.submit(_OUTSIDE),
        siblings=("5.4.316", "5.4.300"),
        config=_SOON,
    ),
)
