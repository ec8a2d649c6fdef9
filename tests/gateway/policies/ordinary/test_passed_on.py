"""Honest mail that SPF, DKIM or DMARC alone would call forged: forwards, mailing lists, domains without records.

Each comes over real SMTP to a gateway with the settings nobody made, and with a DNS that has the records.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rows import NOTHING, gateway_in
from signing import pair, signed
from whybounce.provoking.name_server import Records, Trouble

BEN = "ben@contoso.example"
FORWARDER, LIST_SERVER, SERVER = "203.0.113.7", "203.0.113.8", "203.0.113.9"


@dataclass(frozen=True)
class Brought:
    """A message as a server brings it."""

    name: str
    sender: str
    client: str
    octets: bytes


def mail(author: str, more: str = "", subject: str = "Minutes") -> bytes:
    """Return a message of that author."""
    return (
        (
            f"{more}From: Anna <{author}>\nTo: ben@example.org\nSubject: {subject}\n"
            f"Date: Sat, 21 Nov 2026 12:00:00 +0000\nMessage-ID: <1@{author.partition('@')[2]}>\n\n"
            "See below.\n"
        )
        .replace("\n", "\r\n")
        .encode()
    )


# Forwards: the return path stays, so that SPF fails; the author's signature stays whole.

# What the author's domain says of its servers, and each in one of the manners a record can say "nobody else".
SPF = (
    "v=spf1 -all",
    "v=spf1 ip4:192.0.2.1 -all",
    "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all",
    "v=spf1 mx -all",
    "v=spf1 a:remote.example -all",
    "v=spf1 include:nobody.example -all",
    "v=spf1 redirect=nobody.example",
)
# How it signs: the form, and which domain below it or above it signs.
SIGNING = (
    ("relaxed/relaxed", ""),
    ("relaxed/simple", ""),
    ("simple/simple", ""),
    ("simple/relaxed", "mail."),
)
DMARC = ("v=DMARC1; p=reject", "v=DMARC1; p=quarantine", "v=DMARC1; p=none", "")


def forwards(records: Records) -> Iterator[Brought]:
    """Yield what a mailbox elsewhere forwards to Ben; publish the authors' records."""
    records.add("nobody.example", "TXT", '"v=spf1 -all"')
    for number, spf in enumerate(SPF):
        for place, (form, below) in enumerate(SIGNING):
            domain = f"author{number}-{place}.example"
            records.add(domain, "TXT", f'"{spf}"')
            # Without a record, only the very same domain is aligned (RFC 9989 §4.10.2).
            dmarc = DMARC[(number + place) % (len(DMARC) - bool(below))]
            if dmarc:
                records.add(f"_dmarc.{domain}", "TXT", f'"{dmarc}"')
            signer = f"{below}{domain}"
            records.add(f"s1._domainkey.{signer}", "TXT", f'"{pair().record}"')
            octets = signed(mail(f"anna@{domain}"), domain=signer, form=form)
            way = (
                f"Received: from mx.{domain} by mx.old.example; Sat, 21 Nov 2026 12:00:00 +0000\r\n"
            )
            name = f"forwarded: {spf}, {form} by {signer}, {dmarc or 'no DMARC record'}"
            yield Brought(name, f"anna@{domain}", FORWARDER, way.encode() + octets)


# Mailing lists, of authors whose domains ask for everything else to be rejected. What each adds.

LISTS = (
    ("Mailman 2", "List-Id: Gardeners <gardeners.{list}>\nX-Mailman-Version: 2.1.39\nPrecedence: list\n"),
    ("Mailman 3", "List-Id: Gardeners <gardeners.{list}>\nMessage-ID-Hash: AAAA\nX-Mailman-Version: 3.3.9\n"),
    ("Sympa", "List-Id: <gardeners.{list}>\nX-Loop: gardeners@{list}\nX-Sequence: 12\n"),
    ("LISTSERV", "List-Id: gardeners.{list}\nX-LISTSERV-LIST: GARDENERS\n"),
    ("Google Groups", "List-ID: <gardeners.{list}>\nMailing-list: list gardeners@{list}; contact owner@{list}\n"),
    ("Majordomo", "List-Id: <gardeners.{list}>\nPrecedence: bulk\nX-Mailing-List: gardeners@{list}\n"),
    ("ezmlm", "Mailing-List: contact help@{list}; run by ezmlm\nList-Id: <gardeners.{list}>\n"),
    ("mlmmj", "List-Id: <gardeners.{list}>\nX-Mailinglist: gardeners\n"),
    ("Discourse", "List-ID: {list} | gardeners <gardeners.{list}>\nX-Discourse-Post-Id: 7\n"),
    ("groups.io", "List-Id: <gardeners.{list}>\nList-Unsubscribe: <https://{list}/off>\nMailing-List: list gardeners@{list}\n"),
    ("PHPList", "List-Id: Gardeners <gardeners.{list}>\nX-MessageID: 5\nX-ListMember: ben@example.org\n"),
)  # fmt: skip


def lists(records: Records) -> Iterator[Brought]:
    """Yield what lists pass on: changed and signed by the list, or just as the author signed it."""
    author = "anna@rejecting.example"
    records.add("rejecting.example", "TXT", '"v=spf1 ip4:192.0.2.1 -all"')
    records.add("_dmarc.rejecting.example", "TXT", '"v=DMARC1; p=reject; adkim=s"')
    records.add("s1._domainkey.rejecting.example", "TXT", f'"{pair().record}"')
    for number, (software, fields) in enumerate(LISTS):
        domain = f"list{number}.example"
        records.add(domain, "TXT", f'"v=spf1 ip4:{LIST_SERVER} -all"')
        records.add(f"s1._domainkey.{domain}", "TXT", f'"{pair().record}"')
        added, path = fields.format(list=domain), f"gardeners-bounces@{domain}"
        broken = signed(mail(author), domain="rejecting.example").replace(
            b"Subject: ", b"Subject: [gardeners] "
        )
        changed = signed(added.replace("\n", "\r\n").encode() + broken, domain=domain)
        yield Brought(f"{software}, which changed and signed it", path, LIST_SERVER, changed)
        whole = signed(mail(author), domain="rejecting.example")
        untouched = added.replace("\n", "\r\n").encode() + whole
        yield Brought(f"{software}, which changed nothing", path, LIST_SERVER, untouched)


# Domains that publish nothing about who sends for them. What their DNS has instead.

WITHOUT = (
    {},
    {"MX": "10 mx.{domain}."},
    {"A": "192.0.2.80"},
    {"AAAA": "2001:db8::80"},
    {"TXT": '"verification=abc"'},
    {"TXT": '"v=spf10 -all"'},
    {"TXT": '"v=spf2.0/pra -all"'},
    {"MX": "10 mx.{domain}.", "TXT": '"All our mail is by hand."'},
    {"NS": "ns.{domain}."},
    {"CNAME": "web.elsewhere.example."},
)
SENDERS = ("anna@{domain}", "")  # A null return path is judged by HELO, which has no record either.


def without_records(records: Records) -> Iterator[Brought]:
    """Yield mail of domains that are nobody's idea of a large mail system."""
    for number, published in enumerate(WITHOUT):
        domain = f"small{number}.example"
        for rdtype, value in published.items():
            records.add(domain, rdtype, value.format(domain=domain))
        for sender in SENDERS:
            path = sender.format(domain=domain)
            name = f"no records but {published}, from <{path}>"
            yield Brought(name, path, SERVER, mail(f"anna@{domain}"))


@pytest.mark.parametrize("kind", [forwards, lists, without_records])
async def test_honest_mail_is_taken(kind, in_memory: Path):
    """At least twenty of each kind."""
    refused = {}
    async with gateway_in(in_memory) as gateway:
        all_ = list(kind(gateway.world.dns.records))
        for each in all_:
            said = await gateway.bring(
                BEN, sender=each.sender, client=each.client, mail=each.octets, helo="mx.old.example"
            )
            if said != NOTHING:
                refused[each.name] = said

    assert len({each.name for each in all_}) >= 20
    assert refused == {}


async def test_what_makes_them_honest_is_what_lets_them_pass(in_memory: Path):
    """Without the signature a forward is refused for SPF, and a list's mail for DMARC."""
    async with gateway_in(in_memory) as gateway:
        records = gateway.world.dns.records
        forward, passed_on = next(forwards(records)), next(lists(records))
        said = [
            await gateway.bring(
                BEN,
                sender=each.sender,
                client=each.client,
                mail=each.octets.replace(b"\r\nSubject: ", b"\r\nSubject: x"),
                helo="mx.old.example",
            )
            for each in (forward, passed_on)
        ]

    assert [each.split()[1] for each in said] == ["5.7.23", "5.7.509"]


@pytest.mark.parametrize("trouble", [Trouble.SERVFAIL, Trouble.BOGUS, Trouble.REFUSED])
@pytest.mark.parametrize("client", [SERVER, "2001:db8::9"])
async def test_a_resolver_that_is_down_puts_mail_off_and_never_refuses_it(
    in_memory: Path, trouble: Trouble, client: str
):
    """Whatever it says instead of an answer; once it answers the same mail is taken."""
    async with gateway_in(in_memory) as gateway:
        records = gateway.world.dns.records
        kinds = (forwards, lists, without_records)
        some = [next(kind(records)) for kind in kinds]
        records.troubles[""] = trouble
        said = [
            await gateway.bring(BEN, sender=each.sender, client=client, mail=each.octets)
            for each in some
        ]
        del records.troubles[""]
        later = [
            await gateway.bring(BEN, sender=each.sender, client=each.client, mail=each.octets)
            for each in some
        ]

    assert {each[:6] for each in said} <= {"450 4.", "451 4."}
    assert len(said) == 3
    assert later == [NOTHING] * 3
