"""Mail handed over by SMTP to servers that are what servers are: each fault, made for real."""

import asyncio
import ssl
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from ports import free_port
from postfix import smtp_sink
from whybounce import explain
from whybounce.checking.tls import opportunistic_context
from whybounce.gateway.delivery.attempts import Attempt, Ending, Obstacle
from whybounce.gateway.delivery.destinations import Lmtp, MailExchangers, Smarthost
from whybounce.gateway.delivery.mail_exchangers import Host
from whybounce.gateway.delivery.opening import Line, Login, Opener
from whybounce.gateway.delivery.recording import expired, outcome_of
from whybounce.gateway.delivery.tls_policies import TlsPolicy, opportunistic
from whybounce.gateway.smtp.client import ClientSettings
from whybounce.provoking.mail_server import Behaviour, MailServer
from whybounce.provoking.name_server import Trouble
from whybounce.vocabulary.envelope import BodyType, Return
from whybounce.vocabulary.session import Tls

PLAIN = ("PIPELINING", "ENHANCEDSTATUSCODES")


def told(attempt: Attempt) -> tuple[Ending, str]:
    """Return what it came to, and the reply or the cause that tells why."""
    said = attempt.decided.said
    return attempt.ending, said.cause if isinstance(said, Obstacle) else str(said)


def path(attempt: Attempt) -> list[str]:
    """Return who was asked and what came of it, in order."""
    return [
        f"{asked.remote.host if asked.remote else '-'} {asked.command}: "
        + (asked.obstacle.cause if asked.obstacle else str(asked.reply))
        for asked in attempt.asked
    ]


async def test_a_server_that_takes_it_has_made_it_its_own(world):
    """Relayed, by whom, from which address, in which words; byte for byte."""
    async with world() as w:
        server = await w.serve("mx1.example.org")
        (attempt,) = await w.deliver("ben@example.org")

    assert told(attempt) == (Ending.RELAYED, "250 2.0.0 Ok: queued")
    remote = attempt.decided.remote
    assert remote is not None
    assert (remote.host, remote.address, remote.tls) == ("mx1.example.org", "127.0.0.20", None)
    assert attempt.decided.command == "end of DATA"
    (taken,) = server.received
    assert taken.data.endswith(b"See below.\r\n.dot\r\n")
    assert (taken.mail_from, taken.recipients) == ("anna@example.net", ["ben@example.org"])


async def test_a_host_that_refuses_the_connection_is_passed_over(world):
    """RFC 5321 §5.1: the next one takes it, and the trace tells of both."""
    async with world() as w:
        w.name("dead.example.org", "127.0.0.19")
        await w.serve("mx2.example.org")
        (attempt,) = await w.deliver()

    assert path(attempt) == [
        "dead.example.org connect: connection-refused",
        "mx2.example.org end of DATA: 250 2.0.0 Ok: queued",
    ]
    assert attempt.ending is Ending.RELAYED


async def test_where_every_host_refuses_the_connection_it_is_tried_again_later(world):
    """With the address and the port in evidence."""
    async with world() as w:
        await w.serve("mx1.example.org")
        await w.servers["mx1.example.org"].stop()
        (attempt,) = await w.deliver()

    assert told(attempt) == (Ending.DEFERRED, "connection-refused")
    assert attempt.decided.obstacle is not None
    assert "127.0.0.20 port" in attempt.decided.obstacle.evidence


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (Behaviour(stall_at="BANNER"), "connection-timed-out"),
        (Behaviour(stall_at="EHLO"), "connection-timed-out"),
        (Behaviour(stall_at="MAIL"), "connection-timed-out"),
        (Behaviour(stall_at="RCPT"), "connection-timed-out"),
        (Behaviour(stall_at="DATA"), "connection-timed-out"),
        (Behaviour(hang_up_at="BANNER"), "connection-closed"),
        (Behaviour(hang_up_at="EHLO"), "connection-closed"),
        (Behaviour(hang_up_at="MAIL"), "connection-closed"),
        (Behaviour(hang_up_at="RCPT"), "connection-closed"),
        (Behaviour(hang_up_at="DATA"), "connection-closed"),
        (Behaviour(banner="I am no mail server"), "protocol-error"),
        (Behaviour(banner="421 4.3.2 Shutting down"), "421 4.3.2 Shutting down"),
        (Behaviour(banner="450 4.3.2 Not now"), "450 4.3.2 Not now"),
        (Behaviour(banner="554 5.3.2 No mail here"), "554 5.3.2 No mail here"),
        (Behaviour(replies={"EHLO": "451 4.3.0 Trouble"}), "451 4.3.0 Trouble"),
        (Behaviour(replies={"MAIL": "421 4.7.0 Too busy"}), "421 4.7.0 Too busy"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_what_a_host_says_of_itself_sends_us_to_the_next(world, behaviour, expected):
    """Stalls, hang-ups and refusals before or beside the mail: the next host is asked."""
    async with world() as w:
        await w.serve("mx1.example.org", behaviour)
        second = await w.serve("mx2.example.org")
        (attempt,) = await w.deliver()

    assert attempt.ending is Ending.RELAYED
    assert path(attempt)[0].endswith(expected)
    assert len(second.received) == 1


@pytest.mark.parametrize(
    ("banner", "ending"),
    [("421 4.3.2 Shutting down", Ending.DEFERRED), ("554 5.3.2 No mail here", Ending.FAILED)],
)
async def test_without_another_host_a_greeting_decides_by_its_first_digit(world, banner, ending):
    """RFC 5321 §4.2.1."""
    async with world() as w:
        await w.serve("mx1.example.org", Behaviour(banner=banner))
        (attempt,) = await w.deliver()

    assert told(attempt) == (ending, banner)


async def test_one_host_that_may_do_better_later_outweighs_one_that_never_will(world):
    """Never is said only where nobody left a door open, and words tell more than silence."""
    async with world() as w:
        await w.serve("mx1.example.org", Behaviour(banner="554 5.3.2 No mail here"))
        await w.serve("mx2.example.org", Behaviour(banner="450 4.3.2 Not now"))
        w.name("dead.example.org", "127.0.0.19")
        (attempt,) = await w.deliver()

    assert told(attempt) == (Ending.DEFERRED, "450 4.3.2 Not now")
    assert len(attempt.asked) == 3


@pytest.mark.parametrize(
    ("replies", "ending", "expected"),
    [
        ({"RCPT": "550 5.1.1 No such user"}, Ending.FAILED, "550 5.1.1 No such user"),
        ({"RCPT": "451 4.7.1 Greylisted"}, Ending.DEFERRED, "451 4.7.1 Greylisted"),
        ({"RCPT": "552 Too many recipients"}, Ending.DEFERRED, "552 Too many recipients"),
        ({"RCPT": "552 5.2.2 Full"}, Ending.FAILED, "552 5.2.2 Full"),
        ({"MAIL": "553 5.1.8 Bad sender"}, Ending.FAILED, "553 5.1.8 Bad sender"),
        ({".": "554 5.7.1 Spam"}, Ending.FAILED, "554 5.7.1 Spam"),
        ({".": "451 4.3.0 Disk"}, Ending.DEFERRED, "451 4.3.0 Disk"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_a_server_says_of_the_mail_is_its_domain_s_word(
    world, replies, ending, expected
):
    """Final or for now; the next host would say no other."""
    async with world() as w:
        await w.serve("mx1.example.org", Behaviour(replies=replies))
        second = await w.serve("mx2.example.org")
        (attempt,) = await w.deliver()

    assert told(attempt) == (ending, expected)
    assert second.connections == 0


async def test_half_the_recipients_refused_the_other_half_gets_the_message(world):
    """Each has an ending of its own."""
    refused = {
        "RCPT ben@example.org": "550 5.1.1 No such user",
        "RCPT cleo@example.org": "452 4.2.2 Full",
    }
    everybody = ("ben@example.org", "cleo@example.org", "dora@example.org", "emil@example.org")
    async with world() as w:
        server = await w.serve("mx1.example.org", Behaviour(replies=refused))
        attempts = await w.deliver(*everybody)

    assert [attempt.ending for attempt in attempts] == [
        Ending.FAILED,
        Ending.DEFERRED,
        Ending.RELAYED,
        Ending.RELAYED,
    ]
    assert server.received[0].recipients == ["dora@example.org", "emil@example.org"]


async def test_a_server_that_wants_the_message_though_it_took_nobody_gets_none(world):
    """RFC 2920 §3.1: 354 to DATA sent ahead means nothing where every RCPT was refused."""
    replies = {"RCPT": "550 5.1.1 No such user", "DATA": "354 Go ahead"}
    async with world() as w:
        server = await w.serve("mx1.example.org", Behaviour(replies=replies))
        attempts = await w.deliver("ben@example.org", "cleo@example.org")

    assert {told(each) for each in attempts} == {(Ending.FAILED, "550 5.1.1 No such user")}
    assert all(not received.data for received in server.received)


async def test_after_421_in_the_middle_of_a_pipeline_the_rest_go_to_the_next_host(world):
    """Who was decided stays decided; nobody is asked about twice."""
    first = {"RCPT ben@example.org": "550 5.1.1 No", "RCPT cleo@example.org": "421 4.3.2 Bye"}
    async with world() as w:
        await w.serve("mx1.example.org", Behaviour(replies=first))
        second = await w.serve("mx2.example.org")
        ben, cleo, dora = await w.deliver("ben@example.org", "cleo@example.org", "dora@example.org")

    assert told(ben) == (Ending.FAILED, "550 5.1.1 No")
    assert (cleo.ending, dora.ending) == (Ending.RELAYED, Ending.RELAYED)
    assert second.received[0].recipients == ["cleo@example.org", "dora@example.org"]


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (Behaviour(hang_up_at="."), "connection-closed"),
        (Behaviour(stall_at="."), "connection-timed-out"),
    ],
    ids=["hangs up", "stalls"],
)
async def test_a_server_lost_after_the_dot_is_asked_later_and_no_other(world, behaviour, expected):
    """It may have the message: the next host at once would make it two."""
    async with world() as w:
        await w.serve("mx1.example.org", behaviour)
        second = await w.serve("mx2.example.org")
        (attempt,) = await w.deliver()

    assert told(attempt) == (Ending.DEFERRED, expected)
    assert second.connections == 0


async def test_greylisted_mail_is_accepted_at_the_second_try(world):
    """And the connection that waited is used again for it."""
    async with world() as w:
        server = await w.serve(
            "mx1.example.org", Behaviour(replies={"RCPT": "451 4.7.1 Greylisted"})
        )
        (first,) = await w.deliver()
        server.behaviour = replace(server.behaviour, replies={})
        (second,) = await w.deliver()

    assert (first.ending, second.ending) == (Ending.DEFERRED, Ending.RELAYED)
    assert server.connections == 1


class Once(dict):
    """Replies that are each given once."""

    def get(self, key, default=None):
        """Return the reply and forget it."""
        return self.pop(key, default)


@pytest.mark.parametrize("step", ["421 4.4.2 Idle for too long", "450 4.7.1 Slow down"])
async def test_a_connection_that_closed_while_it_waited_is_no_answer(world, step):
    """A fresh one is made to the same host, and only a real answer is held against the mail."""
    async with world() as w:
        server = await w.serve("mx1.example.org")
        await w.deliver()
        server.behaviour = Behaviour(replies=Once(MAIL=step))
        (attempt,) = await w.deliver()

    is_closing = step.startswith("421")
    assert len(attempt.asked) == 1
    assert server.connections == (2 if is_closing else 1)
    assert attempt.ending is (Ending.RELAYED if is_closing else Ending.DEFERRED)


async def test_each_family_is_connected_to_from_its_own_address():
    """Of two addresses the first was used for both, and half the world could not be reached."""
    settings = ClientSettings(name="gateway.example.net")
    server = MailServer("mx.example.org")
    await server.start()
    line = Line(
        Host("mx.example.org", ("127.0.0.1",), secure=False),
        "127.0.0.1",
        server.port,
        TlsPolicy("off", None),
    )
    try:
        opened = [
            await Opener(smtp=settings, lmtp=settings, local_addresses=each).open(line)
            for each in (("::1", "127.0.0.7"), ("::1",), ())
        ]
        for each in opened:
            if each.connection is not None:
                await each.connection.quit()
    finally:
        await server.stop()

    assert [each.connection is not None for each in opened] == [True, False, True]


async def test_no_more_connections_than_allowed_go_to_one_address(world):
    """Ten at once wait for one another; each is delivered."""
    async with world(most=2) as w:
        server = await w.serve("mx1.example.org")
        await w.made()
        tries = [w.deliver(f"n{number}@example.org") for number in range(10)]
        attempts = await asyncio.gather(*tries)

    assert {attempt.ending for (attempt,) in attempts} == {Ending.RELAYED}
    assert len(server.received) == 10
    assert server.connections <= 2


async def test_more_than_a_hundred_recipients_go_in_several_transactions(world):
    """RFC 5321 §4.5.3.1.8: a hundred are taken everywhere."""
    async with world() as w:
        server = await w.serve("mx1.example.org")
        attempts = await w.deliver(*(f"n{number}@example.org" for number in range(150)))

    assert {attempt.ending for attempt in attempts} == {Ending.RELAYED}
    assert [len(taken.recipients) for taken in server.received] == [100, 50]


async def test_mail_is_encrypted_where_that_is_offered_whatever_the_certificate(world, certified):
    """Opportunistic: even a certificate for somebody else."""
    async with world() as w:
        server = await w.serve(
            "mx1.example.org", Behaviour(certificate=certified(["other.example.com"]))
        )
        (attempt,) = await w.deliver()

    assert server.received[0].encrypted
    assert attempt.decided.remote is not None
    assert attempt.decided.remote.tls is not None
    assert attempt.decided.remote.tls.startswith("TLSv1.3 TLS_")
    assert attempt.decided.remote.tls.endswith("(opportunistic)")


async def test_where_tls_fails_the_mail_goes_in_the_clear_and_that_is_told(world, certified):
    """Over a new connection, RFC 3207 §4.1."""
    policy = TlsPolicy("strict but optional", _trusting_nobody())
    async with world(policy=policy) as w:
        server = await w.serve(
            "mx1.example.org", Behaviour(certificate=certified(["mx1.example.org"]))
        )
        (attempt,) = await w.deliver()

    assert attempt.ending is Ending.RELAYED
    assert path(attempt)[0] == "mx1.example.org STARTTLS: tls-handshake-failed"
    assert not server.received[0].encrypted
    assert server.connections == 2


@pytest.mark.parametrize("fault", ["stall_at", "hang_up_at"])
async def test_a_server_that_dies_of_starttls_gets_the_mail_in_the_clear(world, certified, fault):
    """Offered, and broken: RFC 7435's "some protection" includes none."""
    behaviour = Behaviour(certificate=certified(["mx1.example.org"]), **{fault: "STARTTLS"})
    async with world() as w:
        server = await w.serve("mx1.example.org", behaviour)
        (attempt,) = await w.deliver()

    assert attempt.ending is Ending.RELAYED
    assert len(attempt.asked) == 2
    assert not server.received[0].encrypted


async def test_starttls_refused_goes_on_in_the_clear(world, certified):
    """On the same connection: nothing was broken."""
    behaviour = Behaviour(
        certificate=certified(["mx1.example.org"]),
        replies={"STARTTLS": "454 4.7.0 TLS not available"},
    )
    async with world() as w:
        server = await w.serve("mx1.example.org", behaviour)
        (attempt,) = await w.deliver()

    assert attempt.ending is Ending.RELAYED
    assert server.connections == 1


@pytest.mark.parametrize(
    ("names", "expired", "cause"),
    [
        (["mx1.example.org"], False, None),
        (["other.example.com"], False, "mta-sts-certificate"),
        (["mx1.example.org"], True, "mta-sts-certificate"),
        ([], False, "starttls-not-supported"),
    ],
    ids=["good", "another name", "expired", "no TLS"],
)
async def test_a_policy_that_demands_tls_gets_it_or_the_mail_waits(
    world, certified, verifying, names, expired, cause
):
    """Never in the clear, and the cause names what is wrong with it."""
    more = {"not_after": datetime(2020, 1, 1, tzinfo=UTC)} if expired else {}
    certificate = certified(names, **more) if names else None
    async with world(policy=verifying) as w:
        server = await w.serve("mx1.example.org", Behaviour(certificate=certificate))
        (attempt,) = await w.deliver()

    assert len(server.received) == (cause is None)
    if cause:
        assert told(attempt) == (Ending.DEFERRED, cause)


async def test_a_policy_may_judge_the_certificates_themselves(world, certified, verifying):
    """As DANE does."""
    obstacle = Obstacle("certificate-host-mismatch", "no TLSA record fits")
    seen = []

    def judge(host: Host, tls: Tls) -> Obstacle:
        seen.append((host.name, len(tls.chain)))
        return obstacle

    async with world(policy=replace(verifying, judge=judge)) as w:
        server = await w.serve(
            "mx1.example.org", Behaviour(certificate=certified(["mx1.example.org"]))
        )
        (attempt,) = await w.deliver()

    assert seen == [("mx1.example.org", 1)]
    assert told(attempt) == (Ending.DEFERRED, "certificate-host-mismatch")
    assert server.received == []


async def test_a_message_larger_than_the_server_takes_is_not_sent(world):
    """SIZE is known from EHLO, RFC 1870; the limit is told."""
    async with world() as w:
        server = await w.serve("mx1.example.org", Behaviour(extensions=("SIZE 1000",)))
        (attempt,) = await w.deliver(octets=b"Subject: Big\r\n\r\n" + b"x" * 70 + b"\r\n" * 1000)

    assert told(attempt) == (Ending.FAILED, "message-too-large")
    assert attempt.decided.obstacle is not None
    assert attempt.decided.obstacle.limit == 1000
    assert server.received == []


EIGHT_BIT = (
    "From: anna@example.net\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: 8bit\r\n\r\nGrüße aus München, und zwar recht viele davon.\r\n"
).encode()


async def test_eight_bits_are_converted_for_a_server_that_takes_seven(world):
    """To quoted-printable, RFC 6152 §3."""
    async with world() as w:
        server = await w.serve("mx1.example.org", Behaviour(extensions=PLAIN))
        (attempt,) = await w.deliver(octets=EIGHT_BIT, body_type=BodyType.EIGHT_BIT_MIME)

    assert attempt.ending is Ending.RELAYED
    assert b"Gr=C3=BC=C3=9Fe aus M=C3=BCnchen" in server.received[0].data


async def test_eight_bits_that_cannot_be_converted_are_returned(world):
    """Without MIME nobody knows what they mean: 5.6.3."""
    raw = "From: anna@example.net\r\n\r\nGrüße\r\n".encode("latin-1")
    async with world() as w:
        await w.serve("mx1.example.org", Behaviour(extensions=PLAIN))
        (attempt,) = await w.deliver(octets=raw, body_type=BodyType.EIGHT_BIT_MIME)

    assert told(attempt) == (Ending.FAILED, "media-not-supported")


async def test_an_international_address_needs_a_server_that_knows_them(world):
    """5.6.7 where no host does; the one that does takes it."""
    async with world() as w:
        await w.serve("mx1.example.org", Behaviour(extensions=PLAIN))
        (alone,) = await w.deliver("jürgen@example.org", smtputf8=True)
    async with world() as w:
        await w.serve("mx1.example.org", Behaviour(extensions=PLAIN))
        await w.serve("mx2.example.org")
        (helped,) = await w.deliver("jürgen@example.org", smtputf8=True)

    assert told(alone) == (Ending.FAILED, "internationalized-address")
    assert helped.ending is Ending.RELAYED


async def test_a_domain_in_other_letters_goes_to_older_servers_in_a_labels(world):
    """Its address is the same; only where the local part has such letters nothing helps."""
    async with world() as w:
        server = await w.serve(
            "mx1.example.org", Behaviour(extensions=PLAIN), domain="xn--strae-oqa.example"
        )
        to = MailExchangers("straße.example")
        (plain,) = await w.deliver("ben@straße.example", to=to, smtputf8=True)
        (other,) = await w.deliver("jürgen@straße.example", to=to, smtputf8=True)

    assert plain.ending is Ending.RELAYED
    assert server.received[0].recipients == ["ben@xn--strae-oqa.example"]
    assert told(other) == (Ending.FAILED, "internationalized-address")


@pytest.mark.parametrize(
    "extensions", [PLAIN, (*PLAIN, "8BITMIME")], ids=["seven-bit", "eight-bit"]
)
async def test_names_and_a_subject_in_other_letters_go_to_older_servers_as_encoded_words(
    world, extensions
):
    """The addresses are ASCII, so that the message need not come back."""
    raw = (
        "From: Jürgen <anna@example.net>\r\nSubject: Grüße\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße\r\n"
    ).encode()
    async with world() as w:
        server = await w.serve("mx1.example.org", Behaviour(extensions=extensions))
        (attempt,) = await w.deliver(octets=raw, smtputf8=True, body_type=BodyType.EIGHT_BIT_MIME)
        (received,) = server.received

    assert attempt.ending is Ending.RELAYED
    assert b"Subject: =?utf-8?" in received.data
    assert received.data.partition(b"\r\n\r\n")[0].isascii()
    assert received.data.isascii() == ("8BITMIME" not in extensions)


async def test_smtputf8_that_nothing_makes_use_of_is_left_out(world):
    """The client declared it; addresses and header are ASCII all the same."""
    async with world() as w:
        await w.serve("mx1.example.org", Behaviour(extensions=PLAIN))
        (attempt,) = await w.deliver(smtputf8=True)

    assert attempt.ending is Ending.RELAYED


@pytest.mark.parametrize(("extensions", "passed"), [(("DSN",), True), (PLAIN, False)])
async def test_whether_the_next_hop_takes_over_the_notices_is_told(world, extensions, passed):
    """RFC 3461 §5.2.2: with DSN the duty goes with the message; else "relayed" is ours to say."""
    async with world() as w:
        await w.serve("mx1.example.org", Behaviour(extensions=extensions))
        (attempt,) = await w.deliver(ret=Return.HEADERS, envid="QQ1")

    assert attempt.passed_dsn is passed


class Keeps:
    """An aiosmtpd handler that keeps what it was told."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.accounts: list[object] = []
        self.options: list[list[str]] = []

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self,
        server: SMTP,  # noqa: ARG002  # aiosmtpd's arguments
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Refuse one recipient at RCPT."""
        self.options.append(options)
        if address.startswith("gone"):
            return "550 5.1.1 No such user"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's
        """Take the message; of LMTP, not for everybody."""
        self.envelopes.append(envelope)
        self.accounts.append(session.auth_data)
        if not isinstance(server, LMTP):
            return "250 2.0.0 Ok"
        return "\r\n".join(
            "452 4.2.2 Full" if to.startswith("full") else "250 2.1.5 Ok"
            for to in envelope.rcpt_tos
        )


class LmtpController(Controller):
    """Serves LMTP."""

    def factory(self) -> LMTP:
        """Make the protocol."""
        return LMTP(self.handler)


async def test_lmtp_decides_for_each_recipient_after_the_dot(world):
    """RFC 2033 §4.2; taken means delivered."""
    keeps = Keeps()
    controller = LmtpController(keeps, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        async with world() as w:
            gone, full, ben = await w.deliver(
                "gone@example.org",
                "full@example.org",
                "ben@example.org",
                to=Lmtp("127.0.0.1", controller.port),
            )
    finally:
        controller.stop()

    assert told(gone) == (Ending.FAILED, "550 5.1.1 No such user")
    assert told(full) == (Ending.DEFERRED, "452 4.2.2 Full")
    assert told(ben) == (Ending.DELIVERED, "250 2.1.5 Ok")


@pytest.mark.parametrize("password", ["right", "wrong"])
async def test_a_smarthost_gets_the_mail_after_signing_in(world, certified, password):
    """Under TLS; a wrong password is ours to mend, and the mail waits."""
    keeps = Keeps()

    def authenticator(server, session, envelope, mechanism, data) -> AuthResult:  # noqa: ARG001  # aiosmtpd's
        return AuthResult(success=data.password == b"right", auth_data=data.login, handled=False)

    controller = Controller(
        keeps,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=authenticator,
        auth_required=True,
        tls_context=certified(["smart.example.net"]),
    )
    controller.start()
    try:
        async with world() as w:
            w.records.add("smart.example.net", "A", "127.0.0.1")
            to = Smarthost("smart.example.net", controller.port, login=Login("carl", password))
            (attempt,) = await w.deliver(to=to)
    finally:
        controller.stop()

    if password == "right":  # noqa: S105  # the test's own
        assert attempt.ending is Ending.RELAYED
        assert keeps.accounts == [b"carl"]
    else:
        assert attempt.ending is Ending.DEFERRED
        assert attempt.decided.reply is not None
        assert attempt.decided.reply.code == 535


async def test_a_password_is_never_sent_in_the_clear(world):
    """Not even where the server asks for it."""
    behaviour = Behaviour(extensions=("AUTH PLAIN",))
    async with world() as w:
        server = await w.serve("mx1.example.org", behaviour)
        to = Smarthost("127.0.0.20", w.port, login=Login("carl", "secret"))
        (attempt,) = await w.deliver(to=to)

    assert told(attempt) == (Ending.DEFERRED, "no-route")
    assert attempt.decided.obstacle.evidence.endswith("without which no password is sent")
    assert server.received == []


@pytest.mark.parametrize(
    "to", [Smarthost("gone.example.net"), Lmtp("gone.example.net")], ids=["smarthost", "lmtp"]
)
async def test_a_host_of_our_choice_without_an_address_makes_no_mail_come_back(world, to):
    """A slip in our own configuration is no fault of the recipient's domain."""
    async with world() as w:
        await w.made()
        (attempt,) = await w.deliver(to=to)

    assert told(attempt) == (Ending.DEFERRED, "no-route")
    assert attempt.decided.obstacle.evidence.startswith("gone.example.net, configured here, has no")


async def test_what_is_wrong_with_our_way_out_is_not_said_of_the_recipient_s_server(world):
    """It is not reached, or gives no TLS where a password is to be sent."""
    behaviour = Behaviour(extensions=("AUTH PLAIN",))
    async with world() as w:
        await w.serve("mx1.example.org", behaviour)
        for to in (
            Smarthost("127.0.0.20", w.port, login=Login("carl", "secret"), is_way_out=True),
            Smarthost("127.0.0.21", w.port, is_way_out=True),
        ):
            (attempt,) = await w.deliver(to=to)
            outcome = outcome_of(attempt)

            assert told(attempt) == (Ending.DEFERRED, "no-route")
            assert str(outcome.reply).startswith(
                f"450 4.4.4 No route to example.org for now: {to.host}, which takes our mail for outside"
            )


@pytest.mark.parametrize(
    ("host", "behaviour", "why"),
    [
        ("127.0.0.21", Behaviour(), "127.0.0.21 port"),
        ("127.0.0.20", Behaviour(stall_at="BANNER"), "timed-out at greeting: "),
        ("127.0.0.20", Behaviour(hang_up_at="DATA"), "connection-lost at DATA: "),
        (
            "127.0.0.20",
            Behaviour(),
            "127.0.0.20 does not offer STARTTLS, and our own setting demands",
        ),
    ],
    ids=["refuses the connection", "answers nothing", "hangs up", "has no TLS"],
)
async def test_what_is_wrong_with_a_connector_s_host_is_not_said_of_the_recipient_s_server(
    world, host, behaviour, why
):
    """Our administrator named it, and nobody knows whose it is."""
    strict = TlsPolicy("encrypt", opportunistic_context(), required=True, source="our own setting")
    async with world(policy=strict if "STARTTLS" in why else opportunistic()) as w:
        await w.serve("mx1.example.org", behaviour)
        (attempt,) = await w.deliver(to=Smarthost(host, w.port))
        outcome = outcome_of(attempt)
        ended = expired(attempt, was_answered=False)

    assert told(attempt) == (Ending.DEFERRED, "no-route")
    assert {each.obstacle.cause for each in attempt.asked} == {"no-route"}
    start = (
        f"No route to example.org for now: {host}, the server that mail for example.org is sent "
        f"through, cannot be used now: {why}"
    )
    assert start in str(outcome.reply)
    assert start in str(ended.reply.inner)
    assert explain(ended).cause == "no-route"


async def test_postfix_s_sink_takes_a_hundred_messages(world):
    """Over few connections, pipelined."""
    with smtp_sink("-c") as port:
        async with world() as w:
            to = Smarthost("127.0.0.1", port)
            await w.made()
            attempts = await asyncio.gather(*(w.deliver(to=to) for _ in range(100)))

    assert {attempt.ending for (attempt,) in attempts} == {Ending.RELAYED}


async def test_a_domain_without_a_way_there_fails_or_waits_with_its_cause(world):
    """As the DNS has it."""
    async with world() as w:
        w.records.add("null.example", "MX", "0 .")
        w.records.troubles["down.example"] = Trouble.SERVFAIL
        (null,) = await w.deliver("a@null.example", to=MailExchangers("null.example"))
        (down,) = await w.deliver("a@down.example", to=MailExchangers("down.example"))

    assert told(null) == (Ending.FAILED, "null-mx")
    assert told(down) == (Ending.DEFERRED, "dns-query-failed")


async def test_mail_that_has_seen_more_than_a_hundred_servers_is_in_a_loop(world):
    """RFC 5321 §6.3."""
    hop = b"Received: from a.example by b.example; Sat, 21 Nov 2026 12:00:00 +0000\r\n"
    async with world() as w:
        server = await w.serve("mx1.example.org")
        (many,) = await w.deliver(octets=hop * 100 + b"\r\nHello\r\n")
        (more,) = await w.deliver(octets=hop * 101 + b"\r\nHello\r\n")

    assert many.ending is Ending.RELAYED
    assert told(more) == (Ending.FAILED, "routing-loop")
    assert len(server.received) == 1


def _trusting_nobody() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
