"""DKIM: the RFCs' own example, dkimpy's signatures, and what a stranger may do to both."""

import asyncio
import time
import tracemalloc

import dkim as dkimpy
import pytest
from hypothesis import given, settings, strategies as st

from signing import MAIL, pair, signed
from whybounce.checking.body_hash import BodyHash, CanonicalBody
from whybounce.checking.dkim import dkim
from whybounce.checking.lookups import LookUps
from whybounce.checking.message import LONGEST_HEADER, MOST_SIGNATURES, MessageHasher, hashed
from whybounce.provoking.name_server import Records, Trouble
from whybounce.vocabulary.authentication import Result, SignatureResult
from zones import asking, zone

KEY = ("s1._domainkey.contoso.example", "TXT")

# RFC 8463, appendix A: one mail with two signatures, and their keys.
TWO_SIGNATURES = b"""\
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
""".replace(b"\n", b"\r\n")
FOOTBALL = {
    ("brisbane._domainkey.football.example.com", "TXT"): (
        "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    ),
    ("test._domainkey.football.example.com", "TXT"): (
        "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhd"
        "R6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5"
        "QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
    ),
}


def judged(mail: bytes, records: Records) -> tuple[SignatureResult, ...]:
    """Return what our check says about a mail in this world."""

    async def asked() -> tuple[SignatureResult, ...]:
        async with asking(records) as resolver:
            return await dkim(LookUps(resolver), hashed(mail))

    return asyncio.run(asked())


def test_the_rfcs_example_holds_with_both_algorithms():
    """RFC 8463, appendix A."""
    found = judged(TWO_SIGNATURES, zone(FOOTBALL))

    assert [(one.result, one.algorithm, one.key_bits) for one in found] == [
        (Result.PASS, "ed25519-sha256", 256),
        (Result.PASS, "rsa-sha256", 1024),
    ]
    assert {one.domain for one in found} == {"football.example.com"}


@pytest.mark.parametrize("bits", [1024, 2048])
@pytest.mark.parametrize(
    "form", ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"]
)
@pytest.mark.parametrize(
    "body", [b"", b"\r\n\r\n", b"a\r\n", b" a \t b \r\n \r\n\r\n", b"no line end"]
)
def test_what_dkimpy_signs_holds(form, body, bits):
    """Every canonical form, bodies with and without anything in them."""
    mail = signed(MAIL.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + body, form=form, bits=bits)
    (found,) = judged(mail, zone({KEY: pair(bits).record}))

    assert (found.result, found.domain, found.selector) == (Result.PASS, "contoso.example", "s1")
    assert found.key_bits == bits


SIGNED = signed()
RECORD = pair().record
_P = RECORD.partition("p=")[2]
CHANGED = {
    "body": (signed().replace(b"below", b"above"), RECORD, Result.FAIL, "the body was changed"),
    "subject": (
        signed().replace(b"Minutes", b"Money!!"), RECORD, Result.FAIL, "the header was changed",
    ),
    "second-from": (
        signed().replace(b"From: Anna", b"From: <eve@fabrikam.example>\r\nFrom: Anna"),
        RECORD, Result.FAIL, "the header was changed",
    ),
    "other-key": (signed(), pair(2048).record, Result.FAIL, "or by another key"),
    "no-key": (signed(), None, Result.PERMERROR, "does not exist"),
    "withdrawn": (signed(), "v=DKIM1; p=", Result.PERMERROR, "was withdrawn"),
    "no-list": (signed(), "hello world", Result.PERMERROR, "is no list of tags"),
    "other-version": (signed(), f"v=DKIM2; p={_P}", Result.PERMERROR, "is no DKIM key"),
    "other-service": (signed(), f"s=tlsrpt; p={_P}", Result.PERMERROR, "something else than mail"),
    "other-kind": (signed(), f"k=dsa; p={_P}", Result.PERMERROR, "not known (k=)"),
    "other-algorithm": (
        signed(), f"k=ed25519; p={_P}", Result.PERMERROR, "holds no key that can be read",
    ),
    "other-hash": (signed(), f"h=sha1; p={_P}", Result.POLICY, "forbids this hash"),
    "not-base64": (signed(), "p=!!!!", Result.PERMERROR, "no key that can be read"),
    "no-key-inside": (signed(), "p=AAAA", Result.PERMERROR, "no key that can be read"),
    "too-long": (signed(), "p=" + "A" * 9000, Result.PERMERROR, "too long"),
    "sha-1": (
        signed(signature_algorithm=b"rsa-sha1"), RECORD, Result.POLICY, "SHA-1",
    ),
    "testing": (signed(), f"t=y; p={_P}", Result.PASS, "it holds"),
    "strict": (
        signed(identity=b"anna@sub.contoso.example"), f"t=s; p={_P}", Result.POLICY, "t=s",
    ),
    "expired": (
        signed().replace(b" q=", b" x=1000000000; q=", 1), RECORD, Result.PERMERROR, "x= value",
    ),
    "no-from": (
        signed().replace(b"from", b"form", 1).replace(b": from;", b": x;"),
        RECORD, Result.PERMERROR, "does not sign From",
    ),
    "no-tags": (b"DKIM-Signature: nothing\r\n" + MAIL, RECORD, Result.PERMERROR, "no list of tags"),
    "tags-missing": (b"DKIM-Signature: v=1; d=x.example\r\n" + MAIL, RECORD, Result.PERMERROR, "missing"),
    "no-name": (
        signed().replace(b"s=s1", b"s=s\x001"), RECORD, Result.PERMERROR, "no name",
    ),
    "other-form": (signed().replace(b"c=relaxed", b"c=tidy"), RECORD, Result.PERMERROR, "c="),
}  # fmt: skip


@pytest.mark.parametrize("mail, record, result, why", CHANGED.values(), ids=CHANGED)
def test_what_was_changed_or_is_wrong_is_named(mail, record, result, why):
    """By mail and by key."""
    (found,) = judged(mail, zone({KEY: record} if record else {}))

    assert (found.result, why in found.evidence) == (result, True), found


def test_a_short_key_is_not_accepted():
    """RFC 8301 §3.2: 512 bits can be calculated by anybody."""
    short = (
        "p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALVX2Y5qHuTwRaRsP1eTQmxPpE9lwKWLLRnYIB1jR2lXDLPqIrxA6PH/eIl"
        "ifS45Ixv5kkySDPzQu4Ed1mn8xQkCAwEAAQ=="
    )
    (found,) = judged(signed(), zone({KEY: short}))

    assert (found.result, found.key_bits) == (Result.POLICY, 512)
    assert "512 bits" in found.evidence


@pytest.mark.parametrize("trouble", sorted(set(Trouble) - {Trouble.DENIED}))
def test_a_resolver_that_cannot_tell_fails_nobody(trouble):
    """The key may be there."""
    records = zone({KEY: RECORD})
    records.troubles["contoso.example"] = trouble
    found = judged(signed(), records)

    assert found[0].result is Result.TEMPERROR


def test_a_mail_without_signature_has_no_result():
    """Nobody is asked for a key."""
    assert judged(MAIL, zone({})) == ()


def test_what_is_added_behind_the_signed_length_is_told():
    """l= lets anybody add to the mail: the result says how much of it is signed."""
    (found,) = judged(signed(length=True) + b"Buy this.\r\n", zone({KEY: RECORD}))

    assert (found.result, found.signed_octets) == (Result.PASS, 20)


def test_a_body_shorter_than_what_was_signed_fails():
    """RFC 6376 §3.5: l= may not be larger than the body."""
    mail = signed(length=True).replace(b"l=20", b"l=99")
    (found,) = judged(mail, zone({KEY: RECORD}))

    assert (found.result, "shorter" in found.evidence) == (Result.FAIL, True)


def test_signatures_beyond_the_bound_are_not_judged():
    """A thousand signatures cost no more than ten."""
    mail = SIGNED.partition(b"From:")[0] * 400 + MAIL
    begun = time.process_time()
    found = judged(mail, zone({KEY: RECORD}))

    assert len(found) == MOST_SIGNATURES
    assert time.process_time() - begun < 3


_BLANKS = (b"\r\n " * 2500, b"\n" * 8000, b" " * 8000, b"\t" * 90 + b"x" + b"\r\n " * 30)


@pytest.mark.parametrize("tag", [b"; b=", b"; bh=", b"; h=", b"; d=", b"; x=", b" b"])
@pytest.mark.parametrize("blanks", _BLANKS, ids=["lines", "line feeds", "spaces", "both"])
def test_no_signature_takes_long_to_refuse(tag, blanks):
    """A hundred of them, full of what patterns go back over."""
    field = SIGNED.partition(b"From:")[0].replace(tag, tag + blanks, 1)
    begun = time.process_time()
    judged(field * 10 + MAIL, zone({KEY: RECORD}))

    assert time.process_time() - begun < 0.7


def test_names_that_are_signed_and_not_there_cost_nothing():
    """Each was looked for among all the fields: for one signature that took seconds."""
    names = b":".join(b"x%x" % number for number in range(1400))
    field = SIGNED.partition(b"From:")[0].replace(b" h=", b" h=%b:to:" % names, 1)
    begun = time.process_time()
    (found,) = judged(field + b"to:\r\n" * 48_000 + MAIL, zone({KEY: RECORD}))

    assert (found.result, "header was changed" in found.evidence) == (Result.FAIL, True)
    assert time.process_time() - begun < 2.5


def test_a_header_without_end_is_not_held():
    """Nothing is judged, and nothing raises."""
    hasher = MessageHasher()
    for _ in range(40):
        hasher.feed(b"X: " + b"y" * 10_000 + b"\r\n")
    message = hasher.finish()

    assert str(LONGEST_HEADER) in message.defect
    assert message.fields == ()


_PIECES = st.lists(
    st.sampled_from(
        [b" ", b"\t", b"\r\n", b"\r\n\r\n", b"a", b"word", b".", b"  \r\n", b"\xc3\xa9"]
    ),
    max_size=40,
)


@given(pieces=_PIECES, relaxed=st.booleans())
def test_a_body_in_pieces_hashes_as_dkimpy_hashes_it_whole(pieces, relaxed):
    """Whatever the cuts; a body that came by SMTP ends its last line."""
    body = b"".join(pieces) + b"\r\n"
    hash_ = BodyHash(b"rsa-sha256", None)
    canonical = CanonicalBody([hash_], is_relaxed=relaxed)
    for piece in (*pieces, b"\r", b"\n"):
        canonical.feed(piece)
    canonical.finish()
    form = dkimpy.canonicalization.Relaxed if relaxed else dkimpy.canonicalization.Simple

    assert hash_.digest() == dkimpy.hashlib.sha256(form.canonicalize_body(body)).digest()


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, len(SIGNED) - 1), octet=st.integers(0, 255))
def test_no_change_makes_it_raise_and_what_holds_holds_for_dkimpy(place, octet):
    """One octet changed anywhere: where we say pass, dkimpy does."""
    mail = bytearray(SIGNED)
    mail[place] = octet
    (found, *_) = (*judged(bytes(mail), zone({KEY: RECORD})), None)
    if found is not None and found.result is Result.PASS:
        assert dkimpy.verify(bytes(mail), dnsfunc=lambda *_, **__: RECORD.encode())


@given(st.binary(max_size=400))
def test_no_octets_make_the_hasher_raise(octets):
    """Whatever arrives is a message."""
    message = hashed(octets)

    assert isinstance(message.authors, tuple)


def test_a_large_body_is_never_held():
    """Twenty-seven megabytes in pieces cost no more memory than a few of the pieces."""
    mail = SIGNED.replace(b"c=relaxed/relaxed", b"c=relaxed/simple", 1)
    hashers = [MessageHasher(), MessageHasher()]
    for hasher, begin in zip(hashers, (SIGNED, mail), strict=True):
        hasher.feed(begin)
    piece = (b"See  the attachment. \t" * 3 + b"\r\n") * 1000
    tracemalloc.start()
    for hasher in hashers:
        for _ in range(200):
            hasher.feed(piece)
        hasher.finish()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 20 * len(piece)


def test_empty_lines_and_blanks_without_end_are_not_held():
    """They may be the body's end, and need not be kept to know that."""
    for piece in (b"\r\n" * 30_000, b" " * 60_000, b"\r\n \t" * 15_000):
        hasher = MessageHasher()
        hasher.feed(SIGNED)
        tracemalloc.start()
        for _ in range(60):
            hasher.feed(piece)
        hasher.feed(b"end\r\n")
        hasher.finish()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert most < 20 * len(piece)
