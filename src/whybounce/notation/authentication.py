"""Who a server on the way found the sender to be: Authentication-Results and Received-SPF.

RFC 8601 §2.2 parts the methods by semicolons; some writers leave them out, so a method is found
by its name and equals sign. What stands in parentheses and quotation marks is for people.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from whybounce.notation.folding import one_line
from whybounce.vocabulary.authentication import AuthenticationResult, Method

_LONGEST_FIELD = 8192
_MOST_FIELDS = 50
_MOST_METHODS = 40  # In one field: a mail may carry many signatures, but not more than that.

# Whichever begins first: a parenthesis in quotation marks begins no comment, nor the other way round.
_BESIDE = re.compile(r'(?P<quoted>"[^"]{0,1000}")|\([^()]{0,2000}\)')
_METHOD = re.compile(
    r"(?:^|[\s;])(spf|dkim|dmarc)(?:/1)?\s{0,4}=\s{0,4}([a-z]{2,20})\b", re.IGNORECASE
)
_PROPERTY = re.compile(
    r"(?<![\w.-])([a-z][a-z0-9.-]{1,40})\s{0,4}=\s{0,4}([^\s;\"]{1,320})", re.IGNORECASE
)
_SPF = re.compile(r"\s{0,20}([a-z]{2,20})\b", re.IGNORECASE)
_IN_COMMENT = re.compile(
    r"\bsender ip is (?P<ip>[0-9a-f.:]{3,45})"
    r"|\bdomain of (?P<of>[^\s():]{1,320}) (?:designates|does not designate) (?P<its>[0-9a-f.:]{3,45})"
    r"|: (?P<domain>[^\s():]{1,255}) does not designate",
    re.IGNORECASE,
)


def authentication_results(fields: Iterable[tuple[str, str]]) -> Iterator[AuthenticationResult]:
    """Yield what the header's fields say, the newest server's first. Fields are (name, value)."""
    read = {"authentication-results": _read_results, "received-spf": _read_received_spf}
    wanted = [(name, value) for name, value in fields if name.lower() in read]
    for name, whole in wanted[:_MOST_FIELDS]:
        value = whole[:_LONGEST_FIELD]
        yield from read[name.lower()](value, one_line(f"{name}: {value}"))


def _read_results(value: str, written: str) -> Iterator[AuthenticationResult]:
    """Read ``mx.example.org; spf=fail smtp.mailfrom=…; dkim=none``, RFC 8601 §2.2."""
    bare = _without_comments(value)
    said = _said_in_comment(value)
    methods = list(islice(_METHOD.finditer(bare), _MOST_METHODS))
    ends = [method.start() for method in methods[1:]] + [len(bare)]
    for method, end in zip(methods, ends, strict=False):
        properties = said | _properties(bare[method.end() : end])
        yield AuthenticationResult(
            Method(method[1].lower()), method[2].lower(), properties, written
        )


def _read_received_spf(value: str, written: str) -> Iterator[AuthenticationResult]:
    """Read ``fail (…) client-ip=192.0.2.1; envelope-from=…``, RFC 7208 §9.1."""
    bare = _without_comments(value)
    result = _SPF.match(bare)
    if result:
        properties = _said_in_comment(value) | _properties(bare[result.end() :])
        yield AuthenticationResult(Method.SPF, result[1].lower(), properties, written)


def _without_comments(value: str) -> str:
    for _ in range(2):  # A comment may stand in another.
        if "(" not in value and '"' not in value:
            break
        value = _BESIDE.sub(lambda found: "-" if found["quoted"] else " ", value)
    return value


def _properties(text: str) -> dict[str, str]:
    return {name.lower(): value.strip("<>") for name, value in _PROPERTY.findall(text)}


def _said_in_comment(value: str) -> dict[str, str]:
    """Return domain and connecting address where a comment has them, as Microsoft and Google write."""
    lowered = value.lower()
    if "designate" not in lowered and "sender ip is" not in lowered:
        return {}
    said = _IN_COMMENT.search(value)
    if said is None:
        return {}
    ip, domain = said["ip"] or said["its"], said["of"] or said["domain"]
    return {name: fact for name, fact in (("client-ip", ip), ("envelope-from", domain)) if fact}
