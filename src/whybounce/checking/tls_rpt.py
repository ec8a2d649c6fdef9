"""Does the domain ask for reports on encryption that failed, and can they be sent? RFC 8460 §3."""

import re

from whybounce.checking.lookups import Asking
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Answer, Finding

_VERSION = "v=TLSRPTv1"
_WHERE = re.compile(
    r"mailto:[^\s@!,;]{1,64}@[^\s@!,;]{1,255}|https://[^\s!,;]{1,500}", re.IGNORECASE
)


async def tls_rpt(resolver: Asking, domain: str) -> Finding:
    """Return whether the domain's record can be used. Nobody has to have one."""
    check, values = CheckName.TLS_RPT, {"domain": domain}
    records = await resolver.texts(f"_smtp._tls.{domain}")
    if records.is_undecided:
        return Finding(check, Answer.UNKNOWN, records.detail, "unknown", values)
    written = [text for text in records.values if text.startswith(_VERSION)]
    if not written:
        evidence = records.detail or f"_smtp._tls.{domain} has no record of {_VERSION}"
        return Finding(check, Answer.HOLDS, evidence, "none", values)
    record = "; ".join(written)[:500]
    mistake = _mistake(written)
    if mistake:
        values["reason"] = mistake
        return Finding(check, Answer.FAILS, mistake, "mistake", values, record)
    return Finding(check, Answer.HOLDS, f"{domain} asks for reports", "pass", values, record)


def _mistake(written: list[str]) -> str:
    """Return what is wrong with the records, if anything is."""
    if len(written) > 1:
        return f"{len(written)} records begin with {_VERSION}; there must be one"
    version, *fields = (field.strip() for field in written[0].split(";"))
    if version != _VERSION:
        return f"the record does not begin with {_VERSION};"
    told = [field.partition("=")[2].strip() for field in fields if field.startswith("rua")]
    if len(told) != 1:
        return "the record has no rua= that says where reports go"
    places = [place.strip() for place in told[0].split(",")]
    wrong = next((place for place in places if not _WHERE.fullmatch(place)), None)
    if wrong is None:
        return ""
    return f"its rua= names what is neither mailto: nor https: ({wrong[:80]})"
