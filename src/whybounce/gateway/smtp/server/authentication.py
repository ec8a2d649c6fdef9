"""AUTH: RFC 4954, with the mechanisms PLAIN and LOGIN."""

from whybounce.gateway.smtp.sasl import (
    MECHANISMS,
    BadResponseError,
    Credentials,
    Mechanism,
    decode_response,
)
from whybounce.gateway.smtp.server import answers
from whybounce.gateway.smtp.server.conversation import Conversation
from whybounce.gateway.smtp.server.events import Authenticating
from whybounce.gateway.smtp.server.incoming import LineFault
from whybounce.gateway.smtp.server.opening import may_authenticate
from whybounce.vocabulary.reply import Reply


def auth(conversation: Conversation, argument: str) -> None:
    """AUTH."""
    name, _, initial = argument.partition(" ")
    mechanism = MECHANISMS.get(name.upper())
    if not conversation.settings.auth:
        conversation.refuse(answers.NOT_IMPLEMENTED)
    elif conversation.session.account is not None:
        conversation.refuse(answers.AUTHENTICATED_ALREADY)
    elif not may_authenticate(conversation):
        conversation.refuse(answers.AUTH_NEEDS_TLS)
    elif not name:
        conversation.refuse(answers.AUTH_SYNTAX)
    elif mechanism is None:
        conversation.refuse(answers.UNKNOWN_MECHANISM)
    else:
        exchange = _Exchange(mechanism)
        if initial:
            # RFC 4954 §4: "=" is an empty initial response.
            exchange.take(conversation, b"" if initial == "=" else initial.encode())
        else:
            exchange.challenge(conversation)


class _Exchange:
    """Challenges and responses until the mechanism has what it wants."""

    def __init__(self, mechanism: Mechanism) -> None:
        self._mechanism = mechanism
        self._responses: tuple[str, ...] = ()

    def challenge(self, conversation: Conversation) -> None:
        """Put the next challenge."""
        challenge = self._mechanism.challenges[len(self._responses)]
        conversation.say(answers.CHALLENGE.filled(challenge=challenge))
        conversation.reading = self._read

    def _read(self, conversation: Conversation) -> bool:
        limits = conversation.limits
        line = conversation.incoming.line(limits.auth_line_octets, limits.discarded_octets)
        if line is None:
            return False
        conversation.moved = conversation.now
        conversation.reading = None
        if isinstance(line, LineFault):
            conversation.refuse_line(line, answers.AUTH_LINE_TOO_LONG, limits.auth_line_octets)
        elif line == b"*":
            conversation.refuse(answers.AUTH_CANCELLED)
        else:
            self.take(conversation, line)
        return True

    def take(self, conversation: Conversation, response: bytes) -> None:
        """Take a response; put the next challenge or ask whether the credentials are right."""
        try:
            self._responses += (decode_response(response),)
            if len(self._responses) < len(self._mechanism.challenges):
                self.challenge(conversation)
                return
            credentials = self._mechanism.read(self._responses)
        except BadResponseError:
            conversation.refuse(answers.AUTH_NOT_BASE64)
            return
        _ask(conversation, credentials)


def _ask(conversation: Conversation, credentials: Credentials) -> None:
    def after(conversation: Conversation, reply: Reply | None) -> None:
        if conversation.passes(reply, answers.AUTHENTICATED):
            conversation.know(account=credentials.account)
            return
        conversation.tally.auth_failures += 1
        if conversation.tally.auth_failures >= conversation.limits.auth_failures:
            conversation.hang_up(answers.TOO_MANY_ERRORS)

    conversation.ask(Authenticating(conversation.session, credentials), after)
