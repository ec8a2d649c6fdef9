"""TLS between a dialogue and its socket, without the socket."""

import ssl
from pathlib import Path

import pytest
import trustme
from hypothesis import HealthCheck, given, settings, strategies as st

from whybounce.checking.tls import opportunistic_context
from whybounce.gateway.smtp.tls import TlsChannel, TlsError, server_context


def _channels(
    server: ssl.SSLContext, client: ssl.SSLContext, name: str = "mx.example.org"
) -> tuple[TlsChannel, TlsChannel]:
    return (
        TlsChannel(server, server_side=True),
        TlsChannel(client, server_side=False, server_name=name),
    )


def _shake_hands(server: TlsChannel, client: TlsChannel) -> None:
    client.receive(b"")
    for _ in range(4):
        server.receive(client.to_send())
        client.receive(server.to_send())
    assert server.is_established
    assert client.is_established


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(
    cuts=st.lists(st.integers(1, 400), min_size=1, max_size=5), octets=st.binary(max_size=40_000)
)
def test_what_goes_in_comes_out(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext, cuts: list[int], octets: bytes
):
    """Whole, however the network cuts it."""
    server, client = _channels(server_tls, client_tls)
    _shake_hands(server, client)
    client.send(octets or b"-")
    sent, heard, place = client.to_send(), b"", 0
    while sent:
        size = cuts[place % len(cuts)]
        heard += server.receive(sent[:size])
        sent, place = sent[size:], place + 1

    assert heard == (octets or b"-")


def test_goodbye_is_heard(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext):
    """With what was said before it."""
    server, client = _channels(server_tls, client_tls)
    _shake_hands(server, client)
    client.send(b"QUIT\r\n")
    client.end()

    assert server.receive(client.to_send()) == b"QUIT\r\n"
    assert server.has_ended


def test_tampering_is_an_error(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext):
    """And so is talk that is no TLS."""
    server, client = _channels(server_tls, client_tls)
    _shake_hands(server, client)
    client.send(b"MAIL FROM:<anna@example.net>\r\n")
    sent = bytearray(client.to_send())
    sent[-1] ^= 1

    with pytest.raises(TlsError, match="decryption failed or bad record mac"):
        server.receive(bytes(sent))
    with pytest.raises(TlsError, match=r"(?i)http request|wrong version number|unknown protocol"):
        _channels(server_tls, client_tls)[0].receive(b"EHLO client.example\r\n" * 3)


def test_a_clients_certificate_can_be_had(
    authority: trustme.CA, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
):
    """Where the server asks for one."""
    asking = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("mx.example.org").configure_cert(asking)
    authority.configure_trust(asking)
    asking.verify_mode = ssl.CERT_OPTIONAL
    showing = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(showing)
    authority.issue_cert("client.example").configure_cert(showing)
    for context, shows in ((showing, True), (client_tls, False)):
        server, client = _channels(asking, context)
        _shake_hands(server, client)

        assert bool(server.tls.chain) is shows
        assert server.tls.verified is shows
        assert client.tls.verified
    unasking, client = _channels(server_tls, showing)
    _shake_hands(unasking, client)
    assert unasking.tls.chain == ()


def test_a_server_context_is_read_from_files(authority: trustme.CA, tmp_path: Path):
    """And speaks TLS 1.2 at least."""
    certificate = authority.issue_cert("mx.example.org")
    path = tmp_path / "both.pem"
    certificate.private_key_and_cert_chain_pem.write_to_path(str(path))
    old = opportunistic_context()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    server, client = _channels(server_context(str(path)), old)
    _shake_hands(server, client)

    assert client.tls.version == "TLSv1.2"
    assert server_context(str(path)).minimum_version is ssl.TLSVersion.TLSv1_2


def test_files_that_cannot_be_used_say_so(tmp_path: Path):
    """Before anything listens."""
    (tmp_path / "empty.pem").write_text("")
    with pytest.raises(FileNotFoundError):
        server_context(str(tmp_path / "none.pem"))
    with pytest.raises(ssl.SSLError):
        server_context(str(tmp_path / "empty.pem"))
