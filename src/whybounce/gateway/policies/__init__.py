"""Policies: whether mail is taken. Each is one file with one pure function, facts in, Verdict out.

A policy names a cause of the catalogue and what its words need; it writes no SMTP text. It asks
nobody and takes no clock: ``gateway/asking.py`` fetches what the policies of a stage need, and an
operator sets what becomes of each one's verdict (``[policies]``). The first in the order below that
is against it decides, for each recipient until the dot, then for the message.
"""

from whybounce.gateway.policies import (
    client_not_banned,
    client_not_listed,
    client_unsuspicious,
    from_owned,
    helo_not_ours,
    ipv6_range_in_limit,
    mailbox_open,
    messages_per_minute,
    received_per_hour,
    received_per_hour_from_one_sender,
    recipient_exists,
    recipient_takes_size,
    recipients_per_day,
    recipients_per_domain,
    relay_allowed,
    return_path_owned,
    sender_authenticated,
    sender_listed,
    sender_unsuspicious,
)
from whybounce.gateway.policies.facts import Content, Facts
from whybounce.gateway.policies.judging import Judge, Judgement
from whybounce.gateway.policies.policy import Mode, Need, Policy, Stage, Tally
from whybounce.gateway.policies.verdicts import PASS, Defer, Pass, Refuse, Restriction, Verdict

__all__ = [
    "PASS",
    "POLICIES",
    "Content",
    "Defer",
    "Facts",
    "Judge",
    "Judgement",
    "Mode",
    "Need",
    "Pass",
    "Policy",
    "Refuse",
    "Restriction",
    "Stage",
    "Tally",
    "Verdict",
]

POLICIES: tuple[Policy, ...] = (
    # At MAIL: who sends.
    return_path_owned.POLICY,
    messages_per_minute.POLICY,
    # At RCPT: who connects.
    client_not_banned.POLICY,
    client_not_listed.POLICY,
    client_unsuspicious.POLICY,
    sender_unsuspicious.POLICY,
    ipv6_range_in_limit.POLICY,
    helo_not_ours.POLICY,
    # At RCPT: to whom.
    relay_allowed.POLICY,
    recipient_exists.POLICY,
    mailbox_open.POLICY,
    sender_authenticated.POLICY,
    sender_listed.POLICY,
    recipient_takes_size.POLICY,
    # At RCPT: how much.
    recipients_per_day.POLICY,
    recipients_per_domain.POLICY,
    received_per_hour_from_one_sender.POLICY,
    received_per_hour.POLICY,
    # At the dot: what.
    from_owned.POLICY,
)
