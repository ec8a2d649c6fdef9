"""Which domains have signed the message, and do their signatures hold? RFC 6376."""

import asyncio
from collections.abc import Iterable, Mapping

from whybounce.checking.domains import to_ascii
from whybounce.checking.lookups import Asking, Records
from whybounce.checking.message import HashedMessage, SignatureField
from whybounce.checking.signatures import key_name, published_key, verdict
from whybounce.vocabulary.authentication import Result, SignatureResult
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Answer, Finding

_LONGEST_TEXT = 320


async def dkim(resolver: Asking, message: HashedMessage) -> tuple[SignatureResult, ...]:
    """Return what each signature comes to, in the order of the fields; empty: there is none."""
    if not message.signatures:
        return ()
    keys = await keys_of(resolver, message.signatures)
    return tuple(_result(signature, message, keys) for signature in message.signatures)


async def keys_of(resolver: Asking, signatures: Iterable[SignatureField]) -> Mapping[str, Records]:
    """Ask for the keys of all signatures at once; each is asked for once."""
    names = list(dict.fromkeys(filter(None, (key_name(one.tags) for one in signatures))))
    if len(names) == 1:  # As most messages have it; a task would cost more than the look-up.
        return {names[0]: await resolver.texts(names[0])}
    answers = await asyncio.gather(*(resolver.texts(name) for name in names))
    return dict(zip(names, answers, strict=True))


async def finding_of_published(resolver: Asking, domain: str, selector: str) -> Finding:
    """Return whether the domain publishes a key under the selector, as a finding ``dkim``."""
    found = await published_key(resolver, domain, selector)
    answers = {Result.PASS: Answer.HOLDS, Result.TEMPERROR: Answer.UNKNOWN}
    answer = answers.get(found.result, Answer.FAILS)
    result = "published" if found.result is Result.PASS else found.result
    values = {"sender_domain": domain, "selector": selector}
    return Finding(CheckName.DKIM, answer, found.why, result, values, found.record)


def _result(
    signature: SignatureField, message: HashedMessage, keys: Mapping[str, Records]
) -> SignatureResult:
    judged = verdict(signature, message, keys)
    domain = _text(signature, b"d").lower().rstrip(".")
    domain = to_ascii(domain) or domain
    length = signature.body_key[2]
    return SignatureResult(
        judged.result,
        domain,
        _text(signature, b"s"),
        f"the signature of {domain or 'nobody'}: {judged.why}",
        identity=_text(signature, b"i"),
        algorithm=_text(signature, b"a"),
        key_bits=judged.key.bits if judged.key else 0,
        is_testing=bool(judged.key and judged.key.is_testing),
        signed_octets=length if b"l" in signature.tags else None,
        tag=b"".join(signature.tags.get(b"b", b"").split())[:8].decode("ascii", "replace"),
        record=judged.record,
    )


def _text(signature: SignatureField, tag: bytes) -> str:
    text = signature.tags.get(tag, b"")[:_LONGEST_TEXT].decode("utf-8", "replace")
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else " " for each in text)
