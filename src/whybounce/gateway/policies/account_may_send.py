"""Refuse what a restricted or banned account sends.

A stolen account is stopped before others stop the whole organisation. Restricted, it still writes to
colleagues, so that its owner can ask for help; banned, it writes to nobody.
"""

from whybounce.gateway.directory.nouns import Sending
from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Need, Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict
from whybounce.vocabulary.status_code import StatusCode

_SPAM, _BANNED, _RESTRICTED = "spam-abuse-detected", "banned-sender", "bad-outbound-sender"
_BY_ADMINISTRATOR, _COMPROMISED = StatusCode(5, 7, 502), StatusCode(5, 7, 503)


def judge(facts: Facts) -> Verdict:
    """Refuse by the gravest restriction: blocks, and what the directory says of the account."""
    login = facts.login
    if login is None:
        return PASS
    if block := facts.block(_SPAM, "account"):
        return Refuse(_SPAM, facts.values, block.reason)
    if block := facts.block(_BANNED, "account"):
        found_out = block.added_by == "login_uncompromised"
        status = _COMPROMISED if found_out else _BY_ADMINISTRATOR
        return Refuse(_BANNED, facts.values, block.reason, status)
    sending = login.account.sending
    if sending is Sending.BANNED:
        return Refuse(_BANNED, facts.values, "as the directory says", _BY_ADMINISTRATOR)
    if facts.domain is not None:  # To people of ours a restricted account may write.
        return PASS
    if block := facts.block(_RESTRICTED, "account"):
        return Refuse(_RESTRICTED, facts.values, block.reason)
    if sending is Sending.RESTRICTED:
        return Refuse(_RESTRICTED, facts.values, "as the directory says")
    return PASS


POLICY = Policy(
    "account_may_send",
    Stage.RCPT,
    (_SPAM, _BANNED, _RESTRICTED),
    judge,
    settings=("account.sending",),
    needs=frozenset({Need.BLOCKS}),
    blocks=("account",),
)
