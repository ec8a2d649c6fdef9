"""The rows about whom one writes to."""

from datetime import UTC, datetime

from rows import MAIL, Condition, Gateway, Row, Said
from whybounce.gateway.resolving import folder_of
from whybounce.gateway.store.blocking import NewBlock

_SECRET = MAIL.replace("Minutes", "Top secret minutes")

_HOUSE = """
[[organisation]]
name = "Contoso"

[[organisation.domain]]
name = "contoso.example"

[[organisation.mailbox]]
address = "ben@contoso.example"

[[organisation.public-folder]]
address = "suggestions@contoso.example"
require-authentication = true

[[organisation.public-folder]]
address = "lost-and-found@contoso.example"

[[organisation.inbound-connector]]
name = "printers"
networks = ["192.0.2.30"]
"""

_CLOSED_HOUSE = (
    _HOUSE.replace('name = "Contoso"', 'name = "Contoso"\nrequire-authentication = true')
    + """
[[organisation.mailbox]]
address = "clara@contoso.example"
accept-from = ["chris@remote.example"]
"""
)


_SMALL = "small@contoso.example"  # A quota of 1,000 octets.
_HOUSE_OF_SMALL_MAILBOXES = (
    _HOUSE
    + f"""
[[organisation.mailbox]]
address = "{_SMALL}"
quota = 1000

[[organisation.mailbox]]
address = "empty@contoso.example"
quota = 1000
"""
)


_STALE_GROUP = (
    _HOUSE
    + """
[[organisation.group]]
address = "team@contoso.example"
members = ["lena@contoso.example"]
owners = ["ben@contoso.example"]

[[organisation.mail-user]]
address = "lena@contoso.example"
to = "lena@archive.contoso.example"

[[organisation.domain]]
name = "archive.contoso.example"
"""
)


def _to_who_keeps(octets: int, *options: str) -> Condition:
    async def raise_it(gateway: Gateway) -> Said:
        read = gateway.folder / "mailboxes" / folder_of(_SMALL) / "cur"
        read.mkdir(parents=True)
        (read / "1.Q1.host:2,S").write_bytes(b"x" * octets)
        return await gateway.bring(_SMALL, options=options)

    return raise_it


async def _told_to_the_owner(gateway: Gateway) -> Said:
    assert await gateway.bring("team@contoso.example") == ""
    return await gateway.notice("ben@contoso.example")


async def _ban(gateway: Gateway) -> Said:
    await gateway.running.store.block(
        NewBlock(
            "recipient",
            "ben@contoso.example",
            "banned-recipient",
            "a trap",
            "an operator",
            datetime.now(UTC),
            None,
        )
    )
    return await gateway.bring("ben@contoso.example")


async def _found_missing_later(gateway: Gateway) -> Said:
    assert await gateway.submit("nobody@contoso.example") == ""
    return await gateway.notice()


ROWS = (
    Row(
        code="5.4.1",
        cause="recipient-rejected-at-edge",
        raise_it=lambda gateway: gateway.bring("nobody@edge.fabrikam.example"),
        control=lambda gateway: gateway.bring("erik@edge.fabrikam.example"),
        siblings=("5.1.10", "5.5.0", "5.7.504"),
    ),
    Row(
        code="5.5.0",
        cause="mailbox-unavailable",
        raise_it=lambda gateway: gateway.bring("nobody@free.fabrikam.example"),
        control=lambda gateway: gateway.bring("freya@free.fabrikam.example"),
        siblings=("5.1.10", "5.4.1"),
    ),
    Row(
        code="5.7.504",
        cause="recipient-address-rejected",
        raise_it=lambda gateway: gateway.bring('"erik ek"@edge.fabrikam.example'),
        control=lambda gateway: gateway.bring("erik@edge.fabrikam.example"),
        siblings=("5.4.1", "5.1.10"),
    ),
    Row(
        code="5.1.10",
        cause="recipient-not-found",
        raise_it=_found_missing_later,
        control=lambda gateway: gateway.submit("ben@contoso.example"),
        siblings=("5.1.1", "5.4.1"),
        config='[policies]\nrecipient_exists = "off"\n',
    ),
    Row(
        code="5.1.1",
        cause="no-such-mailbox",
        raise_it=lambda gateway: gateway.bring("left@contoso.example"),
        control=lambda gateway: gateway.bring("supplier@contoso.example"),
        siblings=("5.1.10", "5.4.1"),
    ),
    Row(
        code="5.1.1",
        cause="no-such-mailbox",
        raise_it=_told_to_the_owner,
        control=lambda gateway: gateway.bring("lost-and-found@contoso.example"),
        siblings=("5.1.10", "5.4.1"),
        directory=_STALE_GROUP,
    ),
    Row(
        code="5.7.505",
        cause="banned-recipient",
        raise_it=_ban,
        control=lambda gateway: gateway.bring("ben@contoso.example"),
        siblings=("5.7.703", "5.7.507"),
    ),
    Row(
        code="5.7.507",
        cause="rejected-by-recipient",
        raise_it=lambda gateway: gateway.bring("ben@contoso.example", client="198.51.100.7"),
        control=lambda gateway: gateway.bring("ben@contoso.example", client="192.0.2.7"),
        siblings=("5.7.513", "5.7.511"),
    ),
    Row(
        code="5.7.513",
        cause="customer-block-list",
        raise_it=lambda gateway: gateway.bring("erik@edge.fabrikam.example", client="198.51.100.7"),
        control=lambda gateway: gateway.bring("erik@fabrikam.example", client="198.51.100.7"),
        siblings=("5.7.507", "5.7.511"),
    ),
    Row(
        code="5.7.510",
        cause="no-ipv6",
        raise_it=lambda gateway: gateway.bring("erik@edge.fabrikam.example", client="2001:db8::7"),
        control=lambda gateway: gateway.bring("erik@edge.fabrikam.example", client="192.0.2.7"),
        siblings=("5.7.508", "5.7.513"),
    ),
    Row(
        code="5.7.12",
        cause="sender-not-authenticated-by-organization",
        raise_it=lambda gateway: gateway.bring("ben@contoso.example"),
        control=lambda gateway: gateway.bring("clara@contoso.example"),
        siblings=("5.7.134", "5.7.1"),
        directory=_CLOSED_HOUSE,
    ),
    Row(
        code="5.7.133",
        cause="sender-not-authenticated-for-group",
        raise_it=lambda gateway: gateway.bring("everyone@contoso.example"),
        control=lambda gateway: gateway.submit("everyone@contoso.example"),
        siblings=("5.7.124", "5.7.134"),
    ),
    Row(
        code="5.7.124",
        cause="sender-not-in-allowed-list",
        raise_it=lambda gateway: gateway.submit("board@contoso.example"),
        control=lambda gateway: gateway.submit(
            "board@contoso.example", account="ben@contoso.example"
        ),
        siblings=("5.7.133",),
    ),
    Row(
        code="5.7.134",
        cause="sender-not-authenticated-for-mailbox",
        raise_it=lambda gateway: gateway.bring("director@contoso.example"),
        control=lambda gateway: gateway.submit("director@contoso.example"),
        siblings=("5.7.12", "5.7.133", "5.7.136"),
    ),
    Row(
        code="5.7.13",
        cause="sender-not-authenticated-for-public-folder",
        raise_it=lambda gateway: gateway.bring("suggestions@contoso.example"),
        control=lambda gateway: gateway.submit("suggestions@contoso.example"),
        siblings=("5.7.135", "5.7.12", "5.7.134"),
    ),
    Row(
        code="5.7.135",
        cause="sender-not-authenticated-for-public-folder",
        raise_it=lambda gateway: gateway.bring("suggestions@contoso.example", client="192.0.2.30"),
        control=lambda gateway: gateway.bring(
            "lost-and-found@contoso.example", client="192.0.2.30"
        ),
        siblings=("5.7.13", "5.7.12", "5.7.134"),
        directory=_HOUSE,
    ),
    Row(
        code="5.7.136",
        cause="sender-not-authenticated-for-mail-user",
        raise_it=lambda gateway: gateway.bring("mia@contoso.example"),
        control=lambda gateway: gateway.submit("mia@contoso.example"),
        siblings=("5.7.134", "5.7.12"),
    ),
    Row(
        code="5.7.1",
        cause="delivery-not-authorized",
        raise_it=lambda gateway: gateway.bring("choosy@contoso.example"),
        control=lambda gateway: gateway.bring(
            "choosy@contoso.example", sender="max@fabrikam.example"
        ),
        siblings=("5.7.124", "5.7.134"),
    ),
    Row(
        code="5.7.1",
        cause="delivery-not-authorized",
        raise_it=lambda gateway: gateway.bring("sales@contoso.example", sender="max@rival.example"),
        control=lambda gateway: gateway.bring("sales@contoso.example"),
        siblings=("5.7.124", "5.7.134"),
    ),
    Row(
        code="5.7.1",
        cause="delivery-not-authorized",
        raise_it=lambda gateway: gateway.bring("ben@contoso.example", mail=_SECRET),
        control=lambda gateway: gateway.bring("erik@fabrikam.example", mail=_SECRET),
        siblings=("5.7.124", "5.7.134"),
    ),
    Row(
        code="5.7.1",
        cause="unable-to-relay",
        raise_it=lambda gateway: gateway.bring("somebody@remote.example"),
        control=lambda gateway: gateway.submit("somebody@remote.example"),
        siblings=("5.7.64", "5.4.1"),
    ),
    Row(
        code="5.2.2",
        cause="mailbox-full",
        raise_it=_to_who_keeps(900, "SIZE=101"),
        control=lambda gateway: gateway.bring("empty@contoso.example", options=("SIZE=101",)),
        siblings=("5.2.1", "5.2.3", "5.3.4", "4.2.2"),
        directory=_HOUSE_OF_SMALL_MAILBOXES,
    ),
    Row(
        code="5.2.2",
        cause="mailbox-full",
        raise_it=_to_who_keeps(1001),
        control=lambda gateway: gateway.bring("empty@contoso.example"),
        siblings=("5.2.1", "5.2.3", "5.3.4", "4.2.2"),
        directory=_HOUSE_OF_SMALL_MAILBOXES,
    ),
)
