"""The rows about whether a message is from whom it says, judged by records of a real DNS."""

from rows import MAIL, Condition, Gateway, Row, Said
from signing import pair, signed

_BEN = "ben@contoso.example"
_V6, _NAMED_V6 = "2001:db8::9", "2001:db8::25"
_REVERSE = "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"


def _written_by(author: str) -> str:
    return MAIL.replace("chris@remote.example", author)


def _records(gateway: Gateway) -> None:
    """Publish what the domains of these rows say."""
    records = gateway.world.dns.records
    records.add("strict.example", "TXT", '"v=spf1 ip4:192.0.2.1 -all"')
    records.add("rejects.example", "TXT", '"v=spf1 ip4:192.0.2.1 ~all"')
    records.add("_dmarc.rejects.example", "TXT", '"v=DMARC1; p=reject"')
    records.add("open.example", "TXT", '"v=spf1 ip6:2001:db8::/32 -all"')
    records.add("s1._domainkey.rejects.example", "TXT", f'"{pair().record}"')
    records.add(_REVERSE, "PTR", "mx.open.example.")
    records.add("mx.open.example", "AAAA", _NAMED_V6)


def _brings(sender: str, client: str, mail: str | None = None, author: str = "") -> Condition:
    async def condition(gateway: Gateway) -> Said:
        _records(gateway)
        text = mail or _written_by(author or sender)
        return await gateway.bring(_BEN, sender=sender, client=client, mail=text)

    return condition


def _signed(author: str) -> str:
    return signed(_written_by(author).encode(), domain="rejects.example").decode()


async def _listed(gateway: Gateway) -> Said:
    """Put the client on a list that also answers as RFC 5782 §5 demands."""
    records = gateway.world.dns.records
    records.add("2.0.0.127.list.example", "A", "127.0.0.2")
    records.add("66.2.0.192.list.example", "A", "127.0.0.2")
    records.add("66.2.0.192.list.example", "TXT", '"Spam seen; https://list.example/192.0.2.66"')
    return await gateway.bring(_BEN, client="192.0.2.66")


ROWS = (
    Row(
        code="5.7.23",
        cause="spf-violation",
        raise_it=_brings("anna@strict.example", "192.0.2.66"),
        control=_brings("anna@strict.example", "192.0.2.1"),
        siblings=("5.7.509", "4.7.26"),
    ),
    Row(
        code="5.7.509",
        cause="dmarc-reject",
        raise_it=_brings("anna@rejects.example", "192.0.2.66"),
        control=_brings("anna@rejects.example", "192.0.2.66", _signed("anna@rejects.example")),
        siblings=("5.7.23", "5.7.1"),
    ),
    Row(
        code="5.7.25",
        cause="ipv6-needs-reverse-dns",
        raise_it=_brings("anna@open.example", _V6),
        control=_brings("anna@open.example", _NAMED_V6),
        siblings=("4.7.26", "5.7.510"),
    ),
    Row(
        code="4.7.26",
        cause="ipv6-needs-spf-or-dkim",
        raise_it=_brings("chris@remote.example", _NAMED_V6),
        control=_brings("anna@open.example", _NAMED_V6),
        siblings=("5.7.25", "5.7.23"),
    ),
    Row(
        code="5.7.1",
        cause="blocked-by-dnsbl",
        raise_it=_listed,
        control=lambda gateway: gateway.bring(_BEN, client="192.0.2.67"),
        siblings=("5.7.511", "5.7.606"),
        config='[[block-list]]\nzone = "list.example"\n',
    ),
)
