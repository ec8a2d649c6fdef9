"""What a hostile domain's DNS may answer while the gateway asks about its mail: nobody else waits for it."""

import asyncio
import logging
import struct
import time
from pathlib import Path

import pytest

from rows import MAIL, NOTHING, gateway_in
from signing import signed
from whybounce.provoking.name_server import Records
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
RAW = {"an answer of pointers": _BOMB}


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
    async with gateway_in(in_memory) as gateway:
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
