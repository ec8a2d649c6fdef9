"""Which recipients are refused, for which cause."""

from dataclasses import replace

import pytest

from whybounce.catalogue import catalogue
from whybounce.gateway.addresses import DomainName, MailAddress
from whybounce.gateway.directory import (
    By,
    Contact,
    Domain,
    DomainKind,
    Found,
    Group,
    Mailbox,
    MailUser,
    PublicFolder,
    Rights,
)
from whybounce.gateway.policies import Named, first_refusal
from whybounce.gateway.values import Size
from whybounce.vocabulary.cause import VerdictKind
from whybounce.wording import own_reply

OURS = Domain(name=DomainName("contoso.example"))
EDGE = Domain(name=DomainName("contoso.example"), edge_blocking=True)
RELAY = Domain(name=DomainName("contoso.example"), kind=DomainKind.INTERNAL_RELAY)
BEN = MailAddress("ben@contoso.example")
OPEN = Rights(
    accepted=True,
    rejected="",
    entry_needs_authentication=False,
    organisation_needs_authentication=False,
    moderators=(),
)
CLOSED = replace(OPEN, entry_needs_authentication=True)
STRANGER = Named(
    sender="chris@remote.example",
    recipient=BEN,
    domain=OURS,
    found=None,
    rights=None,
    may_relay=False,
    is_ours=False,
)


def found(entry, rights: Rights = OPEN, **more: object) -> Named:
    """Return a stranger's mail to that entry."""
    return replace(STRANGER, found=Found(entry, "Contoso", OURS, By.ADDRESS), rights=rights, **more)


@pytest.mark.parametrize(
    ("named", "cause"),
    [
        (found(Mailbox(address=BEN)), None),
        (replace(STRANGER, domain=None), "unable-to-relay"),
        (replace(STRANGER, domain=None, may_relay=True), None),
        (replace(STRANGER, domain=None, recipient="postmaster", is_gateway=True), None),
        (STRANGER, "recipient-not-found"),
        (replace(STRANGER, may_relay=True, is_ours=True), "recipient-not-found"),
        (replace(STRANGER, recipient="Postmaster@contoso.example"), None),
        (replace(STRANGER, domain=EDGE), "recipient-rejected-at-edge"),
        (replace(STRANGER, domain=EDGE, is_ours=True), "recipient-not-found"),
        (replace(STRANGER, domain=RELAY), None),
        (found(Mailbox(address=BEN, disabled=True)), "mailbox-disabled"),
        (found(Mailbox(address=BEN, moved_to=MailAddress("b@x.example"))), "mailbox-moved"),
        (found(Mailbox(address=BEN), CLOSED), "sender-not-authenticated-for-mailbox"),
        (found(Group(address=BEN), CLOSED), "sender-not-authenticated-for-group"),
        (found(PublicFolder(address=BEN), CLOSED), "sender-not-authenticated-for-public-folder"),
        (found(MailUser(address=BEN, to=BEN), CLOSED), "sender-not-authenticated-for-mail-user"),
        (found(Contact(address=BEN, to=BEN), CLOSED), "sender-not-authenticated-for-mailbox"),
        (found(Mailbox(address=BEN), CLOSED, is_ours=True), None),
        (
            found(Mailbox(address=BEN), replace(OPEN, organisation_needs_authentication=True)),
            "sender-not-authenticated-by-organization",
        ),
        (found(Mailbox(address=BEN), replace(OPEN, accepted=False)), "delivery-not-authorized"),
        (found(Mailbox(address=BEN), replace(OPEN, rejected="@x")), "delivery-not-authorized"),
        (found(Group(address=BEN), replace(OPEN, accepted=False)), "sender-not-in-allowed-list"),
        (found(Mailbox(address=BEN), replace(OPEN, accepted=False), sender=""), None),
        (found(Mailbox(address=BEN, message_size=Size(9)), size=10), "message-too-large"),
        (found(Mailbox(address=BEN, message_size=Size(9)), size=9), None),
        (found(Mailbox(address=BEN, message_size=Size(9))), None),
    ],
)
def test_a_recipient_is_refused_for_its_cause(named: Named, cause: str | None):
    """And there are words for it, with everything filled in."""
    refused = first_refusal(named)

    assert (refused and refused.cause) == cause
    if refused:
        said = own_reply(catalogue(), refused.cause, VerdictKind.REFUSE, refused.values)
        assert said.code >= 500
        assert "{" not in said.text
