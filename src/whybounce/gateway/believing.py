"""Can the resolver be believed when it says that a record was validated? RFC 7672 §2.1.1, §3.1.

The mark of validation is not signed: it is worth what the way to the resolver is worth. And who does not
validate never sets it, so that DANE would be off without anybody noticing.
"""

from whybounce.checking.lookups import Resolver

_FAR_AWAY = (
    "the resolver {place} is on another machine, and the way to it may be tampered with; name it as"
    " [outbound] resolver if you trust that way, or run unbound on this machine"
)
_SILENT = "the resolver {place} does not answer"
_NOT_VALIDATING = (
    "the resolver {place} does not validate DNSSEC; unbound does, if its root key is in place"
)


async def why_not_believed(resolver: Resolver, *, is_ours: bool) -> str | None:
    """Return what is wrong with it, in one sentence; None where it can be believed.

    Args:
        resolver: Who is asked.
        is_ours: It is on this machine, or an administrator named it.

    """
    if not is_ours:
        return _FAR_AWAY.format(place=resolver.place)
    validates = await resolver.validates()
    if validates is None:
        return _SILENT.format(place=resolver.place)
    return None if validates else _NOT_VALIDATING.format(place=resolver.place)
