"""DMARC: the tree walk, alignment, and what a domain asks for. RFC 9989."""

import asyncio
from collections.abc import Mapping

import pytest

from whybounce.checking.dmarc import dmarc, finding_of_published, organisation_of, published, walked
from whybounce.checking.lookups import LookUps
from whybounce.provoking.name_server import Records, Trouble
from whybounce.vocabulary.authentication import (
    DmarcPolicy,
    DmarcResult,
    Method,
    Result,
    SignatureResult,
    SpfIdentity,
    SpfResult,
)
from whybounce.vocabulary.finding import Answer
from zones import asking, zone

NONE, QUARANTINE, REJECT = DmarcPolicy.NONE, DmarcPolicy.QUARANTINE, DmarcPolicy.REJECT


def spf_of(domain: str, result: Result = Result.PASS) -> SpfResult:
    """Return what SPF said about a domain."""
    return SpfResult(
        result, SpfIdentity.MAIL_FROM, "192.0.2.1", domain, f"a@{domain}", "spf said so"
    )


def signature_of(domain: str, result: Result = Result.PASS) -> SignatureResult:
    """Return what DKIM said about a domain."""
    return SignatureResult(result, domain, "s1", "dkim said so")


def world(records: Mapping[str, str | tuple[str, ...]]) -> Records:
    """Return DMARC records by the domain they are for."""
    return zone({(f"_dmarc.{domain}", "TXT"): value for domain, value in records.items()})


def judged(
    records: Records,
    author: str | tuple[str, ...],
    spf: SpfResult | None = None,
    *signed: SignatureResult,
) -> DmarcResult:
    """Return what our check says in this world."""
    authors = (author,) if isinstance(author, str) else author

    async def asked() -> DmarcResult:
        async with asking(records) as resolver:
            given = spf or spf_of("nobody.example", Result.FAIL)
            return await dmarc(LookUps(resolver), authors=authors, spf=given, signatures=signed)

    return asyncio.run(asked())


@pytest.mark.parametrize(
    "domain, names",
    [
        ("example.com", ("example.com", "com")),
        ("a.example.com", ("a.example.com", "example.com", "com")),
        ("a.b.c.d.e.mail.example.com", (
            "a.b.c.d.e.mail.example.com", "b.c.d.e.mail.example.com", "c.d.e.mail.example.com",
            "d.e.mail.example.com", "e.mail.example.com", "mail.example.com", "example.com", "com",
        )),
        ("a.b.c.d.e.f.g.h.i.j.mail.example.com", (
            "a.b.c.d.e.f.g.h.i.j.mail.example.com", "g.h.i.j.mail.example.com", "h.i.j.mail.example.com",
            "i.j.mail.example.com", "j.mail.example.com", "mail.example.com", "example.com", "com",
        )),
    ],
    ids=["two labels", "three", "eight", "thirteen"],
)  # fmt: skip
def test_the_tree_walk_asks_eight_questions_at_most(domain, names):
    """RFC 9989 §4.10: a longer name is cut to seven labels after its own question."""
    assert walked(domain) == names


_MAIL = "v=DMARC1; p=reject"
WALKS = {
    "no record": ({}, "mail.example.com", "mail.example.com"),
    "its own alone": ({"mail.example.com": _MAIL}, "mail.example.com", "mail.example.com"),
    "one above": ({"example.com": _MAIL}, "a.mail.example.com", "example.com"),
    "both: the higher": (
        {"example.com": _MAIL, "mail.example.com": _MAIL}, "mail.example.com", "example.com",
    ),
    "psd=n ends it": (
        {"example.com": _MAIL, "mail.example.com": f"{_MAIL}; psd=n"}, "a.mail.example.com", "mail.example.com",
    ),
    "psd=y: one label below": (
        {"com": "v=DMARC1; p=none; psd=y"}, "a.mail.example.com", "example.com",
    ),
    "psd=y where it began does not count": (
        {"bank": "v=DMARC1; p=none; psd=y"}, "bank", "bank",
    ),
    "psd=y above a record": (
        {"giant.bank": _MAIL, "bank": "v=DMARC1; psd=y"}, "mail.giant.bank", "giant.bank",
    ),
    "several records are none": (
        {"example.com": (_MAIL, "v=DMARC1; p=none"), "com": _MAIL}, "example.com", "com",
    ),
    "other texts are passed over": (
        {"example.com": ("hello", _MAIL, "v=spf1 -all")}, "example.com", "example.com",
    ),
}  # fmt: skip


@pytest.mark.parametrize("records, domain, organisation", WALKS.values(), ids=WALKS)
def test_where_an_organisation_ends(records, domain, organisation):
    """RFC 9989 §4.10.2."""

    async def asked() -> str:
        async with asking(world(records)) as resolver:
            return await organisation_of(resolver, domain)

    assert asyncio.run(asked()) == organisation


ALIGNMENTS = {
    "spf, the same": ("example.com", spf_of("example.com"), (), "", (Method.SPF,)),
    "spf, below": ("example.com", spf_of("bounce.example.com"), (), "", (Method.SPF,)),
    "spf, above": ("news.example.com", spf_of("example.com"), (), "", (Method.SPF,)),
    "spf, beside": ("news.example.com", spf_of("bounce.example.com"), (), "", (Method.SPF,)),
    "spf, strict": ("example.com", spf_of("bounce.example.com"), (), "; aspf=s", ()),
    "spf, strict and the same": ("example.com", spf_of("example.com"), (), "; aspf=s", (Method.SPF,)),
    "spf, another's": ("example.com", spf_of("example.net"), (), "", ()),
    "spf, a name that only ends so": ("example.com", spf_of("badexample.com"), (), "", ()),
    "spf, failed": ("example.com", spf_of("example.com", Result.FAIL), (), "", ()),
    "spf, softly failed": ("example.com", spf_of("example.com", Result.SOFTFAIL), (), "", ()),
    "dkim": ("example.com", None, (signature_of("example.com"),), "", (Method.DKIM,)),
    "dkim, below": ("example.com", None, (signature_of("mail.example.com"),), "", (Method.DKIM,)),
    "dkim, strict": ("example.com", None, (signature_of("mail.example.com"),), "; adkim=s", ()),
    "dkim, failed": ("example.com", None, (signature_of("example.com", Result.FAIL),), "", ()),
    "dkim, the second": (
        "example.com", None, (signature_of("list.example.net"), signature_of("example.com")), "", (Method.DKIM,),
    ),
    "dkim, only the list's": ("example.com", None, (signature_of("list.example.net"),), "", ()),
    "both": (
        "example.com", spf_of("example.com"), (signature_of("example.com"),), "", (Method.DKIM, Method.SPF),
    ),
}  # fmt: skip


@pytest.mark.parametrize("author, spf, signed, more, aligned", ALIGNMENTS.values(), ids=ALIGNMENTS)
def test_what_speaks_for_the_author(author, spf, signed, more, aligned):
    """RFC 9989 §4.4."""
    found = judged(world({"example.com": f"v=DMARC1; p=reject{more}"}), author, spf, *signed)

    assert found.aligned == aligned
    assert found.result is (Result.PASS if aligned else Result.FAIL)


def test_domains_below_a_public_suffix_do_not_speak_for_each_other():
    """``psd=y`` draws the line where a registry sells names."""
    records = world({"bank": "v=DMARC1; p=reject; psd=y"})

    assert judged(records, "giant.bank", spf_of("mega.bank")).aligned == ()
    assert judged(records, "giant.bank", spf_of("mail.giant.bank")).aligned == (Method.SPF,)


POLICIES = {
    "its own": ({"example.com": "v=DMARC1; p=reject; sp=none"}, "example.com", REJECT),
    "below: sp": ({"example.com": "v=DMARC1; p=reject; sp=none"}, "news.example.com", NONE),
    "below: p": ({"example.com": "v=DMARC1; p=quarantine"}, "news.example.com", QUARANTINE),
    "below, with a record": (
        {"example.com": "v=DMARC1; p=reject", "news.example.com": "v=DMARC1; p=none"}, "news.example.com", NONE,
    ),
    "not there: np": (
        {"example.com": "v=DMARC1; p=none; np=reject"}, "made-up.example.com", REJECT,
    ),
    "there: not np": ({"example.com": "v=DMARC1; p=none; np=reject"}, "there.example.com", NONE),
    "not there: sp where np is missing": (
        {"example.com": "v=DMARC1; p=none; sp=quarantine"}, "made-up.example.com", QUARANTINE,
    ),
    "no p": ({"example.com": "v=DMARC1; rua=mailto:d@example.com"}, "example.com", NONE),
    "version alone": ({"example.com": "v=DMARC1"}, "example.com", NONE),
    "a mistyped p, reports wanted": (
        {"example.com": "v=DMARC1; p=rejekt; rua=mailto:d@example.com"}, "example.com", NONE,
    ),
    "spaces and capitals": ({"example.com": "V = DMARC1 ;  P = Reject ;"}, "example.com", REJECT),
    "p not at its place": ({"example.com": "v=DMARC1; sp=none; p=reject"}, "example.com", REJECT),
    "the public suffix's": ({"bank": "v=DMARC1; p=reject; psd=y"}, "giant.bank", REJECT),
    "pct is no more": ({"example.com": "v=DMARC1; p=reject; pct=0"}, "example.com", REJECT),
}  # fmt: skip


@pytest.mark.parametrize("records, author, policy", POLICIES.values(), ids=POLICIES)
def test_what_the_domain_asks_for(records, author, policy):
    """RFC 9989 §4.7."""
    zone_ = world(records)
    zone_.add("there.example.com", "A", "192.0.2.9")
    found = judged(zone_, author)

    assert (found.result, found.policy, found.asked) == (Result.FAIL, policy, policy), found


@pytest.mark.parametrize(
    "record",
    [
        "v=DMARC1; p=rejekt",
        "v=DMARC2; p=reject",
        "p=reject; v=DMARC1",
        "",
        "v=DMARC10; p=none",
        "v=dmarc1; p=none",
    ],
)
def test_what_is_no_record_is_none(record):
    """RFC 9989 §4.8: the version stands first, and its value is exact."""
    found = judged(world({"example.com": record}), "example.com", spf_of("example.com"))

    assert (found.result, found.policy) == (Result.NONE, None)


def test_a_domain_that_is_testing_asks_for_one_step_less():
    """RFC 9989 §4.7: t=y."""
    found = judged(world({"example.com": "v=DMARC1; p=reject; t=y"}), "example.com")

    assert (found.policy, found.asked) == (REJECT, QUARANTINE)


@pytest.mark.parametrize("authors", [(), ("example.com", "example.net")])
def test_from_with_no_domain_or_several_is_a_mistake(authors):
    """And nothing that passes for one of them passes for the mail."""
    found = judged(world({"example.com": "v=DMARC1; p=reject"}), authors, spf_of("example.com"))

    assert (found.result, found.policy) == (Result.PERMERROR, None)


@pytest.mark.parametrize("trouble", [Trouble.SERVFAIL, Trouble.REFUSED, Trouble.BOGUS])
def test_a_resolver_that_cannot_tell_fails_nobody(trouble):
    """Neither about the record nor about what would have proven the mail."""
    records = world({"example.com": "v=DMARC1; p=reject"})
    records.troubles["_dmarc.example.com"] = trouble
    found = judged(records, "example.com", spf_of("example.com"))
    doubtful = judged(
        world({"example.com": "v=DMARC1; p=reject"}), "example.com", None,
        signature_of("example.com", Result.TEMPERROR),
    )  # fmt: skip

    assert (found.result, doubtful.result) == (Result.TEMPERROR, Result.TEMPERROR)


def told_of(domain: str, trouble: Trouble | None = None) -> DmarcResult:
    """Return what is published for the domain."""
    records = world({"example.com": "v=DMARC1; p=reject; sp=none"})
    if trouble is not None:
        records.troubles[f"_dmarc.{domain}"] = trouble

    async def asked() -> DmarcResult:
        async with asking(records) as resolver:
            return await published(resolver, domain)

    return asyncio.run(asked())


@pytest.mark.parametrize(
    ("found", "answer", "result"),
    [
        (told_of("news.example.com"), Answer.HOLDS, "published"),
        (told_of("example.net"), Answer.FAILS, "none"),
        (told_of("example.com", Trouble.SERVFAIL), Answer.UNKNOWN, "temperror"),
    ],
    ids=["published", "none", "unknown"],
)
def test_what_is_published_is_a_finding(found, answer, result):
    """Which fails where there is no record, and nowhere else."""
    finding = finding_of_published(found)

    assert (finding.answer, finding.result) == (answer, result)
    assert finding.values["sender_domain"] == found.domain


def test_what_is_published_is_told_without_a_message():
    """For a domain's owner."""
    found = told_of("news.example.com")

    assert (found.policy, found.policy_domain, found.organisation) == (
        NONE,
        "example.com",
        "example.com",
    )
