"""What live checks have to ask to decide about a cause, and of whom, as far as a bounce says it.

Which checks decide is the catalogue's (``checks`` of a cause). Whom they are about is looked for in the
explanation's parameters, and in the header of the message that came back: who wrote it, which keys signed it,
from which address it was sent.

Rule 1: nobody is guessed. A check whose subject is not known is not asked, and counts as lacking.
Rule 2: what is asked today is told as today's: it neither proves nor disproves what was so on the day.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import structs

from whybounce.catalogue import Catalogue
from whybounce.explaining import Explainer, change, checks_of
from whybounce.vocabulary.cause import Cause, CheckName
from whybounce.vocabulary.explanation import Confidence, Explanation
from whybounce.vocabulary.finding import Confirmation, Finding, Inquiry
from whybounce.vocabulary.report import Diagnosis, Original

# What each check is about, among what is known.
ABOUT: Mapping[CheckName, str] = {
    CheckName.MX_RECORD: "domain",
    CheckName.NULL_MX: "domain",
    CheckName.ADDRESSES: "domain",
    CheckName.IPV6: "domain",
    CheckName.PORT_25: "domain",
    CheckName.STARTTLS: "domain",
    CheckName.CERTIFICATE: "domain",
    CheckName.DNSSEC: "domain",
    CheckName.TLSA: "domain",
    CheckName.MTA_STS: "domain",
    CheckName.TLS_RPT: "domain",
    CheckName.SPF: "sender_domain",
    CheckName.DKIM: "sender_domain",
    CheckName.DMARC: "sender_domain",
    CheckName.REVERSE_DNS: "ip",
    CheckName.DNS_BLOCK_LISTS: "ip",
}

_MOST_SELECTORS = 4
_ADDRESS_DOMAIN = re.compile(r"@([A-Za-z0-9._-]{1,253})")
_CLIENT = re.compile(r"\bclient-ip=([0-9A-Fa-f.:]{2,45})")
_TAG = re.compile(r"(?:^|;)[ \t\r\n]*([ds])[ \t]*=[ \t]*([A-Za-z0-9._-]{1,253})")
_ZONE = re.compile(r"(?:[a-z0-9-]{1,60}\.){1,5}[a-z]{2,20}")

Known = Mapping[str, str]
"""Of whom something is known, by the names of placeholders; selectors stand there by blanks."""


def known_of(
    parameters: Mapping[str, str],
    *,
    author: str | None = None,
    received_spf: str | None = None,
    headers: Iterable[Sequence[str]] = (),
) -> Known:
    """Return of whom something is known.

    Args:
        parameters: The explanation's.
        author: The From field of the message that came back.
        received_spf: Its Received-SPF field.
        headers: All its fields, pairs of name and value.

    """
    known = dict(parameters)
    if author and (found := _ADDRESS_DOMAIN.findall(author)):
        known.setdefault("sender_domain", found[-1].lower())
    if received_spf and (client := _CLIENT.search(received_spf)):
        known.setdefault("ip", client[1])
    selectors = _selectors(headers, known.get("sender_domain", ""))
    if selectors:
        known["selectors"] = " ".join(selectors)
    return known


def _selectors(headers: Iterable[Sequence[str]], domain: str) -> list[str]:
    """Return the selectors of the signatures by that domain."""
    signed = (value for name, value in headers if name.lower() == "dkim-signature")
    tags = (dict(_TAG.findall(value[:4000])) for value in signed)
    by = [each["s"] for each in tags if each.get("d", "").lower() == domain and "s" in each]
    return list(dict.fromkeys(by))[:_MOST_SELECTORS]


def causes_to_check(explanation: Explanation, catalogue: Catalogue) -> tuple[Cause, ...]:
    """Return the causes to decide about: the explanation's; where the code is ambiguous, all it can mean."""
    ids = [explanation.cause]
    if explanation.confidence is Confidence.AMBIGUOUS:
        ids += [alternative.cause for alternative in explanation.alternatives]
    return tuple(catalogue.causes[id_] for id_ in dict.fromkeys(ids))


def inquiries(causes: Iterable[Cause], known: Known) -> tuple[Inquiry, ...]:
    """Return what is to be asked: one inquiry for each target, in the order of the checks."""
    wanted: dict[str, set[CheckName]] = {}
    for cause in causes:
        for check in cause.checks:
            target = known.get(ABOUT.get(check, ""), "")
            if target and (check is not CheckName.DNS_BLOCK_LISTS or _zones(known)):
                wanted.setdefault(target, set()).add(check)
    return tuple(_inquiry(target, checks, known) for target, checks in wanted.items())


def _inquiry(target: str, checks: Iterable[CheckName], known: Known) -> Inquiry:
    named = frozenset(checks)
    return Inquiry(
        target,
        named,
        selectors=tuple(known.get("selectors", "").split()) if CheckName.DKIM in named else (),
        lists=_zones(known) if CheckName.DNS_BLOCK_LISTS in named else (),
        client=known.get("ip", "") if CheckName.SPF in named else "",
    )


def _zones(known: Known) -> tuple[str, ...]:
    """Return the block list that the reply names, if it names it by its zone."""
    named = known.get("list", "").lower()
    return (named,) if _ZONE.fullmatch(named) else ()


def inquiries_of(diagnosis: Diagnosis, catalogue: Catalogue) -> tuple[tuple[Inquiry, ...], ...]:
    """Return what is to be asked for each explanation."""
    original = diagnosis.report.original or Original()
    return tuple(
        inquiries(
            causes_to_check(explanation, catalogue),
            known_of(
                explanation.parameters,
                author=original.from_,
                received_spf=original.received_spf,
                headers=original.headers,
            ),
        )
        for explanation in diagnosis.explanations
    )


def confirmed_by(
    diagnosis: Diagnosis,
    found: Mapping[Inquiry, Sequence[Finding]],
    explainer: Explainer,
    catalogue: Catalogue,
    *,
    at: datetime,
) -> Diagnosis:
    """Return the diagnosis with what the findings say of each explanation.

    Args:
        diagnosis: What is to be confirmed.
        found: What was found, by what was asked; what nobody asked is lacking.
        explainer: Decides between readings.
        catalogue: Of which it was made.
        at: When was asked.

    """
    then, planned = diagnosis.report.date, inquiries_of(diagnosis, catalogue)

    def said_of(explanation: Explanation, asked: Sequence[Inquiry]) -> Explanation:
        pairs = [(each.target, finding) for each in asked for finding in found.get(each, ())]
        return confirmed(explanation, pairs, explainer, catalogue, at=at, then=then)

    return structs.replace(
        diagnosis, explanations=tuple(map(said_of, diagnosis.explanations, planned))
    )


def confirmation(
    cause: Cause,
    found: Sequence[tuple[str, Finding]],
    *,
    at: datetime,
    then: datetime | None = None,
) -> Confirmation:
    """Return what the findings say of the cause; those that are about others are left out."""
    about = tuple(pair for pair in found if pair[1].check in cause.checks)
    findings = [finding for _, finding in about]
    asked = {finding.check for finding in findings}
    lacking = tuple(
        check for check in cause.checks if check in checks_of(cause) and check not in asked
    )
    return Confirmation(change(cause, findings), at, then, about, lacking)


def confirmed(
    explanation: Explanation,
    found: Sequence[tuple[str, Finding]],
    explainer: Explainer,
    catalogue: Catalogue,
    *,
    at: datetime,
    then: datetime | None = None,
) -> Explanation:
    """Return the explanation with what the findings say of it; they may decide between readings."""
    if explanation.confidence is Confidence.AMBIGUOUS:
        explanation = explainer.decided(explanation, [finding for _, finding in found])
    cause = catalogue.causes[explanation.cause]
    return structs.replace(explanation, confirmation=confirmation(cause, found, at=at, then=then))
