"""What a hostile domain's DNS may answer while the gateway asks about its mail: nobody else waits for it."""

import asyncio
import logging
import struct
import time
from pathlib import Path

import pytest

from rows import MAIL, NOTHING, PROXIED, Gateway, gateway_in
from serving import configured, outside, running_demonstration
from signing import signed
from whybounce.provoking.name_server import Records, Trouble
from zones import txt

EVIL, SERVER = "evil.example", "203.0.113.9"
MOST_SECONDS = 20

_ASKED = b"\x04evil\x07example\x00" + struct.pack("!2H", 16, 1)
_BOMB = (
    struct.pack("!5H", 0x8180, 1, 4000, 0, 0)
    + _ASKED
    + (b"\xc0\x0c" + struct.pack("!2HIH", 16, 1, 30, 2) + b"\x01a") * 4000
)
# What stands in the DNS, by name and type.
RECORDS = {
    "SPF that includes itself": {(EVIL, "TXT"): [b"v=spf1 include:evil.example -all"]},
    "SPF that goes round": {
        (EVIL, "TXT"): [b"v=spf1 redirect=a.evil.example"],
        ("a.evil.example", "TXT"): [b"v=spf1 redirect=evil.example"],
    },
    "SPF that branches": {
        (EVIL, "TXT"): [b"v=spf1 " + b" ".join(b"include:%d.evil.example" % n for n in range(40))],
        **{(f"{n}.evil.example", "TXT"): [b"v=spf1 a mx ptr exists:%{l}.%{i}.x.example ?all"]
           for n in range(40)},
    },
    "SPF that makes long names": {(EVIL, "TXT"): [b"v=spf1 exists:" + b"%{l}%{s}%{i}." * 60 + b"x -all"]},
    "as large as an answer can be": {(EVIL, "TXT"): [b"v=spf1 " + b"ip4:192.0.2.1 " * 4500 + b"-all"]},
    "four thousand records": {(EVIL, "TXT"): [b"v=spf1 ip4:192.0.2.%d" % (n % 256) for n in range(1500)]},
    "NULs and broken UTF-8": {(EVIL, "TXT"): [b"v=spf1 \x00\xff\xfe\r\n -all"]},
    "an alias of itself": {(EVIL, "CNAME"): "evil.example."},
    "DMARC as large as can be": {("_dmarc.evil.example", "TXT"): [b"v=DMARC1; p=reject; " + b"x=y; " * 12_000]},
    "DMARC of NULs": {("_dmarc.evil.example", "TXT"): [b"v=DMARC1; p=\x00reject"]},
    "a key of nonsense": {("s1._domainkey.evil.example", "TXT"): [b"v=DKIM1; k=rsa; p=AAAA"]},
    "a key as large as can be": {("s1._domainkey.evil.example", "TXT"): [b"v=DKIM1; k=rsa; p=" + b"A" * 60_000]},
    "three hundred names of one address": {
        ("9.113.0.203.in-addr.arpa", "PTR"): [f"x{n}.evil.example." for n in range(300)],
    },
    "five hundred hosts": {
        (EVIL, "TXT"): [b"v=spf1 mx -all"],
        (EVIL, "MX"): [f"10 x{n}.evil.example." for n in range(500)],
    },
}  # fmt: skip
_ONE = struct.pack("!5H", 0x8180, 1, 1, 0, 0) + _ASKED
RAW = {
    "an answer of pointers": _BOMB,
    "a name that points to itself": _ONE
    + struct.pack("!3HIH", 0xC000 + len(_ONE) + 2, 16, 1, 30, 2)
    + b"\x01a",
    "noise": bytes(range(256)) * 4,
}


UNREADABLE = frozenset(RAW) - {"an answer of pointers"}  # So there is no answer, for all one waits.


def _published(records: Records, name: str) -> None:
    if name in RAW:
        records.raw[EVIL, "TXT"] = RAW[name]
        return
    for (owner, rdtype), values in RECORDS[name].items():
        given = [values] if isinstance(values, str) else values
        records.add(owner, rdtype, *(txt(v) if isinstance(v, bytes) else v for v in given))


@pytest.mark.parametrize("name", [*RECORDS, *RAW])
async def test_hostile_records_hurt_nobody(name: str, in_memory: Path, caplog):
    """There is an answer in seconds, it is no fault of ours, and other mail is taken meanwhile."""
    evil = signed(MAIL.replace("chris@remote.example", f"anna@{EVIL}").encode(), domain=EVIL)
    ordinary = MAIL.replace("chris@remote.example", "anna@small.example")
    impatient = 'resolver-wait = "5s"' if name in UNREADABLE else ""
    async with gateway_in(in_memory, outbound=impatient) as gateway:
        _published(gateway.world.dns.records, name)
        begun = time.monotonic()
        with caplog.at_level(logging.ERROR):
            said, *others = await asyncio.gather(
                gateway.bring(
                    "ben@contoso.example", sender=f"anna@{EVIL}", client=SERVER, mail=evil
                ),
                *(
                    gateway.bring("ben@contoso.example", sender="anna@small.example", mail=ordinary)
                    for _ in range(3)
                ),
            )

    assert time.monotonic() - begun < MOST_SECONDS
    assert others == [NOTHING] * 3
    assert said == NOTHING or said[:6] in {"550 5.", "450 4.", "451 4."}
    assert "4.3.0" not in said
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []


CALM = "calm@small.example"


@pytest.mark.parametrize("client", [SERVER, "2001:db8::9"])
@pytest.mark.parametrize("trouble", [Trouble.SILENT, Trouble.DENIED])
async def test_a_resolver_that_is_silent_or_lies_puts_mail_off_in_bounded_time(
    in_memory: Path, trouble: Trouble, client: str
):
    """The sender is told that the DNS gave no answer; our own people's mail passes meanwhile."""
    async with outside() as world:
        world.dns.records.troubles[""] = trouble
        impatient = 'resolver-wait = "1s"' if trouble is Trouble.SILENT else ""
        config = configured(in_memory, world, outbound=impatient, more=PROXIED)
        async with running_demonstration(config) as running, asyncio.timeout(60):
            gateway = Gateway(running, in_memory, world)
            said, own = await asyncio.gather(
                gateway.bring("ben@contoso.example", sender=CALM, client=client),
                gateway.submit("ben@contoso.example"),
            )
            await gateway.delivered()

    assert own == NOTHING
    if trouble is Trouble.DENIED and client == SERVER:  # It has no records: that is nobody's fault.
        assert said == NOTHING
    else:
        assert said.startswith("451 4.4.3 The DNS gave no answer about ")


async def test_what_could_outweigh_a_failure_is_waited_for(in_memory: Path):
    """SPF fails, and the key of a signature cannot be looked up: that may be a forwarder's honest mail."""
    mail = signed(MAIL.replace("chris@remote.example", f"anna@{EVIL}").encode(), domain=EVIL)
    async with gateway_in(in_memory) as gateway:
        records = gateway.world.dns.records
        records.add(EVIL, "TXT", txt("v=spf1 -all"))
        records.troubles[f"_domainkey.{EVIL}"] = Trouble.SERVFAIL
        said = await gateway.bring(
            "ben@contoso.example", sender=f"anna@{EVIL}", client=SERVER, mail=mail
        )

    assert said.startswith(f"451 4.4.3 The DNS gave no answer about {EVIL}")
