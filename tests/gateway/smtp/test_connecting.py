"""Our client over loopback: against our own listener, aiosmtpd, smtp-sink, Postfix, and the broken."""

import asyncio
import contextlib
import os
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509

from loopback import Listen
from ports import free_port
from postfix import postfix, smtp_sink
from whybounce.checking.tls import opportunistic_context
from whybounce.gateway.smtp.client import (
    Answered,
    ClientSettings,
    Delivery,
    Fault,
    Patience,
)
from whybounce.gateway.smtp.connecting import ClientConnection, connect
from whybounce.gateway.smtp.server import TlsMode
from whybounce.vocabulary.envelope import (
    BodyType,
    Envelope,
    Notify,
    OriginalRecipient,
    Recipient,
    Return,
)

MESSAGE = b"From: anna@example.net\r\nSubject: Hello\r\n\r\n.A dot\r\n"
BOB = Recipient(
    "bob@example.org", frozenset({Notify.DELAY}), OriginalRecipient("rfc822", "b+b@x.org")
)
ENVELOPE = Envelope("anna@example.net", (BOB,), return_=Return.FULL, envelope_id="Q+7")
SETTINGS = ClientSettings(name="gateway.example.net")
HASTE = ClientSettings(
    name="gateway.example.net",
    patience=Patience(
        greeting=0.3, hello=0.3, mail=0.3, rcpt=0.3, data=0.3, block=0.3, end=0.3, quit=0.3
    ),
)

Using = Callable[[ClientConnection], Awaitable[Any]]


def _with(port: int, use: Using, settings: ClientSettings = SETTINGS) -> Any:
    """Connect, greet, use and leave."""

    async def main() -> Any:
        connection = await connect("mx.example.org", "127.0.0.1", port, settings)
        try:
            return await use(connection)
        finally:
            await connection.quit()

    return asyncio.run(main())


async def _greet_and_deliver(connection: ClientConnection) -> Delivery:
    answered = await connection.greet()
    assert answered.is_good, answered
    return await connection.deliver(ENVELOPE, MESSAGE)


@pytest.mark.parametrize("pipelining", [True, False], ids=["pipelined", "one by one"])
@pytest.mark.parametrize("chunking", [True, False], ids=["BDAT", "DATA"])
def test_our_client_and_our_listener(listen: Listen, pipelining: bool, chunking: bool):  # noqa: FBT001  # parametrised
    """Everything that was meant arrives, message after message over one connection."""
    running = listen()
    settings = ClientSettings(name="gateway.example.net", pipelining=pipelining, chunking=chunking)
    body = MESSAGE + b"." * 300_000 + b"\r\n"

    async def use(connection: ClientConnection) -> list[Delivery]:
        await connection.greet()
        refused = Recipient("refused@example.org")
        return [
            await connection.deliver(ENVELOPE, body),
            await connection.deliver(Envelope("", (refused, BOB)), MESSAGE),
            await connection.deliver(Envelope("", (refused,)), MESSAGE),
            await connection.deliver(Envelope("refused@example.net", (BOB,)), MESSAGE),
            await connection.deliver(ENVELOPE, b""),
        ]

    deliveries = _with(running.port, use, settings)
    received = running.handler.messages

    assert [message.octets for message in received] == [body, MESSAGE, b""]
    assert received[0].envelope == Envelope(
        "anna@example.net", (BOB,), size=len(body), return_=Return.FULL, envelope_id="Q+7"
    )
    assert [[result.is_accepted for result in delivery.results] for delivery in deliveries] == [
        [True],
        [False, True],
        [False],
        [False],
        [True],
    ]
    assert str(deliveries[0].results[0].answered.reply) == "250 2.0.0 Taken as 1"
    assert str(deliveries[1].results[0].answered.reply) == "550 5.1.1 No such mailbox"
    assert deliveries[3].results[0].answered.command == "MAIL"
    assert all(delivery.passed_dsn for delivery in deliveries)


def test_a_message_streams_from_its_source(listen: Listen):
    """Piece by piece, some of them empty, and nothing of it held."""
    running = listen()

    async def source() -> AsyncIterator[bytes]:
        for _ in range(2000):
            yield b"x" * 998 + b"\r"
            yield b""
            yield b"\n"

    async def use(connection: ClientConnection) -> Delivery:
        await connection.greet()
        return await connection.deliver(ENVELOPE, source(), 2_000_000)

    assert _with(running.port, use).results[0].is_accepted
    assert running.handler.messages[0].octets == (b"x" * 998 + b"\r\n") * 2000


def test_a_source_that_fails_ends_the_connection(listen: Listen):
    """Half a message is none."""
    running = listen()

    async def source() -> AsyncIterator[bytes]:
        yield MESSAGE
        raise OSError("the disk is gone")

    async def use(connection: ClientConnection) -> bool:
        await connection.greet()
        with pytest.raises(OSError, match="the disk is gone"):
            await connection.deliver(ENVELOPE, source(), 100)
        await asyncio.sleep(0)
        return connection.is_usable

    assert _with(running.port, use) is False
    assert running.handler.messages == []


def test_starttls_and_authentication(
    listen: Listen,
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
):
    """The certificates the server sent can be had."""
    running = listen(tls=TlsMode.STARTTLS, tls_context=server_tls, auth=True, require_auth=True)

    async def use(connection: ClientConnection) -> Any:
        await connection.greet()
        answers = [
            await connection.start_tls(client_tls),
            await connection.authenticate("anna", "guess"),
            await connection.authenticate("anna", "secret"),
        ]
        return answers, await connection.deliver(ENVELOPE, MESSAGE * 10_000), connection.tls

    answers, delivery, tls = _with(running.port, use)
    certificate = x509.load_der_x509_certificate(tls.chain[0])
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert [answered.reply.code for answered in answers] == [250, 535, 235]
    assert delivery.results[0].is_accepted
    assert "mx.example.org" in names.get_values_for_type(x509.DNSName)
    assert tls.verified
    assert tls.version == "TLSv1.3"
    assert running.handler.messages[0].octets == MESSAGE * 10_000
    assert running.handler.messages[0].session.account == "anna"


def test_tls_from_the_first_octet(
    listen: Listen, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
):
    """Port 465's way."""
    running = listen(tls=TlsMode.IMPLICIT, tls_context=server_tls)

    async def use(connection: ClientConnection) -> Any:
        assert await connection.shake_hands(client_tls) is None
        return await _greet_and_deliver(connection)

    assert _with(running.port, use).results[0].is_accepted


def test_a_certificate_that_is_not_good(listen: Listen, server_tls: ssl.SSLContext):
    """Said in OpenSSL's words; whoever demands none goes on, and can look at it."""
    running = listen(tls=TlsMode.STARTTLS, tls_context=server_tls)

    async def strict(connection: ClientConnection) -> Any:
        await connection.greet()
        answered = await connection.start_tls(ssl.create_default_context())
        return answered.fault, connection.tls_fault, connection.is_usable

    async def opportunistic(connection: ClientConnection) -> Any:
        await connection.greet()
        answered = await connection.start_tls(opportunistic_context())
        return answered.is_good, connection.tls

    fault, words, usable = _with(running.port, strict)
    is_good, tls = _with(running.port, opportunistic)

    assert (fault, usable) == (Fault.TLS_FAILED, False)
    assert "certificate verify failed: unable to get local issuer certificate" in words
    assert is_good
    assert not tls.verified
    assert len(tls.chain) == 1


def test_a_name_that_is_not_in_the_certificate(
    listen: Listen, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
):
    """A good certificate for somebody else."""
    running = listen(tls=TlsMode.STARTTLS, tls_context=server_tls)

    async def use(connection: ClientConnection) -> Any:
        await connection.greet()
        await connection.start_tls(client_tls, "other.example")
        return connection.tls_fault

    assert "not valid for 'other.example'" in _with(running.port, use)


@pytest.mark.parametrize("name", ["\\255" * 20 + ".example", "\\..example", "a" * 300])
def test_a_name_that_nobody_can_ask_for_is_a_failed_handshake(
    listen: Listen, server_tls: ssl.SSLContext, name: str
):
    """Octets of any kind can stand in an MX record; whoever demands no TLS goes on without."""
    running = listen(tls=TlsMode.STARTTLS, tls_context=server_tls)

    async def use(connection: ClientConnection) -> Any:
        await connection.greet()
        answered = await connection.start_tls(opportunistic_context(), name)
        return answered.fault, connection.tls_fault, connection.is_usable

    fault, words, is_usable = _with(running.port, use)

    assert (fault, is_usable) == (Fault.TLS_FAILED, False)
    assert "is no name to ask for" in words


class _Keeps:
    """An aiosmtpd handler."""

    def __init__(self) -> None:
        self.envelopes: list[Any] = []

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802, ARG002  # aiosmtpd's
        """Take it."""
        self.envelopes.append(envelope)
        return "250 2.0.0 Kept"


def test_aiosmtpd_takes_our_messages():
    """A server without PIPELINING, CHUNKING and DSN."""
    handler = _Keeps()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # aiosmtpd's own
        controller = Controller(handler, hostname="127.0.0.1", port=free_port())
        controller.start()
        try:
            eight_bit = Envelope("änna@example.net", (BOB,), body=BodyType.EIGHT_BIT_MIME)

            async def use(connection: ClientConnection) -> list[Delivery]:
                await connection.greet()
                return [
                    await connection.deliver(ENVELOPE, MESSAGE),
                    await connection.deliver(eight_bit, "ä\r\n".encode()),
                ]

            deliveries = _with(controller.port, use)
        finally:
            controller.stop()

    assert [delivery.results[0].is_accepted for delivery in deliveries] == [True, True]
    assert [delivery.passed_dsn for delivery in deliveries] == [False, False]
    assert handler.envelopes[0].original_content == MESSAGE
    assert handler.envelopes[1].mail_from == "änna@example.net"
    assert handler.envelopes[1].mail_options == [
        f"SIZE={len('ä'.encode()) + 2}",
        "BODY=8BITMIME",
        "SMTPUTF8",
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="Postfix's master starts as root only")
def test_postfix_takes_our_messages():
    """A server with all of them: pipelined, by BDAT, with RFC 3461's parameters."""

    async def use(connection: ClientConnection) -> Any:
        await connection.greet()
        stranger = Recipient("bob@nowhere example", None)
        return (
            connection.extensions,
            await connection.deliver(ENVELOPE, MESSAGE * 10_000),
            await connection.deliver(Envelope("", (stranger, BOB)), MESSAGE),
        )

    with postfix(default_transport="discard", relay_transport="discard") as port:
        extensions, first, second = _with(port, use)

    assert {"PIPELINING", "CHUNKING", "DSN", "SMTPUTF8"} <= extensions.keys()
    assert first.passed_dsn
    assert first.results[0].answered.command == "BDAT LAST"
    assert str(first.results[0].answered.reply).startswith("250 2.0.0 Ok: ")
    assert [result.answered.command for result in second.results] == ["RCPT", "BDAT LAST"]
    assert str(second.results[0].answered.reply).startswith("501 5.1.3")


_SINKS = {
    "takes everything": ([], [None, "end of DATA 250"]),
    "refuses MAIL for now": (["-r", "mail"], [None, "MAIL 450"]),
    "refuses MAIL": (["-f", "mail"], [None, "MAIL 500"]),
    "refuses RCPT": (["-f", "rcpt"], [None, "RCPT 500"]),
    "refuses DATA": (["-r", "data"], [None, "DATA 450"]),
    "refuses the message": (["-f", "."], [None, "end of DATA 500"]),
    "hangs up at RCPT": (["-q", "rcpt"], [None, "RCPT connection-lost"]),
    "hangs up with 421 at RCPT": (["-Q", "rcpt"], [None, "RCPT 421"]),
    "hangs up after the dot": (["-q", "."], [None, "end of DATA connection-lost"]),
    "hangs up at EHLO": (["-q", "ehlo"], ["EHLO connection-lost", None]),
    "knows no EHLO": (["-e"], [None, "end of DATA 250"]),
    "knows no pipelining": (["-p"], [None, "end of DATA 250"]),
}


@pytest.mark.parametrize(("options", "expected"), _SINKS.values(), ids=_SINKS)
def test_postfixs_sink_misbehaves_to_order(options: list[str], expected: list[str | None]):
    """smtp-sink refuses and hangs up where it is told to."""

    async def use(connection: ClientConnection) -> list[str | None]:
        greeted = await connection.greet()
        if not greeted.is_good:
            return [_shown(greeted), None]
        delivery = await connection.deliver(ENVELOPE, MESSAGE)
        return [None, _shown(delivery.results[0].answered)]

    with smtp_sink(*options) as port:
        assert _with(port, use) == expected


def _shown(answered: Answered) -> str:
    said = answered.fault or (answered.reply.code if answered.reply else None)
    return f"{answered.command} {said}"


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


def _against(serve: Serve, settings: ClientSettings = HASTE) -> list[str]:
    """Deliver to a server that is a few lines; return what came of greeting and delivery."""

    async def main() -> list[str]:
        tasks = set()

        async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            tasks.add(asyncio.current_task())
            try:
                with contextlib.suppress(ConnectionError, EOFError, asyncio.CancelledError):
                    await serve(reader, writer)
            finally:
                writer.close()
                tasks.discard(asyncio.current_task())

        server = await asyncio.start_server(once, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        connection = await connect("mx.example.org", "127.0.0.1", port, settings)
        greeted = await connection.greet()
        delivery = await connection.deliver(ENVELOPE, MESSAGE * 400_000)
        await connection.quit()
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.sleep(0.05)
        return [_shown(greeted), _shown(delivery.results[0].answered)]

    return asyncio.run(main())


async def _says_nothing(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def _never_ends_its_greeting(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    for _ in range(10_000):
        writer.write(b"220-and another thing\r\n")
        await writer.drain()
    await reader.read()


async def _speaks_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await reader.read()


async def _stops_at_the_message(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 hi\r\n")
    for reply in (b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
        await reader.readline()
        writer.write(reply)
    await asyncio.Event().wait()  # Reads no more, and says nothing.


async def _refuses_in_the_middle(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    writer.write(b"220 hi\r\n")
    for reply in (b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
        await reader.readline()
        writer.write(reply)
    await reader.readexactly(100)
    writer.write(b"552 5.3.4 enough\r\n")
    await writer.drain()
    await asyncio.sleep(0.2)
    writer.transport.abort()


async def _drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for octet in b"220 hello, how are you today, are you well":
        writer.write(bytes([octet]))
        await asyncio.sleep(0.05)
    await reader.read()


async def _answers_before_it_is_asked(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    writer.write(b"220 hi\r\n250 hi\r\n250 ok\r\n250 ok\r\n354 go\r\n250 2.0.0 Queued\r\n")
    await reader.read()


async def _thanks_for_a_message_it_has_not(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    writer.write(b"220 hi\r\n")
    for reply in (b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n250 2.0.0 Queued\r\n"):
        await reader.readline()
        writer.write(reply)
    await reader.read()


async def _never_ends_its_answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    writer.write(b"220 hi\r\n")
    for reply in (b"250 hi\r\n", b"250-and another thing\r\n" * 10_000):
        await reader.readline()
        writer.write(reply)
        await writer.drain()
    await reader.read()


@pytest.mark.parametrize(
    ("serve", "expected"),
    [
        (_answers_before_it_is_asked, ["EHLO not-smtp", "MAIL not-smtp"]),
        (_thanks_for_a_message_it_has_not, ["EHLO 250", "DATA not-smtp"]),
        (_never_ends_its_answer, ["EHLO 250", "MAIL not-smtp"]),
        (_says_nothing, ["greeting timed-out", "MAIL timed-out"]),
        (_never_ends_its_greeting, ["greeting not-smtp", "MAIL not-smtp"]),
        (_speaks_http, ["greeting not-smtp", "MAIL not-smtp"]),
        (_stops_at_the_message, ["EHLO 250", "DATA timed-out"]),
        (_refuses_in_the_middle, ["EHLO 250", "DATA 552"]),
        (_drips, ["greeting timed-out", "MAIL timed-out"]),
    ],
    ids=lambda case: getattr(case, "__name__", ""),
)
def test_a_broken_server_has_an_answer_too(serve: Serve, expected: list[str]):
    """In its time, and one that says what was wrong."""
    assert _against(serve) == expected


def test_nobody_at_home():
    """Before a connection stands it is the operating system's error."""
    port = free_port()
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(connect("mx.example.org", "127.0.0.1", port, SETTINGS))


def test_a_connection_knows_when_the_server_has_gone(listen: Listen):
    """A connection kept for the next message is not used blindly."""
    running = listen()

    async def use(connection: ClientConnection) -> Any:
        await connection.greet()
        before = connection.is_usable
        await asyncio.wrap_future(running.start(running.listener.drain(60)))
        async with asyncio.timeout(60):
            while connection.is_usable:  # noqa: ASYNC110  # nothing tells of it
                await asyncio.sleep(0.01)
        delivery = await connection.deliver(ENVELOPE, MESSAGE)
        return before, connection.is_usable, _shown(delivery.results[0].answered)

    assert _with(running.port, use) == (True, False, "MAIL 421")
