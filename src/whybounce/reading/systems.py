"""Which mail system wrote a bounce in prose, and the facts that it states beside its sentences.

A row is a name and the words nobody else writes. The first row that matches names the form; a
bounce in no row's words is read just the same, as "text".
"""

import re
from dataclasses import dataclass

from whybounce.reading.mime import Message

_HOST = r"\[?([A-Za-z0-9_][A-Za-z0-9_-]{0,62}(?:\.[A-Za-z0-9_-]{1,63}){1,10})"

# Words of the account, the most telling first.
_BY_WORDS: tuple[tuple[str, str], ...] = (
    ("exchange-classic", r"diagnostic information for administrators|generating server:|bronserver:|generierender server|serveur de génération"),
    ("exchange-online", r"message rejected by:|notification details|office ?365 +\w|error details\s+(?:reported )?error"),
    ("exchange-2003", r"did not reach the (?:following )?recipient\(s\)|MSEXCH:|your message did not reach some or all"),
    ("google-groups", r"google groups"),
    ("gmail", r"google tried to deliver|delivery to the following recipients? (?:failed permanently|has been delayed)"),
    ("yahoo", r"we were unable to deliver your message to the following address"),
    ("mail.ru", r"mail\.ru"),
    ("zoho", r"ERROR_CODE ?:|\[Status: Error, Address:"),
    ("gmx", r"SMTP error from remote server (?:after|for|in)"),
    ("exim", r"created automatically by mail delivery software|SMTP error from remote mail(?:er| server)"),
    ("postfix", r"this is the .{0,30}(?:postfix|mail) (?:program|system) at host|the .{0,30}postfix program|the mail system"),
    ("qmail", r"this is the qmail-send program|i'm afraid i wasn't able to deliver|i tried to deliver your message, but"),
    ("dragonfly", r"dragonfly mail agent"),
    ("opensmtpd", r"this is the mailer-daemon, please do not reply|errors? occurred for the following"),
    ("sendmail", r"-+ ?the following addresses had|-+ ?transcript of session follows|while talking to"),
    ("courier", r"this is a delivery status notification from .{1,200}running the courier"),
    ("domino", r"(?:lotus|ibm|hcl) (?:notes|domino)|user .{1,200} not listed in (?:public name & address book|domino directory)|failed to deliver the following message"),
    ("groupwise", r"groupwise|the attached file had the following undeliverable recipient"),
    ("mailmarshal", r"mailmarshal"),
    ("mailenable", r"mailenable"),
    ("mdaemon", r"mdaemon"),
    ("imail", r"undeliverable +to|invalid final delivery userid|original message follows"),
    ("interscan", r"interscan"),
    ("m-filter", r"m-filter|-{4,}smtp command"),
    ("ezweb", r"the user\(s\) account is (?:disabled|temporarily limited)|each of the following"),
    ("apache-james", r"message details:\s+subject:"),
)  # fmt: skip
_COMPILED = tuple((name, re.compile(words, re.IGNORECASE)) for name, words in _BY_WORDS)

_GENERATOR = re.compile(
    rf"""(?:generating\ server|dsn\ generated\ by|bronserver|generierender\ server|sent\ by|serveur\ de\ génération|server\ di\ generazione|servidor\ de\ generación)\s*:\s*{_HOST}
       | this\ is\ the\ [^\n]{{0,60}}\ (?:at\ host|program\ at|at)\ {_HOST}
       | (?:on\ the\ queue\ on|this\ is\ a\ delivery\ status\ notification\ from)\ {_HOST}""",
    re.IGNORECASE | re.VERBOSE,
)
_REMOTE = re.compile(
    rf"""(?:message\ rejected\ by|remote\ server|receiving\ server|^host)\s*:\s*{_HOST}
       | \bby\ {_HOST}\.?\ \[[0-9A-Fa-f.:]{{3,45}}\]
       | {_HOST}\ \[[0-9A-Fa-f.:]{{3,45}}\]\ did\ not\ like
       | \bconnected\ to\ {_HOST}\ but
       | \b(?:while\ talking|connecting|connection)\ to\ {_HOST}""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """The servers that the account names."""

    generator: str | None
    remote: str | None


def system_of(message: Message, text: str) -> str | None:
    """Return the name of the system whose words these are, or None."""
    about = f"{message.field('from') or ''}\n{text[:8_192]}"
    return next((name for name, words in _COMPILED if words.search(about)), None)


def stated_facts(text: str) -> Facts:
    """Return the generating and the remote server where the account names them."""
    generator, remote = _GENERATOR.search(text), _REMOTE.search(text)
    return Facts(
        generator=next(filter(None, generator.groups()), None) if generator else None,
        remote=next(filter(None, remote.groups()), None) if remote else None,
    )
