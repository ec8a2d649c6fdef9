"""Ban an account whose password was guessed: after a series of wrong ones, the right one.

Whoever tries a hundred passwords and then logs in is not its owner. The ban stands until somebody who
has spoken with the owner lifts it.
"""

from datetime import timedelta

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage, Tally
from whybounce.gateway.policies.verdicts import PASS, Refuse, Restriction, Verdict
from whybounce.vocabulary.status_code import StatusCode

_FAILED = Tally(
    "failed-logins",
    timedelta(hours=1),
    Stage.MAIL,
    lambda facts: facts.session.account or "",
    refused_for=frozenset({"authentication-failed"}),
)


def judge(facts: Facts) -> Verdict:
    """Refuse the login that comes after too many failed ones."""
    limit, failed = facts.limits.failed_logins_per_hour, facts.counts.get(_FAILED.name, 0)
    if facts.login is None or not limit or failed < limit:
        return PASS
    why = f"{failed} failed logins within an hour, then the right password"
    name = facts.login.account.name
    ban = Restriction("account", name, "banned-sender", why)
    return Refuse("banned-sender", facts.values, why, StatusCode(5, 7, 503), ban)


POLICY = Policy(
    "login_uncompromised",
    Stage.MAIL,
    ("banned-sender",),
    judge,
    settings=("limits.failed-logins-per-hour",),
    tallies=(_FAILED,),
)
