"""SPF: the RFC's own suite, a second implementation, and what a person is told."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dns.name
import pytest
import spf as pyspf
import yaml
from hypothesis import given, settings, strategies as st

from whybounce.checking.lookups import Absence, LookUps, Records as Found
from whybounce.checking.spf import finding, spf
from whybounce.provoking.name_server import Records, Trouble
from whybounce.vocabulary.authentication import Result, SpfIdentity, SpfResult
from whybounce.vocabulary.finding import Answer
from zones import asking, txt, zone

SUITE = Path(__file__).parents[2] / ".cache" / "rfc7208-tests.yml"
_TYPES = ("A", "AAAA", "MX", "PTR", "TXT", "CNAME")


def _sections() -> list[dict[str, Any]]:
    if not SUITE.exists():
        pytest.fail("the suite of RFC 7208 is not here; tools/spf_suite.py fetches it")
    return list(yaml.safe_load_all(SUITE.read_text(encoding="utf-8")))


def _records(data: Mapping[str, Sequence[object]]) -> Records:
    """Return what the suite's zone holds; SPF stands for TXT where a name has no TXT."""
    records = Records()
    for written, entries in data.items():
        name = dns.name.from_text(written).to_text(omit_final_dot=True)
        pairs = [pair for entry in entries if isinstance(entry, dict) for pair in entry.items()]
        has_txt = any(rdtype == "TXT" for rdtype, _ in pairs)
        for rdtype, value in pairs:
            kind = "TXT" if rdtype == "SPF" and not has_txt else rdtype
            if value != "NONE" and kind != "SPF":
                records.add(name, kind, _presented(kind, value))
        if "TIMEOUT" in entries:
            there = {kind for of, kind in records.data if of == name.lower()}
            for kind in set(_TYPES) - there:
                records.troubles_of_type[name.lower(), kind] = Trouble.SERVFAIL
    return records


def _presented(kind: str, value: Any) -> str:
    match kind:
        case "TXT":
            parts = value if isinstance(value, list) else [value]
            return " ".join(txt(str(part)) for part in parts or [""])
        case "MX":
            return f"{value[0]} {value[1] or ''}."
        case "PTR" | "CNAME":
            return f"{value.rstrip('.')}."
        case _:
            return str(value)


def _cases() -> list[Any]:
    return [
        pytest.param(section["zonedata"], case, id=f"{section['description']}: {name}")
        for section in _sections()
        for name, case in section["tests"].items()
    ]


def test_the_suite_is_whole():
    """As RFC 7208's own authors left it."""
    assert len(_cases()) == 203


@pytest.mark.parametrize("data, case", _cases())
def test_every_case_of_the_rfcs_suite(data, case):
    """Result and, where one is named, the domain's explanation."""

    async def asking_() -> SpfResult:
        async with asking(_records(data)) as resolver:
            return await spf(
                LookUps(resolver),
                address=str(case["host"]),
                mail_from=case["mailfrom"],
                helo=case["helo"],
                receiver="receiver.example",
            )

    found = asyncio.run(asking_())
    allowed = case["result"] if isinstance(case["result"], list) else [case["result"]]
    wanted = case.get("explanation", "DEFAULT")

    assert found.result in allowed, found
    if found.result == "fail" and wanted != "DEFAULT":
        assert found.explanation.lower() == wanted.lower()  # Hexadecimal digits are free: §7.3.


def judged(data: Mapping[tuple[str, str], str | tuple[str, ...]], **more: str) -> SpfResult:
    """Return what our check says in this world."""
    world = zone(data)
    asked = {
        "address": "192.0.2.1",
        "mail_from": "anna@contoso.example",
        "helo": "mx.contoso.example",
    }

    async def asking_() -> SpfResult:
        async with asking(world) as resolver:
            return await spf(LookUps(resolver), **{**asked, **more})

    return asyncio.run(asking_())


_AT = ("contoso.example", "TXT")
_MANY = "v=spf1 " + " ".join(f"include:i{number}.example" for number in range(11)) + " -all"
EVIDENCE = {
    "passes": ({_AT: "v=spf1 ip4:192.0.2.0/24 -all"}, Result.PASS, "ip4:192.0.2.0/24", "lets 192.0.2.1"),
    "fails": ({_AT: "v=spf1 ip4:192.0.2.9 -all"}, Result.FAIL, "-all", "does not let 192.0.2.1 send"),
    "softly": ({_AT: "v=spf1 ip4:192.0.2.9 ~all"}, Result.SOFTFAIL, "~all", "by its term ~all"),
    "open": ({_AT: "v=spf1 ip4:192.0.2.9"}, Result.NEUTRAL, "", "leaves open"),
    "no record": ({_AT: "hello"}, Result.NONE, "", "publishes no SPF record"),
    "by an include": (
        {_AT: "v=spf1 include:spf.example -all", ("spf.example", "TXT"): "v=spf1 ip4:192.0.2.1 -all"},
        Result.PASS, "include:spf.example", "by its term include:spf.example",
    ),
    "by a redirect": (
        {_AT: "v=spf1 redirect=spf.example", ("spf.example", "TXT"): "v=spf1 -all"},
        Result.FAIL, "redirect=spf.example", "redirect=spf.example",
    ),
    "an include too many": (
        {_AT: _MANY, **{(f"i{number}.example", "TXT"): "v=spf1 ?ip4:203.0.113.1" for number in range(11)}},
        Result.PERMERROR, "include:i10.example", "limit exceeded (10) at 'include:i10.example'",
    ),
    "an include without record": (
        {_AT: "v=spf1 include:spf.example -all", ("spf.example", "A"): "192.0.2.7"},
        Result.PERMERROR, "include:spf.example", "include:spf.example has no SPF record",
    ),
    "two records": (
        {_AT: ("v=spf1 -all", "v=spf1 +all")}, Result.PERMERROR, "", "multiple v=spf1 records",
    ),
    "a mistake": ({_AT: "v=spf1 ipv4:192.0.2.1 -all"}, Result.PERMERROR, "", "has a mistake"),
}  # fmt: skip


@pytest.mark.parametrize("data, result, term, evidence", EVIDENCE.values(), ids=EVIDENCE)
def test_the_evidence_names_what_decided(data, result, term, evidence):
    """Domain, address, and the term or what is wrong with the record."""
    found = judged(data)

    assert (found.result, found.term) == (result, term), found
    assert evidence in found.evidence
    assert "contoso.example" in found.evidence
    told = finding(found)
    assert told.values["sender_domain"] == "contoso.example"
    assert (told.answer is Answer.HOLDS) is (result is Result.PASS)


def test_an_empty_return_path_is_judged_by_the_hosts_own_name():
    """RFC 7208 §2.4."""
    found = judged({("mx.contoso.example", "TXT"): "v=spf1 a -all", **_HOST}, mail_from="")

    assert (found.result, found.identity) == (Result.PASS, SpfIdentity.HELO)
    assert found.sender == "postmaster@mx.contoso.example"


_HOST = {("mx.contoso.example", "A"): "192.0.2.1"}


@pytest.mark.parametrize("helo", ["localhost", "[192.0.2.1]", "", "a b", "\0.example", "x" * 300])
def test_a_host_without_a_name_has_no_record(helo):
    """Whatever it calls itself."""
    assert judged({}, mail_from="", helo=helo).result is Result.NONE


def test_a_domain_in_other_letters_is_judged_as_the_dns_has_it():
    """RFC 5891: in A-labels."""
    found = judged({("xn--bcher-kva.example", "TXT"): "v=spf1 -all"}, mail_from="å@bücher.example")

    assert (found.result, found.domain) == (Result.FAIL, "xn--bcher-kva.example")


def test_a_resolver_that_cannot_tell_fails_nobody():
    """Not even about an include far below."""
    records = zone({_AT: "v=spf1 include:spf.example -all"})
    records.troubles["spf.example"] = Trouble.SERVFAIL

    async def asking_() -> SpfResult:
        async with asking(records) as resolver:
            return await spf(resolver, address="192.0.2.1", mail_from="a@contoso.example", helo="")

    found = asyncio.run(asking_())

    assert (found.result, finding(found).answer) == (Result.TEMPERROR, Answer.UNKNOWN)


_TERMS = (
    "ip4:192.0.2.1", "ip4:192.0.2.0/28", "ip4:198.51.100.7", "ip6:2001:db8::/32", "a", "mx", "a:host.example",
    "a:missing.example", "mx:two.example", "include:pass.example", "include:fail.example",
    "include:soft.example", "include:missing.example", "exists:%{ir}.list.example", "exists:host.example",
    "ptr:contoso.example", "a/28", "mx//64", "a:%{d1r}.example", "ip4:bad", "unknown:x", "x=y",
    "redirect=pass.example", "redirect=missing.example", "ip4:192.0.2.300", "a:%{z}.example",
)  # fmt: skip
_TXT = {
    "pass.example": "v=spf1 ip4:192.0.2.1 -all",
    "fail.example": "v=spf1 -all",
    "soft.example": "v=spf1 mx ~all",
}
_ZONE = {
    ("contoso.example", "A"): ("192.0.2.1",),
    ("host.example", "A"): ("192.0.2.5",),
    ("soft.example", "MX"): ("10 host.example.",),
    ("two.example", "MX"): ("10 host.example.", "20 contoso.example."),
    ("contoso.example", "MX"): ("10 host.example.",),
    ("1.2.0.192.list.example", "A"): ("127.0.0.2",),
    ("1.2.0.192.in-addr.arpa", "PTR"): ("contoso.example.",),
    **{(domain, "TXT"): (record,) for domain, record in _TXT.items()},
}


class _Kept:
    """A resolver that knows one zone, as fast as a dictionary."""

    def __init__(self, record: str) -> None:
        self._zone = {**_ZONE, ("contoso.example", "TXT"): (record,)}

    async def records(self, name: str, rdtype: str) -> Found:
        """Return what the zone has."""
        values = self._zone.get((name.lower().rstrip("."), rdtype), ())
        return Found(values, absence=None if values else self._absence(name))

    async def texts(self, name: str) -> Found:
        """Return what the zone has."""
        return await self.records(name, "TXT")

    def _absence(self, name: str) -> Absence:
        known = any(of == name.lower() for of, _ in self._zone)
        return Absence.NO_DATA if known else Absence.NO_NAME

    def for_pyspf(self, name: str, rdtype: str, *_: object) -> list[tuple[object, object]]:
        """Return the same as pyspf wants it."""
        values = self._zone.get((name.lower().rstrip("."), rdtype), ())
        as_pyspf = {
            "TXT": lambda value: (value.encode(),),
            "MX": lambda value: (int(value.split()[0]), value.split()[1].rstrip(".")),
            "PTR": lambda value: value.rstrip("."),
        }
        return [((name, rdtype), as_pyspf.get(rdtype, str)(value)) for value in values]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    terms=st.lists(st.sampled_from(_TERMS), max_size=4, unique=True),
    signs=st.lists(st.sampled_from(["", "+", "-", "~", "?"]), min_size=5, max_size=5),
    end=st.sampled_from(["", " -all", " ~all", " ?all"]),
    address=st.sampled_from(["192.0.2.1", "192.0.2.5", "198.51.100.9"]),
)
def test_another_implementation_comes_to_the_same(terms, signs, end, address):
    """pyspf, of which everything but DNS is its own. It counts a missing name again when asked again."""
    written = [
        term if "=" in term else sign + term for term, sign in zip(terms, signs, strict=False)
    ]
    kept = _Kept(f"v=spf1 {' '.join(written)}{end}")
    given_ = {"mail_from": "anna@contoso.example", "helo": "host.example"}
    found = asyncio.run(spf(kept, address=address, **given_))
    asked = pyspf.query(address, given_["mail_from"], given_["helo"], strict=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pyspf, "DNSLookup", kept.for_pyspf)
        result, *_ = asked.check()

    assert found.result == result, found
