"""The server's side of SMTP, without a socket: octets in, events and octets out.

Rule 1: which command may follow which is the table in ``commands.py``, and nowhere else.
Rule 2: nothing here sees the network, a clock or a policy. Whatever decides about mail is asked by
an event that waits for its answer; times are told.
Rule 3: how the octets arrive makes no difference to what is said. While a question is open nothing
further is read, so pipelined commands (RFC 2920) are answered in order, and ``wants_input`` bounds
what waits.
Rule 4: whatever a client sends is bounded by ``Limits``. Nothing of it is repeated in a reply but the
keyword of a parameter nobody knows.

    dialogue = ServerDialogue(settings, session, now)
    dialogue.receive(octets, now)          octets from the client
    event = dialogue.next_event()          what they mean; None: more of them, or an answer, is needed
    dialogue.answer(reply, now)            the answer to a question; None: pass
    dialogue.to_send()                     octets for the client
    dialogue.expire(now)                   when ``deadline`` has come

RFC 5321, with PIPELINING, SIZE, 8BITMIME, SMTPUTF8, ENHANCEDSTATUSCODES, CHUNKING, DSN, STARTTLS,
AUTH and XCLIENT; the PROXY protocol before any of it.
"""

from whybounce.gateway.smtp.server.dialogue import ServerDialogue
from whybounce.gateway.smtp.server.settings import (
    Limits,
    LineEnds,
    NulOctets,
    ServerSettings,
    TlsMode,
)

__all__ = ["Limits", "LineEnds", "NulOctets", "ServerDialogue", "ServerSettings", "TlsMode"]
