"""What a mail server says that refuses for a cause: words that are explained as that very cause.

They are the catalogue's: the cause's own reply forms, else a reply that was seen somewhere, else the
name its code is registered under. Whatever is said has been explained before, and found to be right.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import whybounce
from whybounce.catalogue import Catalogue
from whybounce.explaining import causes_of_code
from whybounce.provoking.conditions import Row, rows
from whybounce.provoking.mail_server import END_OF_DATA, Answer
from whybounce.vocabulary.cause import Cause, Reason, VerdictKind
from whybounce.vocabulary.status_code import StatusCode
from whybounce.wording import own_reply

_SEEN = re.compile(r"[45]\d\d[ -][ -~]{3,400}")  # ASCII: a report spells other letters out.
_STATUS = re.compile(r"\b[45]\.\d{1,3}\.\d{1,3}\b")
_LONGEST_NAME = 200
_LIMIT, _LIMIT_OF_SIZE = "100", "10485760 octets"

# Causes of these kinds are about what the message says: they show once it is there.
_IN_THE_MESSAGE = frozenset(
    {
        Reason.AUTHFAILURE,
        Reason.CONTENTERROR,
        Reason.MESGTOOBIG,
        Reason.NOTCOMPLIANTRFC,
        Reason.POLICYVIOLATION,
        Reason.SPAMDETECTED,
        Reason.VIRUSDETECTED,
    }
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a local part asks for: ``mailbox-full``, ``4.2.2``, or ``mailbox-full=4.2.2``."""

    cause: str | None
    code: StatusCode | None

    def __str__(self) -> str:
        return "=".join(str(each) for each in (self.cause, self.code) if each is not None)


@dataclass(frozen=True, slots=True)
class Saying:
    """What is said, and what it means."""

    cause: str
    answer: Answer


class Sayings:
    """Answers by what is asked for. What was found once is kept."""

    def __init__(self, catalogue: Catalogue, host: str, domain: str) -> None:
        self._catalogue = catalogue
        self._host = host
        self._domain = domain
        self._kept: dict[str, Saying | None] = {}

    def wanted(self, local_part: str) -> Wanted | None:
        """Return what the local part asks for, without its ``+tag``; None: nothing there is."""
        name = local_part.lower().partition("+")[0][:_LONGEST_NAME]
        cause, mark, code = name.partition("=")
        if mark:
            status = StatusCode.parse(code)
            return Wanted(cause, status) if cause in self._catalogue.causes and status else None
        if name in self._catalogue.causes:
            return Wanted(name, None)
        status = StatusCode.parse(name)
        return Wanted(None, status) if status and str(status) == name else None

    def of(self, wanted: Wanted) -> Saying | None:
        """Return what is said; None where no words have that meaning."""
        key = str(wanted)
        if key not in self._kept:
            if len(self._kept) > 10_000:
                self._kept.clear()
            self._kept[key] = self._found(wanted)
        return self._kept[key]

    def causes_of(self, wanted: Wanted) -> tuple[str, ...]:
        """Return the causes that would do, the likeliest first."""
        if wanted.cause is not None:
            return (wanted.cause,)
        return causes_of_code(self._catalogue, wanted.code) if wanted.code else ()

    def _found(self, wanted: Wanted) -> Saying | None:
        for name in self.causes_of(wanted):
            for text in self._words(self._catalogue.causes[name], wanted):
                if _means(text, name):
                    return Saying(name, _answer(self._catalogue.causes[name], text))
        if wanted.cause is None and wanted.code is not None and wanted.code.class_ != 2:
            text = f"{_reply_code(wanted.code)} {wanted.code} Whatever that means"
            return Saying(whybounce.explain(text).cause, Answer(text))
        return None

    def _words(self, cause: Cause, wanted: Wanted) -> Iterator[str]:
        """Yield what a server may say for the cause, the best first; with that code, if it is given."""
        row, code = rows().get(cause.id), wanted.code
        said = [row.says] if row and row.says else []
        said += [*self._forms(cause, wanted), *self._seen(cause), *self._registered(cause)]
        if code is None:
            yield from said
            return
        yield from (text for text in said if _STATUS.findall(text)[:1] == [str(code)])
        for text in said:
            if text[0] == str(code.class_):
                yield _STATUS.sub(str(code), text, count=1)
        for text in said:  # Of the other class: only the numbers are changed.
            if text[0] != str(code.class_) and _STATUS.search(text):
                yield _STATUS.sub(str(code), f"{_reply_code(code)}{text[3:]}", count=1)

    def _forms(self, cause: Cause, wanted: Wanted) -> Iterator[str]:
        values = {
            "recipient": f"{wanted}@{self._domain}",
            "domain": self._domain,
            "remote": self._host,
            "ip": "127.0.0.1",
            "limit": _LIMIT_OF_SIZE if cause.reason is Reason.MESGTOOBIG else _LIMIT,
        }
        # Refusals before deferrals: who names no code need not wait for the message to expire.
        for form in sorted(cause.replies, key=lambda form: list(VerdictKind).index(form.verdict)):
            reply = own_reply(self._catalogue, cause.id, form.verdict, values, status=form.status)
            if reply.code and reply.code >= 400:
                yield f"{reply.code} {reply.status} {reply.text}"

    def _seen(self, cause: Cause) -> Iterator[str]:
        for rule in self._catalogue.rules:
            if rule.cause == cause.id and not rule.hosts:
                # "552-5.2.2 …" was the first of several lines; here it is the only one.
                yield from (f"{text[:3]} {text[4:]}" for text in rule.seen if _SEEN.fullmatch(text))

    def _registered(self, cause: Cause) -> Iterator[str]:
        for row in self._catalogue.registry:
            if row.cause == cause.id:
                for code in (StatusCode(5, row.subject, row.detail), StatusCode(4, row.subject, row.detail)):  # fmt: skip
                    yield f"{_reply_code(code)} {code} {row.name}"


def _means(text: str, cause: str) -> bool:
    return whybounce.explain(text).cause == cause


def _reply_code(code: StatusCode) -> int:
    return 450 if code.class_ == 4 else 550


def _answer(cause: Cause, text: str) -> Answer:
    row = rows().get(cause.id) or Row(how="it is said by a server")
    at = row.at or (END_OF_DATA if cause.reason in _IN_THE_MESSAGE else "RCPT")
    return Answer(None if row.hangs_up else text, at)
