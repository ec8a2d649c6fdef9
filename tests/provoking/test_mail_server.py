"""The scripted mail servers, spoken to by the standard library's client."""

import asyncio
import contextlib
import smtplib
import ssl
from contextlib import asynccontextmanager

import pytest
import trustme

from whybounce.provoking.mail_server import END_OF_DATA, Answer, Behaviour, MailServer

MAIL = "Subject: Lunch\r\n\r\n.dots stay\r\nNoon?\r\n"


@asynccontextmanager
async def running(behaviour: Behaviour):
    """Run a server with that behaviour."""
    server = MailServer("mx.contoso.example", behaviour)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def send(port: int, *recipients: str, context: ssl.SSLContext | None = None, patience: float = 60):
    """Send one mail as smtplib does and return the recipients it says were refused.

    The patience is for what comes after EHLO.
    """
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        if context:
            client.starttls(context=context)
        client.ehlo()
        client.sock.settimeout(patience)
        return client.sendmail("chris@alpineskihouse.example", recipients, MAIL)


def talk(behaviour: Behaviour, *recipients: str, **options: object):
    """Return what smtplib got, and the server."""

    async def talking() -> tuple[dict, MailServer]:
        async with running(behaviour) as server:
            got = await asyncio.to_thread(send, server.port, *recipients, **options)
            return got, server

    return asyncio.run(talking())


def test_a_server_without_a_script_takes_the_mail():
    """Dot-stuffing is undone, RFC 5321 §4.5.2."""
    _, server = talk(Behaviour(), "ronald@contoso.example")

    received = server.received[0]
    assert received.recipients == ["ronald@contoso.example"]
    assert received.mail_from == "chris@alpineskihouse.example"
    assert received.data.decode() == MAIL


def test_one_recipient_may_be_refused_and_another_taken():
    """As mailbox full among good ones."""
    behaviour = Behaviour(replies={"RCPT full@contoso.example": "552 5.2.2 Mailbox full"})

    refused, server = talk(behaviour, "ronald@contoso.example", "full@contoso.example")

    assert refused == {"full@contoso.example": (552, b"5.2.2 Mailbox full")}
    assert server.received[0].recipients == ["ronald@contoso.example"]


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (Behaviour(replies={"MAIL": "550 5.7.1 Not you"}), smtplib.SMTPSenderRefused),
        (Behaviour(replies={"DATA": "554 5.3.4 Too big"}), smtplib.SMTPDataError),
        (Behaviour(replies={".": "554 5.7.1 Spam"}), smtplib.SMTPDataError),
        (Behaviour(banner="554 No mail here"), smtplib.SMTPConnectError),
        (Behaviour(banner="421 4.3.2 Busy"), smtplib.SMTPConnectError),
        (Behaviour(hang_up_at="BANNER"), smtplib.SMTPServerDisconnected),
        (Behaviour(hang_up_at="."), smtplib.SMTPServerDisconnected),
    ],
    ids=["mail", "data", "dot", "banner", "busy", "hangs up", "drops after the dot"],
)
def test_each_step_can_be_refused_or_broken_off(behaviour, error):
    """The client sees the refusal of that step."""
    with pytest.raises(error):
        talk(behaviour, "ronald@contoso.example")


def test_a_stalled_server_says_nothing_until_the_client_gives_up():
    """And is stopped without waiting for anybody."""
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        talk(Behaviour(stall_at="MAIL"), "ronald@contoso.example", patience=0.3)


def test_with_a_certificate_it_offers_starttls():
    """A real handshake with a real certificate."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("mx.contoso.example", "127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    _, server = talk(Behaviour(certificate=context), "ronald@contoso.example", context=trusting)

    assert server.received[0].encrypted


def _about(recipient: str) -> Answer | None:
    return {
        "now@contoso.example": Answer("550 5.1.1 No"),
        "later@contoso.example": Answer("554 5.6.0 Not this message", END_OF_DATA),
        "data@contoso.example": Answer("451 4.3.0 Not now", "DATA"),
        "gone@contoso.example": Answer(None),
        "gone-at-the-end@contoso.example": Answer(None, END_OF_DATA),
    }.get(recipient)


@pytest.mark.parametrize(
    ("recipients", "error", "code"),
    [
        (("now@contoso.example",), smtplib.SMTPRecipientsRefused, 550),
        (("later@contoso.example",), smtplib.SMTPDataError, 554),
        (("data@contoso.example",), smtplib.SMTPDataError, 451),
        (("gone@contoso.example",), smtplib.SMTPServerDisconnected, None),
        (("gone-at-the-end@contoso.example",), smtplib.SMTPServerDisconnected, None),
    ],
)
def test_a_recipient_has_its_own_answer(recipients, error, code):
    """At RCPT, at DATA, at the end, or by hanging up."""
    with pytest.raises(error) as raised:
        talk(Behaviour(about=_about), *recipients)

    told = getattr(raised.value, "recipients", None)
    assert code == (told[recipients[0]][0] if told else getattr(raised.value, "smtp_code", None))


def test_an_answer_about_the_message_waits_for_no_other_recipients():
    """Who comes second is refused at RCPT, or told to come again."""
    refused, server = talk(Behaviour(about=_about), "dana@contoso.example", "later@contoso.example")

    assert refused["later@contoso.example"][0] == 554
    assert [each.recipients for each in server.received] == [["dana@contoso.example"]]


async def test_a_message_without_its_end_was_not_received():
    """RFC 5321 §4.1.1.4: a client that dies in the middle has handed nothing over."""
    server = MailServer("mx.example.org")
    await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"EHLO x\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\nHalf of")
    while not (await reader.readline()).startswith(b"354"):
        pass
    writer.write_eof()
    with contextlib.suppress(ConnectionError):
        await reader.read()  # Until it has hung up.
    writer.close()
    await server.stop()

    assert server.received == []


async def test_who_comes_just_when_it_stops_is_waited_for_by_nobody():
    """The connection was taken before, and comes to it after."""
    server = MailServer("mx.example.org")
    came: asyncio.Future[tuple] = asyncio.get_running_loop().create_future()
    other = await asyncio.start_server(lambda *pair: came.set_result(pair), "127.0.0.1", 0)
    _, client = await asyncio.open_connection(*other.sockets[0].getsockname())
    await server.start()
    await server.stop()
    reader, writer = await came
    server._take(reader, writer)  # noqa: SLF001  # as asyncio calls it
    await asyncio.sleep(0)

    assert writer.is_closing()
    assert server.connections == 0
    client.close()
    other.close()
