"""ARC: chains that dkimpy sealed, whole and broken."""

import asyncio

import dkim as dkimpy
import pytest

from signing import MAIL, pair, sealed, signed
from whybounce.checking.arc import arc
from whybounce.checking.lookups import LookUps
from whybounce.checking.message import MOST_ARC_SETS, hashed
from whybounce.provoking.name_server import Trouble
from whybounce.vocabulary.authentication import ArcResult, Method, Result
from zones import asking, zone

LIST = "lists.fabrikam.example"
FORWARDER = "forward.contoso.example"
KEYS = {(f"arc._domainkey.{by}", "TXT"): pair().record for by in (LIST, FORWARDER)}


def once() -> bytes:
    """Return a mail that a list has passed on."""
    return sealed(
        signed(), by=LIST, results="arc=none; dkim=pass header.d=contoso.example; dmarc=pass"
    )


def twice() -> bytes:
    """Return the same, passed on by a forwarder too."""
    return sealed(once(), by=FORWARDER, results="arc=pass; dkim=fail header.d=contoso.example")


def judged(mail: bytes, keys: dict[tuple[str, str], str] = KEYS, trouble: str = "") -> ArcResult:
    """Return what our check says about a mail in this world."""
    records = zone(keys)
    if trouble:
        records.troubles[trouble] = Trouble.SERVFAIL

    async def asked() -> ArcResult:
        async with asking(records) as resolver:
            return await arc(LookUps(resolver), hashed(mail))

    return asyncio.run(asked())


def test_a_mail_without_a_chain_has_none():
    """Most mails."""
    assert judged(signed()).result is Result.NONE


@pytest.mark.parametrize("mail", [once(), twice()], ids=["once", "twice"])
def test_what_dkimpy_sealed_is_whole(mail):
    """And dkimpy says so too."""
    assert judged(mail).result is Result.PASS
    assert dkimpy.arc_verify(mail, dnsfunc=lambda *_, **__: pair().record.encode())[0] == b"pass"


def test_the_sets_say_who_vouches_for_what():
    """The newest first, with what each server had found."""
    newest, oldest = judged(twice()).sets

    assert (newest.instance, newest.sealer, oldest.sealer) == (2, FORWARDER, LIST)
    assert [(one.method, one.result) for one in oldest.results] == [
        (Method.DKIM, "pass"),
        (Method.DMARC, "pass"),
    ]


def test_a_list_that_changes_the_subject_first_and_seals_then_is_vouched_for():
    """The chain is whole though the author's signature is not."""
    changed = signed().replace(b"Subject: Minutes", b"Subject: [all] Minutes")
    mail = sealed(changed, by=LIST, results="arc=none; dmarc=pass header.from=contoso.example")

    assert judged(mail).result is Result.PASS


BROKEN = {
    "body": (twice().replace(b"below", b"above"), "message signature of instance 2"),
    "header": (twice().replace(b"Minutes", b"Money!!"), "message signature of instance 2"),
    "old results": (
        twice().replace(b"dkim=pass", b"dkim=fail", 1).replace(b"dmarc=pass", b"dmarc=none"), "seal of instance",
    ),
    "a seal less": (once().replace(b"ARC-Seal:", b"X-Seal:"), "instance 1 is not complete"),
    "a set less": (once().replace(b"i=1;", b"i=2;"), "an instance is missing"),
    "no instance": (b"ARC-Seal: a=b\r\n" + MAIL, "no instance"),
    "a field twice": (once().replace(b"ARC-Seal:", b"ARC-Seal: i=1; a=b\r\nARC-Seal:"), "a field twice"),
    "cv": (once().replace(b"cv=none", b"cv=pass"), "cv=pass"),
    "cv fail": (twice().replace(b"cv=pass", b"cv=fail"), "cv=fail"),
    "h= in a seal": (once().replace(b"cv=none;", b"cv=none; h=from;"), "the tag h="),
    "tags missing": (
        b"ARC-Seal: i=1\r\nARC-Message-Signature: i=1\r\nARC-Authentication-Results: i=1; x\r\n" + MAIL,
        "missing",
    ),
    "too many": (
        b"".join(
            f"ARC-Seal: i={n}\r\nARC-Message-Signature: i={n}\r\nARC-Authentication-Results: i={n}; x\r\n".encode()
            for n in range(1, MOST_ARC_SETS + 3)
        ) + MAIL,
        "more than 50",
    ),
    "a huge instance": (b"ARC-Seal: i=99999999999999999999\r\n" + MAIL, "no instance"),
}  # fmt: skip


@pytest.mark.parametrize("mail, why", BROKEN.values(), ids=BROKEN)
def test_a_broken_chain_says_where(mail, why):
    """It fails, and no sealer is named."""
    found = judged(mail)

    assert (found.result, why in found.evidence) == (Result.FAIL, True), found
    assert found.sets == ()


def test_a_missing_key_fails_and_a_key_nobody_can_tell_does_not():
    """A resolver that is down is nobody's fault."""
    assert judged(once(), {}).result is Result.FAIL
    assert judged(once(), KEYS, trouble=LIST).result is Result.TEMPERROR


def test_a_field_without_a_space_before_its_instance_is_read():
    """RFC 6376 §3.2 asks for none."""
    mail = once().replace(b"ARC-Message-Signature: i=1", b"ARC-Message-Signature:i=1")

    assert judged(mail).result is not Result.TEMPERROR
