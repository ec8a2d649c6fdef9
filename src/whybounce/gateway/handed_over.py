"""What an SMTP conversation leaves behind, as the store keeps it."""

from collections.abc import Mapping

from whybounce.gateway.store import rows
from whybounce.vocabulary.envelope import Envelope, OriginalRecipient, Recipient
from whybounce.vocabulary.session import Session


def session_row(session: Session, facts: Mapping[str, str], *, smtputf8: bool) -> rows.Session:
    """Return who handed a message over, and what was found."""
    return rows.Session(
        client=str(session.address),
        hostname=session.name,
        helo=session.helo,
        protocol=protocol(session, smtputf8=smtputf8),
        tls=f"{session.tls.version} {session.tls.cipher}" if session.tls else None,
        account=session.account,
        listener=session.listener,
        id=session.id,
        facts=facts,
    )


def envelope_row(envelope: Envelope) -> rows.Envelope:
    """Return the envelope, with what the sender wants to hear: RFC 3461 §4."""
    return rows.Envelope(
        sender=envelope.return_path,
        recipients=tuple(_recipient(each) for each in envelope.recipients),
        ret=envelope.return_,
        envid=envelope.envelope_id,
        body_type=envelope.body,
        smtputf8=envelope.smtputf8,
    )


def protocol(session: Session, *, smtputf8: bool) -> str:
    """Return the protocol's name for a Received field: RFC 3848, RFC 6531 §3.7.3."""
    if not session.esmtp:
        return "SMTP"
    name = "UTF8SMTP" if smtputf8 else "ESMTP"
    return f"{name}{'S' if session.tls else ''}{'A' if session.account else ''}"


def _recipient(recipient: Recipient) -> rows.Recipient:
    return rows.Recipient(
        recipient.address, orcpt=_orcpt(recipient.original), notify=recipient.notify
    )


def _orcpt(original: OriginalRecipient | None) -> str | None:
    return f"{original.type};{original.address}" if original else None
