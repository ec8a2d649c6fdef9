"""What the words of an explanation are filled in with, as far as the reply says it."""

import re
from collections.abc import Mapping

from whybounce.notation import is_loopback
from whybounce.vocabulary.cause import Cause, Reason
from whybounce.vocabulary.outcome import Outcome
from whybounce.wording.filling import values_in

_ADDRESS = re.compile(
    r"[^\s<>(){}\[\],;:\"'=\u3000-\u303f\uff01-\uff0f\uff1a-\uff20]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?"
)
# What stands before an address in a log that is no recipient's: the message's own id, or its sender's.
_OF_ANOTHER = re.compile(r"\b(?:message-?id|msgid|id|from|sender)[=:] ?<?$", re.IGNORECASE)
_LONGEST_LABEL = 16
_TO_ANOTHER = re.compile(r">? ?-> ?<?(?=[^\s<>]{1,64}@)")  # Of an envelope, written as an arrow.
# As Postfix says it.
_REFUSED = re.compile(rf"<({_ADDRESS.pattern})>: recipient address", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>\"'\])]{4,300}")
# What may not stand before it is looked at behind its first digit, which few places get past.
_IPV4 = re.compile(r"[0-9](?<![0-9.].)[0-9]{0,2}(?:\.[0-9]{1,3}){3}(?!\.?[0-9])")
_IPV6 = re.compile(
    r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{1,4}:){2,7}(?::?[0-9A-Fa-f]{1,4}){0,7}(?![0-9A-Za-z])"
)
_LIST = re.compile(
    r"\b(?:(?:blocked|listed|rejected)\s(?:using|by|at|in|on)\s)"
    r"([a-z0-9-]{1,60}(?:\.[a-z0-9-]{1,60}){1,5})\b",
    re.IGNORECASE,
)
# Whom a sender's own server says it could not talk to.
_OF_CALLS = ("onnect", "timed out", "onversation")
_CALLED = re.compile(
    r"\b(?:connect to|connection with|timed out with|refused by|reset by|conversation with|open with) "
    r"(?P<host>[a-z0-9_](?:[a-z0-9_.-]{0,253}[a-z0-9]))\.?(?:\[|$|:\d)"
    r"|\[(?:\(\d{1,3}\) )?(?P<tried>[a-z0-9_](?:[a-z0-9_.-]{0,253}[a-z0-9]))\.? "  # As Gmail says it.
    r"\[?[0-9a-f.:]{3,45}\]?(?::\d{1,5})?: [a-z]",
    re.IGNORECASE,
)
_NOT_FOUND = re.compile(
    r"\bname=([a-z0-9_](?:[a-z0-9_.-]{0,253}[a-z0-9])) type=(?:MX|A|AAAA)\b", re.IGNORECASE
)
# Causes of these kinds are about a server that could not be reached, so whoever tells of it is not it.
_ABOUT_ANOTHER = {Reason.EXPIRED, Reason.NETWORKERROR, Reason.FAILEDSTARTTLS}
_KNOWN_LIST = re.compile(
    r"\b(Spamhaus|SpamCop|Barracuda|SORBS|UCEPROTECT|Invaluement|SURBL|URIBL|Abusix)\b",
    re.IGNORECASE,
)

# Causes of these kinds are about the sender: an address in their reply is the sender's.
_ABOUT_SENDER = {Reason.REJECTED, Reason.AUTHFAILURE, Reason.SECURITYERROR}
# And these about the connecting server: an address of four numbers in their reply is its own.
_ABOUT_CLIENT = {
    Reason.BLOCKED,
    Reason.BADREPUTATION,
    Reason.REQUIREPTR,
    Reason.RATELIMITED,
    *_ABOUT_SENDER,
}


def parameters(outcome: Outcome, cause: Cause, said: str) -> dict[str, str]:
    """Return what is known of recipient, domain, remote, sender, ip, list, url and others."""
    known: dict[str, str] = {}
    if outcome.recipient:
        known["recipient"] = outcome.recipient
    if remote := _remote(outcome, cause, said):
        known["remote"] = remote
    if "@" in said:
        if not outcome.recipient and (refused := _REFUSED.search(said)):
            known["recipient"] = refused[1]
        if cause.reason in _ABOUT_SENDER:
            if address := _sender_in(said, known.get("recipient")):
                known["sender"] = address
        elif found := _recipient_in(said):
            known.setdefault("recipient", found[0])
    if cause.reason in _ABOUT_CLIENT and (
        ip := _IPV4.search(said) or (_IPV6.search(said) if ":" in said else None)
    ):
        known["ip"] = ip[0]
    if "://" in said and (url := _URL.search(said)):
        known["url"] = url[0].rstrip(".,;")
    if cause.reason is Reason.BLOCKED and (named := _LIST.search(said) or _KNOWN_LIST.search(said)):
        known["list"] = named[1]
    known |= _of_our_own(cause, said)
    for whose, what in (("recipient", "domain"), ("sender", "sender_domain")):
        if whose in known:
            known[what] = known[whose].rpartition("@")[2]
    if cause.reason is Reason.HOSTUNKNOWN and (unknown := _NOT_FOUND.search(said)):
        known.setdefault("domain", unknown[1])
    return known


def _sender_in(said: str, recipient: str | None) -> str | None:
    """Return the first address but the recipient's, which servers also name where they refuse a sender."""
    known = recipient.lower() if recipient else None
    found = (address[0] for address in _ADDRESS.finditer(said))
    return next((address for address in found if address.lower() != known), None)


def _remote(outcome: Outcome, cause: Cause, said: str) -> str | None:
    """Return the server that refused or could not be reached, not the one that only tells of it."""
    if outcome.remote is None and any(word in said for word in _OF_CALLS):
        called = _CALLED.search(said)
        if called is not None:
            return called["host"] or called["tried"]
    if cause.reason in _ABOUT_ANOTHER and outcome.reply_from is None:
        return outcome.remote if outcome.remote and not is_loopback(outcome.remote) else None
    return outcome.rejected_by or outcome.remote or outcome.reply_from


def _recipient_in(said: str) -> re.Match[str] | None:
    """Return the first address that nothing says is another's."""
    for address in _ADDRESS.finditer(said):
        begin = address.start()
        labelled = _OF_ANOTHER.search(said, max(0, begin - _LONGEST_LABEL), begin)
        if not labelled and not _TO_ANOTHER.match(said, address.end()):
            return address
    return None


def _of_our_own(cause: Cause, said: str) -> Mapping[str, str]:
    """Return what a gateway of this kind filled into the cause's own words; empty if it was none."""
    found = (values_in(form.text, said) for form in cause.replies)
    return max(found, key=len, default={})
