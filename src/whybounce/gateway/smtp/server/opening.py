"""Before and between: PROXY header, TLS, the greeting, HELO and EHLO, XCLIENT.

RFC 5321 §3.1, §4.1.1.1; RFC 3207; RFC 8314 §3.3.
"""

from msgspec import structs

from whybounce.gateway.smtp.sasl import MECHANISMS
from whybounce.gateway.smtp.server import answers
from whybounce.gateway.smtp.server.conversation import Conversation, Stage, Waiting
from whybounce.gateway.smtp.server.events import Connected, Ending, Greeted, TlsWanted
from whybounce.gateway.smtp.server.proxy import BadProxyHeaderError, read_proxy_header
from whybounce.gateway.smtp.server.settings import TlsMode
from whybounce.gateway.smtp.server.xclient import ATTRIBUTES, XclientError, read_xclient
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.session import Tls


def begin(conversation: Conversation) -> bool:
    """Do what comes before the first command."""
    if conversation.peer_is_in(conversation.settings.proxies):
        conversation.waiting = Waiting.PROXY_HEADER
        conversation.reading = _read_proxy_header
    else:
        _open(conversation)
    return True


def _read_proxy_header(conversation: Conversation) -> bool:
    try:
        proxied = read_proxy_header(conversation.incoming, conversation.limits.proxy_octets)
    except BadProxyHeaderError:
        conversation.close(Ending.BAD_PROXY)
        return True
    if proxied is None:
        return False
    if proxied.address is not None:
        conversation.know(address=proxied.address, port=proxied.port, proxy=conversation.peer)
    _open(conversation)
    return True


def _open(conversation: Conversation) -> None:
    conversation.reading = None
    conversation.waiting = Waiting.COMMAND
    if conversation.settings.tls is TlsMode.IMPLICIT:
        # Behind a PROXY header the client's handshake may have arrived with it.
        _want_tls(conversation, conversation.incoming.take(len(conversation.incoming)))
    else:
        conversation.ask(Connected(conversation.session), _after_connect)


def _after_connect(conversation: Conversation, reply: Reply | None) -> None:
    if len(conversation.incoming):
        conversation.know(spoke_early=True)
    greeting = answers.GREETING.filled(host=conversation.settings.host)
    is_welcome = conversation.passes(reply, greeting)
    conversation.stage = Stage.CONNECTED if is_welcome else Stage.UNWELCOME


def _want_tls(conversation: Conversation, received: bytes) -> None:
    conversation.waiting = Waiting.TLS
    conversation.events.append(TlsWanted(received))


def starttls(conversation: Conversation, _argument: str) -> None:
    """STARTTLS, RFC 3207. What was sent behind it in the clear is dropped, whoever put it there."""
    if conversation.session.tls is not None:
        conversation.refuse(answers.TLS_ALREADY)
    elif conversation.settings.tls is not TlsMode.STARTTLS:
        conversation.refuse(answers.NOT_IMPLEMENTED)
    else:
        conversation.incoming.clear()
        conversation.say(answers.TLS_READY)
        _want_tls(conversation, b"")


def tls_started(conversation: Conversation, tls: Tls) -> None:
    """Go on under TLS. RFC 3207 §4.2: what was said before is forgotten, read or not."""
    conversation.incoming.clear()
    conversation.forget_message()
    conversation.know(tls=tls, helo=None, esmtp=False, account=None)
    conversation.stage = Stage.CONNECTED
    if conversation.settings.tls is TlsMode.IMPLICIT:
        conversation.ask(Connected(conversation.session), _after_connect)


def helo(conversation: Conversation, argument: str) -> None:
    """HELO."""
    _greet(conversation, argument, esmtp=False)


def ehlo(conversation: Conversation, argument: str) -> None:
    """EHLO. RFC 5321 §4.1.4: it also does what RSET does."""
    _greet(conversation, argument, esmtp=True)


def _greet(conversation: Conversation, argument: str, *, esmtp: bool) -> None:
    # Whether it is a host's name is for policies to judge: half the world's devices get it wrong.
    if not argument or " " in argument or not argument.isascii():
        conversation.refuse(answers.HELO_SYNTAX)
        return
    conversation.forget_message()
    conversation.know(helo=argument, esmtp=esmtp)
    conversation.ask(Greeted(conversation.session), _after_greeting)


def _after_greeting(conversation: Conversation, reply: Reply | None) -> None:
    hello = answers.HELLO.filled(host=conversation.settings.host)
    if conversation.session.esmtp:
        hello = structs.replace(hello, text="\n".join((hello.text, *_extensions(conversation))))
    if conversation.passes(reply, hello):
        conversation.stage = Stage.GREETED
    else:
        conversation.know(helo=None, esmtp=False)
        conversation.stage = Stage.CONNECTED


def _extensions(conversation: Conversation) -> list[str]:
    """Return EHLO's lines for this client at this moment."""
    offered = (
        ("PIPELINING", True),  # RFC 2920
        (f"SIZE {conversation.limits.message_octets}", True),  # RFC 1870
        ("8BITMIME", True),  # RFC 6152
        ("SMTPUTF8", True),  # RFC 6531
        ("ENHANCEDSTATUSCODES", True),  # RFC 2034
        ("CHUNKING", True),  # RFC 3030
        ("DSN", True),  # RFC 3461
        ("STARTTLS", may_start_tls(conversation)),  # RFC 3207
        (f"AUTH {' '.join(MECHANISMS)}", may_authenticate(conversation)),  # RFC 4954
        (f"XCLIENT {' '.join(ATTRIBUTES)}", may_say_xclient(conversation)),
    )
    return [line for line, is_offered in offered if is_offered]


def may_start_tls(conversation: Conversation) -> bool:
    """Whether STARTTLS is waited for."""
    return conversation.settings.tls is TlsMode.STARTTLS and conversation.session.tls is None


def may_say_xclient(conversation: Conversation) -> bool:
    """Whether the peer may name another client."""
    return conversation.peer_is_in(conversation.settings.xclient)


def may_authenticate(conversation: Conversation) -> bool:
    """Whether a password may come over this connection: under TLS, or from this very machine."""
    settings, session = conversation.settings, conversation.session
    is_safe = session.tls is not None or (
        settings.auth_on_loopback and session.address.is_loopback and conversation.peer.is_loopback
    )
    return settings.auth and is_safe and session.account is None


def xclient(conversation: Conversation, argument: str) -> None:
    """XCLIENT: the conversation begins anew, with the client that was named."""
    if not may_say_xclient(conversation):
        conversation.refuse(answers.NOT_IMPLEMENTED)
        return
    try:
        session = read_xclient(argument, conversation.session)
    except XclientError as error:
        conversation.refuse(answers.XCLIENT_SYNTAX, fault=str(error))
        return
    conversation.session = session
    conversation.stage = Stage.CONNECTED
    conversation.ask(Connected(session), _after_connect)
