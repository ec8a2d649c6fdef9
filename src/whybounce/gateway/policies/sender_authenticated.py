"""Refuse strangers' mail where only people who are logged in may write.

Lists for the whole company and folders that feed a process are kept for insiders. Each kind of
recipient has a cause of its own, because each is opened in another place. A stranger whom the
recipient's own list of who may write names is let in.
"""

from collections.abc import Mapping

from whybounce.gateway.directory import Group, MailUser, PublicFolder
from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict
from whybounce.vocabulary.status_code import StatusCode

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
    entry = facts.found.entry
    if entry.accept_from and facts.rights.accepted:
        return PASS
    if facts.rights.entry_needs_authentication:
        status = _status(facts) if isinstance(entry, PublicFolder) else None
        return Refuse(_BY_ENTRY.get(type(entry), _BY_MAILBOX), facts.values, status=status)
    if facts.rights.organisation_needs_authentication:
        return Refuse(_BY_ORGANISATION, facts.values)
    return PASS


def _status(facts: Facts) -> StatusCode:
    """Return the code for a folder: one for servers of its own organisation, one for outsiders."""
    inside = facts.organisation is not None and facts.organisation == facts.receiving
    return StatusCode(5, 7, 135) if inside else StatusCode(5, 7, 13)


POLICY = Policy(
    "sender_authenticated",
    Stage.RCPT,
    (*_BY_ENTRY.values(), _BY_MAILBOX, _BY_ORGANISATION),
    judge,
    settings=("mailbox.require-authentication", "organisation.require-authentication"),
)
