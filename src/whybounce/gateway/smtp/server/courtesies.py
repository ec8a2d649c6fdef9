"""Commands that move nothing: NOOP, HELP, VRFY, EXPN, QUIT. RFC 5321 §4.1.1.6 to §4.1.1.10."""

from whybounce.gateway.smtp.server import answers
from whybounce.gateway.smtp.server.conversation import Conversation
from whybounce.gateway.smtp.server.events import Ending
from whybounce.gateway.smtp.server.opening import (
    may_authenticate,
    may_say_xclient,
    may_start_tls,
)

_ALWAYS = ("HELO", "EHLO", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "VRFY", "EXPN", "HELP")


def noop(conversation: Conversation, _argument: str) -> None:
    """NOOP; what stands behind it is ignored."""
    conversation.say(answers.NOTHING_DONE)


def help_(conversation: Conversation, _argument: str) -> None:
    """HELP. What is not offered now is not named: EHLO names it neither."""
    if_offered = (
        ("STARTTLS", may_start_tls(conversation)),
        ("AUTH", may_authenticate(conversation)),
        ("XCLIENT", may_say_xclient(conversation)),
    )
    offered = [name for name, is_offered in if_offered if is_offered]
    conversation.say(answers.HELP.filled(commands=" ".join((*_ALWAYS, *offered, "QUIT"))))


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
