"""A domain, an address, an IP address: what is asked, and what a person is told."""

import asyncio
import re
from collections.abc import Mapping

import pytest

import whybounce
from signing import pair
from whybounce.catalogue import catalogue
from whybounce.checking.block_lists import BlockList
from whybounce.checking.targets import BUILT, OF_GATEWAY, NoTargetError, check
from whybounce.provoking.name_server import Records, Trouble
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Answer, Finding
from whybounce.wording import PLACEHOLDERS
from zones import asking, zone

GOOD: Mapping[tuple[str, str], str | tuple[str, ...]] = {
    ("contoso.example", "MX"): ("20 mx2.contoso.example.", "10 mx1.contoso.example."),
    ("mx1.contoso.example", "A"): "192.0.2.25",
    ("mx1.contoso.example", "AAAA"): "2001:db8::25",
    ("mx2.contoso.example", "A"): "192.0.2.26",
    ("contoso.example", "TXT"): "v=spf1 mx -all",
    ("_dmarc.contoso.example", "TXT"): "v=DMARC1; p=reject",
    ("s1._domainkey.contoso.example", "TXT"): pair().record,
    ("25.2.0.192.in-addr.arpa", "PTR"): "mx1.contoso.example.",
}
LIST = BlockList("bl.example")


def found(
    data: Mapping[tuple[str, str], str | tuple[str, ...]] | Records, target: str, *selectors: str
):
    """Return each check's answer and result by its name."""
    records = data if isinstance(data, Records) else zone(data)

    async def asked() -> tuple[Finding, ...]:
        async with asking(records) as resolver:
            return await check(resolver, target, selectors=selectors, block_lists=[LIST])

    findings = asyncio.run(asked())
    for finding in findings:
        assert whybounce.finding_words(finding).what, finding
        assert set(finding.values) <= set(PLACEHOLDERS), finding
    return {finding.check.value: (finding.answer.value, finding.result) for finding in findings}


@pytest.mark.parametrize(
    "target", ["contoso.example", "anna@contoso.example", " Contoso.Example. "]
)
def test_a_domain_in_order_holds_everywhere(target):
    """In the order a person is told."""
    assert list(found(GOOD, target, "s1").items()) == [
        ("mx-record", ("holds", "pass")),
        ("null-mx", ("holds", "pass")),
        ("addresses", ("holds", "pass")),
        ("ipv6", ("holds", "pass")),
        ("dnssec", ("unknown", "not-validated")),
        ("tls-rpt", ("holds", "none")),
        ("spf", ("holds", "published")),
        ("dkim", ("holds", "published")),
        ("dmarc", ("holds", "published")),
        ("dns-block-lists", ("holds", "not-listed")),
    ]


@pytest.mark.parametrize("target", ["192.0.2.25", "[192.0.2.25]"])
def test_an_ip_address_is_asked_for_its_name_and_on_lists(target):
    """Nothing else can be asked about it."""
    assert found(GOOD, target) == {
        "ipv6": ("holds", "also"),
        "reverse-dns": ("holds", "pass"),
        "dns-block-lists": ("holds", "not-listed"),
    }


FAULTS = {
    "no such domain": (("contoso.example", "MX"), None, "mx-record", ("fails", "no-name")),
    "no mail exchanger": (("contoso.example", "MX"), (), "mx-record", ("fails", "none")),
    "no mail at all": (("contoso.example", "MX"), "0 .", "null-mx", ("fails", "null")),
    "a host less": (("mx2.contoso.example", "A"), (), "addresses", ("fails", "some")),
    "no IPv6": (("mx1.contoso.example", "AAAA"), (), "ipv6", ("fails", "none")),
    "no SPF": (("contoso.example", "TXT"), (), "spf", ("fails", "none")),
    "a mistake in SPF": (("contoso.example", "TXT"), "v=spf1 ipv4:x", "spf", ("fails", "permerror")),
    "no key": (("s1._domainkey.contoso.example", "TXT"), (), "dkim", ("fails", "permerror")),
    "a withdrawn key": (("s1._domainkey.contoso.example", "TXT"), "p=", "dkim", ("fails", "permerror")),
    "no DMARC": (("_dmarc.contoso.example", "TXT"), (), "dmarc", ("fails", "none")),
    "listed": (("contoso.example.bl.example", "A"), "127.0.0.2", "dns-block-lists", ("fails", "listed-without-link")),
}  # fmt: skip


@pytest.mark.parametrize("key, value, name, expected", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found_where_it_is(key, value, name, expected):
    """One thing spoiled in a domain that is in order."""
    data = {} if value is None else {**GOOD, key: value}

    assert found(data, "contoso.example", "s1")[name] == expected


def test_without_a_selector_common_ones_are_guessed():
    """What is found is said to be a guess; what is not found is no fault."""
    unusual = {
        ("odd._domainkey.contoso.example", "TXT")
        if name.startswith("s1.")
        else (name, rdtype): value
        for (name, rdtype), value in GOOD.items()
    }

    assert found(GOOD, "contoso.example")["dkim"] == ("holds", "guessed")
    assert found(unusual, "contoso.example")["dkim"] == ("unknown", "not-asked")


@pytest.mark.parametrize(
    "target, result", [("192.0.2.26", None), ("192.0.2.25", "also"), ("2001:db8::25", "sends")]
)
def test_an_address_is_told_whether_it_has_ipv6(target, result):
    """By its name; without one nothing is known."""
    assert found(GOOD, target).get("ipv6", ("", None))[1] == result


def test_a_server_without_ipv6_is_told_as_advice():
    """The name has no such address."""
    without = {key: value for key, value in GOOD.items() if key[1] != "AAAA"}

    assert found(without, "192.0.2.25")["ipv6"] == ("fails", "only-ipv4")


def test_a_short_key_is_a_fault_before_anything_is_signed():
    """RFC 8301."""
    short = (
        "p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALVX2Y5qHuTwRaRsP1eTQmxPpE9lwKWLLRnYIB1jR2lXDLPqIrxA6PH/eIl"
        "ifS45Ixv5kkySDPzQu4Ed1mn8xQkCAwEAAQ=="
    )
    data = {**GOOD, ("s1._domainkey.contoso.example", "TXT"): short}

    assert found(data, "contoso.example", "s1")["dkim"] == ("fails", "policy")


@pytest.mark.parametrize("trouble", [each for each in Trouble if each is not Trouble.DENIED])
@pytest.mark.parametrize("target", ["contoso.example", "192.0.2.25"])
def test_a_resolver_that_is_down_fails_nothing(target, trouble):
    """Everything is unknown, and every unknown has words; but that signatures are broken is known."""
    answers = found(Records(troubles={"": trouble}), target, "s1")
    is_told = trouble is Trouble.BOGUS and "dnssec" in answers

    assert answers.pop("dnssec", ("unknown", ""))[0] == ("fails" if is_told else "unknown")
    assert {answer for answer, _ in answers.values()} == {"unknown"}


def test_who_denies_even_the_root_is_not_believed_about_a_domain():
    """Behind a resolver of a closed network nobody is told to correct a spelling that is right.

    Nor to publish what is there, nor that an address stands on no list.
    """
    for target in ("contoso.example", "192.0.2.25"):
        answers = found(Records(troubles={"": Trouble.DENIED}), target, "s1")

        assert {answer for answer, _ in answers.values()} == {"unknown"}, answers


@pytest.mark.parametrize(
    "target", ["", " ", "x", "a b.example", "a..example", "192.0.2.300", "x" * 300 + ".example", "a@", "\0.example", "--.example"]
)  # fmt: skip
def test_what_is_no_target_is_refused(target):
    """By a sentence that quotes it."""
    with pytest.raises(NoTargetError, match="neither a domain"):
        found({}, target)


def test_every_check_that_a_cause_names_can_be_asked():
    """By anybody, or by a gateway for its administrators."""
    named = {check for cause in catalogue().causes.values() for check in cause.checks}

    assert set(BUILT).isdisjoint(OF_GATEWAY)
    assert {*BUILT, *OF_GATEWAY} == set(CheckName) >= named
    assert set(catalogue().checks["en"]) == set(CheckName)


# What each check can come to; the tables of its own tests reach them.
RESULTS = {
    CheckName.MX_RECORD: "pass none no-name null unknown",
    CheckName.NULL_MX: "pass null unknown",
    CheckName.ADDRESSES: "pass some none unknown",
    CheckName.IPV6: "pass none unknown sends also only-ipv4",
    CheckName.PORT_25: "pass some refused turned-away silent not-tried",
    CheckName.STARTTLS: "pass old-too old not-offered failed not-reached",
    CheckName.CERTIFICATE: "pass soon by-dane expired not-yet-valid name self-signed untrusted unreadable not-shown",
    CheckName.DNSSEC: "secure insecure partly bogus not-validated unknown",
    CheckName.TLSA: "pass none ignored unusable no-match not-offered bogus not-reached unknown",
    CheckName.MTA_STS: "enforce testing none off record policy mx certificate not-offered unreached unknown",
    CheckName.TLS_RPT: "pass none mistake unknown",
    CheckName.RECIPIENT_ACCEPTED: "pass refused deferred sender unknown",
    CheckName.REVERSE_DNS: "pass none fail temperror",
    CheckName.SPF: "published pass none fail softfail neutral temperror permerror",
    CheckName.DKIM: "published guessed policy permerror temperror not-asked",
    CheckName.DMARC: "published none temperror",
    CheckName.DNS_BLOCK_LISTS: "not-listed listed listed-without-link refused failed not-asked",
}
_VOICE = re.compile(r"\b(please|simply|unfortunately)\b|—", re.IGNORECASE)


@pytest.mark.parametrize("name", list(CheckName))
def test_every_result_has_words_and_every_fault_a_step(name):
    """In the voice of the catalogue, with placeholders that are filled in."""
    check_words = catalogue().checks["en"][name]

    assert set(check_words.results) == set(RESULTS[name].split())
    for result, words in check_words.results.items():
        finding = Finding(name, Answer.UNKNOWN, "", result)
        for sentence in (check_words.question, words.what, *words.steps):
            assert sentence.count("`") % 2 == 0
            assert set(re.findall(r"{(\w+)}", sentence)) <= set(PLACEHOLDERS)
            assert not _VOICE.search(sentence)
        said = whybounce.finding_words(finding)
        assert "{" not in said.what + "".join(
            step for part in said.steps for step in part.split("`")[::2]
        )


def test_a_strangers_value_is_no_record_to_publish():
    """Between backticks stands only what is a valid name."""
    values = {"sender_domain": "x`. TXT `evil", "ip": "192.0.2.1; rm", "selector": "s 1"}
    said = whybounce.finding_words(Finding(CheckName.SPF, Answer.FAILS, "", "none", values))

    record = '`<the-sender’s-domain>. TXT "v=spf1 ip4:<the-sending-server’s-address> -all"`'
    assert record in said.steps[0]
