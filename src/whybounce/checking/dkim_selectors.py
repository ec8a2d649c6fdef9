"""Which DKIM keys does the domain publish? RFC 6376 §3.6.2. Nobody can list them: selectors are guessed.

Where none was named, those that large services and widespread programs use are tried. What is found so
is a key that is there; that nothing was found proves nothing.
"""

import asyncio
from collections.abc import Sequence

from whybounce.checking.dkim import finding_of_published
from whybounce.checking.lookups import Asking
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Answer, Finding

# As those who sign say in their own instructions.
COMMON_SELECTORS = (
    "selector1", "selector2",  # Microsoft 365
    "google",  # Google Workspace
    "default", "dkim", "mail",  # cPanel, Plesk, OpenDKIM's examples
    "s1", "s2",  # SendGrid
    "k1", "k2",  # Mailchimp
    "fm1", "fm2",  # Fastmail
    "protonmail", "sig1", "zoho", "mxvault",
)  # fmt: skip


async def dkim_keys(resolver: Asking, domain: str, selectors: Sequence[str]) -> tuple[Finding, ...]:
    """Return a finding for each selector that was named, or one about all that were guessed."""
    guessed = not selectors
    asked = (
        finding_of_published(resolver, domain, selector)
        for selector in selectors or COMMON_SELECTORS
    )
    found = await asyncio.gather(*asked)
    return (_of_guesses(domain, found),) if guessed else tuple(found)


def _of_guesses(domain: str, found: Sequence[Finding]) -> Finding:
    there = [each for each in found if each.answer is Answer.HOLDS]
    if not there:
        evidence = f"no selector was named; tried: {', '.join(COMMON_SELECTORS)}"
        values = {"sender_domain": domain}
        return Finding(CheckName.DKIM, Answer.UNKNOWN, evidence, "not-asked", values)
    selectors = ", ".join(each.values["selector"] for each in there)
    evidence = f"guessed, and there is a key: {selectors}"
    values = {"sender_domain": domain, "selector": there[0].values["selector"]}
    return Finding(CheckName.DKIM, Answer.HOLDS, evidence, "guessed", values, there[0].record)
