"""What a mail's own words tell: who did not get it, and what is said about each.

Bounces in prose are read by this alone; reports with a machine part, where that part names nobody.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain, islice

from msgspec.structs import replace

from whybounce.notation import commands_in, lowered, read_text
from whybounce.reading.account import Account, accounts_of, text_of
from whybounce.reading.mime import Message
from whybounce.reading.original import read_original
from whybounce.reading.recipients import Named, addresses_in, recipients_of
from whybounce.reading.systems import stated_remote
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.report import Original

_LONGEST_ACCOUNT = 4_000
_MOST_OTHERS = 50
_FIRST_PARTS = 3  # A report's own words stand first. RFC 6522 §3.
# Something is said where two words follow each other, or a reply begins.
_WORDS = re.compile(
    r"[^\W\d_]{2,}[:,.!]?\s+[^\W\d_]{2,}|[\u3040-\u9fff\u0e00-\u0e7f]{6,}|[45]\d\d[ -]\S"
)
_NUMBER = re.compile(r"[2-5](?:\d\d|(?<!3)\.\d)")  # Without one nothing is a reply.

# All of these stand in lower case.
_DELAYED = (
    "delayed", "have yet to be delivered", "still undelivered", "not yet been collected", "not yet been delivered", "not been delivered yet", "not delivered yet",
    "attempts will continue", "attempts will be continue", "attempt will continue", "attempt will be continue",
    "keep trying", "will retry for", "temporary problem delivering", "notification (delay)", "will be trying", "will continue to be trying", "will keep retr", "will be retr", "will continue to be retr",
    "will keep attempt", "will be attempted", "is attempted again", "will continue to be attempted", "retried for", "continue trying",
    "still being", "still in the queue", "is kept in the queue", "will be kept in the queue",
    "warning: message", "warning: could not send", "warning message only", "only a temporary failure",
    "verzögert", "verzögerung", "wird weiter versucht", "wird weiterhin versucht", "noch nicht zugestellt",
    "retardé", "retarde", "nouvelle tentative sera", "retrasad", "se seguirá intentando", "em atraso", "ritardat", "ritardo nella consegna",
    "vertraagd", "försenat", "forsinket", "opóźnion", "zpožděn", "задержан", "попытки доставки", "будет продолжена",
    "遅延", "配信が遅れ", "延迟", "지연",
)  # fmt: skip
# Each of them has one of these in it, and few other texts do.
_DELAYING = (
    "delay", "yet", "still ", "attempt", "trying", "retr", "in the queue", "temporary ", "warning", "verzöger", "wird weiter",
    "noch nicht zugestellt", "retard", "nouvelle tentative", "se seguirá", "em atraso", "ritard", "vertraagd", "försenat",
    "forsinket", "opóźnion", "zpožděn", "задержан", "попытки доставки", "будет продолжена", "遅", "延迟", "지연",
)  # fmt: skip
_DELIVERED = re.compile(
    r"\bsuccessful(?:ly)? (?:mail )?(?:deliver|relay)|\b(?:was|were|has been|have been) delivered to\b|\bdelivery (?:was|has been) successful"
)
_NOT_DELIVERED = (
    "not be deliver", "not be sent", "not been", "not deliver", "could not", "cannot", "n't ", "undeliver", "unable", "fail", "reject", "refus", "partial", "fatal", "returned",
)  # fmt: skip
_RELAYED = re.compile(r"\brelayed\b|delivery via |may still receive notifications")
# Delivery into a program: Exim's "pipe to |command", Sendmail's '554 "|command"... Service unavailable'.
_OF_A_PROGRAM = re.compile(
    r"^[ \t]{0,8}(?:\d{3} (?:\d\.\d\.\d )?\"|pipe to )\|[^\n]{2,500}(?:\n[ \t]{1,12}[^\s-][^\n]{0,500}){0,6}",
    re.MULTILINE,
)
# What is announced as the reason, up to the next blank line. Looks at lower case.
_REASONS = (
    "reason", "because", "grund", "raison", "motivo", "motif", "razón", "reden", "причина", "powód", "důvod", "neden", "orsak", "årsag",
)  # fmt: skip
_GIVEN_REASON = re.compile(
    rf"\b(?:{'|'.join(_REASONS)})\b[^\n:]{{0,60}}:[ \t]*\n?(?:[ \t]*\n)?"
    r"([^\n]{2,1000}(?:\n[^\n]{2,1000}){0,6})"
)
# Where the words about one recipient end: at a blank line, or with another address.
_NEXT_ADDRESS = re.compile(
    r"\n[ \t]*\n|\n[ \t]{0,4}<?[^\s<>]{1,128}@[^\s<>:]{1,255}>?[ \t]*(?::|\n|$)"
)
_ANSWERS = re.compile(
    r"^[45]\d\d (?:[45]\.\d\.\d{1,3} )?<[^\s<>]{1,128}@[^\s<>]{1,255}>\.\.\. [^\n]*", re.MULTILINE
)
_HEADS = re.compile(r"^<([^\s<>]{1,128}@[^\s<>]{1,255})>", re.MULTILINE)
# A transcript's command, answered with a refusal.
_TRANSCRIBED = re.compile(r"^>>> ([A-Za-z]{4,8})\b[^\n]{0,1000}\n<<< [45]", re.MULTILINE)
_TELLING_OF_A_COMMAND = (b" command)", b"SMTP error from remote", b"\n>>> ", b"to talk to me")
_GIVEN_UP = (
    "giving up", "given up", "failed permanently", "permanent error", "permanent failure", "permanent fatal", "permanently error",
    "permanently failure", "permanently fatal", "will be deleted from queue", "not going to try again", "not try again",
    "not continue trying", "not continue to try", "not keep trying", "not be retried", "not be tried again", "no further attempt",
    "no further delivery attempt", "no more attempts",
)  # fmt: skip
# What is said to every reader, or about the message itself, and is not why anything failed. Looks at lower case.
_BESIDE_LINES = (
    r"\n[ \t|>*]{0,16}(?:(?:from|to|cc|date|sent|subject|message-id|betreff|von|an|gesendet|objet|asunto|assunto|oggetto|onderwerp|тема|件名|主题|主旨)[ \t]{0,16}:[^\n]{0,2000}"
    r"|the following (?:recipients?|address(?:es)?) (?:did not|could not|was not|were not|cannot)(?![^\n]{0,80}\b(?:because|since|due to)\b)[^\n]{0,80}:?[ \t]*"
    r"|(?=[^\n:@]{1,40}+:[^\n@]{1,138}+@)(?![^\n:@]{0,40}(?:valid|unknown|bad|such|not |full|exist|reject|refus|block|disabl))[^\n:@]{1,40}:[ \t]{0,8}[<\[\"']{0,2}[^\s@<>]{1,128}@[^\s@<>]{1,255}>?[ \t]*)$"
)
_BESIDE_SENTENCES = (
    r"\b(?:please (?:reply|contact|direct|forward|do not reply|send|address|check with)|if you (?:feel|believe|think|have any|need|require|continue)|for (?:further|more) (?:assistance|information|help)"
    r"|we apologi[sz]e|thank you for|this is an automat)[^\n]{0,400}(?:\n[ \t]*[^\s][^\n]{0,400}){0,3}"
)
_BEGINS_A_SENTENCE = (
    "please ",
    "if you ",
    "for further ",
    "for more ",
    "we apologi",
    "thank you for",
    "this is an automat",
)
_IN_LINES = re.compile(_BESIDE_LINES, re.MULTILINE)
_IN_LINES_AND_SENTENCES = re.compile(rf"{_BESIDE_LINES}|{_BESIDE_SENTENCES}", re.MULTILINE)
# qmail says so of a server that it will ask again.
_NOT_GIVEN_UP = ("not a permanent error", "giving up on ")


def told_by(message: Message) -> tuple[Account, Original | None, tuple[Outcome, ...]] | None:
    """Return the account that names somebody, the original, and each one's outcome; or None."""
    # The header alone may name them, where no text does.
    for account in chain(accounts_of(message), (Account("", "", ""),)):
        original = read_original(message, account.returned)
        named = recipients_of(
            account.text,
            own=_own_addresses(message),
            header=message.field("x-failed-recipients"),
            original=original,
            fields=message.fields,
        )
        if named:
            return (
                account,
                original,
                tuple(_outcome(one, account, named) for one in named),
            )
    return None


def action_told(message: Message, account: Account) -> Action:
    """Return what the words say became of the message: it is being tried, has failed or arrived."""
    words = account.words
    with_subject = f"{lowered(message.field('subject') or '')}\n{words}"
    arrived = "success" in with_subject or " delivered to" in with_subject
    if (
        arrived
        and _DELIVERED.search(with_subject)
        and not any(map(with_subject.__contains__, _NOT_DELIVERED))
    ):
        return Action.RELAYED if _RELAYED.search(words) else Action.DELIVERED
    may_say_so = any(map(with_subject.__contains__, _DELAYING))
    if not (may_say_so and any(map(with_subject.__contains__, _DELAYED))):
        return Action.FAILED
    for tried_again in _NOT_GIVEN_UP:
        words = words.replace(tried_again, "")
    return Action.FAILED if any(map(words.__contains__, _GIVEN_UP)) else Action.DELAYED


class Telling:
    """What a mail's words say about one address; they are cut up once, however many ask."""

    def __init__(self, message: Message) -> None:
        self._message = message

    def about(self, address: str, *, alone: bool) -> Outcome | None:
        """Return what the words say about that address, if they name it.

        What does not stand on the address's own lines counts only where the report is about it
        ``alone``, and only if it is a reply: what is said to every reader is not why it failed.
        """
        for account, said in self._accounts:
            own = said.get(address.lower(), "")
            if _WORDS.search(own):
                return read_text(own)
            if alone and lowered(address) in account.words:
                told = _said_about(Named(address, ""), account, ())
                if told.reply and told.reply.code:
                    return told
            if alone and (given := _given_reason(account.words)):
                reason = account.text[slice(*given)]
                if _WORDS.search(reason):
                    return read_text(reason)
            if alone and (program := _OF_A_PROGRAM.search(account.text)):
                return read_text(program[0].strip())
        return None

    def command(self, address: str) -> str | None:
        """Return the command that the words about the address say was answered."""
        text = self._telling_of_commands
        at = text.find(address) if text else -1
        if at < 0:
            return None
        ends = _NEXT_ADDRESS.finditer(text, at + len(address))
        end = next((end.start() for end in ends if address not in end[0]), len(text))
        about = text[at:end]
        if commands := commands_in(" ".join(about.split())):
            return commands[0]
        transcribed = set(map(str.upper, _TRANSCRIBED.findall(text)))
        alone = len(set(_HEADS.findall(text))) == 1
        return transcribed.pop() if alone and len(transcribed) == 1 else None

    @cached_property
    def _telling_of_commands(self) -> str:
        """The first text that speaks of a command; empty where none does."""
        for part in self._message.parts[:_FIRST_PARTS]:
            if part.content_type == "text/plain" and any(map(part.holds, _TELLING_OF_A_COMMAND)):
                return text_of(part)
        return ""

    @cached_property
    def _accounts(self) -> list[tuple[Account, dict[str, str]]]:
        return [
            (
                account,
                {
                    named.address.lower(): named.said
                    for named in recipients_of(account.text, own=(), header=None, original=None)
                },
            )
            for account in accounts_of(self._message)
        ]


def _own_addresses(message: Message) -> set[str]:
    """Return whose names stand in a report without having failed: its writer and its reader."""
    fields = ("from", "sender", "reply-to", "to", "delivered-to", "errors-to", "return-path")
    return set(addresses_in("\n".join(filter(None, map(message.field, fields)))))


def _outcome(named: Named, account: Account, among: Sequence[Named]) -> Outcome:
    inferred = {"recipient": named.inferred} if named.inferred else {}
    beside = islice((one for one in among if one is not named), _MOST_OTHERS)
    others = tuple(lowered(one.address) for one in beside)
    return replace(
        _said_about(named, account, others),
        recipient=named.address,
        original_recipient=named.original,
        inferred=inferred,
    )


def _said_about(named: Named, account: Account, others: Sequence[str]) -> Outcome:
    """Return what is said about the recipient: the first reply, else the first words."""
    first: Outcome | None = None
    for said, its_own in _places(named, account, others):
        if first is not None and not _NUMBER.search(said):
            continue  # Other words are no better than the surest; a reply would be.
        if not said or not _WORDS.search(_without_what_is_beside(said)):
            continue
        quoted = read_text(said)
        if its_own and quoted.remote is None:
            quoted = replace(quoted, remote=stated_remote(said))
        if (quoted.reply and (quoted.reply.code or quoted.reply.status)) or others:
            return quoted
        first = first or quoted
    return first or Outcome()


def _places(named: Named, account: Account, others: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Yield what may be said about the recipient, the surest place first, and whether it is its own.

    A transcript's answer to its own command; its own lines; what is announced as the reason; what all
    share, above or below. Where ``others`` are named, words about one of them are not about this one.
    """
    text, words = account.text, account.words
    address = lowered(named.address)
    if others:
        yield _transcribed(address, account) or _answered(address, account), True
    yield named.said, True
    begin = _place_of(address, words)
    above = min((begin, *(_place_of(other, words) for other in others)))
    if not others and (given := _given_reason(words)):
        yield text[given[0] : max(above, given[1])], False
    below = text[begin + len(named.address) :] if begin < len(text) else text
    shared = (
        below[:_LONGEST_ACCOUNT].lstrip(">)]:;,. \n"),
        text[:above][-_LONGEST_ACCOUNT:] if above < len(text) else "",
    )
    yield from ((said, False) for said in shared if not _names_any(said, others))


def _without_what_is_beside(said: str) -> str:
    """Return in lower case what is not said to every reader."""
    words = f"\n{lowered(said)}"
    for_all = any(map(words.__contains__, _BEGINS_A_SENTENCE))
    return (_IN_LINES_AND_SENTENCES if for_all else _IN_LINES).sub("", words)


def _given_reason(words: str) -> tuple[int, int] | None:
    """Return where the reason stands that the text, in lower case, announces, or None."""
    if not any(map(words.__contains__, _REASONS)):
        return None
    given = _GIVEN_REASON.search(words)
    return given.span(1) if given else None


def _place_of(address: str, words: str) -> int:
    """Return where the words first name the address; their end, where they do not."""
    at = words.find(address)
    return at if at >= 0 else len(words)


def _names_any(said: str, others: Sequence[str]) -> bool:
    return bool(others) and any(map(lowered(said).__contains__, others))


def _answered(address: str, account: Account) -> str:
    """Return where a transcript answers for the address: ``550 <anna@example.org>... Host unknown``.

    What its server said stands above that line, below the answer for another.
    """
    words = account.words
    at = words.find(f" <{address}>... ")
    line = words.rfind("\n", 0, max(at, 0)) + 1
    if at < 0 or not _ANSWERS.match(words, line):
        return ""
    begin = max(words.rfind("\n\n", 0, line) + 2, line - _LONGEST_ACCOUNT, 0)
    for other in _ANSWERS.finditer(words, begin, line):
        begin = other.end()
    end = words.find("\n", at)
    return account.text[begin : end if end >= 0 else len(account.text)].strip()


def _transcribed(address: str, account: Account) -> str:
    """Return the part of a transcript that is about the address: its command, and the answer."""
    text = account.text
    at = account.words.find(f"rcpt to:<{address}>")
    begin = text.rfind("\n", 0, max(at, 0)) + 1
    if at < 0 or ">>>" not in text[begin:at]:
        return ""
    end = text.find("\n>>>", at)
    talking = text.rfind("while talking to", 0, begin)
    host = text[text.rfind("\n", 0, talking) + 1 : text.find("\n", talking) + 1]
    return (host if talking >= 0 else "") + text[begin : end if end >= 0 else len(text)]
