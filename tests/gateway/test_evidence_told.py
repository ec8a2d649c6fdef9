"""What a refusal says: which address, which domain, which record, what was expected.

And what whoever reads that refusal is told to publish, by our own reader: with nothing left open.
"""

import re
from email import message_from_string
from email.policy import default
from pathlib import Path

import pytest

import whybounce
from every_row import authentication
from rows import PROXIED, Gateway, Row, gateway_in
from serving import configured, outside, running_demonstration
from whybounce.gateway.smtp.replies import write_reply
from whybounce.notation import read_reply
from whybounce.provoking.mail_server import Behaviour

_V6_REVERSE = "9.0.0.0." + "0.0.0.0." * 5 + "8.b.d.0.1.0.0.2.ip6.arpa"
# Cause → what the refusal says, and the records that the administrator's steps show.
TOLD = {
    "spf-violation": (
        ("192.0.2.66", "strict.example", '"v=spf1 ip4:192.0.2.1 -all"', "ip4:192.0.2.66"),
        ('strict.example. TXT "v=spf1 ip4:192.0.2.1 ip4:192.0.2.66 -all"', "`ip4:192.0.2.66`"),
    ),
    "dmarc-reject": (
        ("192.0.2.66", "d=rejects.example", "_dmarc.rejects.example", "v=DMARC1; p=reject"),
        ('rejects.example. TXT "v=spf1 … ip4:192.0.2.66 -all"', "_domainkey.rejects.example. TXT"),
    ),
    "ipv6-needs-reverse-dns": (
        ("2001:db8::9", _V6_REVERSE, "PTR", "mx.remote.example"),
        (f"{_V6_REVERSE}. PTR mx.remote.example.", "mx.remote.example. AAAA 2001:db8::9"),
    ),
    "ipv6-needs-spf-or-dkim": (
        ("2001:db8::25", "remote.example", "ip6:2001:db8::25", "publishes no SPF record"),
        ('remote.example. TXT "v=spf1 … ip6:2001:db8::25 -all"', "_domainkey.remote.example. TXT"),
    ),
    "blocked-by-dnsbl": (
        ("192.0.2.66", "list.example", "https://list.example/192.0.2.66", "Spam seen"),
        ("https://list.example/192.0.2.66", "66.2.0.192.in-addr.arpa"),
    ),
}


def _row(cause: str) -> Row:
    return next(each for each in authentication.ROWS if each.cause == cause)


@pytest.mark.parametrize("cause", TOLD)
async def test_a_refusal_tells_what_was_seen_and_what_was_expected(cause: str, in_memory: Path):
    row, (said_words, records) = _row(cause), TOLD[cause]
    async with outside() as world:
        config = configured(in_memory, world, more=PROXIED + row.config)
        async with running_demonstration(config) as running:
            said = await row.raise_it(Gateway(running, in_memory, world))

    lines = write_reply(read_reply(said.replace("\n", " "))).splitlines()
    assert max(map(len, lines)) <= 510
    assert len(said) < 1_000
    on_one_line = re.sub(r"\s+(?:\d\.\d\.\d+ )?", " ", said)
    assert [each for each in said_words if each not in on_one_line] == []
    explanation = whybounce.explain(said)
    steps = whybounce.words(explanation).steps[0].sentences
    assert explanation.cause == cause
    assert [each for each in records if not any(each in step for step in steps)] == []


async def test_a_record_that_is_too_long_for_a_reply_is_left_out_whole(in_memory: Path):
    """Half a record would be worse than none."""
    async with outside() as world:
        record = "v=spf1 " + "ip4:192.0.2.1 " * 200 + "-all"
        strings = " ".join(f'"{record[at : at + 200]}"' for at in range(0, len(record), 200))
        world.dns.records.add("long.example", "TXT", strings)
        config = configured(in_memory, world, more=PROXIED)
        async with running_demonstration(config) as running:
            gateway = Gateway(running, in_memory, world)
            said = await gateway.bring(
                "ben@contoso.example", sender="anna@long.example", client="192.0.2.66"
            )

    assert (
        said
        == "550 5.7.23 SPF check failed: 192.0.2.66 is not permitted to send mail for long.example"
    )


async def test_the_notice_shows_administrators_the_record_to_publish(in_memory: Path):
    """Where the next server says what ours would, its words fill the steps of our notice."""
    refusal = (
        "550 5.7.23 SPF check failed: 203.0.113.5 is not permitted to send mail for contoso.example, "
        'whose SPF record is "v=spf1 mx -all"; expected a term for it, such as ip4:203.0.113.5'
    )
    async with gateway_in(in_memory) as gateway:
        gateway.world.remote.behaviour = Behaviour(replies={"RCPT": refusal})
        await gateway.submit("zoe@remote.example")
        notice = message_from_string(await gateway.notice(), policy=default)

    plain = notice.get_body(("plain",))
    told = " ".join(plain.get_content().split())
    assert 'contoso.example. TXT "v=spf1 mx ip4:203.0.113.5 -all"' in told
