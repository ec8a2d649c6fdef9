"""``whybounce explain``: a code, a reply or a pasted line, explained."""

import sys
from collections.abc import Iterable, Sequence

import typer

import whybounce
from whybounce.catalogue import catalogue
from whybounce.cli import language
from whybounce.cli.confirming import CHECK_HELP, RESOLVER_HELP, Confirming, live
from whybounce.cli.incoming import lines_given, text_given
from whybounce.cli.json_line import print_json
from whybounce.cli.refusal import Refusal
from whybounce.cli.waiting import Waiting
from whybounce.explaining import mistyped_code
from whybounce.vocabulary.explanation import Explanation
from whybounce.vocabulary.outcome import Outcome
from whybounce.vocabulary.report import Diagnosis, Report
from whybounce.wire import explanation_as_dict

_NOT_EXPLAINED = 1
_EXAMPLE = '"550 5.1.1 User unknown"'


def explain(
    text: list[str] = typer.Argument(  # noqa: B008  # typer's way
        None, help="A status code, a reply, a line of a log. - reads standard input."
    ),
    json: bool = typer.Option(False, "--json", help="One JSON object per text, and nothing else."),
    lines: bool = typer.Option(False, "--lines", help="Explain each line as a text of its own."),
    check: bool = typer.Option(False, "--check", help=CHECK_HELP),
    resolver: str = typer.Option(None, "--resolver", metavar="IP[:PORT]", help=RESOLVER_HELP),
    connect: bool = typer.Option(
        True, "--connect/--no-connect", help="Whether --check looks at mail servers, too."
    ),
    lang: str = typer.Option("en", "--lang", help=language.HELP),
) -> None:
    """Explain a code or any reply: what happened, who must act, what to do.

    Example: whybounce explain "550 5.7.1 Unable to relay"
    """
    speaker = language.speaker(lang)
    asked = live(check=check, resolver=resolver, connect=connect)
    confirming = Confirming(asked) if asked else None
    texts = _texts(text or [], lines=lines)
    explained = True
    answers = (
        (one, explanation) for one in texts for explanation in _explanations(one, confirming)
    )
    for number, (one, explanation) in enumerate(answers):
        explained &= explanation.tells_why
        if json:
            answer = explanation_as_dict(explanation, catalogue(), speaker, one)
            print_json(answer)
            continue
        from whybounce.cli.page import console, print_answer  # noqa: PLC0415  # rich is 40 ms

        page = console()
        if number:
            page.rule(style="dim")
        print_answer(explanation, speaker, page)
    if not explained:
        raise typer.Exit(_NOT_EXPLAINED)


def _explanations(text: str, confirming: Confirming | None) -> Sequence[Explanation]:
    """Return the text's explanation; of a whole bounce, one for each recipient."""
    diagnosis = whybounce.diagnose(text)
    if not diagnosis.explanations:
        diagnosis = Diagnosis(Report(outcomes=(Outcome(),)), (whybounce.explain(text),))
    if confirming is not None:
        with Waiting("what was said", shown=sys.stderr.isatty()):
            diagnosis = confirming.confirmed(diagnosis)
    return diagnosis.explanations


def _texts(arguments: list[str], *, lines: bool) -> Iterable[str]:
    if lines:
        return lines_given(arguments, "explain", _EXAMPLE)
    given = text_given(arguments, "explain", _EXAMPLE)
    _refuse_mistyped_code(given.strip())
    return [given]


def _refuse_mistyped_code(text: str) -> None:
    """Refuse what can only be a mistyped code, and name the nearest there is."""
    near = mistyped_code(catalogue(), text)
    if near is None:
        return
    hint = (
        f"; did you mean {' or '.join(near)}?"
        if near
        else "; one has three numbers, the first 2, 4 or 5: 5.7.1"
    )
    raise Refusal(f"{text!r} is no status code{hint}")
