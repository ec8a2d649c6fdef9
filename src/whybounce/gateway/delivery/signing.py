"""DKIM signatures of what our people and this system itself write: RFC 6376, RFC 8463.

Made when mail leaves, because conversion for the next hop may change the body. Only mail of ours is
signed: a signature says that the domain answers for it.
"""

import re
from base64 import b64encode
from collections.abc import AsyncIterable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from whybounce.checking.body_hash import BodyHash, CanonicalBody
from whybounce.checking.signatures import named_fields
from whybounce.gateway.addresses import domain_of, folded_domain, parents
from whybounce.notation import first_field, header_fields, mailboxes

_BLANKS = re.compile(rb"[ \t]+")
_FIELD = re.compile(rb"^([!-9;-~]++)[ \t]*+:((?:[^\r\n]|\r\n[ \t])*)", re.MULTILINE)
_LINE = 72  # Characters of the signature on one line.
_LONGEST_HEADER = 1_048_576  # Octets; a message with more of a header is not signed.

# RFC 6376 §5.4.1. The first ones are named once more than they occur, so that nobody adds another.
_SEALED = (b"from", b"to", b"cc", b"subject", b"date", b"reply-to")
_SIGNED = (
    *_SEALED, b"message-id", b"in-reply-to", b"references", b"sender", b"mime-version", b"content-type",
    b"content-transfer-encoding", b"content-language", b"auto-submitted", b"list-id", b"list-unsubscribe",
    b"list-unsubscribe-post",
)  # fmt: skip


class UnusableKeyError(ValueError):
    """A file holds no key that signs."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What signs a domain's mail."""

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey

    @property
    def algorithm(self) -> str:
        """The name of how it signs, RFC 8463 §3."""
        return "rsa-sha256" if isinstance(self.key, RSAPrivateKey) else "ed25519-sha256"

    def sign(self, digest: bytes) -> bytes:
        """Sign the hash of a header."""
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(digest, PKCS1v15(), Prehashed(SHA256()))
        return self.key.sign(digest)


def read_key(domain: str, selector: str, path: Path) -> SigningKey:
    """Return the key in a PEM file.

    Raises:
        OSError: It cannot be read.
        UnusableKeyError: It holds none, or none that may sign.

    """
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UnusableKeyError("it holds no private key in PEM without a password") from error
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise UnusableKeyError("its key is neither RSA nor Ed25519")
    return SigningKey(folded_domain(domain), selector, key)


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs what domains with a key write."""

    keys: Mapping[str, SigningKey]  # By domain.
    clock: Callable[[], datetime]

    def key_for(self, header: bytes) -> SigningKey | None:
        """Return the key of the author's domain, or of the nearest above it.

        Of several authors the first counts who has one; they are read as policies read them.
        """
        fields = header_fields(header.decode("utf-8", "replace"))
        authors = map(domain_of, mailboxes(first_field(fields, "from") or ""))
        named = (each for domain in authors for each in (domain, *parents(domain)))
        return next((self.keys[each] for each in named if each in self.keys), None)

    async def field(self, pieces: AsyncIterable[bytes]) -> bytes:
        """Return a DKIM-Signature field for the message; nothing where no key is its author's."""
        header, body_hash = await _taken(pieces)
        key = self.key_for(header) if len(header) <= _LONGEST_HEADER else None
        return b"" if key is None else signature(key, header, body_hash, self.clock())


def signature(key: SigningKey, header: bytes, body_hash: bytes, now: datetime) -> bytes:
    """Return the field for a message of that header and body, with its line end."""
    fields = [(name.lower(), value) for name, value in _FIELD.findall(header)]
    named = [name for name, _ in fields]
    listed = [name for name in _SIGNED for _ in range(named.count(name) + (name in _SEALED))]
    tags = (
        f"v=1; a={key.algorithm}; c=relaxed/relaxed; d={key.domain}; s={key.selector};"
        f" t={int(now.timestamp())}; h={_folded(b':'.join(listed).decode(), ':')};"
        f" bh={b64encode(body_hash).decode()}; b="
    )
    own = f" {tags}".replace("; ", ";\r\n\t").encode()
    hashed = Hash(SHA256())
    for field in named_fields(fields, listed):
        hashed.update(_relaxed(*field))
    hashed.update(_relaxed(b"dkim-signature", own).removesuffix(b"\r\n"))
    written = b64encode(key.sign(hashed.finalize())).decode()
    return b"DKIM-Signature:" + own + _folded(written, "").encode() + b"\r\n"


async def _taken(pieces: AsyncIterable[bytes]) -> tuple[bytes, bytes]:
    """Return the header and the hash of the body, however large that is."""
    hashed = BodyHash(b"sha256", None)
    body = CanonicalBody([hashed], is_relaxed=True)
    header, in_body = b"", False
    async for piece in pieces:
        if in_body:
            body.feed(piece)
            continue
        header += piece
        end = 0 if header.startswith(b"\r\n") else header.find(b"\r\n\r\n") + 2
        if end != 1:
            in_body = True
            body.feed(header[end + 2 :])
            header = header[:end]
        elif len(header) > _LONGEST_HEADER:
            break
    body.finish()
    return header, hashed.digest() or b""


def _relaxed(name: bytes, value: bytes) -> bytes:
    """Return a field in the relaxed form: RFC 6376 §3.4.2."""
    return name + b":" + _BLANKS.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ") + b"\r\n"


def _folded(text: str, mark: str) -> str:
    """Return a long value on several lines, which count as blanks."""
    lines, line = [], ""
    for part in re.split(f"(?<={mark})", text) if mark else re.findall(f".{{1,{_LINE}}}", text):
        if len(line) + len(part) > _LINE:
            lines.append(line)
            line = ""
        line += part
    return "\r\n\t ".join([*lines, line])
