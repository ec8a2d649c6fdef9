"""MAIL, RCPT and RSET: the envelope. RFC 5321 §4.1.1.2, §4.1.1.3, §4.1.1.5."""

from dataclasses import replace

from whybounce.gateway.smtp import parameters
from whybounce.gateway.smtp.parameters import (
    BadParameterError,
    UnknownParameterError,
    read_parameters,
)
from whybounce.gateway.smtp.paths import (
    BeyondAsciiError,
    PathError,
    read_forward_path,
    read_reverse_path,
)
from whybounce.gateway.smtp.server import answers
from whybounce.gateway.smtp.server.answers import Answer
from whybounce.gateway.smtp.server.conversation import Conversation, Stage
from whybounce.gateway.smtp.server.events import RecipientNamed, SenderNamed
from whybounce.vocabulary.envelope import Envelope, Recipient
from whybounce.vocabulary.reply import Reply


def mail(conversation: Conversation, argument: str) -> None:
    """MAIL FROM."""
    settings, session = conversation.settings, conversation.session
    if settings.require_tls and session.tls is None:
        conversation.refuse(answers.TLS_REQUIRED)
    elif settings.require_auth and session.account is None:
        conversation.refuse(answers.AUTH_REQUIRED)
    elif argument[:5].upper() != "FROM:":
        conversation.refuse(answers.MAIL_SYNTAX)
    else:
        try:
            envelope = _read_sender(argument[5:])
        except (PathError, BadParameterError) as error:
            _refuse_arguments(conversation, error, answers.BAD_SENDER)
        else:
            _name_sender(conversation, envelope)


def _read_sender(written: str) -> Envelope:
    path = read_reverse_path(written)
    fields = read_parameters(path.rest, parameters.MAIL) if path.rest else {}
    if not path.address.isascii() and not fields.get("smtputf8"):
        raise BeyondAsciiError(path.address)
    return Envelope(path.address, **fields)


def _name_sender(conversation: Conversation, envelope: Envelope) -> None:
    most = conversation.limits.message_octets
    if envelope.size is not None and envelope.size > most:
        conversation.refuse(answers.MESSAGE_TOO_LARGE, limit=str(most))
    else:
        conversation.envelope = envelope
        conversation.ask(SenderNamed(conversation.session, envelope), _after_mail)


def _after_mail(conversation: Conversation, reply: Reply | None) -> None:
    if conversation.passes(reply, answers.SENDER_ACCEPTED):
        conversation.stage = Stage.SENDER
    else:
        conversation.envelope = None
        conversation.count_refusal()


def rcpt(conversation: Conversation, argument: str) -> None:
    """RCPT TO."""
    if argument[:3].upper() != "TO:":
        conversation.refuse(answers.RCPT_SYNTAX)
        return
    envelope = conversation.present_envelope()
    try:
        recipient = _read_recipient(argument[3:], smtputf8=envelope.smtputf8)
    except (PathError, BadParameterError) as error:
        _refuse_arguments(conversation, error, answers.BAD_RECIPIENT)
        return
    most = conversation.limits.recipients
    if len(envelope.recipients) >= most:
        # RFC 5321 §4.5.3.1.10: the client sends the rest in another message.
        conversation.say(answers.TOO_MANY_RECIPIENTS.filled(limit=str(most)))
        conversation.count_refusal()
        return
    conversation.ask(
        RecipientNamed(conversation.session, envelope, recipient),
        lambda conversation, reply: _after_rcpt(conversation, reply, recipient),
    )


def _read_recipient(written: str, *, smtputf8: bool) -> Recipient:
    path = read_forward_path(written)
    if not path.address.isascii() and not smtputf8:
        raise BeyondAsciiError(path.address)
    if not path.rest:
        return Recipient(path.address)
    fields = read_parameters(path.rest, parameters.RCPT, smtputf8=smtputf8)
    return Recipient(path.address, **fields)


def _after_rcpt(conversation: Conversation, reply: Reply | None, recipient: Recipient) -> None:
    if not conversation.passes(reply, answers.RECIPIENT_ACCEPTED):
        conversation.count_refusal()
        return
    envelope = conversation.present_envelope()
    recipients = (*envelope.recipients, recipient)
    conversation.envelope = replace(envelope, recipients=recipients)
    conversation.stage = Stage.RECIPIENTS


def rset(conversation: Conversation, _argument: str) -> None:
    """RSET."""
    conversation.forget_message()
    conversation.say(answers.RESET)


def _refuse_arguments(
    conversation: Conversation, error: PathError | BadParameterError, bad_path: Answer
) -> None:
    if isinstance(error, BeyondAsciiError):
        conversation.refuse(answers.NEEDS_SMTPUTF8)
    elif isinstance(error, PathError):
        conversation.refuse(bad_path, fault=str(error))
    elif isinstance(error, UnknownParameterError):
        conversation.refuse(answers.UNKNOWN_PARAMETER, fault=error.keyword)
    else:
        conversation.refuse(answers.BAD_PARAMETER, fault=str(error))
