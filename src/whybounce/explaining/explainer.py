"""The lookup, from the words that decide to the plain "not known"."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from msgspec import Struct
from msgspec.structs import replace

from whybounce.catalogue import Catalogue
from whybounce.explaining.code_table import Claims, CodeTable
from whybounce.explaining.confirming import checks_of
from whybounce.explaining.finality import again, is_final, owner, suppress
from whybounce.explaining.parameters import parameters
from whybounce.explaining.rule_index import AGREEMENT, SAID_OF_ANYTHING, TELLING, Hit, RuleIndex
from whybounce.notation import fold
from whybounce.vocabulary.cause import Cause, Reason, ReplyRule
from whybounce.vocabulary.explanation import (
    Alternative,
    Basis,
    Because,
    Confidence,
    Explanation,
)
from whybounce.vocabulary.finding import Answer, Finding
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.status_code import StatusCode

_MOST_ALTERNATIVES = 8

# A code whose last number is above IANA's is one maker's own: only they say it, so it weighs as
# much as a sentence of so many letters. Smaller numbers are used by all for anything.
_PRIVATE_DETAIL = 100
_PRIVATE_CODE_COUNT = 2 * AGREEMENT

# Causes of these kinds say that mail was refused or has to wait, and not why.
_NO_REASON = {Reason.UNDEFINED, Reason.ONHOLD}

_REFUSED = "delivery-refused"
_NOT_DELIVERED = (Action.FAILED, Action.DELAYED)

_DECISIVE = {Confidence.CERTAIN, Confidence.LIKELY}


class _Question(Struct, frozen=True):
    """One reply, ready to be looked up."""

    action: Action | None
    reply: Reply
    status: StatusCode | None
    claims: Claims
    best: Hit | None  # The reply rule that matches best.
    words_yield: bool  # They give no reason, and the code does; or nobody is known to have refused.


class _Reading(Struct, frozen=True):
    """What one step of the lookup answers."""

    cause: str
    confidence: Confidence
    because: Because
    others: tuple[str, ...] = ()


class Explainer:
    """The catalogue, made ready for looking up. Build one and keep it; it does not change."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._causes = catalogue.causes
        self._codes = CodeTable(catalogue)
        self._rules = RuleIndex(catalogue.rules)
        self._vague = frozenset(
            cause.id for cause in catalogue.causes.values() if cause.reason in _NO_REASON
        )

    @property
    def causes(self) -> Mapping[str, Cause]:
        """Return the catalogue's causes by id."""
        return self._causes

    def explain(self, outcome: Outcome, *, findings: Iterable[Finding] = ()) -> Explanation:
        """Return why the outcome came about. Never raises, whatever the reply says."""
        reply = outcome.reply or Reply("")
        explanation = self._explain(outcome, reply, outcome.status)
        return _with_findings(explanation, self._causes, findings)

    def decided(self, explanation: Explanation, findings: Iterable[Finding]) -> Explanation:
        """Return an ambiguous explanation with the one reading that the findings point to, if it is one.

        It is likely then and not certain: what was asked today was not asked on the day.
        """
        failed = {finding.check for finding in findings if finding.answer is Answer.FAILS}
        readings = dict.fromkeys([explanation.cause, *(a.cause for a in explanation.alternatives)])
        pointed = [each for each in readings if failed & checks_of(self._causes[each])]
        if len(pointed) != 1:
            return explanation
        decided = _for_cause(explanation, self._causes[pointed[0]], explanation.permanent)
        return replace(decided, confidence=Confidence.LIKELY)

    def explain_as(self, cause_id: str, outcome: Outcome, form: str | None) -> Explanation:
        """Return the explanation where the kind of the report already is the cause."""
        cause = self._causes[cause_id]
        return Explanation(
            cause=cause.id,
            owner=cause.owner,
            helpers=cause.helpers,
            again=again(cause, None),
            suppress=cause.suppress,
            reason=cause.reason,
            permanent=None,
            confidence=Confidence.CERTAIN,
            because=Because(Basis.REPORT, form, None),
            parameters=parameters(outcome, cause, ""),
        )

    def _explain(self, outcome: Outcome, reply: Reply, stated: StatusCode | None) -> Explanation:
        outer = self._explain_alone(outcome, reply, stated)
        if reply.inner is None:
            return outer
        # The wrapper's Action is about the message; the inner reply has none of its own.
        inner = self._explain(replace(outcome, action=None, status=None), reply.inner, None)
        decided = inner if inner.confidence in _DECISIVE or not outer.tells_why else outer
        final = outer.permanent if outer.permanent is not None else inner.permanent
        return replace(
            _for_cause(decided, self._causes[decided.cause], final),
            status=outer.status or inner.status,
            reply_code=outer.reply_code or inner.reply_code,
            reply=reply,
            inner=inner,
        )

    def _explain_alone(
        self, outcome: Outcome, reply: Reply, stated: StatusCode | None
    ) -> Explanation:
        status = reply.status if _says_more(reply.status, stated) else stated
        claims = self._codes.claims(status)
        host = reply.host or outcome.reply_from or outcome.rejected_by or outcome.remote
        told: set[str] = set()
        hits = self._rules.hits(
            fold(reply), host=host, command=outcome.command, claimant=claims.sole, told=told
        )
        best = next(hits, None)
        words_yield = best is not None and (
            self._yields(best.rule, status, claims) or _nobody_refused(best.rule, outcome, status)
        )
        question = _Question(outcome.action, reply, status, claims, best, words_yield)
        reading = _answer(question)
        cause = self._causes[reading.cause]
        final = is_final(outcome.action, reply.code, status, cause)
        return Explanation(
            cause=cause.id,
            owner=owner(cause, final),
            helpers=cause.helpers,
            again=again(cause, final),
            suppress=suppress(cause, final),
            reason=cause.reason,
            permanent=final,
            confidence=reading.confidence,
            because=reading.because,
            parameters=parameters(outcome, cause, reply.text),
            status=stated or status,
            reply_code=reply.code,
            reply=reply,
            system=best.rule.system if best and reading.because.basis is Basis.WORDING else None,
            alternatives=self._alternatives(reading, best, hits, told)
            if best or reading.others
            else (),
        )

    def _yields(self, rule: ReplyRule, status: StatusCode | None, claims: Claims) -> bool:
        """Say whether words such as "message rejected" yield to a code that gives a reason."""
        likeliest = claims.likeliest
        return (
            rule.cause in self._vague
            and rule.weight <= SAID_OF_ANYTHING
            and likeliest is not None
            and likeliest not in self._vague
            and not _says_little(status)
        )

    def _alternatives(
        self, reading: _Reading, best: Hit | None, further: Iterator[Hit], told: set[str]
    ) -> tuple[Alternative, ...]:
        """Return the other readings: rules that also matched, then what else the code can mean.

        A rule that matched only a part of the deciding words says nothing of its own.
        """
        decided = reading.because.words or ""
        told.add(reading.cause)
        rules: dict[str, str | None] = {}
        for hit in chain([best] if best else [], further):
            if hit.words == decided or hit.words not in decided:
                rules.setdefault(hit.rule.cause, hit.rule.id)
                told.add(hit.rule.cause)
        for cause in reading.others:
            rules.setdefault(cause, None)
        rules.pop(reading.cause, None)
        return tuple(
            Alternative(cause, self._causes[cause].owner, rule)
            for cause, rule in list(rules.items())[:_MOST_ALTERNATIVES]
        )


def _nobody_refused(rule: ReplyRule, outcome: Outcome, status: StatusCode | None) -> bool:
    """Say whether the report only says, in words of its own, that a message did not arrive.

    "Could not be delivered" is a refusal where a server answers so, and not where one merely tells.
    """
    reply = outcome.reply
    answered = status is not None or outcome.remote is not None or (reply and reply.code)
    return rule.cause == _REFUSED and outcome.action in _NOT_DELIVERED and not answered


def _says_more(code: StatusCode | None, than: StatusCode | None) -> bool:
    """Say whether the reply's code is the better one: a Status field is often just 5.0.0."""
    if than is None:
        return True
    return code is not None and _generic(than)


def _for_cause(
    explanation: Explanation,
    cause: Cause,
    final: bool | None,  # noqa: FBT001  # a fact, not a switch
) -> Explanation:
    """Return the explanation with all that follows from another cause or finality."""
    return replace(
        explanation,
        cause=cause.id,
        owner=owner(cause, final),
        helpers=cause.helpers,
        again=again(cause, final),
        suppress=suppress(cause, final),
        reason=cause.reason,
        permanent=final,
    )


def _by_wording(question: _Question) -> _Reading | None:
    best, status, claims = question.best, question.status, question.claims
    if best is None or question.words_yield:
        return None
    if _private(status) and claims.sole and best.count < _PRIVATE_CODE_COUNT:
        return None
    agrees = status is None or _generic(status) or best.rule.cause in claims.all
    overruled = None if agrees or status is None else next(iter(claims.exact), claims.registered)
    sure = agrees and (best.rule.weight >= TELLING or best.rule.cause in claims.exact)
    return _Reading(
        best.rule.cause,
        Confidence.CERTAIN if sure else Confidence.LIKELY,
        Because(Basis.WORDING, best.rule.id, best.words, overruled),
    )


def _by_code(question: _Question) -> _Reading | None:
    exact, status = question.claims.exact, question.status
    if not exact or status is None:
        return None
    if _generic(status) and question.reply.code is None:  # 5.0.0 alone says no more than its digit.
        return None
    return _Reading(
        exact[0],
        Confidence.LIKELY if len(exact) == 1 else Confidence.AMBIGUOUS,
        Because(Basis.CODE, str(status), None),
        exact[1:],
    )


def _by_range(question: _Question) -> _Reading | None:
    if question.claims.ranged is None:
        return None
    because = Because(Basis.RANGE, str(question.status), None)
    return _Reading(question.claims.ranged, Confidence.LIKELY, because)


def _by_registry(question: _Question) -> _Reading | None:
    status, cause = question.status, question.claims.registered
    if cause is None or status is None or _generic(status):
        return None
    because = Because(Basis.IANA, f"X.{status.subject}.{status.detail}", None)
    return _Reading(cause, Confidence.LIKELY, because)


_BY_CLASS = {2: "delivered", 4: "temporary-failure", 5: "permanent-failure"}


def _by_class(question: _Question) -> _Reading | None:
    """Read the first digit alone: the reply's, which RFC 5321 §4.2.1 defines, or the code's.

    Where there is neither, that the message has to wait says as much. What did not fail needs no reason.
    """
    reply_code, status = question.reply.code, question.status
    digit = reply_code // 100 if reply_code else status.class_ if status else None
    if digit is None and (question.action is Action.DELAYED or question.words_yield):
        because = Because(Basis.REPORT, question.action, None)
        cause = _BY_CLASS[4 if question.action is Action.DELAYED else 5]
        return _Reading(cause, Confidence.CLASS_ONLY, because)
    if digit not in _BY_CLASS:
        return None
    because = Because(Basis.CLASS, str(status or reply_code), None)
    confidence = Confidence.LIKELY if digit == 2 else Confidence.CLASS_ONLY
    return _Reading(_BY_CLASS[digit], confidence, because)


_UNKNOWN = _Reading("unknown", Confidence.UNKNOWN, Because(Basis.NONE, None, None))


def _by_success(question: _Question) -> _Reading | None:
    """Nothing is to be explained about what arrived, whatever words came with it."""
    action = question.action
    if action not in _SUCCESSES:
        return None
    return _Reading(_SUCCESSES[action], Confidence.CERTAIN, Because(Basis.REPORT, action, None))


_SUCCESSES: Mapping[Action | None, str] = {
    Action.DELIVERED: "delivered",
    Action.EXPANDED: "delivered",
    Action.RELAYED: "relayed-without-confirmation",
}

_LOOKUPS: tuple[Callable[[_Question], _Reading | None], ...] = (
    _by_success,
    _by_wording,
    _by_code,
    _by_range,
    _by_registry,
    _by_class,
)


def _answer(question: _Question) -> _Reading:
    for lookup in _LOOKUPS:
        reading = lookup(question)
        if reading is not None:
            return reading
    return _UNKNOWN


def _generic(status: StatusCode) -> bool:
    """Say whether the code is the one servers send when they have no better: X.0.0."""
    return status.subject == 0 and status.detail == 0


def _says_little(status: StatusCode | None) -> bool:
    """Say whether the code is one that some send for any refusal: X.0.0, and Sendmail's X.5.0."""
    return status is not None and status.detail == 0 and status.subject in {0, 5}


def _private(status: StatusCode | None) -> bool:
    return status is not None and status.detail >= _PRIVATE_DETAIL


def _with_findings(
    explanation: Explanation, causes: Mapping[str, Cause], findings: Iterable[Finding]
) -> Explanation:
    """Let live checks decide between readings: a failed check confirms the cause that names it."""
    failed = {finding.check for finding in findings if finding.answer is Answer.FAILS}
    if not failed:
        return explanation
    if failed & checks_of(causes[explanation.cause]):
        return replace(explanation, confidence=Confidence.CERTAIN)
    if explanation.confidence is not Confidence.AMBIGUOUS:
        return explanation
    confirmed = [
        alternative
        for alternative in explanation.alternatives
        if failed & checks_of(causes[alternative.cause])
    ]
    if len(confirmed) != 1:
        return explanation
    changed = _for_cause(explanation, causes[confirmed[0].cause], explanation.permanent)
    return replace(changed, confidence=Confidence.LIKELY)
