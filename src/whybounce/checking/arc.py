"""Is the chain of those that passed the message on whole, and who are they? RFC 8617."""

from collections.abc import Mapping, Sequence

from whybounce.checking.dkim import keys_of
from whybounce.checking.lookups import Asking, Records
from whybounce.checking.message import (
    ARC_AUTHENTICATION_RESULTS,
    ARC_MESSAGE_SIGNATURE,
    ARC_SEAL,
    MOST_ARC_SETS,
    HashedMessage,
    SignatureField,
)
from whybounce.checking.signatures import seal_verdict, tags_mistake, verdict
from whybounce.notation import authentication_results
from whybounce.vocabulary.authentication import ArcResult, ArcSet, Result

_Set = Mapping[bytes, SignatureField]  # The three fields of one instance, by their names.
_ORDER = (ARC_AUTHENTICATION_RESULTS, ARC_MESSAGE_SIGNATURE, ARC_SEAL)  # RFC 8617 §5.1.1.


async def arc(resolver: Asking, message: HashedMessage) -> ArcResult:
    """Return what the chain comes to, by the steps of RFC 8617 §5.2."""
    if message.defect:
        return ArcResult(Result.FAIL, message.defect)
    if not message.arc:
        return ArcResult(Result.NONE, "the message carries no ARC chain")
    sets = _sets(message.arc)
    if isinstance(sets, str):
        return ArcResult(Result.FAIL, f"the ARC chain is broken: {sets}")
    asked = [one[name] for one in sets for name in (ARC_MESSAGE_SIGNATURE, ARC_SEAL)]
    keys = await keys_of(resolver, [asked[-2], *asked[1::2]])
    return _judged(sets, message, keys)


def _judged(sets: Sequence[_Set], message: HashedMessage, keys: Mapping[str, Records]) -> ArcResult:
    newest = sets[-1][ARC_MESSAGE_SIGNATURE]
    signed = verdict(newest, message, keys)
    if signed.result is not Result.PASS:
        what = f"the message signature of instance {len(sets)}"
        return ArcResult(_severity(signed.result), f"{what}: {signed.why}")
    # The newest seal first: it covers all below.
    for instance in range(len(sets), 0, -1):
        below = [one[name] for one in sets[:instance] for name in _ORDER][:-1]
        sealed = seal_verdict(below, sets[instance - 1][ARC_SEAL], keys)
        if sealed.result is not Result.PASS:
            what = f"the seal of instance {instance}: {sealed.why}"
            return ArcResult(_severity(sealed.result), what)
    told = tuple(_told(instance, one) for instance, one in enumerate(sets, 1))
    sealers = ", ".join(dict.fromkeys(one.sealer for one in reversed(told)))
    return ArcResult(Result.PASS, f"the ARC chain is whole; sealed by {sealers}", told[::-1])


def _sets(fields: Sequence[SignatureField]) -> list[_Set] | str:
    """Return the sets from the oldest on, or what is wrong with them."""
    by_instance: dict[int, dict[bytes, SignatureField]] = {}
    for field in fields:
        instance = field.tags.get(b"i", b"")
        if field.mistake or not instance.isdigit() or not 1 <= len(instance) <= 2:
            return "a field has no instance (i=)"
        one = by_instance.setdefault(int(instance), {})
        if field.name.lower() in one:
            return f"instance {int(instance)} has a field twice"
        one[field.name.lower()] = field
    if len(by_instance) > MOST_ARC_SETS:
        return f"it has more than {MOST_ARC_SETS} sets"
    if sorted(by_instance) != list(range(1, len(by_instance) + 1)):
        return "an instance is missing"
    ordered: list[_Set] = [by_instance[instance] for instance in sorted(by_instance)]
    mistakes = map(_mistake, ordered, range(1, len(ordered) + 1))
    return next(filter(None, mistakes), "") or ordered


def _mistake(one: _Set, instance: int) -> str:
    """Return what is wrong with a set by itself. RFC 8617 §4.1.2, §4.1.3, §5.2."""
    if len(one) != len(_ORDER):
        return f"instance {instance} is not complete"
    seal = one[ARC_SEAL].tags
    mistake = tags_mistake(seal, (b"i", b"a", b"b", b"cv", b"d", b"s"), is_arc=True)
    if mistake:
        return f"the seal of instance {instance}: {mistake}"
    if b"h" in seal:
        return f"the seal of instance {instance} has the tag h="
    wanted = b"none" if instance == 1 else b"pass"
    if seal[b"cv"].lower() != wanted:
        said = seal[b"cv"].decode("ascii", "replace")
        return f"the seal of instance {instance} says cv={said}"
    signed = one[ARC_MESSAGE_SIGNATURE].tags.get(b"h", b"").lower()
    if ARC_SEAL in [name.strip() for name in signed.split(b":")]:
        return f"the message signature of instance {instance} signs a seal"
    return ""


def _told(instance: int, one: _Set) -> ArcSet:
    _, _, value = one[ARC_AUTHENTICATION_RESULTS].value.partition(b";")
    written = " ".join(value.decode("utf-8", "replace").split())
    results = tuple(authentication_results([("Authentication-Results", written)]))
    return ArcSet(instance, one[ARC_SEAL].tags[b"d"].decode("ascii", "replace").lower(), results)


def _severity(result: Result) -> Result:
    return Result.TEMPERROR if result is Result.TEMPERROR else Result.FAIL
