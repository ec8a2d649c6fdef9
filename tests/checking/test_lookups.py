"""Look-ups: what a hostile name server can send, and the limits of one message."""

import asyncio
import struct
import time

import pytest

from signing import MAIL, signed
from whybounce.checking.authentication import authentication_of
from whybounce.checking.lookups import Absence, LookUps
from whybounce.checking.message import hashed
from whybounce.provoking.name_server import Records, Trouble
from whybounce.vocabulary.authentication import Authentication, Result
from zones import asking, txt, zone

_HEADER = struct.pack("!5H", 0x8180, 1, 1, 0, 0)  # An answer with one question and one record.
_QUESTION = b"\x04evil\x07example\x00" + struct.pack("!2H", 16, 1)
_TO_ITSELF = b"\xc0\x0c"


def _record(name: bytes, rdata: bytes, rdtype: int = 16) -> bytes:
    return name + struct.pack("!2HIH", rdtype, 1, 30, len(rdata)) + rdata


RAW = {
    "a pointer to itself": _HEADER + _QUESTION + b"\xc0\x1e",
    "a pointer forwards": _HEADER + _QUESTION + b"\xff\xff" + b"\0" * 10,
    "a length beyond the end": _HEADER + _QUESTION + _TO_ITSELF + struct.pack("!2HIH", 16, 1, 30, 60_000),
    "no records at all": _HEADER + _QUESTION,
    "another question": _HEADER + b"\x05other\x00" + struct.pack("!2H", 16, 1) + _record(_TO_ITSELF, b"\x01a"),
    "a string longer than its record": _HEADER + _QUESTION + _record(_TO_ITSELF, b"\xffa"),
    "cut in the header": b"\x81\x80",
    "a record that repeats the question by pointers": (
        struct.pack("!5H", 0x8180, 1, 2000, 0, 0) + _QUESTION + _record(_TO_ITSELF, b"\x01a") * 2000
    ),
}  # fmt: skip


def asked(records: Records, name: str = "evil.example", **limits: float):
    """Return what TXT records our resolver finds."""

    async def asking_() -> object:
        async with asking(records) as resolver:
            return await LookUps(resolver, **limits).texts(name)

    return asyncio.run(asking_())


@pytest.mark.parametrize("raw", RAW.values(), ids=RAW)
def test_no_answer_raises_or_blocks(raw):
    """Octet for octet what no honest server sends."""
    begun = time.monotonic()
    found = asked(Records(raw={("evil.example", "TXT"): raw}))

    assert time.monotonic() - begun < 20
    assert found.absence is Absence.FAILED or len(found.values) <= 2000


def test_texts_are_joined_and_keep_what_they_hold():
    """RFC 7208 §3.3; NULs and broken UTF-8 do no harm."""
    found = asked(zone({("evil.example", "TXT"): "x" * 600}))
    odd = Records()
    odd.add("evil.example", "TXT", txt(b"a\0b\xff\xfe\r\n"))

    assert found.values == ("x" * 600,)
    assert asked(odd).values == ("a\0b��\r\n",)


def test_names_that_are_none_have_no_records():
    """Labels too long, empty labels, control characters: no question is sent."""
    for name in ("a" * 64 + ".example", "a..example", "x." * 200 + "example", "\udcff.example"):
        assert asked(Records(), name).absence in {Absence.NO_NAME, Absence.NO_DATA}, name


def test_an_alias_that_goes_round_is_no_answer_for_ever():
    """It ends, and nobody is failed by it."""
    found = asked(zone({("evil.example", "CNAME"): "evil.example."}))

    assert found.values == ()


@pytest.mark.parametrize(
    "limits",
    [{"most": 3}, {"octets": 100}, {"seconds": 0.0}],
    ids=lambda limits: next(iter(limits)),
)
def test_beyond_a_limit_nothing_is_known(limits):
    """The next question is not asked, and the detail says why."""
    records = zone({(f"n{number}.example", "TXT"): "x" * 50 for number in range(9)})

    async def asking_() -> list[object]:
        async with asking(records) as resolver:
            look_ups = LookUps(resolver, **limits)
            return [await look_ups.texts(f"n{number}.example") for number in range(9)]

    found = asyncio.run(asking_())

    assert found[-1].absence is Absence.FAILED
    assert "within what one question may cost" in found[-1].detail


_INCLUDE = "v=spf1 " + " ".join(f"include:i{number}.evil.example" for number in range(9)) + " -all"
HOSTILE = {
    "a record that includes itself": {("evil.example", "TXT"): "v=spf1 include:evil.example -all"},
    "two that include each other": {
        ("evil.example", "TXT"): "v=spf1 include:i.evil.example -all",
        ("i.evil.example", "TXT"): "v=spf1 include:evil.example -all",
    },
    "a tree of includes": {
        ("evil.example", "TXT"): _INCLUDE,
        **{(f"i{number}.evil.example", "TXT"): _INCLUDE for number in range(9)},
    },
    "a redirect to itself": {("evil.example", "TXT"): "v=spf1 redirect=evil.example"},
    "sixty kilobytes of text": {
        (f"{name}evil.example", "TXT"): "v=spf1 " + "a " * 30_000 for name in ("", "_dmarc.")
    },
    "many texts": {("evil.example", "TXT"): tuple(f"v=spf1 a:{number}.example" for number in range(900))},
    "macros": {("evil.example", "TXT"): "v=spf1 exists:%{l1r+-}.%{d9}.%{p}.%{h}.evil.example -all"},
    "nulls": {("evil.example", "TXT"): "v=spf1 a:\0.example -all", ("_dmarc.evil.example", "TXT"): "v=DMARC1; p=\0"},
    "mail servers without end": {
        ("evil.example", "TXT"): "v=spf1 mx -all",
        ("evil.example", "MX"): tuple(f"{number} m{number}.evil.example." for number in range(200)),
    },
    "an alias to itself": {("evil.example", "CNAME"): "evil.example."},
    "keys of all kinds": {
        ("s1._domainkey.evil.example", "TXT"): ("p=" + "A" * 40_000, "k=rsa; p=MIIB", "\0\0", ";;;;", "p=;p=;"),
    },
}  # fmt: skip


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_records_neither_raise_nor_pass_nor_take_long(data):
    """All checks of one message together."""
    begun = time.monotonic()
    found = _authentication(zone(data))

    assert time.monotonic() - begun < 20
    assert found.dmarc.result is not Result.PASS
    assert all(one.result is not Result.PASS for one in (found.spf, *found.signatures))
    assert all(one.evidence for one in (found.spf, *found.signatures, found.dmarc))


@pytest.mark.parametrize("trouble", sorted(set(Trouble) - {Trouble.DENIED}))
def test_a_resolver_that_is_down_fails_no_message(trouble):
    """Every method says that it could not tell: temperror, never fail."""
    found = _authentication(Records(troubles={"": trouble}))

    results = (found.spf, found.spf_helo, found.dmarc, found.reverse_name, *found.signatures)
    assert {one.result for one in results} == {Result.TEMPERROR}


def test_who_denies_even_the_root_is_not_believed_about_names():
    """Nobody is told for good that an address has no name because a resolver lies."""
    found = _authentication(Records(troubles={"": Trouble.DENIED}))

    assert found.reverse_name.result is Result.TEMPERROR
    assert "knows no root zone" in found.reverse_name.evidence


async def test_large_answers_are_asked_for_anew():
    """Ten thousand of the largest would fill the memory."""
    records = zone({("small.example", "TXT"): "a" * 300, ("large.example", "TXT"): "a" * 5000})
    async with asking(records) as resolver:
        before = [
            (await resolver.texts(name)).values for name in ("small.example", "large.example")
        ]
        records.data.clear()
        after = [(await resolver.texts(name)).values for name in ("small.example", "large.example")]

    assert before == [("a" * 300,), ("a" * 5000,)]
    assert after == [("a" * 300,), ()]


def _authentication(records: Records) -> Authentication:
    mail = signed(MAIL.replace(b"contoso", b"evil"), domain="evil.example")

    async def asking_() -> Authentication:
        async with asking(records) as resolver:
            return await authentication_of(
                resolver,
                hashed(mail),
                address="192.0.2.66",
                helo="mx.evil.example",
                mail_from="eve@evil.example",
                receiver="mx.example.org",
            )

    return asyncio.run(asking_())
