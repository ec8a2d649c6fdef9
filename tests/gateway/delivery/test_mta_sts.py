"""MTA-STS at the moment of delivery: servers that are as a policy says, or not."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import trustme

from whybounce.checking.lookups import Resolver
from whybounce.checking.mta_sts import Mode, StsPolicy
from whybounce.checking.tls import verifying_context
from whybounce.gateway.delivery.attempts import Attempt, Ending
from whybounce.gateway.delivery.destinations import MailExchangers, Smarthost
from whybounce.gateway.delivery.mta_sts import MtaSts
from whybounce.gateway.delivery.recording import attempt_rows
from whybounce.gateway.delivery.tls_policies import (
    Barred,
    NextHop,
    TlsPolicies,
    TlsPolicy,
    opportunistic,
)
from whybounce.provoking.mail_server import Behaviour

OLD = {"not_after": datetime(2020, 1, 1, tzinfo=UTC)}


@pytest.fixture
def demanding(authority: trustme.CA):
    """Make what asks policies, by domain."""
    context = verifying_context()
    authority.configure_trust(context)

    def make(**policies: StsPolicy) -> Callable[[Resolver], TlsPolicies]:
        async def policy_of(domain: str) -> StsPolicy | None:
            return policies.get(domain.partition(".")[0])

        asked, usual = MtaSts(policy_of, context), opportunistic()

        async def policy_for(hop: NextHop) -> TlsPolicy | Barred:
            return await asked.policy_for(hop, usual) or usual

        return lambda _resolver: policy_for

    return make


def policy(*mx: str, mode: Mode = Mode.ENFORCE) -> StsPolicy:
    """Return a policy of a day."""
    return StsPolicy(mode, 86_400, mx or ("mx1.example.org",))


def cause_of(attempt: Attempt) -> str | None:
    """Return why it was not handed over."""
    return attempt.decided.obstacle.cause if attempt.decided.obstacle else None


SERVERS = [
    ("good", ["mx1.example.org"], {}, None, ""),
    ("a wildcard", ["*.example.org"], {}, None, ""),
    ("another name", ["mx.example.com"], {}, "mta-sts-certificate", "Hostname mismatch"),
    ("a common name only", ["x.example"], {"common_name": "mx1.example.org"}, "mta-sts-certificate",
     "Hostname mismatch"),
    ("expired", ["mx1.example.org"], OLD, "mta-sts-certificate", "certificate has expired"),
    ("no TLS", [], {}, "starttls-not-supported", "does not offer STARTTLS"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "more", "cause", "words"),
    [row[1:] for row in SERVERS],
    ids=[row[0] for row in SERVERS],
)
async def test_a_policy_in_force_keeps_mail_from_servers_that_are_not_as_it_says(
    world, certified, demanding, names, more, cause, words
):
    """RFC 8461 §4.2, §5: and the words name the certificate and the policy."""
    certificate = certified(names, **more) if names else None
    async with world(tls=demanding(example=policy())) as w:
        server = await w.serve("mx1.example.org", Behaviour(certificate=certificate))
        (attempt,) = await w.deliver()

    assert cause_of(attempt) == cause
    assert len(server.received) == (cause is None)
    assert attempt.decided.remote.policy == "mta-sts"
    if cause:
        evidence = attempt.decided.obstacle.evidence
        assert words in evidence
        assert "the MTA-STS policy of example.org, mode: enforce" in evidence
        assert not names or f'for {names[0]}, issued by "trustme' in evidence


@pytest.mark.parametrize("row", SERVERS[2:], ids=[row[0] for row in SERVERS[2:]])
async def test_a_policy_that_is_tested_keeps_no_mail_back_and_the_fault_is_told(
    world, certified, demanding, row
):
    """RFC 8461 §5: as if there were none, except for reports."""
    _, names, more, cause, _ = row
    certificate = certified(names, **more) if names else None
    async with world(tls=demanding(example=policy(mode=Mode.TESTING))) as w:
        server = await w.serve("mx1.example.org", Behaviour(certificate=certificate))
        (attempt,) = await w.deliver()

    assert attempt.ending is Ending.RELAYED
    assert [asked.obstacle.cause for asked in attempt.asked if asked.obstacle] == [cause]
    assert [asked.remote.policy for asked in attempt.asked] == ["mta-sts-testing", "opportunistic"]
    assert server.received[0].encrypted == bool(names)


async def test_a_policy_that_is_none_demands_nothing(world, demanding):
    """RFC 8461 §8.3."""
    async with world(tls=demanding(example=policy(mode=Mode.NONE))) as w:
        await w.serve("mx1.example.org")
        (attempt,) = await w.deliver()

    assert attempt.decided.remote.policy == "opportunistic"


async def test_hosts_that_are_not_in_the_policy_are_passed_over(world, certified, demanding):
    """Without a word to them; the next one may be in it."""
    certificate = certified(["mx1.example.org", "mx2.example.org"])
    async with world(tls=demanding(example=policy("mx2.example.org"))) as w:
        first = await w.serve("mx1.example.org", Behaviour(certificate=certificate))
        await w.serve("mx2.example.org", Behaviour(certificate=certificate))
        (attempt,) = await w.deliver()

    assert attempt.ending is Ending.RELAYED
    assert attempt.decided.remote.host == "mx2.example.org"
    assert first.connections == 0


async def test_where_no_host_is_in_the_policy_the_mail_waits(world, certified, demanding):
    """4.4.8, with the policy's lines; while it is only tested, it goes."""
    certificate = certified(["mx1.example.org"])
    endings = []
    for mode in (Mode.ENFORCE, Mode.TESTING):
        listed = policy("mail.example.org", "*.example.net", mode=mode)
        async with world(tls=demanding(example=listed)) as w:
            await w.serve("mx1.example.org", Behaviour(certificate=certificate))
            (attempt,) = await w.deliver()
        endings.append((cause_of(attempt), attempt.ending, attempt.decided.remote.policy))
        if mode is Mode.ENFORCE:
            evidence = attempt.decided.obstacle.evidence

    assert endings == [
        ("mta-sts-mx-mismatch", Ending.DEFERRED, "mta-sts"),
        (None, Ending.RELAYED, "mta-sts-testing-mismatch"),
    ]
    assert evidence == (
        "mx1.example.org is in none of its lines: mx: mail.example.org, mx: *.example.net"
    )


async def test_a_fault_of_a_host_that_was_asked_tells_more_than_a_host_that_was_not(
    world, certified, demanding
):
    """The one in the policy is what must be mended."""
    async with world(tls=demanding(example=policy())) as w:
        await w.serve("mx1.example.org", Behaviour(certificate=certified(["x.example"])))
        await w.serve("mx2.example.org", Behaviour(certificate=certified(["mx2.example.org"])))
        (attempt,) = await w.deliver()

    assert cause_of(attempt) == "mta-sts-certificate"
    assert len(attempt.asked) == 2


async def test_one_domain_s_policy_stops_nobody_else_s_mail(world, certified, demanding):
    """Though they share their hosts, and connections to them."""
    certificate = certified(["shared.example.net"])
    policies = {"bad": policy("elsewhere.example.net"), "good": policy("shared.example.net")}
    async with world(tls=demanding(**policies)) as w:
        await w.serve(
            "shared.example.net", Behaviour(certificate=certificate), domain="bad.example"
        )
        w.records.add("good.example", "MX", "10 shared.example.net.")
        w.records.add("none.example", "MX", "10 shared.example.net.")
        came = {}
        for name in ("good", "bad", "none", "bad", "good"):
            domain = f"{name}.example"
            (attempt,) = await w.deliver(f"ben@{domain}", to=MailExchangers(domain))
            came[name] = (cause_of(attempt), attempt.decided.remote.policy)

    assert came == {
        "bad": ("mta-sts-mx-mismatch", "mta-sts"),
        "good": (None, "mta-sts"),
        "none": (None, "opportunistic"),
    }


async def test_a_smarthost_is_not_the_recipient_s_domain_s_to_speak_of(world, demanding):
    """We chose it."""
    async with world(tls=demanding(example=policy("elsewhere.example"))) as w:
        await w.serve("smart.example.net", domain="example.net")
        (attempt,) = await w.deliver(to=Smarthost("127.0.0.20", w.port))

    assert attempt.ending is Ending.RELAYED


async def test_only_sessions_with_the_recipient_s_domain_count_in_its_tls_report(world):
    """RFC 8460 §3: how a smarthost of ours encrypts says nothing of a domain that it sends on to."""
    async with world() as w:
        await w.serve("mx.example.org")
        await w.serve("smart.example.net", domain="example.net")
        (direct,) = await w.deliver()
        (through,) = await w.deliver(to=Smarthost("127.0.0.21", w.port))

    assert [through.ending, direct.ending] == [Ending.RELAYED] * 2
    (counted,), (uncounted,) = attempt_rows([direct]), attempt_rows([through])
    assert (counted.policy, counted.remote) == ("opportunistic", "mx.example.org")
    assert (uncounted.policy, uncounted.remote) == (None, "127.0.0.21")
