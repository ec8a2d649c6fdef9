"""An explanation said in one language."""

from collections.abc import Mapping
from datetime import timedelta

from msgspec import Struct

from whybounce.catalogue import Catalogue
from whybounce.notation.folding import as_written
from whybounce.vocabulary.cause import Again, CauseWords, CheckName, Reason
from whybounce.vocabulary.explanation import Basis, Confidence, Explanation
from whybounce.vocabulary.finding import Answer, Confirmation, Finding, FindingWords
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.vocabulary.note import Note, NoteWords
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.status_code import StatusCode
from whybounce.vocabulary.words import Advice, ReadingWords, Steps, Words
from whybounce.wording.direction import setter
from whybounce.wording.filling import Filling, fill, form, printable
from whybounce.wording.moments import moment
from whybounce.wording.notes import fill_note, span

_FALLBACK = "en"
_LONGEST_QUOTE = 1200

# Whose steps come first after the owner's: from the person who holds the bounce outwards.
_ROLES = (
    FixItOwner.SENDER,
    FixItOwner.SENDER_ADMIN,
    FixItOwner.RECIPIENT,
    FixItOwner.RECIPIENT_ADMIN,
    FixItOwner.OPERATOR,
)

# Causes of these kinds are mostly found by the server that sends, without a word from the other.
_OF_CONNECTIONS = {
    Reason.NETWORKERROR,
    Reason.EXPIRED,
    Reason.FAILEDSTARTTLS,
    Reason.HOSTUNKNOWN,
    Reason.NOTACCEPT,
}


class UnknownLanguageError(LookupError):
    """There are no words in the language that was asked for."""

    def __init__(self, language: str, languages: tuple[str, ...]) -> None:
        super().__init__(f"no words in language {language!r}; there are: {', '.join(languages)}")
        self.language = language
        self.languages = languages


class Speaker:
    """Says explanations in one language; what has no translation is said in English."""

    def __init__(self, catalogue: Catalogue, language: str = _FALLBACK) -> None:
        if language not in catalogue.frames:
            raise UnknownLanguageError(language, tuple(catalogue.frames))
        self.language = language
        self._catalogue = catalogue
        self._frame = {**catalogue.frames[_FALLBACK], **catalogue.frames[language]}
        self._translated = catalogue.translations.get(language, {})
        self._registered = {f"X.{row.subject}.{row.detail}": row.name for row in catalogue.registry}
        self._decides = {
            (str(collision.code), reading.cause): reading.decides
            for collision in catalogue.collisions
            for reading in collision.readings
        }
        self._set_in = setter(self._frame["direction"])
        self._stand_ins = _stand_ins(self._frame)
        # A cause that is said in English says what it does not know in English too.
        self._english_stand_ins = _stand_ins(catalogue.frames[_FALLBACK])
        self._units = {
            key.removeprefix("span."): words
            for key, words in self._frame.items()
            if key.startswith("span.")
        }
        self._forms_made: dict[tuple[str, FixItOwner, bool], _Forms] = {}

    def words(self, explanation: Explanation) -> Words:
        """Return the explanation in words, its placeholders filled in."""
        advice = self.advice(explanation)
        return Words(
            language=self.language,
            verdict=self.verdict(explanation),
            code=_numbers(explanation),
            final=self._final(explanation),
            what=advice.what,
            owner=self._say("must-act.ambiguous", owner=self.role(explanation.owner))
            if explanation.confidence is Confidence.AMBIGUOUS
            else self._acts(explanation),
            helpers=self.helpers(explanation.helpers),
            again=self._again(explanation),
            steps=advice.steps,
            said=self._said(explanation),
            tell=advice.tell,
            because=self._because(explanation),
            alternatives=self.readings(explanation),
        )

    def verdict(self, explanation: Explanation) -> str:
        """Return the headline of the answer."""
        if explanation.confidence is Confidence.AMBIGUOUS:
            return self._say("verdict.ambiguous", code=_numbers(explanation))
        return self.cause_words(explanation.cause).title

    def advice(self, explanation: Explanation) -> Advice:
        """Return what the cause's own words say of this case."""
        given_up = self._catalogue.causes[explanation.cause].is_given_up(explanation.permanent)
        forms = self._forms(explanation.cause, explanation.owner, given_up=given_up)
        filling = Filling(explanation.parameters, forms.stand_ins)
        what = forms.what % filling
        if explanation.confidence is Confidence.AMBIGUOUS:
            title = _lowered(self.cause_words(explanation.cause).title)
            what = self._say("what.ambiguous", title=title, what=what)
        return Advice(what, forms.steps_with(filling), forms.tell % filling)

    def readings(self, explanation: Explanation) -> tuple[ReadingWords, ...]:
        """Return what else the reply can mean."""
        return tuple(
            self._reading(explanation, alternative.cause, alternative.owner)
            for alternative in explanation.alternatives
        )

    def note_words(self, note: Note) -> NoteWords:
        """Return what is noted, with what it means in this case, and the evidence for it."""
        values = {
            name: span(value, self._units) if isinstance(value, timedelta) else str(value)
            for name, value in note.parameters.items()
        }
        said = [self._frame[f"note.{note.id}.what"]]
        if note.meaning is not None:
            said.append(self._frame[f"meaning.{note.meaning}"])
        return NoteWords(
            what=" ".join(self._noted(sentence, values) for sentence in said),
            because=self._noted(self._frame[f"note.{note.id}.because"], values),
        )

    def answer(self, answer: Answer) -> str:
        """Return a check's answer in a word or two: "in order"."""
        return self._frame[f"answer.{answer}"]

    def finding_words(self, finding: Finding) -> FindingWords:
        """Return a live check's question and answer, with steps to mend it.

        Raises:
            KeyError: The check has no words for such a result.

        """
        own = self._catalogue.checks.get(self.language, {})
        known = own if finding.check in own else self._catalogue.checks[_FALLBACK]
        stand_ins = self._stand_ins if known is own else self._english_stand_ins
        check = known[finding.check]
        result = check.results[finding.result]
        return FindingWords(
            check.question,
            fill(result.what, finding.values, stand_ins),
            tuple(fill(step, finding.values, stand_ins) for step in result.steps),
        )

    def confirmation(self, found: Confirmation) -> tuple[str, ...]:
        """Return what live checks say of a cause, in sentences: that, what to do, and of when it is."""
        if not found.found:
            return (self.page("check.nothing"),)
        at = moment(found.at)
        dated = {"then": moment(found.then)} if found.then else {}
        said = [
            f"{self.page(f'check.{found.change}.title')}.",
            self.page(f"check.{found.change}.what", moment=at),
            self.page(f"check.{found.change}.do"),
            self.page("check.now" if dated else "check.now.undated", moment=at, **dated),
        ]
        if found.lacking:
            questions = " ".join(self._question(check) for check in found.lacking)
            said.append(self.page("check.lacking", questions=questions))
        return tuple(said)

    def _question(self, check: CheckName) -> str:
        own = self._catalogue.checks.get(self.language, {})
        return (own if check in own else self._catalogue.checks[_FALLBACK])[check].question

    def cause_words(self, cause: str) -> CauseWords:
        """Return a cause's own words, unfilled: translated where they are, else in English."""
        return self._translated.get(cause) or self._catalogue.causes[cause].words

    def language_of(self, cause: str) -> str:
        """Return the language the cause's own words are in: this one, or English."""
        return self.language if cause in self._translated else _FALLBACK

    def heading(self, name: str) -> str:
        """Return the heading of a part of the answer: owner, again, steps, said, tell."""
        return self._frame[f"heading.{name}"]

    def confidence(self, confidence: Confidence) -> str:
        """Return how sure an explanation is, in words."""
        return self._frame[confidence]

    def role(self, owner: FixItOwner) -> str:
        """Return who that is: "the recipient's mail administrator"."""
        return self._frame[f"owner.{owner}"]

    def page(self, name: str, /, **values: str) -> str:
        """Return a sentence of the pages: problem.busy.title, way.loop."""
        return self._say(f"web.{name}", **{key: printable(value) for key, value in values.items()})

    def helpers(self, helpers: tuple[FixItOwner, ...]) -> str | None:
        """Return who can help, or None."""
        if not helpers:
            return None
        *first, last = map(self.role, helpers)
        if first:
            last = self._frame["and"].join((self._frame["comma"].join(first), last))
        return self._say("can-help", owners=last)

    def acts(self, owner: str, helpers: str | None) -> str:
        """Return as sentences who must act, and who can help, from what ``Words`` says of them."""
        if helpers is None:
            return self._say("acts", owner=_raised(owner))
        return self._say("acts.helped", owner=_raised(owner), helpers=_raised(helpers))

    def label(self, label: str) -> str:
        """Return the label with its mark behind it: "Date:"."""
        return self._say("notice.label", label=label)

    def again(self, again: Again) -> str:
        """Return whether sending the same message again helps."""
        return self._frame[f"again.{again}"]

    def registered(self, status: StatusCode) -> str | None:
        """Return IANA's name of the code's subject and detail, if it has one."""
        return self._registered.get(f"X.{status.subject}.{status.detail}")

    def notice(self, name: str) -> str:
        """Return a word of the notices that pages share with them: party.sender, state.acts."""
        return self._frame[f"notice.{name}"]

    def span(self, seconds: float) -> str:
        """Return so much time in its two largest units: ``2 min 5 s``."""
        return span(timedelta(seconds=seconds), self._units)

    def condition(self, decides: str) -> str:
        """Return the words that decide for a reading, as a sentence."""
        return self._say("if-it-says", decides=decides)

    def codes(self, cause: str) -> str:
        """Return the codes that the cause claims, or that it has none."""
        return ", ".join(map(str, self._catalogue.causes[cause].codes)) or self._frame["no-code"]

    def prose(self, sentence: str) -> str:
        """Return a cause's sentence with words in place of what only a bounce would know."""
        return fill(sentence, {}, self._stand_ins)

    def steps(self, cause: str, owner: FixItOwner) -> tuple[Steps, ...]:
        """Return what each role can do where no bounce is at hand: the owner's steps, then the others'."""
        forms = self._forms(cause, owner)
        return forms.steps_with(Filling({}, forms.stand_ins))

    def _forms(self, cause: str, owner: FixItOwner, *, given_up: bool = False) -> "_Forms":
        """Return the cause's words; once it was given up, the sender's first step is not to wait."""
        forms = self._forms_made.get((cause, owner, given_up))
        if forms is None:
            words = self.cause_words(cause)
            own = self.language_of(cause) == self.language
            said = dict(words.steps)
            if given_up and FixItOwner.SENDER in said:
                frame = self._frame if own else self._catalogue.frames[_FALLBACK]
                _wait, *others = said[FixItOwner.SENDER]
                said[FixItOwner.SENDER] = (frame["steps.given-up"], *others)
            forms = _Forms(
                what=form(words.what),
                steps=tuple(
                    (role, self._frame[f"steps.{role}"], tuple(map(form, said[role])))
                    for role in (owner, *(role for role in _ROLES if role is not owner))
                    if role in said
                ),
                tell=form(words.tell),
                stand_ins=self._stand_ins if own else self._english_stand_ins,
            )
            self._forms_made[cause, owner, given_up] = forms
        return forms

    def _noted(self, sentence: str, values: Mapping[str, str]) -> str:
        return fill_note(sentence, values, self._stand_ins, self._set_in)

    def _say(self, key: str, **values: str) -> str:
        sentence = self._frame[key]
        if sentence == "{owner}":
            return values["owner"]
        for name, value in values.items():
            sentence = sentence.replace(f"{{{name}}}", self._set_in(value))
        return sentence

    def _acts(self, explanation: Explanation) -> str:
        """Return who must act; of what arrived nobody, and there is nothing to wait for either."""
        if _succeeded(explanation) and explanation.owner is FixItOwner.NOBODY:
            return self._frame["must-act.success"]
        return self._owner(explanation.owner)

    def _owner(self, owner: FixItOwner) -> str:
        if owner is FixItOwner.NOBODY:
            return self._frame["must-act.nobody"]
        return self._say("must-act", owner=self.role(owner))

    def _final(self, explanation: Explanation) -> str:
        if _succeeded(explanation):
            return self._frame["final.success"]
        if explanation.permanent is None:
            reported = explanation.because.basis is Basis.REPORT
            return self._frame["final.delivered" if reported else "final.unknown"]
        return self._frame["final.yes" if explanation.permanent else "final.no"]

    def _again(self, explanation: Explanation) -> str:
        if _succeeded(explanation):
            return self._frame["again.success"]
        if explanation.confidence is Confidence.UNKNOWN and explanation.permanent is not False:
            return self._frame["again.unknown"]
        return self._frame[f"again.{explanation.again}"]

    def _said(self, explanation: Explanation) -> str | None:
        reply = explanation.reply
        if reply is None or not (reply.text or reply.inner):
            return None
        quoted = self._say("said.quoted", said=_quoted(reply))
        return f"{self._who_said(explanation, reply)} {quoted}"

    def _who_said(self, explanation: Explanation, reply: Reply) -> str:
        """Return who said it. That no connection came about, no server on the other side said."""
        remote = explanation.parameters.get("remote")
        no_server = explanation.reason in _OF_CONNECTIONS or (
            remote is None and explanation.confidence is Confidence.UNKNOWN
        )
        if no_server and not _is_an_answer(reply):
            return self._frame["said.words"]
        return (
            self._say("said", remote=printable(remote)) if remote else self._frame["said.unnamed"]
        )

    def _because(self, explanation: Explanation) -> str:
        because, code = explanation.because, str(explanation.because.rule)
        sentences = []
        if explanation.inner is not None and explanation.inner.cause == explanation.cause:
            sentences.append(self._frame["because.inner"])
        match because.basis:
            case Basis.WORDING:
                words = printable(_as_written(explanation))
                sentences.append(self._say("because.wording", words=words))
            case Basis.CODE if explanation.confidence is Confidence.AMBIGUOUS:
                sentences.append(self._say("because.ambiguous", code=code))
            case Basis.IANA:
                name = self._registered.get(code, "")
                sentences.append(self._say("because.iana", code=code, name=name))
            case Basis.CLASS if _succeeded(explanation):
                sentences.append(self._say("because.class.2", code=code))
            case _:
                sentences.append(self._say(f"because.{because.basis}", code=code))
        if because.overruled:
            title = _lowered(self.cause_words(because.overruled).title)
            code = str(explanation.status)
            sentences.append(self._say("because.overruled", code=code, title=title))
        return " ".join(sentences)

    def _reading(self, explanation: Explanation, cause: str, owner: FixItOwner) -> ReadingWords:
        return ReadingWords(
            cause=cause,
            title=self.cause_words(cause).title,
            owner=self._owner(owner),
            decides=self._decides.get((str(explanation.status), cause)),
        )


class _Forms(Struct, frozen=True):
    """A cause's own words, ready to be filled in, with the steps in the order of who must act."""

    what: str
    steps: tuple[tuple[FixItOwner, str, tuple[str, ...]], ...]  # Whose, their heading, sentences.
    tell: str
    stand_ins: Mapping[str, str]  # In the same language.

    def steps_with(self, filling: Filling) -> tuple[Steps, ...]:
        return tuple(
            [
                Steps(role, heading, tuple([each % filling for each in sentences]))
                for role, heading, sentences in self.steps
            ]
        )


def _as_written(explanation: Explanation) -> str:
    """Return the words that decided as the reply has them, or the wrapped one: ``User unknown``."""
    words, reply = explanation.because.words or "", explanation.reply
    while reply is not None:
        if (written := as_written(words, reply)) is not None:
            return written
        reply = reply.inner
    return words


def _stand_ins(frame: Mapping[str, str]) -> dict[str, str]:
    return {
        key.removeprefix("stand-in."): words
        for key, words in frame.items()
        if key.startswith("stand-in.")
    }


def _numbers(explanation: Explanation) -> str:
    numbers = (explanation.reply_code, explanation.status)
    return " ".join(str(number) for number in numbers if number)


def _succeeded(explanation: Explanation) -> bool:
    if explanation.reply_code is not None:
        return explanation.reply_code < 400
    return explanation.status is not None and explanation.status.class_ == 2


def _is_an_answer(reply: Reply) -> bool:
    """Say whether a server gave it: those answer with numbers, RFC 5321 §4.2."""
    wrapped: Reply | None = reply
    while wrapped is not None:
        if wrapped.code is not None:
            return True
        wrapped = wrapped.inner
    return False


def _quoted(reply: Reply) -> str:
    """Return the reply on one line with what it wraps, as Exchange writes it: outer -> inner."""
    parts = []
    wrapped: Reply | None = reply
    while wrapped is not None:
        if said := str(wrapped).strip():
            parts.append(said)
        wrapped = wrapped.inner
    line = printable(" -> ".join(parts))
    return line if len(line) <= _LONGEST_QUOTE else line[: _LONGEST_QUOTE - 1] + "…"


def _raised(words: str) -> str:
    return words[:1].upper() + words[1:]


def _lowered(title: str) -> str:
    """Return the title as it stands inside a sentence; a name at its head keeps its capital."""
    first = title.split(" ", 1)[0]
    return title if first.isupper() and len(first) > 1 else title[:1].lower() + title[1:]
