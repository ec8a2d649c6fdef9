"""TLS between a dialogue and its socket: octets in, octets out, both ways.

The handshake is done here rather than by the event loop, so that what arrived before it, in the clear
or behind a PROXY header, goes where it belongs; and so that the peer's certificates can be had.
"""

import ssl
from typing import cast

from whybounce.checking.certificates import shown_by
from whybounce.checking.tls import words_of
from whybounce.vocabulary.session import Tls

_MOST_READ = 262_144


class TlsError(Exception):
    """The handshake failed, or the connection was tampered with. Says what OpenSSL says."""


class TlsChannel:
    """One end of a TLS connection. Raises TlsError for a name that cannot be asked for."""

    def __init__(
        self, context: ssl.SSLContext, *, server_side: bool, server_name: str | None = None
    ) -> None:
        self.is_established = False
        self.has_ended = False  # The peer said goodbye.
        self._context = context
        self._received = ssl.MemoryBIO()
        self._to_send = ssl.MemoryBIO()
        try:
            self._object = context.wrap_bio(
                self._received, self._to_send, server_side=server_side, server_hostname=server_name
            )
        except (ValueError, ssl.SSLError) as error:  # An MX record may name what is no host name.
            raise TlsError(f"{server_name!r} is no name to ask for") from error

    def receive(self, octets: bytes) -> bytes:
        """Take what arrived and return what it says; begins the handshake if given nothing.

        Raises TlsError.
        """
        self._received.write(octets)
        try:
            if not self.is_established:
                self._object.do_handshake()
                self.is_established = True
            return self._read()
        except ssl.SSLWantReadError:
            return b""
        except ssl.SSLError as error:
            raise TlsError(_reason(error)) from error

    def _read(self) -> bytes:
        pieces = []
        while not self.has_ended:
            try:
                piece = self._object.read(_MOST_READ)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                piece = b""
            self.has_ended = not piece
            pieces.append(piece)
        return b"".join(pieces)

    def send(self, octets: bytes) -> None:
        """Encrypt for the peer. Raises TlsError."""
        try:
            self._object.write(octets)
        except ssl.SSLError as error:
            raise TlsError(_reason(error)) from error

    def end(self) -> None:
        """Say goodbye, as far as that is possible."""
        try:
            self._object.unwrap()
        except ssl.SSLError:
            return

    def to_send(self) -> bytes:
        """Return octets for the socket, once."""
        return self._to_send.read()

    @property
    def tls(self) -> Tls:
        """What was agreed on; the handshake is done."""
        cipher = self._object.cipher()
        return Tls(
            version=self._object.version() or "",
            cipher=cipher[0] if cipher else "",
            verified=self._context.verify_mode is not ssl.CERT_NONE and bool(self._chain()),
            chain=self._chain(),
            names=self._names(),
        )

    def _names(self) -> tuple[str, ...]:
        """Return the host names in the peer's certificate, where it was demanded and found good."""
        found = self._object.getpeercert() or {}
        pairs = cast("tuple[tuple[str, str], ...]", found.get("subjectAltName", ()))
        return tuple(name for kind, name in pairs if kind == "DNS")

    def _chain(self) -> tuple[bytes, ...]:
        """Return the peer's certificates as it sent them."""
        return shown_by(self._object)


class EncryptedKeyError(OSError):
    """A key is encrypted, and there is nobody to ask for its passphrase."""


def _no_passphrase() -> str:
    """Stand where OpenSSL would ask at the terminal, and wait."""
    raise EncryptedKeyError


def server_context(
    certificate: str, key: str | None = None, clients: str | None = None
) -> ssl.SSLContext:
    """Return the context of a server: TLS 1.2 and later, no renegotiation.

    Args:
        certificate: The file with the certificate and its chain.
        key: The file with its key; else the certificate's file has it.
        clients: The file with those who vouch for clients' certificates. Then one is asked for; who
            has none is welcome, and who shows one nobody vouches for is not.

    Raises OSError where a file cannot be read, ssl.SSLError where it does not hold what it should,
    EncryptedKeyError where the key needs a passphrase.

    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.load_cert_chain(certificate, key, _no_passphrase)
    if clients is not None:
        context.load_verify_locations(clients)
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def _reason(error: ssl.SSLError) -> str:
    """Return OpenSSL's words: ``certificate verify failed: self-signed certificate``."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{words_of(error)}: {error.verify_message}"
    return words_of(error)
