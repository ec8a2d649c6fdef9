"""Which recipients are told about together: those with the same fate for the same cause."""

from collections.abc import Sequence
from dataclasses import dataclass

from whybounce.vocabulary.explanation import Confidence, Explanation
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.report import Diagnosis, Kind

# The gravest first: it names the notice. The same order as everywhere on the page.
_KINDS = {
    Action.FAILED: Kind.FAILURE,
    Action.DELAYED: Kind.DELAY,
    Action.RELAYED: Kind.RELAYED,
    Action.EXPANDED: Kind.EXPANDED,
    Action.DELIVERED: Kind.SUCCESS,
}
_TROUBLE = (Action.FAILED, Action.DELAYED)


@dataclass(frozen=True, slots=True)
class Group:
    """Recipients that share action and cause, in the report's order; never empty."""

    action: Action
    outcomes: tuple[Outcome, ...]
    explanations: tuple[Explanation, ...]

    @property
    def in_trouble(self) -> bool:
        """Whether somebody did not get it, or not yet."""
        return self.action in _TROUBLE

    @property
    def recipients(self) -> tuple[str, ...]:
        """The addresses, each once."""
        return tuple(dict.fromkeys(outcome.recipient or "" for outcome in self.outcomes))


def action_of(outcome: Outcome, explanation: Explanation) -> Action:
    """Return the stated action; where nobody stated one, what follows from the explanation."""
    if outcome.action is not None:
        return outcome.action
    if explanation.permanent is False:
        return Action.DELAYED
    succeeded = (explanation.reply_code or 500) < 400 or (
        explanation.status is not None and explanation.status.class_ == 2
    )
    return Action.DELIVERED if succeeded else Action.FAILED


def groups_of(diagnosis: Diagnosis) -> tuple[Group, ...]:
    """Return the groups: failed, delayed, then those that got it; within, in the report's order."""
    members: dict[tuple[Action, str, bool], list[tuple[Outcome, Explanation]]] = {}
    for outcome, explanation in zip(diagnosis.report.outcomes, diagnosis.explanations, strict=True):
        action = action_of(outcome, explanation)
        cause = explanation.cause if action in _TROUBLE else ""
        ambiguous = explanation.confidence is Confidence.AMBIGUOUS
        members.setdefault((action, cause, ambiguous), []).append((outcome, explanation))
    order = list(_KINDS)
    return tuple(
        Group(
            action,
            tuple(outcome for outcome, _ in pairs),
            tuple(explanation for _, explanation in pairs),
        )
        for (action, *_), pairs in sorted(members.items(), key=lambda item: order.index(item[0][0]))
    )


def kind_of(groups: Sequence[Group]) -> Kind:
    """Return what the notice is about: the gravest action."""
    return _KINDS[groups[0].action] if groups else Kind.NOT_A_REPORT
