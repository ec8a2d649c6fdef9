"""Which command may follow which: the whole order of an SMTP conversation. RFC 5321 §4.1.4.

A row is a command, a column is a ``Stage``. Where a function stands, the command is carried out;
where an answer stands, it is given instead.
"""

from collections.abc import Callable, Mapping
from typing import Final

from whybounce.gateway.smtp.server.answers import (
    CHUNKS_OVER,
    HELLO_FIRST,
    IN_CHUNKS,
    MAIL_FIRST,
    NO_ARGUMENT,
    NO_RECIPIENTS,
    NOT_IMPLEMENTED,
    NOT_WELCOME,
    ONE_AT_A_TIME,
    Answer,
)
from whybounce.gateway.smtp.server.authentication import auth
from whybounce.gateway.smtp.server.conversation import Conversation
from whybounce.gateway.smtp.server.courtesies import expn, help_, noop, quit_, vrfy
from whybounce.gateway.smtp.server.message import bdat, data, skipping
from whybounce.gateway.smtp.server.opening import ehlo, helo, starttls, xclient
from whybounce.gateway.smtp.server.transaction import mail, rcpt, rset

Handler = Callable[[Conversation, str], None]
Cell = Handler | Answer


def _alone(handler: Handler) -> Handler:
    """Let the command stand alone: what comes behind it is an error."""

    def checked(conversation: Conversation, argument: str) -> None:
        if argument:
            conversation.refuse(NO_ARGUMENT)
        else:
            handler(conversation, argument)

    return checked


_data, _rset, _quit, _starttls = _alone(data), _alone(rset), _alone(quit_), _alone(starttls)
_ANYWHERE = 6  # Every stage but the last.

# fmt: off
COMMANDS: Final[Mapping[str, tuple[Cell, ...]]] = {
    #            CONNECTED     GREETED      SENDER         RECIPIENTS     CHUNKS     SPOILT       UNWELCOME
    "EHLO":     (ehlo,         ehlo,        ehlo,          ehlo,          ehlo,      ehlo,        NOT_WELCOME),
    "HELO":     (helo,         helo,        helo,          helo,          helo,      helo,        NOT_WELCOME),
    "STARTTLS": (HELLO_FIRST,  _starttls,   ONE_AT_A_TIME, ONE_AT_A_TIME, IN_CHUNKS, CHUNKS_OVER, NOT_WELCOME),
    "AUTH":     (HELLO_FIRST,  auth,        ONE_AT_A_TIME, ONE_AT_A_TIME, IN_CHUNKS, CHUNKS_OVER, NOT_WELCOME),
    "XCLIENT":  (HELLO_FIRST,  xclient,     ONE_AT_A_TIME, ONE_AT_A_TIME, IN_CHUNKS, CHUNKS_OVER, NOT_WELCOME),
    "MAIL":     (HELLO_FIRST,  mail,        ONE_AT_A_TIME, ONE_AT_A_TIME, IN_CHUNKS, CHUNKS_OVER, NOT_WELCOME),
    "RCPT":     (HELLO_FIRST,  MAIL_FIRST,  rcpt,          rcpt,          IN_CHUNKS, CHUNKS_OVER, NOT_WELCOME),
    "DATA":     (HELLO_FIRST,  MAIL_FIRST,  NO_RECIPIENTS, _data,         IN_CHUNKS, CHUNKS_OVER, NOT_WELCOME),
    "BDAT":     (skipping(HELLO_FIRST), skipping(MAIL_FIRST), skipping(NO_RECIPIENTS),
                                                           bdat,          bdat,      skipping(CHUNKS_OVER),
                                                                                                  skipping(NOT_WELCOME)),
    "RSET":     (_rset,) * _ANYWHERE                                                           + (NOT_WELCOME,),
    "NOOP":     (noop,) * _ANYWHERE                                                            + (NOT_WELCOME,),
    "HELP":     (help_,) * _ANYWHERE                                                           + (NOT_WELCOME,),
    "VRFY":     (vrfy,) * _ANYWHERE                                                            + (NOT_WELCOME,),
    "EXPN":     (expn,) * _ANYWHERE                                                            + (NOT_WELCOME,),
    "QUIT":     (_quit,) * _ANYWHERE                                                           + (_quit,),
    # RFC 5321 §F.6 and RFC 1985: commands there are and that nobody carries out any more.
    "ETRN":     (NOT_IMPLEMENTED,) * _ANYWHERE                                                 + (NOT_WELCOME,),
    "TURN":     (NOT_IMPLEMENTED,) * _ANYWHERE                                                 + (NOT_WELCOME,),
    "SEND":     (NOT_IMPLEMENTED,) * _ANYWHERE                                                 + (NOT_WELCOME,),
    "SOML":     (NOT_IMPLEMENTED,) * _ANYWHERE                                                 + (NOT_WELCOME,),
    "SAML":     (NOT_IMPLEMENTED,) * _ANYWHERE                                                 + (NOT_WELCOME,),
}
# fmt: on
