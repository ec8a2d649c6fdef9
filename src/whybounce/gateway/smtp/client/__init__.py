"""The client's side of SMTP and LMTP, without a socket: scripts that yield what they wait for.

    dialogue = ClientDialogue(settings)
    dialogue.greet(), .hello(), .start_tls(), .authenticate(…), .deliver(envelope, octets), .quit()

``dialogue.py`` says how a script is run; ``connecting`` runs them over a socket. With PIPELINING,
SIZE, 8BITMIME, SMTPUTF8, CHUNKING, DSN, STARTTLS and AUTH where the server offers them.
"""

from whybounce.gateway.smtp.client.dialogue import ClientDialogue
from whybounce.gateway.smtp.client.hearing import Fault, ServerReply
from whybounce.gateway.smtp.client.results import Answered, Delivery, Result
from whybounce.gateway.smtp.client.settings import ClientSettings, Patience

__all__ = [
    "Answered",
    "ClientDialogue",
    "ClientSettings",
    "Delivery",
    "Fault",
    "Patience",
    "Result",
    "ServerReply",
]
