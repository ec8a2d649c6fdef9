"""Commands that move nothing: NOOP, HELP, VRFY, EXPN, QUIT. RFC 5321 §4.1.1.6 to §4.1.1.10."""

from whybounce.gateway.smtp.server import answers
from whybounce.gateway.smtp.server.conversation import Conversation
from whybounce.gateway.smtp.server.events import Ending

_COMMANDS = "HELO EHLO MAIL RCPT DATA BDAT RSET NOOP VRFY EXPN HELP STARTTLS AUTH QUIT"


def noop(conversation: Conversation, _argument: str) -> None:
    """NOOP; what stands behind it is ignored."""
    conversation.say(answers.NOTHING_DONE)


def help_(conversation: Conversation, _argument: str) -> None:
    """HELP."""
    conversation.say(answers.HELP.filled(commands=_COMMANDS))


def vrfy(conversation: Conversation, argument: str) -> None:
    """VRFY. RFC 5321 §7.3: who is here is told to nobody in advance."""
    if argument:
        conversation.say(answers.CANNOT_VERIFY)
    else:
        conversation.refuse(answers.VRFY_SYNTAX)


def expn(conversation: Conversation, _argument: str) -> None:
    """EXPN. RFC 5321 §7.3: nor who is in a list."""
    conversation.refuse(answers.EXPANSION_PROHIBITED)


def quit_(conversation: Conversation, _argument: str) -> None:
    """QUIT."""
    conversation.hang_up(answers.GOODBYE, Ending.QUIT)
