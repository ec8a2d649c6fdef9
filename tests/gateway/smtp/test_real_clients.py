"""Other people's programs talk to our listener: swaks, smtp-source, Postfix, HAProxy."""

import os
import smtplib
import ssl
import subprocess
import time
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
import trustme

from loopback import Listen, Recorder, Running
from ports import free_port
from postfix import postfix, running, wait_for
from whybounce.gateway.smtp.server import LineEnds, TlsMode
from whybounce.vocabulary.envelope import Notify, Return

MESSAGE = b"From: anna@example.net\r\nSubject: Hello\r\n\r\n.A dot\r\n"
LOOPBACK = (ip_network("127.0.0.0/8"),)

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="Postfix's master starts as root only")


def _swaks(running_: Running, *options: str) -> str:
    done = subprocess.run(  # noqa: S603  # the test's own words
        [  # noqa: S607  # wherever Debian or somebody else put it
            "swaks",
            *("--server", "127.0.0.1", "--port", str(running_.port), "--helo", "client.example"),
            *("--from", "anna@example.net", "--to", "bob@example.org,refused@example.org"),
            *options,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


def _messages(running_: Running, count: int) -> list[bytes]:
    deadline = time.monotonic() + 30
    while len(running_.handler.messages) < count:
        assert time.monotonic() < deadline, running_.handler.messages
        time.sleep(0.02)
    return [message.octets for message in running_.handler.messages]


@pytest.mark.parametrize("pipelining", [(), ("--pipeline",)], ids=["one by one", "pipelined"])
def test_swaks(listen: Listen, pipelining: tuple[str, ...]):
    """A message for one recipient of two."""
    running_ = listen()
    said = _swaks(running_, *pipelining, "--body", ".begins with a dot")

    assert "<** 550 5.1.1 No such mailbox" in said
    assert "<-  250 2.0.0 Taken as 1" in said
    assert b"\r\n\r\n.begins with a dot\r\n" in running_.handler.messages[0].octets


def test_swaks_with_tls_and_a_password(
    listen: Listen, server_tls: ssl.SSLContext, authority: trustme.CA, tmp_path: Path
):
    """STARTTLS, our certificate found good, AUTH LOGIN and PLAIN."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    running_ = listen(tls=TlsMode.STARTTLS, tls_context=server_tls, auth=True, require_auth=True)
    for mechanism in ("LOGIN", "PLAIN"):
        said = _swaks(
            running_,
            *("--tls", "--tls-verify", "--tls-ca-path", str(tmp_path / "ca.pem")),
            *("--auth", mechanism, "--auth-user", "anna", "--auth-password", "secret"),
        )
        assert "<~  235 2.7.0 Authenticated" in said

    assert [message.session.account for message in running_.handler.messages] == ["anna"] * 2


def test_swaks_with_implicit_tls(listen: Listen, server_tls: ssl.SSLContext):
    """Port 465's way."""
    running_ = listen(tls=TlsMode.IMPLICIT, tls_context=server_tls)

    assert "Taken as 1" in _swaks(running_, "--tls-on-connect")


def test_swaks_with_xclient(listen: Listen):
    """As a server in front would."""
    running_ = listen(xclient=LOOPBACK)
    said = _swaks(
        running_, "--xclient", "ADDR=192.0.2.7 NAME=client.example.net HELO=client.example.net"
    )
    session = running_.handler.messages[0].session

    assert "Taken as 1" in said
    assert (session.address, session.name) == (ip_address("192.0.2.7"), "client.example.net")
    assert session.proxy == ip_address("127.0.0.1")


def test_swaks_with_a_proxy_header(listen: Listen):
    """Version 2, with swaks's own idea of it."""
    running_ = listen(proxies=LOOPBACK)
    _swaks(
        running_,
        *("--proxy-version", "2", "--proxy-family", "AF_INET6"),
        *("--proxy-source", "2001:db8::7", "--proxy-source-port", "4711"),
        *("--proxy-dest", "2001:db8::1", "--proxy-dest-port", "25"),
    )
    session = running_.handler.messages[0].session

    assert (session.address, session.port) == (ip_address("2001:db8::7"), 4711)


def test_smtp_source(listen: Listen):
    """Two hundred messages over ten connections, for three recipients each."""
    running_ = listen()
    subprocess.run(  # noqa: S603  # the test's own words
        [  # noqa: S607  # wherever Debian or somebody else put it
            "smtp-source",
            *("-s", "10", "-m", "200", "-r", "3", "-l", "5000"),
            *("-f", "anna@example.net", "-t", "bob@example.org"),
            f"127.0.0.1:{running_.port}",
        ],
        env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"},
        timeout=60,
        check=True,
    )

    assert len(_messages(running_, 200)) == 200
    assert {len(message.envelope.recipients) for message in running_.handler.messages} == {3}


@needs_root
def test_postfix_hands_a_message_on(listen: Listen, server_tls: ssl.SSLContext):
    """Over STARTTLS, pipelined, with the sender's wishes of RFC 3461."""
    running_ = listen(tls=TlsMode.STARTTLS, tls_context=server_tls, require_tls=True)
    relay = {
        "relayhost": f"[127.0.0.1]:{running_.port}",
        "smtp_tls_security_level": "encrypt",
    }
    with postfix(**relay) as port, smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        client.sendmail(
            "anna@example.net",
            ["bob@example.org", "carol@example.org"],
            MESSAGE,
            ["RET=HDRS", "ENVID=Q+2B1"],
            ["NOTIFY=SUCCESS,DELAY", "ORCPT=rfc822;bob+2Bx@example.org"],
        )
        received = _messages(running_, 1)[0]
        envelope = running_.handler.messages[0].envelope
        session = running_.handler.messages[0].session

    assert received.endswith(b"\r\n\r\n.A dot\r\n")
    assert session.helo == "relay.example.net"
    assert session.tls is not None
    assert (envelope.return_, envelope.envelope_id) == (Return.HEADERS, "Q+1")
    assert [recipient.address for recipient in envelope.recipients] == [
        "bob@example.org",
        "carol@example.org",
    ]
    assert {recipient.notify for recipient in envelope.recipients} == {
        frozenset({Notify.SUCCESS, Notify.DELAY})
    }
    assert envelope.recipients[0].original is not None
    assert envelope.recipients[0].original.address == "bob+x@example.org"


@needs_root
def test_postfix_reports_what_we_refuse(listen: Listen):
    """It bounces for one recipient and delivers to the other; the bounce comes back here."""
    running_ = listen()
    with (
        postfix(relayhost=f"[127.0.0.1]:{running_.port}") as port,
        smtplib.SMTP("127.0.0.1", port, timeout=60) as client,
    ):
        client.sendmail("anna@example.net", ["refused@example.org", "bob@example.org"], MESSAGE)
        _messages(running_, 2)
    bounce = next(
        message for message in running_.handler.messages if message.envelope.return_path == ""
    )

    assert bounce.envelope.recipients[0].address == "anna@example.net"
    assert b"Status: 5.1.1\r\n" in bounce.octets
    assert b"550 5.1.1 No such mailbox" in bounce.octets


_HAPROXY = """
defaults
  mode tcp
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend smtp
  bind 127.0.0.1:{front}
  default_backend gateway
backend gateway
  server gateway 127.0.0.1:{back} send-proxy-v2 {options}
"""


@pytest.mark.parametrize("mode", [TlsMode.OFF, TlsMode.STARTTLS, TlsMode.IMPLICIT])
def test_haproxy_says_whose_connection_it_is(
    listen: Listen,
    tmp_path: Path,
    mode: TlsMode,
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
):
    """PROXY version 2 with TLVs, before the greeting and before TLS."""
    running_ = listen(
        Recorder(), proxies=LOOPBACK, tls=mode, tls_context=server_tls, line_ends=LineEnds.REFUSE
    )
    front = free_port()
    options = "proxy-v2-options unique-id,crc32c"
    (tmp_path / "haproxy.cfg").write_text(
        _HAPROXY.format(front=front, back=running_.port, options=options)
    )
    with running("haproxy", "-f", str(tmp_path / "haproxy.cfg")):
        wait_for(front)
        if mode is TlsMode.IMPLICIT:
            client = smtplib.SMTP_SSL("127.0.0.1", front, context=client_tls, timeout=60)
        else:
            client = smtplib.SMTP("127.0.0.1", front, timeout=60)
        with client:
            if mode is TlsMode.STARTTLS:
                client.starttls(context=client_tls)
            port = client.sock.getsockname()[1]
            client.sendmail("anna@example.net", "bob@example.org", MESSAGE)
    session = running_.handler.messages[0].session

    assert (session.address, session.port) == (ip_address("127.0.0.1"), port)
    assert session.proxy == ip_address("127.0.0.1")
