"""The fields we write: read back by another's parser, and strangers' taken out."""

import email
import email.policy
from dataclasses import replace

import authres
import pytest
from hypothesis import example, given, settings, strategies as st

from whybounce.notation import (
    authentication_results,
    header_fields,
    without_forged,
    written_results,
    written_spf,
)
from whybounce.vocabulary.authentication import (
    ArcResult,
    ArcSet,
    Authentication,
    DmarcPolicy,
    DmarcResult,
    Method,
    Result,
    ReverseNameResult,
    SignatureResult,
    SpfIdentity,
    SpfResult,
)

US = "mx.example.org"
SPF = SpfResult(
    Result.PASS, SpfIdentity.MAIL_FROM, "192.0.2.1", "contoso.example", "anna@contoso.example",
    "the SPF record of contoso.example lets 192.0.2.1 send, by its term mx", "v=spf1 mx -all", "mx",
)  # fmt: skip
HELO = replace(
    SPF, identity=SpfIdentity.HELO, result=Result.FAIL, sender="postmaster@mx.contoso.example"
)
SIGNATURE = SignatureResult(
    Result.FAIL, "contoso.example", "s1", "the signature of contoso.example: the body was changed",
    tag="YAz/b+3=",
)  # fmt: skip
FOUND = Authentication(
    "mx.contoso.example",
    "anna@contoso.example",
    SPF,
    HELO,
    (SIGNATURE, replace(SIGNATURE, result=Result.PASS, domain="list.example.net")),
    DmarcResult(
        Result.PASS, "contoso.example", "SPF passed", DmarcPolicy.REJECT, DmarcPolicy.REJECT,
        "contoso.example", "contoso.example", (Method.SPF,),
    ),
    ArcResult(Result.PASS, "whole", (ArcSet(1, "list.example.net", ()),)),
    ReverseNameResult(Result.PASS, "192.0.2.1", "points back", "mx.contoso.example"),
)  # fmt: skip


def read(written: str) -> dict[str, list[str]]:
    """Return the results by method, as authres reads them."""
    parsed = authres.AuthenticationResultsHeader.parse(
        written.replace("\r\n", "").replace("\t", " ")
    )
    assert parsed.authserv_id == US
    results: dict[str, list[str]] = {}
    for one in parsed.results:
        results.setdefault(one.method, []).append(one.result)
    return results


def test_another_reader_finds_every_result():
    """RFC 8601 §2.2, by the parser of authres."""
    assert read(written_results(FOUND, US)) == {
        "spf": ["pass", "fail"],
        "dkim": ["fail", "pass"],
        "dmarc": ["pass"],
        "arc": ["pass"],
        "iprev": ["pass"],
    }


def test_the_field_says_which_names_were_judged():
    """As receivers and our own reader look for them."""
    written = written_results(FOUND, US)
    ((_, value),) = header_fields(written)
    ours = list(authentication_results([("Authentication-Results", value)]))

    assert ours[0].properties["smtp.mailfrom"] == "anna@contoso.example"
    assert ours[1].properties["smtp.helo"] == "mx.contoso.example"
    assert ours[2].properties["header.d"] == "contoso.example"
    assert 'header.b="YAz/b+3="' in written
    assert ours[-1].properties["header.from"] == "contoso.example"


def test_nothing_known_is_said_too():
    """No signature, no record, no chain, no name."""
    nothing = Authentication(
        "", "",
        replace(SPF, result=Result.NONE, identity=SpfIdentity.HELO),
        replace(HELO, result=Result.NONE),
        (),
        DmarcResult(Result.NONE, "", ""),
        ArcResult(Result.NONE, ""),
        ReverseNameResult(Result.PERMERROR, "2001:db8::1", ""),
    )  # fmt: skip
    written = written_results(nothing, US)

    assert read(written) == {
        "spf": ["none"], "dkim": ["none"], "dmarc": ["none"], "arc": ["none"], "iprev": ["permerror"],
    }  # fmt: skip
    assert 'policy.iprev="2001:db8::1"' in written


def test_what_spf_found_is_written_as_rfc_7208_has_it():
    """§9.1: result, comment, pairs."""
    written = written_spf(SPF, US, "mx.contoso.example")

    assert written.startswith(
        "Received-SPF: pass (mx.example.org: the SPF record of contoso.example"
    )
    assert 'client-ip=192.0.2.1;\r\n\tenvelope-from="anna@contoso.example";' in written
    assert "identity=mailfrom" in written
    assert "envelope-from" not in written_spf(HELO, US, "mx.contoso.example")


_STRANGE = st.text(st.characters(codec="utf-8"), max_size=60) | st.sampled_from(
    [
        "a\r\nEvil: yes",
        'a"; dkim=pass header.d="bank.example',
        "a(b\\",
        "; spf=pass",
        "å@bücher.example",
    ]
)


@settings(max_examples=50, deadline=None)
@given(helo=_STRANGE, sender=_STRANGE, domain=_STRANGE, evidence=_STRANGE)
@example(helo="", sender="(", domain=")", evidence="")
def test_what_a_stranger_wrote_adds_no_field_and_no_result(helo, sender, domain, evidence):
    """Whatever stands in HELO, return path, signature and records."""
    strange = replace(
        FOUND,
        helo=helo,
        mail_from=f"{sender}@{domain}",
        signatures=(
            replace(SIGNATURE, domain=domain, selector=helo, evidence=evidence, tag=sender),
        ),
        dmarc=replace(FOUND.dmarc, domain=domain, policy_domain=domain),
        reverse_name=replace(FOUND.reverse_name, name=helo),
    )
    written = written_results(strange, US) + written_spf(
        replace(SPF, evidence=evidence, sender=sender, term=domain), US, helo
    )
    header = email.message_from_string(written + "\r\n", policy=email.policy.compat32)
    methods = [one.method for one in authentication_results(header_fields(written)[:1])]

    assert written.isascii()
    assert header.keys() == ["Authentication-Results", "Received-SPF"]
    assert methods == [Method.SPF, Method.SPF, Method.DKIM, Method.DMARC]


FORGED = {
    "ours": b"Authentication-Results: mx.example.org; dkim=pass\r\n",
    "in capitals": b"AUTHENTICATION-RESULTS: MX.Example.ORG; dkim=pass\r\n",
    "folded": b"Authentication-Results:\r\n\tmx.example.org\r\n\t; dkim=pass\r\n",
    "with a version": b"Authentication-Results: mx.example.org 1; dkim=pass\r\n",
    "with a comment before": b"Authentication-Results: (it is (really) us) mx.example.org; dkim=pass\r\n",
    "quoted": b'Authentication-Results: "mx.example.org"; dkim=pass\r\n',
    "quoted with escapes": b'Authentication-Results: "mx\\.example\\.org"; dkim=pass\r\n',
    "a space before the colon": b"Authentication-Results : mx.example.org; dkim=pass\r\n",
    "nobody": b"Authentication-Results: ; dkim=pass\r\n",
    "nothing": b"Authentication-Results:\r\n",
    "without a semicolon": b"Authentication-Results: mx.example.org dkim=pass\r\n",
    "a second name of ours": b"Authentication-Results: example.org; dkim=pass\r\n",
}  # fmt: skip
KEPT = {
    "another's": b"Authentication-Results: mx.example.com; dkim=pass\r\n",
    "a longer name": b"Authentication-Results: notmx.example.org.evil.example; dkim=pass\r\n",
    "ours in a value": b"Authentication-Results: mx.example.com; spf=pass smtp.helo=mx.example.org\r\n",
    "another field": b"X-Authentication-Results: mx.example.org; dkim=pass\r\n",
    "sealed": b"ARC-Authentication-Results: i=1; mx.example.org; dkim=pass\r\n",
    "a body that looks so": b"Subject: x\r\n Authentication-Results: mx.example.org; dkim=pass\r\n",
}
_BEFORE, _AFTER = b"Received: by x\r\n\tfor y\r\n", b"From: anna@contoso.example\r\n\r\n"


@pytest.mark.parametrize("field", FORGED.values(), ids=FORGED)
def test_a_field_that_claims_to_be_ours_is_taken_out(field):
    """RFC 8601 §5; its neighbours stay octet for octet."""
    header = _BEFORE + field + _AFTER

    assert without_forged(header, [US, "example.org"]) == _BEFORE + _AFTER


@pytest.mark.parametrize("field", KEPT.values(), ids=KEPT)
def test_what_does_not_claim_to_be_ours_stays(field):
    """Octet for octet."""
    header = _BEFORE + field + _AFTER

    assert without_forged(header, [US]) == header


@given(st.binary(max_size=300))
def test_a_header_without_such_a_field_is_never_changed(octets):
    """Whatever it holds."""
    if b"results" not in octets.lower():
        assert without_forged(octets, [US]) == octets
