"""Refuse strangers' mail where only people who are logged in may write.

Lists for the whole company and folders that feed a process are kept for insiders. Each kind of
recipient has a cause of its own, because each is opened in another place.
"""

from collections.abc import Mapping

from whybounce.gateway.directory import Group, MailUser, PublicFolder
from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict

_BY_ORGANISATION = "sender-not-authenticated-by-organization"
_BY_MAILBOX = "sender-not-authenticated-for-mailbox"
_BY_ENTRY: Mapping[type, str] = {
    Group: "sender-not-authenticated-for-group",
    MailUser: "sender-not-authenticated-for-mail-user",
    PublicFolder: "sender-not-authenticated-for-public-folder",
}


def judge(facts: Facts) -> Verdict:
    """Refuse who is not logged in, where the recipient or its organisation demands it."""
    if facts.found is None or facts.rights is None or facts.is_ours:
        return PASS
    if facts.rights.entry_needs_authentication:
        return Refuse(_BY_ENTRY.get(type(facts.found.entry), _BY_MAILBOX), facts.values)
    if facts.rights.organisation_needs_authentication:
        return Refuse(_BY_ORGANISATION, facts.values)
    return PASS


POLICY = Policy(
    "sender_authenticated",
    Stage.RCPT,
    (*_BY_ENTRY.values(), _BY_MAILBOX, _BY_ORGANISATION),
    judge,
    settings=("mailbox.require-authentication", "organisation.require-authentication"),
)
