"""Which mail system wrote a bounce in prose, and the facts that it states beside its sentences.

A row is a name and the phrases nobody else writes. The first row that matches names the form; a
bounce in no row's words is read just the same, as "text".
"""

import re
from dataclasses import dataclass

from whybounce.notation import lowered
from whybounce.reading.mime import Message

_HOST = r"\[?([A-Za-z0-9_][A-Za-z0-9_-]{0,62}(?:\.[A-Za-z0-9_-]{1,63}){1,10})"

# Phrases of the account, in lower case and on one line; any of a row's will do.
_PHRASES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("exchange-classic", ("diagnostic information for administrators", "generating server:", "bronserver:", "generierender server", "serveur de génération", "servidor de generación", "server di generazione", "servidor gerador", "生成サーバー:", "生成服务器")),
    ("exchange-online", ("message rejected by:", "notification details", "error details reported error", "error details error:")),
    ("exchange-2003", ("did not reach the following recipient(s)", "did not reach the recipient(s)", "msexch:", "your message did not reach some or all")),
    ("google-groups", ("google groups",)),
    ("gmail", ("google tried to deliver", "delivery to the following recipient failed permanently", "delivery to the following recipients failed permanently", "delivery to the following recipient has been delayed")),
    ("yahoo", ("we were unable to deliver your message to the following address",)),
    ("mail.ru", ("mail.ru",)),
    ("zoho", ("error_code :", "[status: error, address:")),
    ("gmx", ("smtp error from remote server after", "smtp error from remote server for", "smtp error from remote server in")),
    ("exim", ("created automatically by mail delivery software", "smtp error from remote mail")),
    ("postfix", ("postfix program", "this is the mail system at host", "the mail system")),
    ("qmail", ("this is the qmail-send program", "i'm afraid i wasn't able to deliver", "i tried to deliver your message, but")),
    ("dragonfly", ("dragonfly mail agent",)),
    ("opensmtpd", ("this is the mailer-daemon, please do not reply", "errors occurred for the following", "error occurred for the following")),
    ("sendmail", ("the following addresses had", "transcript of session follows", "while talking to")),
    ("courier", ("running the courier mail server",)),
    ("domino", ("lotus notes", "ibm notes", "hcl notes", "lotus domino", "hcl domino", "domino directory", "public name & address book", "failed to deliver the following message")),
    ("groupwise", ("groupwise", "the attached file had the following undeliverable recipient", "undeliverable to the following")),
    ("mailmarshal", ("mailmarshal",)),
    ("mailenable", ("mailenable",)),
    ("mdaemon", ("mdaemon",)),
    ("imail", ("undeliverable to ", "invalid final delivery userid", "rcpt to generated following response", "unknown user: ", "original message follows")),
    ("interscan", ("interscan",)),
    ("m-filter", ("m-filter", "-smtp command")),
    ("ezweb", ("the user(s) account is", "each of the following recipients was")),
    ("apache-james", ("message details: subject:",)),
)  # fmt: skip

# These two look at lower case. Where a word begins is looked at behind it, so that the search skips
# to its first letter.
_GENERATOR = re.compile(
    rf"""(?:generating\ server|dsn\ generated\ by|bronserver|generierender\ server|sent\ by|serveur\ de\ génération|server\ di\ generazione|servidor\ de\ generación|servidor\ gerador|生成サーバー|生成服务器)\s*:\s*{_HOST}
       | this\ is\ the\ [^\n]{{0,60}}\ (?:at\ host|program\ at|at)\ {_HOST}
       | (?:on\ the\ queue\ on|this\ is\ a\ delivery\ status\ notification\ from)\ {_HOST}""",
    re.VERBOSE,
)
_REMOTE = re.compile(
    rf"""(?:message\ rejected\ by|remote\ server|receiving\ server|host(?<=^host))\s*:\s*{_HOST}
       | by(?<=\bby)\ {_HOST}\.?\ \[[0-9A-Fa-f.:]{{3,45}}\]
       | connected(?<=\bconnected)\ to\ {_HOST}\ but
       | (?:while\ talking(?<=\bwhile\ talking)|connecting(?<=\bconnecting)|connection(?<=\bconnection))\ to\ {_HOST}""",
    re.MULTILINE | re.VERBOSE,
)

_DISLIKES = re.compile(rf"^{_HOST} \[[0-9A-Fa-f.:]{{3,45}}\] did not like", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Facts:
    """The servers that the account names."""

    generator: str | None
    remote: str | None


def system_of(message: Message, text: str) -> str | None:
    """Return the name of the system whose words these are, or None."""
    about = " ".join(f"{message.field('from') or ''} {text[:8_192]}".lower().split())
    return next((name for name, phrases in _PHRASES if any(map(about.__contains__, phrases))), None)


def stated_facts(text: str) -> Facts:
    """Return the generating and the remote server where the account names them."""
    words = lowered(text)
    generator = _GENERATOR.search(words)
    remote = _REMOTE.search(words) or _DISLIKES.search(text)
    return Facts(_host(generator, text), _host(remote, text))


def _host(match: re.Match[str] | None, text: str) -> str | None:
    """Return what the group that matched stands for in the text, as the text writes it."""
    if match is None or match.lastindex is None:
        return None
    begin, end = match.span(match.lastindex)
    return text[begin:end]
