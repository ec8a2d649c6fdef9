"""Every reply the dialogue itself gives: code, status code, text, and the cause it stands for.

What policies and the store refuse is said in the catalogue's words and comes from above. Here
stands what belongs to SMTP: "go ahead", "not now", "I did not understand".
"""

from dataclasses import dataclass

from whybounce.gateway.smtp.replies import write_reply
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.status_code import StatusCode


@dataclass(frozen=True, slots=True)
class Answer:
    """One row: what is said. Values in braces are filled in, literally."""

    reply: Reply
    octets: bytes  # As it goes over the wire, where nothing is to be filled in.
    cause: str | None  # The catalogue's entry that explains it; None where it is good news.

    def filled(self, **values: str) -> Reply:
        """Return the reply with its values."""
        text = self.reply.text
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", value)
        return Reply(text, self.reply.code, self.reply.status)


def _row(numbers: str, text: str, cause: str | None = None) -> Answer:
    code, _, status = numbers.partition(" ")
    reply = Reply(text, int(code), StatusCode.parse(status))
    return Answer(reply, write_reply(reply), cause)


# Going well. RFC 2034 §4: greeting, HELO, EHLO, 334 and 354 bear no status code.
GREETING = _row("220", "{host} ESMTP Whybounce")
HELLO = _row("250", "{host}")
TLS_READY = _row("220 2.0.0", "Ready to start TLS")
CHALLENGE = _row("334", "{challenge}")
AUTHENTICATED = _row("235 2.7.0", "Authenticated")
SENDER_ACCEPTED = _row("250 2.1.0", "Sender accepted")
RECIPIENT_ACCEPTED = _row("250 2.1.5", "Recipient accepted")
SEND_MESSAGE = _row("354", "Send the message; end it with a dot alone on a line")
CHUNK_ACCEPTED = _row("250 2.0.0", "{octets} octets received")
MESSAGE_ACCEPTED = _row("250 2.0.0", "Message accepted")
RESET = _row("250 2.0.0", "Forgotten; begin anew")
NOTHING_DONE = _row("250 2.0.0", "Still here")
HELP = _row("214 2.0.0", "Commands: {commands}")
CANNOT_VERIFY = _row("252 2.0.0", "Not told in advance; send the message and see")
GOODBYE = _row("221 2.0.0", "Goodbye")

# Not understood. RFC 5321 §4.2.4, RFC 5248 §2.4.
UNKNOWN_COMMAND = _row("500 5.5.2", "That is no command this server knows", "syntax-error")
NOT_IMPLEMENTED = _row("502 5.5.1", "This server does not do that", "command-rejected")
LINE_TOO_LONG = _row("500 5.5.2", "The line is longer than {limit} octets", "syntax-error")
NOT_TEXT = _row(
    "500 5.5.2", "A command is printable text, in UTF-8 where it is not ASCII", "syntax-error"
)
BARE_NEWLINE = _row(
    "521 5.5.2",
    "Lines end with CR LF; one ended otherwise, so this connection ends",
    "syntax-error",
)
NOT_SMTP = _row("521 5.5.1", "This is SMTP; whatever you wanted is not here", "command-rejected")
NO_ARGUMENT = _row("501 5.5.4", "This command stands alone", "syntax-error")
HELO_SYNTAX = _row("501 5.5.4", "Say it as: EHLO your.host.name", "syntax-error")
MAIL_SYNTAX = _row("501 5.5.4", "Say it as: MAIL FROM:<address>", "syntax-error")
RCPT_SYNTAX = _row("501 5.5.4", "Say it as: RCPT TO:<address>", "syntax-error")
VRFY_SYNTAX = _row("501 5.5.4", "Say it as: VRFY name", "syntax-error")
AUTH_SYNTAX = _row("501 5.5.4", "Say it as: AUTH mechanism", "syntax-error")
BDAT_SYNTAX = _row(
    "521 5.5.4",
    "Say it as: BDAT octets, or BDAT octets LAST; where the next command begins is lost",
    "syntax-error",
)
XCLIENT_SYNTAX = _row("501 5.5.4", "Bad XCLIENT: {fault}", "syntax-error")
BAD_SENDER = _row("501 5.1.7", "Bad sender address: {fault}", "bad-sender-address")
BAD_RECIPIENT = _row("501 5.1.3", "Bad recipient address: {fault}", "bad-address-syntax")
NEEDS_SMTPUTF8 = _row(
    "553 5.6.7", "The address needs SMTPUTF8, which was not asked for", "internationalized-address"
)
UNKNOWN_PARAMETER = _row("555 5.5.4", "A parameter is not known here: {fault}", "syntax-error")
BAD_PARAMETER = _row("501 5.5.4", "Bad parameter: {fault}", "syntax-error")

# Out of turn. RFC 5321 §4.1.4.
HELLO_FIRST = _row("503 5.5.1", "Say EHLO first", "command-rejected")
MAIL_FIRST = _row("503 5.5.1", "Say MAIL first", "command-rejected")
ONE_AT_A_TIME = _row(
    "503 5.5.1", "A message is under way; finish it or say RSET", "command-rejected"
)
NO_RECIPIENTS = _row("554 5.5.1", "No recipient was accepted", "command-rejected")
IN_CHUNKS = _row(
    "503 5.5.1", "The message comes by BDAT; finish it or say RSET", "command-rejected"
)
CHUNKS_OVER = _row("503 5.5.1", "This message was refused; say RSET", "command-rejected")
NOT_WELCOME = _row("503 5.5.1", "This connection was refused; say QUIT", "command-rejected")
TLS_ALREADY = _row("503 5.5.1", "TLS is on already", "command-rejected")
AUTHENTICATED_ALREADY = _row("503 5.5.1", "You are authenticated already", "command-rejected")

# TLS and AUTH. RFC 3207 §4, RFC 4954 §6.
TLS_REQUIRED = _row("530 5.7.0", "Say STARTTLS first", "tls-required")
AUTH_REQUIRED = _row("530 5.7.0", "Authentication required", "authentication-required")
AUTH_NEEDS_TLS = _row(
    "538 5.7.11",
    "Passwords are taken under TLS only; say STARTTLS first",
    "tls-required",
)
UNKNOWN_MECHANISM = _row(
    "504 5.5.4", "Mechanism not known; there are PLAIN and LOGIN", "authentication-mechanism"
)
AUTH_CANCELLED = _row("501 5.7.0", "Authentication cancelled", "authentication-failed")
AUTH_NOT_BASE64 = _row("501 5.5.2", "That is not what the mechanism expects", "syntax-error")
AUTH_LINE_TOO_LONG = _row("500 5.5.6", "The line is longer than {limit} octets", "syntax-error")
AUTH_THROTTLED = _row(
    "454 4.7.0", "Too many failed logins; wait {seconds} s", "authentication-failed"
)

# Too much.
MESSAGE_TOO_LARGE = _row(
    "552 5.3.4", "The message is larger than the {limit} octets taken here", "message-too-large"
)
TOO_MANY_RECIPIENTS = _row(
    "452 4.5.3",
    "{limit} recipients are enough for one message; send the rest in another",
    "too-many-recipients-at-once",
)
TOO_MANY_ERRORS = _row("421 4.7.0", "Too many errors; goodbye", "protocol-error")
TOO_MANY_REFUSALS = _row("421 4.7.0", "Too many refusals; goodbye", "namespace-mining")
TOO_IDLE = _row("421 4.7.0", "Too many commands without a message; goodbye", "protocol-error")
TOO_SLOW = _row("421 4.4.2", "Too slow; goodbye", "connection-closed")
TOO_LONG = _row("421 4.4.2", "This connection has lasted long enough; goodbye", "connection-closed")
TOO_MANY_CONNECTIONS = _row(
    "421 4.7.0", "Too many connections from your address; try again later", "too-many-connections"
)
TOO_MANY_CLIENTS = _row(
    "421 4.3.2", "Too many connections; try again later", "too-many-connections"
)

# The message's own faults.
BARE_LINE_FEEDS = _row(
    "550 5.6.11", "Invalid characters: the message contains CR or LF alone", "bare-line-feeds"
)
HOLDS_NUL = _row("550 5.6.0", "The message contains NUL octets", "invalid-content")

# Our own faults.
SHUTTING_DOWN = _row("421 4.3.2", "This server is about to stop; try again", "system-not-accepting")
OUR_FAULT = _row("451 4.3.0", "Our fault; try again later. Trace {trace}", "system-error")
EXPANSION_PROHIBITED = _row("550 5.7.2", "Lists are not told", "expansion-prohibited")
