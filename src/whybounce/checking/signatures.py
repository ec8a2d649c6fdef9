"""Does a signature hold, and where does its key stand? RFC 6376 §6.1, RFC 8301, RFC 8463.

The grammar and the canonical header are dkimpy's. The body's hash was taken as it came, the key is
asked for through our resolver, and the arithmetic is the cryptography library's.
"""

import base64
import binascii
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

import dkim
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from dkim.canonicalization import CanonicalizationPolicy, InvalidCanonicalizationPolicyError
from dkim.util import InvalidTagValueList, parse_tag_value

from whybounce.checking.lookups import Asking, Records
from whybounce.checking.message import HashedMessage, HeaderField, SignatureField
from whybounce.vocabulary.authentication import Result

_LEAST_BITS = 1024  # RFC 8301 §3.2.
_MOST_BITS = 8192  # More would only keep us busy.
_LONGEST_KEY = 8192  # Characters of a key's record.
_SPACE = re.compile(rb"\s+")
_NAME = re.compile(rb"[A-Za-z0-9_.-]{1,253}|[^\x00-\x20\x7f\\\"();:@<>,\[\]]{1,253}")


@dataclass(frozen=True, slots=True)
class Key:
    """A public key as its record gives it."""

    key: RSAPublicKey | Ed25519PublicKey
    bits: int
    is_testing: bool  # t=y
    is_strict: bool  # t=s: i= may be in no domain below d=.
    hashes: tuple[bytes, ...] | None  # h=


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one signature."""

    result: Result
    why: str
    key: Key | None = None
    record: str = ""


def key_name(tags: Mapping[bytes, bytes]) -> str | None:
    """Return the name of the key's record, or None where the tags give none."""
    selector, domain = tags.get(b"s", b""), tags.get(b"d", b"")
    if not (_NAME.fullmatch(selector) and _NAME.fullmatch(domain)):
        return None
    return f"{selector.decode('utf-8', 'replace')}._domainkey.{domain.decode('utf-8', 'replace')}"


def verdict(
    signature: SignatureField, message: HashedMessage, keys: Mapping[str, Records]
) -> Verdict:
    """Say whether a DKIM-Signature, or an ARC-Message-Signature, holds for the message.

    Args:
        signature: One of the message's own.
        message: What it signs.
        keys: What was answered for each ``key_name``.

    """
    tags = signature.tags
    mistake = signature.mistake or _mistake(
        tags, is_arc=signature.name.lower() != b"dkim-signature"
    )
    if mistake:
        return Verdict(Result.PERMERROR, mistake)
    names = [name.strip().lower() for name in tags[b"h"].split(b":")]
    if b"from" not in names:
        return Verdict(Result.PERMERROR, "it does not sign From")  # RFC 6376 §5.4.
    try:
        policy = CanonicalizationPolicy.from_c_value(
            _SPACE.sub(b"", tags.get(b"c", b"simple/simple"))
        )
    except InvalidCanonicalizationPolicyError:
        return Verdict(Result.PERMERROR, "it names a canonical form that is not known (c=)")
    checked = _key_for(tags, keys)
    if isinstance(checked, Verdict):
        return checked
    key, record = checked
    body_hash = message.body_hashes.get(signature.body_key)
    if body_hash is None:
        return Verdict(Result.FAIL, "the body is shorter than what was signed", key, record)
    if body_hash != _decoded(tags[b"bh"]):
        return Verdict(Result.FAIL, "the body was changed after it was signed", key, record)
    # A second From is never unsigned: RFC 6376 §8.15.
    digest = _digest(named_fields(message.fields, [*names, b"from"]), policy, signature)
    if _holds(key, digest, _decoded(tags[b"b"])):
        return Verdict(Result.PASS, "it holds", key, record)
    return Verdict(
        Result.FAIL, "the header was changed after it was signed, or by another key", key, record
    )


def seal_verdict(
    fields: Sequence[SignatureField], seal: SignatureField, keys: Mapping[str, Records]
) -> Verdict:
    """Say whether an ARC-Seal holds. RFC 8617 §5.1.1.

    Args:
        fields: All that it seals, the oldest first, without the seal itself.
        seal: The ARC-Seal.
        keys: What was answered for each ``key_name``.

    """
    checked = _key_for(seal.tags, keys)
    if isinstance(checked, Verdict):
        return checked
    key, record = checked
    relaxed = CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")
    digest = _digest([(one.name, one.value) for one in fields], relaxed, seal)
    if _holds(key, digest, _decoded(seal.tags[b"b"])):
        return Verdict(Result.PASS, "it holds", key, record)
    return Verdict(Result.FAIL, "it does not hold", key, record)


async def published_key(resolver: Asking, domain: str, selector: str) -> Verdict:
    """Return whether a key that can be used stands under the selector; ``pass`` where it does."""
    name = f"{selector}._domainkey.{domain}"
    tags = {b"d": domain.encode(), b"s": selector.encode(), b"a": b""}
    if key_name(tags) != name:
        return Verdict(Result.PERMERROR, f"{selector[:100]!r} is no selector")
    records = await resolver.texts(name)
    found = _key_for(tags, {name: records}, is_signed=False)
    if isinstance(found, Verdict):
        return found
    key, record = found
    return Verdict(Result.PASS, f"{name} holds a key of {key.bits} bits", key, record)


def named_fields(fields: Sequence[HeaderField], names: Iterable[bytes]) -> list[HeaderField]:
    """Return the fields that h= names, the last of a name first: RFC 6376 §5.4.2.

    Args:
        fields: Name and value of each, from the top.
        names: In lower case, each as often as a field of that name is meant.

    """
    left: defaultdict[bytes, list[HeaderField]] = defaultdict(list)
    for field in fields:
        left[field[0].lower()].append(field)
    return [left[name].pop() for name in names if left[name]]


def _digest(
    fields: Sequence[HeaderField], policy: CanonicalizationPolicy, signature: SignatureField
) -> bytes:
    """Return the hash of the fields and of the signature's own field, its b= left out."""
    hashed = sha256()
    for name, value in policy.canonicalize_headers(fields):
        hashed.update(name + b":" + value)
    own = (signature.name, signature.value)
    dkim.hash_headers(hashed, policy, [], [], own, signature.tags)
    return hashed.digest()


def _mistake(tags: Mapping[bytes, bytes], *, is_arc: bool) -> str:
    wanted = [b"a", b"b", b"bh", b"d", b"h", b"s", b"i" if is_arc else b"v"]
    return tags_mistake(tags, wanted, is_arc=is_arc)


def tags_mistake(tags: Mapping[bytes, bytes], wanted: Sequence[bytes], *, is_arc: bool) -> str:
    """Return what is wrong with a signature's tags, or nothing. RFC 6376 §6.1.1."""
    try:
        dkim.validate_signature_fields(tags, list(wanted), arc=is_arc)
    except dkim.DKIMException as error:
        said = str(error).replace("b'", "'")
        return f"its tags have a mistake: {said[:200]}"
    except (ValueError, IndexError, TypeError):
        return "its tags have a mistake"
    return "" if key_name(tags) else "its domain or selector is no name (d=, s=)"


def _key_for(
    tags: Mapping[bytes, bytes], keys: Mapping[str, Records], *, is_signed: bool = True
) -> "tuple[Key, str] | Verdict":
    """Return key and record, or why there is no key that may be used."""
    name = key_name(tags) or ""
    records = keys.get(name)
    if records is None or records.is_undecided:
        said = records.detail if records else f"{name} was not asked for"
        return Verdict(Result.TEMPERROR, f"its key could not be asked for: {said}")
    if records.absence is not None:
        return Verdict(Result.PERMERROR, f"there is no key: {records.detail}")
    # RFC 6376 §3.6.2.2: what several records mean is left open; the first that is a key counts.
    parsed = [(_parsed_key(text), text) for text in records.values]
    key, record = next(((key, text) for key, text in parsed if isinstance(key, Key)), parsed[0])
    if not isinstance(key, Key):
        return Verdict(Result.PERMERROR, f"the record {name} {key}", record=record)
    refused = _wrong_size(key) or (_refused(tags, key) if is_signed else "")
    return Verdict(Result.POLICY, refused, key, record) if refused else (key, record)


def _wrong_size(key: Key) -> str:
    if isinstance(key.key, Ed25519PublicKey) or _LEAST_BITS <= key.bits <= _MOST_BITS:
        return ""
    return f"its key has {key.bits} bits; {_LEAST_BITS} to {_MOST_BITS} are accepted (RFC 8301)"


def _refused(tags: Mapping[bytes, bytes], key: Key) -> str:
    algorithm, _, hash_ = tags[b"a"].lower().partition(b"-")
    if hash_ == b"sha1":
        return "it is made with SHA-1, which nobody may accept any more (RFC 8301)"
    if (algorithm == b"ed25519") is not isinstance(key.key, Ed25519PublicKey):
        return "its key is of another kind than the signature"
    if key.hashes is not None and hash_ not in key.hashes:
        return "its key forbids this hash (h=)"
    domain, identity = tags.get(b"d", b"").lower(), tags.get(b"i", b"").lower()
    if key.is_strict and b"@" in identity and identity.rpartition(b"@")[2] != domain:
        return "its key is for the domain itself alone (t=s), and i= is below it"
    return ""


@lru_cache(maxsize=1024)  # Keys come again and again, and to read one costs more than to use it.
def _parsed_key(text: str) -> Key | str:
    """Return the key, or what is wrong with its record: a predicate. RFC 6376 §3.6.1."""
    if len(text) > _LONGEST_KEY:
        return "is too long to be a key"
    try:
        tags = parse_tag_value(text.encode())
    except InvalidTagValueList:
        return "is no list of tags"
    if tags.get(b"v", b"DKIM1") != b"DKIM1" or b"p" not in tags:
        return "is no DKIM key"
    services = [each.strip() for each in tags.get(b"s", b"*").split(b":")]
    if b"*" not in services and b"email" not in services:
        return "is a key for something else than mail (s=)"
    written = _SPACE.sub(b"", tags[b"p"])
    if not written:
        return "says that the key was withdrawn (p= is empty)"
    kind = tags.get(b"k", b"rsa").lower()
    try:
        octets = base64.b64decode(written, validate=True)
        key = Ed25519PublicKey.from_public_bytes(octets) if kind == b"ed25519" else _rsa(octets)
    except (ValueError, TypeError, UnsupportedAlgorithm, binascii.Error):
        return "holds no key that can be read (p=)"
    if kind not in {b"rsa", b"ed25519"}:
        return "is a key of a kind that is not known (k=)"
    flags = [each.strip() for each in tags.get(b"t", b"").split(b":")]
    hashes = (
        tuple(each.strip().lower() for each in tags[b"h"].split(b":")) if b"h" in tags else None
    )
    bits = key.key_size if isinstance(key, RSAPublicKey) else 256
    return Key(key, bits, b"y" in flags, b"s" in flags, hashes)


def _rsa(octets: bytes) -> RSAPublicKey:
    """Return the key of a SubjectPublicKeyInfo or, as RFC 6376 §3.6.1 has it, an RSAPublicKey."""
    try:
        key = load_der_public_key(octets)
    except ValueError:
        # The same in a SubjectPublicKeyInfo: a sequence of algorithm and bit string.
        bits = b"\x03" + _der_length(len(octets) + 1) + b"\0" + octets
        key = load_der_public_key(b"\x30" + _der_length(len(_RSA) + len(bits)) + _RSA + bits)
    if not isinstance(key, RSAPublicKey):
        raise TypeError(type(key).__name__)
    return key


_RSA = bytes.fromhex("300d06092a864886f70d0101010500")  # The AlgorithmIdentifier rsaEncryption.


def _der_length(length: int) -> bytes:
    if length < 128:
        return bytes([length])
    size = (length.bit_length() + 7) // 8
    return bytes([128 + size]) + length.to_bytes(size, "big")


def _holds(key: Key, digest: bytes, signature: bytes) -> bool:
    try:
        if isinstance(key.key, Ed25519PublicKey):
            key.key.verify(signature, digest)  # RFC 8463 §3: the hash is what is signed.
        else:
            key.key.verify(signature, digest, padding.PKCS1v15(), Prehashed(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _decoded(written: bytes) -> bytes:
    try:
        return base64.b64decode(_SPACE.sub(b"", written))
    except (binascii.Error, ValueError):
        return b""
