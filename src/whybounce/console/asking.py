"""What pages and programs ask the gateway's operator; what is refused becomes a problem of the site."""

from whybounce.gateway.operating.performing import Operator
from whybounce.gateway.operating.requests import Answer, OnStore, Refused
from whybounce.web.problems import ProblemError


async def performed(
    operator: Operator, wanted: OnStore, by: str, problem: str = "not-done"
) -> Answer:
    """Return what came of it.

    Args:
        operator: Who does it.
        wanted: What is wanted.
        by: Who wants it; stands in the events.
        problem: The problem that a refusal is told as.

    Raises:
        ProblemError: It was refused, and why.

    """
    answer = await operator.perform(wanted, by)
    if isinstance(answer, Refused):
        why = f"{answer.why[:1].upper()}{answer.why[1:]}."
        raise ProblemError(problem, {"why": why, "what": why})
    return answer
