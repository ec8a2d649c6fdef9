"""One message judged whole: against NSD with real zones, and its parts against each other."""

import asyncio
import time

import pytest

import nsd
from signing import MAIL, pair, sealed, signed
from whybounce.checking.authentication import authentication_of
from whybounce.checking.block_lists import BlockList, Listing, block_lists
from whybounce.checking.lookups import Absence, Resolver
from whybounce.checking.mail_exchangers import mail_exchangers, mx_record, null_mx
from whybounce.checking.message import hashed
from whybounce.vocabulary.authentication import Authentication, Method, Result
from whybounce.vocabulary.finding import Answer
from zones import txt

_EXAMPLE = f"""
contoso.example. MX 10 mx.contoso.example.
contoso.example. TXT {txt("v=spf1 mx -all")}
mx.contoso.example. A 192.0.2.25
mx.contoso.example. AAAA 2001:db8::25
mx.contoso.example. TXT {txt("v=spf1 a -all")}
_dmarc.contoso.example. TXT {txt("v=DMARC1; p=reject; adkim=s; rua=mailto:dmarc@contoso.example")}
s1._domainkey.contoso.example. TXT {txt(pair(2048).record)}
aliased._domainkey.contoso.example. CNAME s1._domainkey.contoso.example.
arc._domainkey.lists.example. TXT {txt(pair().record)}
silent.example. MX 0 .
long.example. TXT {txt("v=spf1 " + "ip4:203.0.113.7 " * 250 + "-all")}
2.0.0.127.bl.example. A 127.0.0.2
66.2.0.192.bl.example. A 127.0.0.2
66.2.0.192.bl.example. TXT {txt("Spam came from here; see https://bl.example/66")}
*.wild.bl.example. A 127.0.0.2
"""
_REVERSE = "25.2.0.192.in-addr.arpa. PTR mx.contoso.example.\n66.2.0.192.in-addr.arpa. PTR mx.contoso.example.\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory):
    """Serve both zones by NSD."""
    zones = {"example": _EXAMPLE, "in-addr.arpa": _REVERSE}
    with nsd.serving(tmp_path_factory.mktemp("nsd"), zones) as port:
        yield port


def judged(port: int, mail: bytes, **more: str) -> Authentication:
    """Return what is found out about a mail in the world of these zones."""
    given = {
        "address": "192.0.2.25",
        "helo": "mx.contoso.example",
        "mail_from": "anna@contoso.example",
    }

    async def asked() -> Authentication:
        resolver = Resolver("127.0.0.1", port, seconds=8)
        return await authentication_of(
            resolver, hashed(mail), receiver="mx.example.org", **{**given, **more}
        )

    return asyncio.run(asked())


OURS = signed(bits=2048)


def test_an_honest_message_passes_everything(port):
    """SPF twice, DKIM, DMARC by both, and a name that points back."""
    found = judged(port, OURS)

    assert {found.spf.result, found.spf_helo.result, found.reverse_name.result} == {Result.PASS}
    assert [one.result for one in found.signatures] == [Result.PASS]
    assert (found.dmarc.result, found.dmarc.aligned) == (Result.PASS, (Method.DKIM, Method.SPF))
    assert found.proves_return_path


def test_a_forgery_fails_and_says_how(port):
    """From another address, with a signature that was taken from another mail."""
    found = judged(port, OURS.replace(b"Minutes", b"Invoice"), address="192.0.2.66")

    assert (found.spf.result, found.dmarc.result) == (Result.FAIL, Result.FAIL)
    assert found.dmarc.policy == "reject"
    assert found.spf.evidence == (
        "the SPF record of contoso.example does not let 192.0.2.66 send, by its term -all"
    )
    assert "the header was changed" in found.signatures[0].evidence
    assert "nothing proves that the message is from contoso.example" in found.dmarc.evidence
    assert (
        "is called mx.contoso.example, but no A record there names 192.0.2.66"
        in found.reverse_name.evidence
    )
    assert not found.proves_return_path


def test_a_forwarded_message_fails_spf_and_passes_by_its_signature(port):
    """What a refusal for SPF alone would lose."""
    found = judged(port, OURS, address="192.0.2.66")

    assert (found.spf.result, found.dmarc.result) == (Result.FAIL, Result.PASS)
    assert found.dmarc.aligned == (Method.DKIM,)
    assert found.proves_return_path


def test_a_list_that_changes_and_seals_is_vouched_for(port):
    """DMARC fails, and the chain says that it had passed before."""
    changed = OURS.replace(b"Subject: ", b"Subject: [all] ")
    results = "dkim=pass header.d=contoso.example; dmarc=pass header.from=contoso.example"
    mail = sealed(changed, by="lists.example", results=results)
    found = judged(port, mail, address="192.0.2.66", mail_from="all-bounces@lists.example")

    assert (found.dmarc.result, found.arc.result) == (Result.FAIL, Result.PASS)
    assert found.arc.sets[0].sealer == "lists.example"
    assert {one.method: one.result for one in found.arc.sets[0].results}[Method.DMARC] == "pass"


def test_a_signature_of_from_does_not_prove_another_return_path(port):
    """Or whoever signs could have bounces sent to anybody."""
    found = judged(port, OURS, address="192.0.2.66", mail_from="ben@example.example")

    assert found.dmarc.result is Result.PASS
    assert not found.proves_return_path


def test_a_null_return_path_proves_nothing(port):
    """There is nobody to write to."""
    found = judged(port, OURS, mail_from="")

    assert (found.spf.identity, found.spf.result) == ("helo", Result.PASS)
    assert not found.proves_return_path


def test_a_key_behind_an_alias_is_found(port):
    """Providers publish keys so."""
    found = judged(port, signed(bits=2048, selector="aliased"))

    assert found.signatures[0].result is Result.PASS


def test_a_record_longer_than_a_datagram_is_asked_for_by_tcp(port):
    """Four kilobytes."""
    found = judged(port, MAIL, mail_from="a@long.example", address="203.0.113.7")

    assert (found.spf.result, len(found.spf.record)) == (Result.PASS, 4011)


def test_other_questions_are_answered_from_the_same_zones(port):
    """Mail exchangers, the null MX, block lists, and names that nobody is sure of."""

    async def asked() -> None:
        resolver = Resolver("127.0.0.1", port, seconds=8)
        contoso, silent, nobody = await asyncio.gather(
            *(
                mail_exchangers(resolver, f"{name}.example")
                for name in ("contoso", "silent", "nobody")
            )
        )
        lists = [BlockList("bl.example"), BlockList("wild.bl.example")]
        clear = await block_lists(resolver, "192.0.2.1", lists[:1])
        listed, wild = await block_lists(resolver, "192.0.2.66", lists)

        assert (mx_record(contoso).answer, contoso.hosts) == (Answer.HOLDS, ("mx.contoso.example",))
        assert (null_mx(contoso).answer, null_mx(silent).answer) == (Answer.HOLDS, Answer.FAILS)
        # NSD knows these zones and no root, so nobody is to believe that a name does not exist.
        assert (mx_record(nobody).result, nobody.records.absence) == ("unknown", Absence.FAILED)
        assert (clear[0].listing, listed.listing) == (Listing.NOT_LISTED, Listing.LISTED)
        assert listed.link == "https://bl.example/66"
        assert wild.listing is Listing.REFUSED

    asyncio.run(asked())


def test_a_message_is_judged_again_without_asking_again(port, monkeypatch):
    """What was answered is kept for its time to live: warm, a message takes no network."""
    mails = [hashed(OURS) for _ in range(50)]

    async def asked() -> float:
        resolver = Resolver("127.0.0.1", port, seconds=8)
        given = {
            "address": "192.0.2.25",
            "helo": "mx.contoso.example",
            "receiver": "mx.example.org",
        }
        for mail in mails[:1]:
            await authentication_of(resolver, mail, mail_from="anna@contoso.example", **given)
        monkeypatch.setattr(resolver._resolver, "nameservers", ["127.0.0.255"])  # noqa: SLF001  # nobody is there
        begun = time.perf_counter()
        for mail in mails:
            found = await authentication_of(
                resolver, mail, mail_from="anna@contoso.example", **given
            )
            assert found.dmarc.result is Result.PASS
        return time.perf_counter() - begun

    assert asyncio.run(asked()) / len(mails) < 0.5  # One question alone would wait for longer.
