"""Policies: whether mail is taken. Each is one file with one pure function, facts in, Verdict out.

A policy names a cause of the catalogue and what its words need; it writes no SMTP text. It asks
nobody and takes no clock: ``gateway/asking.py`` fetches what the policies of a stage need, and an
operator sets what becomes of each one's verdict (``[policies]``). The first in the order below that
is against it decides, for each recipient until the dot, then for the message.
"""

from whybounce.gateway.policies import (
    account_may_send,
    address_form_allowed,
    attachments_flat,
    authentication_told,
    client_not_banned,
    client_not_blocked,
    client_not_listed,
    client_unlisted,
    client_unsuspicious,
    connector_matched,
    dmarc_passed,
    from_owned,
    from_valid,
    helo_not_ours,
    ipv6_authenticated,
    ipv6_named,
    ipv6_range_in_limit,
    ipv6_taken,
    journal_taken,
    login_required,
    login_uncompromised,
    mailbox_open,
    messages_per_minute,
    moderators_send,
    not_looping,
    organisation_may_send,
    received_per_hour,
    received_per_hour_from_one_sender,
    recipient_exists,
    recipient_not_banned,
    recipient_takes_size,
    recipients_per_day,
    recipients_per_domain,
    reference_header_short,
    relay_allowed,
    return_path_owned,
    rules_about_people,
    rules_about_words,
    sender_authenticated,
    sender_domain_registered,
    sender_listed,
    sender_resolvable,
    sender_unsuspicious,
    spf_passed,
    target_exists,
    tenant_block_list,
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
    login_required.POLICY,
    login_uncompromised.POLICY,
    return_path_owned.POLICY,
    messages_per_minute.POLICY,
    # At RCPT: who connects.
    client_not_banned.POLICY,
    client_not_listed.POLICY,
    client_unlisted.POLICY,
    client_unsuspicious.POLICY,
    sender_unsuspicious.POLICY,
    ipv6_range_in_limit.POLICY,
    helo_not_ours.POLICY,
    # At RCPT: who may send, from there, in that name.
    account_may_send.POLICY,
    organisation_may_send.POLICY,
    connector_matched.POLICY,
    sender_domain_registered.POLICY,
    # At RCPT: to whom.
    relay_allowed.POLICY,
    sender_resolvable.POLICY,
    client_not_blocked.POLICY,
    ipv6_taken.POLICY,
    recipient_not_banned.POLICY,
    address_form_allowed.POLICY,
    recipient_exists.POLICY,
    target_exists.POLICY,
    mailbox_open.POLICY,
    sender_authenticated.POLICY,
    sender_listed.POLICY,
    moderators_send.POLICY,
    rules_about_people.POLICY,
    recipient_takes_size.POLICY,
    # At RCPT: how much.
    recipients_per_day.POLICY,
    recipients_per_domain.POLICY,
    received_per_hour_from_one_sender.POLICY,
    received_per_hour.POLICY,
    # At the dot: what.
    not_looping.POLICY,
    from_valid.POLICY,
    from_owned.POLICY,
    authentication_told.POLICY,
    ipv6_named.POLICY,
    ipv6_authenticated.POLICY,
    spf_passed.POLICY,
    dmarc_passed.POLICY,
    tenant_block_list.POLICY,
    rules_about_words.POLICY,
    journal_taken.POLICY,
    attachments_flat.POLICY,
    reference_header_short.POLICY,
)
