"""The rows about who sends."""

from datetime import UTC, datetime

from rows import Condition, Gateway, Row, Said
from whybounce.gateway.store.blocking import NewBlock

_OUTSIDE = "somebody@remote.example"
_BEN = "ben@contoso.example"
_NORA = "nora@northwind.example"  # Her organisation's people write to one another only.
_WRONG = "not it"

_REQUIRING = """
[[listener]]
name = "known"
addresses = ["127.0.0.1:0"]
require-auth = true
auth-without-tls = true
"""

_UNPROVEN = """
[[organisation]]
name = "Contoso"
proven = false

[[organisation.domain]]
name = "contoso.example"

[[organisation.mailbox]]
address = "anna@contoso.example"

[[organisation.mailbox]]
address = "ben@contoso.example"

[[organisation.account]]
name = "anna@contoso.example"
password = "$argon2id$v=19$m=65536,t=3,p=4$6fdMoJXUqzlzcAdQpTjowg$L/0FNnlEaEPVgtPzHr4LWp1m6U26juYW570lQmDmukk"
"""


def _blocked(
    kind: str, subject: str, cause: str, reason: str = "seen by an administrator"
) -> Condition:
    """Return a condition: a block is put in force, then Anna writes to outside."""

    async def condition(gateway: Gateway) -> Said:
        now = datetime.now(UTC)
        await gateway.running.store.block(
            NewBlock(kind, subject, cause, reason, "an administrator", now)
        )
        return await gateway.submit(_OUTSIDE)

    return condition


async def _guessed(gateway: Gateway) -> Said:
    """Try two wrong passwords, then the right one."""
    for _ in range(2):
        assert "5.7.8" in await gateway.submit(_BEN, password=_WRONG)
    return await gateway.submit(_BEN)


async def _forwards(gateway: Gateway) -> Said:
    """Send for strangers by a connector of ours until it is too much."""
    said = ""
    for _ in range(3):
        said = said or await gateway.bring(_OUTSIDE, sender="x@forged.example", client="192.0.2.10")
    return said


_RELAY = """
[[organisation]]
name = "Contoso"

[[organisation.domain]]
name = "contoso.example"

[[organisation.mailbox]]
address = "anna@contoso.example"

[[organisation.inbound-connector]]
name = "office"
networks = ["192.0.2.10"]
internal = true
may-relay = true
"""

ROWS = (
    Row(
        code="5.7.57",
        cause="anonymous-submission",
        raise_it=lambda gateway: gateway.submit(_BEN, account=None),
        control=lambda gateway: gateway.submit(_BEN),
        siblings=("5.7.1", "5.7.60"),
    ),
    Row(
        code="5.7.1",
        cause="client-not-authenticated",
        raise_it=lambda gateway: gateway.bring(_BEN, listener="known"),
        control=lambda gateway: gateway.submit(_BEN, listener="known"),
        siblings=("5.7.57", "5.7.64"),
        config=_REQUIRING,
    ),
    Row(
        code="5.7.60",
        cause="send-as-denied",
        raise_it=lambda gateway: gateway.submit(_BEN, sender=_BEN),
        control=lambda gateway: gateway.submit(_BEN, sender="sales@contoso.example"),
        siblings=("5.7.57", "5.7.1"),
    ),
    Row(
        code="5.1.0",
        cause="sender-denied",
        raise_it=lambda gateway: gateway.submit(
            "IMCEAEX-_O=CONTOSO_OU=FIRST_cn=Recipients_cn=ben@contoso.example"
        ),
        control=lambda gateway: gateway.submit(_BEN),
        siblings=("5.1.1", "5.1.10", "5.7.502"),
    ),
    Row(
        code="5.1.8",
        cause="bad-outbound-sender",
        raise_it=lambda gateway: gateway.submit(_OUTSIDE, account="restricted@contoso.example"),
        control=lambda gateway: gateway.submit(_BEN, account="restricted@contoso.example"),
        siblings=("5.7.501", "5.7.502", "5.7.705"),
    ),
    Row(
        code="5.7.501",
        cause="spam-abuse-detected",
        raise_it=_blocked("account", "anna@contoso.example", "spam-abuse-detected"),
        control=lambda gateway: gateway.submit(_OUTSIDE),
        siblings=("5.7.502", "5.7.503", "5.1.8"),
    ),
    Row(
        code="5.7.502",
        cause="banned-sender",
        raise_it=_blocked("account", "anna@contoso.example", "banned-sender"),
        control=lambda gateway: gateway.submit(_OUTSIDE),
        siblings=("5.7.501", "5.7.503", "5.7.511"),
    ),
    Row(
        code="5.7.503",
        cause="banned-sender",
        raise_it=_guessed,
        control=lambda gateway: gateway.submit(_BEN),
        siblings=("5.7.501", "5.7.502"),
        config="[limits]\nfailed-logins-per-hour = 2\n",
    ),
    Row(
        code="5.7.705",
        cause="tenant-threshold-exceeded",
        raise_it=_blocked("organisation", "Contoso", "tenant-threshold-exceeded"),
        control=lambda gateway: gateway.submit(_OUTSIDE),
        siblings=("5.7.708", "5.1.8"),
    ),
    Row(
        code="5.7.708",
        cause="traffic-not-accepted-from-ip",
        raise_it=lambda gateway: gateway.submit(_OUTSIDE),
        control=lambda gateway: gateway.submit(_BEN),
        siblings=("5.7.705", "5.7.700"),
        directory=_UNPROVEN,
    ),
    Row(
        code="5.7.700",
        cause="tenant-restricted",
        raise_it=lambda gateway: gateway.submit(_OUTSIDE, account=_NORA),
        control=lambda gateway: gateway.submit(_NORA, account=_NORA),
        siblings=("5.7.705", "5.7.708", "5.1.8"),
    ),
    Row(
        code="5.7.701",
        cause="tenant-restricted",
        raise_it=_blocked("organisation", "Contoso", "tenant-restricted", "bulk mail on Monday"),
        control=lambda gateway: gateway.submit(_OUTSIDE),
        siblings=("5.7.705", "5.7.708"),
    ),
    Row(
        code="5.7.750",
        cause="unregistered-domains",
        raise_it=_forwards,
        control=lambda gateway: gateway.bring(
            _OUTSIDE, sender="anna@contoso.example", client="192.0.2.10"
        ),
        siblings=("5.7.64", "5.7.1"),
        config="[limits]\nunregistered-per-day = 2\n",
        directory=_RELAY,
    ),
    Row(
        code="5.7.703",
        cause="tenant-block-list",
        raise_it=lambda gateway: gateway.submit(_BEN, "someone@banned.example"),
        control=lambda gateway: gateway.submit(_BEN, _OUTSIDE),
        siblings=("5.7.505", "5.7.705"),
    ),
    Row(
        code="5.7.64",
        cause="tenant-attribution",
        raise_it=lambda gateway: gateway.bring(_OUTSIDE, sender="anna@contoso.example"),
        control=lambda gateway: gateway.bring(
            _OUTSIDE, sender="anna@contoso.example", client="192.0.2.10"
        ),
        siblings=("5.7.1", "5.4.1"),
        directory=_RELAY,
    ),
    Row(
        code="5.4.1",
        cause="relay-access-denied",
        raise_it=lambda gateway: gateway.bring("somebody@misled.example"),
        control=lambda gateway: gateway.bring(_BEN),
        siblings=("5.7.1", "5.7.64"),
    ),
)
