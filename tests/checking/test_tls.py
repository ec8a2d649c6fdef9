"""Whose certificates are taken, and what is said where one is not."""

import ssl
from pathlib import Path

import pytest
import trustme

from whybounce.checking.tls import opportunistic_context, verifying_context, words_of


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Whom no machine trusts by itself."""
    return trustme.CA()


@pytest.fixture(scope="module")
def authorities(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file by which it is trusted."""
    file = tmp_path_factory.mktemp("authorities") / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


def _agree(client: ssl.SSLContext, certificate: trustme.LeafCert, name: str) -> None:
    """Shake hands with a server of that certificate, which is asked for by that name."""
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(server)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(back, there, server_hostname=name),
        server.wrap_bio(there, back, server_side=True),
    )
    for end in ends * 3:
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue


def test_an_opportunistic_client_takes_any_certificate(authority: trustme.CA):
    """Of any authority, for any name."""
    _agree(opportunistic_context(), authority.issue_cert("mx.example.net"), "mx.example.org")


def test_a_verifying_client_takes_what_it_trusts(authority: trustme.CA, authorities: Path):
    """By a file of more authorities, and for the name that it asks for."""
    certificate = authority.issue_cert("mx.example.org")
    _agree(verifying_context(authorities), certificate, "mx.example.org")

    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        _agree(verifying_context(authorities), certificate, "mx.example.net")
    with pytest.raises(ssl.SSLCertVerificationError) as refused:
        _agree(verifying_context(), certificate, "mx.example.org")
    assert words_of(refused.value) == "certificate verify failed"


def test_a_common_name_is_no_name(authority: trustme.CA, authorities: Path):
    """RFC 9525 §6.3: only the subject's alternative names count."""
    certificate = authority.issue_cert("other.example.org", common_name="mx.example.org")

    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        _agree(verifying_context(authorities), certificate, "mx.example.org")


def test_a_file_without_a_certificate_is_an_error(tmp_path: Path):
    """Before anybody is connected to."""
    (tmp_path / "empty.pem").write_text("")

    with pytest.raises(OSError, match="NO_CERTIFICATE_OR_CRL_FOUND"):
        verifying_context(tmp_path / "empty.pem")
    with pytest.raises(FileNotFoundError):
        verifying_context(tmp_path / "none.pem")


def test_an_error_without_a_reason_is_told_as_it_is():
    """Then OpenSSL gave none, and Python says it."""
    error = ssl.SSLError(1, "The handshake took too long")
    error.reason = None

    assert words_of(error) == "the handshake took too long"
