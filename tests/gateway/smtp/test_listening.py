"""The listener on loopback, with the standard library's client and with sockets that misbehave."""

import asyncio
import errno
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import closing
from typing import NoReturn

import pytest
import uvloop

from loopback import Listen, Recorder, Running
from whybounce.gateway.smtp.listening import Listener, ServerConnection
from whybounce.gateway.smtp.server import Limits, ServerSettings, TlsMode
from whybounce.gateway.smtp.server.counting import Caps
from whybounce.gateway.smtp.server.events import Ending

MESSAGE = b"From: anna@example.net\r\nSubject: Hello\r\n\r\n.A dot\r\n"
ENVELOPE = b"EHLO c\r\nMAIL FROM:<anna@example.net>\r\nRCPT TO:<bob@example.org>\r\n"


def _smtp(running: Running) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", running.port, "client.example", timeout=60)


def _connect(running: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", running.port), timeout=60)


def _until(connection: socket.socket, end: bytes) -> bytes:
    """Read until it has been said."""
    said = b""
    while end not in said:
        octets = connection.recv(65536)
        assert octets, f"closed after {said!r}"
        said += octets
    return said


def _rest(connection: socket.socket) -> bytes:
    said = b""
    while octets := connection.recv(65536):
        said += octets
    return said


def _eventually(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_smtplib_delivers(listen: Listen):
    """Message, envelope and session arrive as they were meant."""
    running = listen()
    with _smtp(running) as client:
        client.sendmail("anna@example.net", ["bob@example.org"], MESSAGE, ["BODY=8BITMIME"])
    received = running.handler.messages[0]

    assert received.octets == MESSAGE
    assert received.envelope.return_path == "anna@example.net"
    assert [recipient.address for recipient in received.envelope.recipients] == ["bob@example.org"]
    assert received.session.helo == "client.example"
    assert str(received.session.address) == "127.0.0.1"
    _eventually(lambda: running.handler.endings == [Ending.QUIT])


def test_the_handlers_answers_are_said(listen: Listen):
    """A refused and a deferred recipient, and one that passes."""
    running = listen()
    with _smtp(running) as client:
        refused = client.sendmail(
            "anna@example.net",
            ["bob@example.org", "refused@example.org", "deferred@example.org"],
            MESSAGE,
        )

    assert refused == {
        "refused@example.org": (550, b"5.1.1 No such mailbox"),
        "deferred@example.org": (450, b"4.2.1 Mailbox busy"),
    }
    assert len(running.handler.messages) == 1


def test_a_handler_that_fails_is_our_fault(listen: Listen, caplog: pytest.LogCaptureFixture):
    """451 with the trace id, nothing of what went wrong; that stands in the log."""
    running = listen()
    with _smtp(running) as client:
        client.ehlo()
        answers = [client.mail("raises@example.net")]
        client.mail("anna@example.net")
        answers.append(client.rcpt("raises@example.org"))
        client.rcpt("bob@example.org")
        answers.append(client.data(b"From: a\r\nSubject: raise\r\n\r\n"))
        client.mail("anna@example.net")
        client.rcpt("bob@example.org")
        assert client.data(MESSAGE)[0] == 250
    trace = running.handler.messages[0].session.id

    assert answers == [(451, f"4.3.0 Our fault; try again later. Trace {trace}".encode())] * 3
    assert caplog.text.count(f"{trace}: the handler failed") == 3
    assert "internals that nobody" in caplog.text
    assert [sink.is_dropped for sink in running.handler.sinks] == [True, False]


def test_a_fault_that_says_all_itself_is_one_line_of_the_log(
    listen: Listen, caplog: pytest.LogCaptureFixture
):
    """A database that is away is met by everybody: where in our code they met it helps nobody."""
    running = listen()
    running.listener.plain_faults = (RuntimeError,)
    with _smtp(running) as client:
        client.ehlo()
        answer = client.mail("raises@example.net")
    (noted,) = [each for each in caplog.records if "the handler failed" in each.message]

    assert answer[0] == 451
    assert noted.levelname == "WARNING"
    assert noted.exc_info is None
    assert "internals that nobody" in noted.message


def test_a_handler_that_cannot_be_made_is_our_fault(
    listen: Listen, caplog: pytest.LogCaptureFixture
):
    """The client is told to come back, and may say QUIT."""
    running = listen()

    def fail() -> Recorder:
        raise RuntimeError("no handlers today")

    running.listener.new_handler = fail
    with _connect(running) as client:
        said = _until(client, b"\r\n")
        client.sendall(b"QUIT\r\n")

        assert said.startswith(b"451 4.3.0 Our fault; try again later. Trace ")
        assert _rest(client) == b"221 2.0.0 Goodbye\r\n"
    assert "no handlers today" in caplog.text


def test_a_handler_that_does_not_answer_is_our_fault(
    listen: Listen, caplog: pytest.LogCaptureFixture
):
    """451 in the end; the conversation goes on."""
    running = listen(Recorder(seconds=60), handler_seconds=0.1)
    with _smtp(running) as client:
        with pytest.raises(smtplib.SMTPDataError) as caught:
            client.sendmail("anna@example.net", "bob@example.org", MESSAGE)
        assert client.noop()[0] == 250

    assert caught.value.smtp_code == 451
    assert "gave no answer in time" in caplog.text


def test_a_sink_that_fails_is_our_fault(
    listen: Listen, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """Disk full, say: the rest of the message is passed over, and then answered."""
    running = listen()

    async def fail(_sink: object, _octets: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("loopback.Kept.write", fail)
    with _smtp(running) as client:
        client.ehlo()
        client.mail("anna@example.net")
        client.rcpt("bob@example.org")
        code, words = client.data(MESSAGE * 20_000)
        assert client.noop()[0] == 250

    assert code == 451
    assert b"space" not in words
    assert "No space left" in caplog.text
    assert running.handler.messages == []
    assert [sink.is_dropped for sink in running.handler.sinks] == [True]


def test_starttls_and_auth(listen: Listen, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext):
    """The session knows of both."""
    running = listen(tls=TlsMode.STARTTLS, tls_context=server_tls, auth=True, require_auth=True)
    with _smtp(running) as client:
        client.ehlo()
        assert not client.has_extn("auth")
        client.starttls(context=client_tls)
        client.login("anna", "secret")
        client.sendmail("anna@example.net", "bob@example.org", MESSAGE)
    session = running.handler.messages[0].session

    assert session.account == "anna"
    assert session.tls is not None
    assert session.tls.version == "TLSv1.3"
    assert session.tls.cipher.startswith("TLS_")
    assert session.tls.chain == ()


def test_implicit_tls(listen: Listen, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext):
    """Port 465's way."""
    running = listen(tls=TlsMode.IMPLICIT, tls_context=server_tls)
    with smtplib.SMTP_SSL("127.0.0.1", running.port, "c.example", context=client_tls) as client:
        client.sendmail("anna@example.net", "bob@example.org", MESSAGE * 10_000)

    assert running.handler.messages[0].octets == MESSAGE * 10_000


def test_what_is_sent_behind_starttls_is_dropped(
    listen: Listen, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
):
    """Nobody's commands get under another's encryption: CVE-2011-0411."""
    running = listen(tls=TlsMode.STARTTLS, tls_context=server_tls)
    with _connect(running) as plain:
        _until(plain, b"220 mx.example.org ESMTP Whybounce\r\n")
        plain.sendall(b"EHLO c\r\nSTARTTLS\r\nNOOP\r\nMAIL FROM:<mallory@example.net>\r\n")
        _until(plain, b"220 2.0.0 Ready to start TLS\r\n")
        with client_tls.wrap_socket(plain, server_hostname="mx.example.org") as encrypted:
            encrypted.sendall(b"QUIT\r\n")
            assert _until(encrypted, b"\r\n") == b"221 2.0.0 Goodbye\r\n"


def test_a_handshake_that_fails_ends_the_connection(
    listen: Listen, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
):
    """The client trusts somebody else, or says something else; no handler hears of it."""
    running = listen(tls=TlsMode.IMPLICIT, tls_context=server_tls)
    with _connect(running) as plain:
        plain.sendall(b"EHLO client.example\r\n" * 10)
        assert _rest(plain) != b"220"
    with pytest.raises(ssl.SSLCertVerificationError), _connect(running) as plain:
        client_tls.wrap_socket(plain, server_hostname="other.example")
    _eventually(lambda: running.listener.count.open == 0)

    assert running.handler.sessions == []
    assert running.listener.connections == set()


def test_failed_logins_slow_down(
    listen: Listen, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
):
    """Over connections: the listener remembers."""
    running = listen(tls=TlsMode.STARTTLS, tls_context=server_tls, auth=True)
    codes = []
    for _ in range(4):
        with _connect_tls(running, client_tls) as client:
            for _ in range(2):
                try:
                    client.login("anna", "guess", initial_response_ok=True)
                except smtplib.SMTPAuthenticationError as error:
                    codes.append(error.smtp_code)

    assert codes[:5] == [535] * 5
    assert 454 in codes[5:]


def _connect_tls(running: Running, client_tls: ssl.SSLContext) -> smtplib.SMTP:
    client = _smtp(running)
    client.starttls(context=client_tls)
    client.ehlo()
    client.esmtp_features["auth"] = "PLAIN"
    return client


def test_replies_to_pipelined_commands_leave_together(listen: Listen):
    """One read, one write: no waiting for the other side's delayed acknowledgement."""
    running = listen()
    with _connect(running) as client:
        _until(client, b"\r\n")
        client.sendall(
            ENVELOPE + b"DATA\r\nHello\r\n.\r\n" + ENVELOPE[8:] + b"BDAT 5 LAST\r\nHello"
        )
        said = _until(client, b"Taken as 2\r\n")

    assert said.count(b"\r\n") == 8 + 4 + 3
    assert [message.octets for message in running.handler.messages] == [b"Hello\r\n", b"Hello"]


def test_a_listener_says_when_it_holds_too_many(listen: Listen):
    """Each gets an answer it can come back from; who leaves makes room."""
    running = listen(caps=Caps(listener=2))
    with _connect(running) as first, _connect(running) as second:
        _until(first, b"220 ")
        _until(second, b"220 ")
        with _connect(running) as third:
            assert _rest(third) == b"421 4.3.2 Too many connections; try again later\r\n"
        first.sendall(b"QUIT\r\n")
        _rest(first)
        _eventually(lambda: running.listener.count.open == 1)
        with _connect(running) as fourth:
            _until(fourth, b"220 ")


def test_an_address_holds_only_so_many(listen: Listen):
    """421, and the next may come when one has gone."""
    running = listen(caps=Caps(address=1))
    with _connect(running) as first:
        _until(first, b"220 ")
        with _connect(running) as second:
            assert _rest(second).startswith(b"421 4.7.0 Too many connections from your address")
    _eventually(lambda: running.listener.count.open == 0)

    assert len(running.listener.count) == 0


def test_a_slow_client_is_told_goodbye(listen: Listen):
    """Idle between commands."""
    running = listen(limits=Limits(idle_seconds=0.2))
    with _connect(running) as client:
        said = _rest(client)

    assert said.endswith(b"421 4.4.2 Too slow; goodbye\r\n")
    _eventually(lambda: running.handler.endings == [Ending.EXPIRED])


def _send_for_ever(client: socket.socket, octets: bytes) -> NoReturn:
    while True:
        client.sendall(octets)


def test_a_client_that_never_reads_is_dropped(listen: Listen):
    """Its replies would fill our memory; it is idle as soon as nothing moves."""
    running = listen(limits=Limits(idle_seconds=0.3, idle_commands=10**9, errors=10**9))
    with closing(socket.socket()) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", running.port))
        client.settimeout(60)
        with pytest.raises(OSError, match=r"reset|[Bb]roken pipe"):
            _send_for_ever(client, b"HELP\r\n" * 100_000)
    _eventually(lambda: running.listener.count.open == 0)


def test_a_client_we_hang_up_on_can_read_why(listen: Listen):
    """Though it is still sending."""
    running = listen(limits=Limits(message_octets=1000))
    with _connect(running) as client:
        _until(client, b"220 ")
        client.sendall(ENVELOPE + b"DATA\r\n" + b"a line of text\r\n" * 50_000)
        said = _rest(client)

    assert said.endswith(b"552 5.3.4 The message is larger than the 1000 octets taken here\r\n")


def test_a_client_that_is_reset_as_we_hang_up_is_counted_no_more(listen: Listen):
    """The kernel says so to whoever shuts the socket down; nothing else has failed before."""

    def shut_down() -> NoReturn:
        raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")

    running = listen()
    with _connect(running) as client:
        _until(client, b"220 ")
        (connection,) = running.listener.connections
        connection._transport.write_eof = shut_down  # noqa: SLF001  # not to be had to order otherwise
        client.sendall(b"GET / HTTP/1.1\r\n")
        _until(client, b"521 ")
    _eventually(lambda: running.listener.count.open == 0)

    assert running.handler.endings == [Ending.HUNG_UP]
    _eventually(lambda: running.listener.connections == set())


def test_a_client_that_goes_in_the_middle_leaves_nothing(listen: Listen):
    """Its message is dropped."""
    running = listen()
    with _connect(running) as client:
        client.sendall(ENVELOPE + b"DATA\r\nHello\r\n")
        _until(client, b"354 ")
    _eventually(lambda: running.handler.endings == [Ending.LOST])

    assert running.handler.messages == []
    assert running.handler.sinks[0].is_dropped
    assert running.listener.connections == set()


def test_a_message_that_is_being_taken_is_taken_though_the_client_goes(listen: Listen):
    """It cannot know whether we have it; but we do not lose what we were about to keep."""
    running = listen(Recorder(seconds=0.2))
    with _connect(running) as client:
        client.sendall(ENVELOPE + b"DATA\r\nHello\r\n.\r\n")
        _until(client, b"354 ")
    _eventually(lambda: running.handler.endings == [Ending.LOST])

    assert [message.octets for message in running.handler.messages] == [b"Hello\r\n"]
    assert not running.handler.sinks[0].is_dropped


def test_a_client_that_only_ends_its_side_is_answered(listen: Listen):
    """As ``nc`` does with a file."""
    running = listen()
    with _connect(running) as client:
        client.sendall(ENVELOPE + b"DATA\r\nHello\r\n.\r\nQUIT\r\n")
        client.shutdown(socket.SHUT_WR)

        assert _rest(client).endswith(b"250 2.0.0 Taken as 1\r\n221 2.0.0 Goodbye\r\n")


def test_draining_finishes_what_is_under_way(listen: Listen):
    """No new connections; who is idle is told goodbye; a message comes to its end."""
    running = listen()
    with _connect(running) as idle, _connect(running) as busy:
        _until(idle, b"220 ")
        busy.sendall(ENVELOPE + b"DATA\r\nHello\r\n")
        _until(busy, b"354 ")
        draining = running.start(running.listener.drain(60))

        assert _rest(idle) == b"421 4.3.2 This server is about to stop; try again\r\n"
        with pytest.raises(ConnectionRefusedError):
            _connect(running)
        busy.sendall(b".\r\n")
        assert _rest(busy).endswith(
            b"250 2.0.0 Taken as 1\r\n421 4.3.2 This server is about to stop; try again\r\n"
        )
        draining.result(60)

    assert sorted(ending.name for ending in running.handler.endings) == ["SHUT_DOWN", "SHUT_DOWN"]


def test_draining_does_not_wait_for_ever(listen: Listen):
    """After its time what is left is cut off."""
    running = listen()
    with _connect(running) as busy:
        busy.sendall(ENVELOPE + b"DATA\r\nHello\r\n")
        _until(busy, b"354 ")
        running.call(running.listener.drain(0.1))

        assert running.handler.sinks[0].is_dropped
        assert running.listener.connections == set()


def test_who_was_let_in_as_a_drain_began_is_told_goodbye(listen: Listen):
    """The event loop had accepted it, and told nobody yet; it is neither greeted nor left waiting."""
    running = listen()
    with (
        socket.create_server(("127.0.0.1", 0)) as door,
        socket.create_connection(door.getsockname(), timeout=60) as client,
    ):
        accepted, _ = door.accept()

        async def beside_a_drain() -> None:
            await running.listener.drain(60)
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: ServerConnection(running.listener), accepted
            )

        running.call(beside_a_drain())

        assert _until(client, b"\r\n") == b"421 4.3.2 This server is about to stop; try again\r\n"
        assert _rest(client) == b""
        _eventually(lambda: running.listener.count.open == 0)


def test_large_messages_come_side_by_side(listen: Listen):
    """Two at once, each whole."""
    running = listen()
    body = b"0123456789" * 7 + b"\r\n"
    with _smtp(running) as first, _smtp(running) as second:
        for client, times in ((first, 100_000), (second, 50_000)):
            client.sendmail("anna@example.net", "bob@example.org", body * times)

    assert [len(message.octets) for message in running.handler.messages] == [7_200_000, 3_600_000]


def test_tls_without_a_certificate_is_the_operators_mistake():
    """Found before anything listens."""
    with pytest.raises(ValueError, match="certificate"):
        Listener(ServerSettings(host="mx.example.org", tls=TlsMode.STARTTLS), Recorder)


@pytest.mark.parametrize("mode", [TlsMode.OFF, TlsMode.STARTTLS, TlsMode.IMPLICIT])
def test_it_runs_under_uvloop(
    mode: TlsMode, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
):
    """The faster loop carries the same octets, hangs up and drains likewise."""
    handler = Recorder()
    settings = ServerSettings(host="mx.example.org", tls=mode, limits=Limits(errors=1))

    def send(port: int) -> bytes:
        if mode is TlsMode.IMPLICIT:
            client = smtplib.SMTP_SSL(
                "127.0.0.1", port, "c.example", context=client_tls, timeout=60
            )
        else:
            client = smtplib.SMTP("127.0.0.1", port, "c.example", timeout=60)
        with client:
            if mode is TlsMode.STARTTLS:
                client.starttls(context=client_tls)
            client.sendmail("anna@example.net", "bob@example.org", MESSAGE * 5000)
            client.docmd("DATA")
            code, words = client.docmd("DATA")
            client.close()
        return words if code == 421 else b""

    async def main() -> bytes:
        listener = Listener(settings, lambda: handler, tls=server_tls)
        await listener.listen("127.0.0.1", 0)
        words = await asyncio.to_thread(send, listener.ports[0])
        await listener.drain(1)
        return words

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(main()) == b"4.7.0 Too many errors; goodbye"
    assert handler.messages[0].octets == MESSAGE * 5000
