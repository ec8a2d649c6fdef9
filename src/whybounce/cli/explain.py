"""``whybounce explain``: a code, a reply or a pasted line, explained."""

from collections.abc import Iterator, Sequence

import msgspec
import typer

import whybounce
from whybounce.catalogue import catalogue
from whybounce.cli import language
from whybounce.cli.incoming import text_given
from whybounce.cli.refusal import Refusal
from whybounce.explaining import mistyped_code
from whybounce.vocabulary.explanation import Explanation
from whybounce.wire import explanation_as_dict

_NOT_EXPLAINED = 1


def explain(
    text: list[str] = typer.Argument(  # noqa: B008  # typer's way
        None, help="A status code, a reply, a line of a log. - reads standard input."
    ),
    json: bool = typer.Option(False, "--json", help="One JSON object per text, and nothing else."),
    lines: bool = typer.Option(False, "--lines", help="Explain each line as a text of its own."),
    lang: str = typer.Option("en", "--lang", help=language.HELP),
) -> None:
    """Explain a code or any reply: what happened, who must act, what to do.

    Example: whybounce explain "550 5.7.1 Unable to relay"
    """
    speaker = language.speaker(lang)
    given = text_given(text or [], "explain", '"550 5.1.1 User unknown"')
    texts = list(_texts(given, lines=lines))
    explained = True
    answers = ((one, explanation) for one in texts for explanation in _explanations(one))
    for number, (one, explanation) in enumerate(answers):
        explained &= explanation.tells_why
        if json:
            answer = explanation_as_dict(explanation, catalogue(), speaker, one)
            typer.echo(msgspec.json.encode(answer))
            continue
        from whybounce.cli.page import console, print_answer  # noqa: PLC0415  # rich is 40 ms

        page = console()
        if number:
            page.rule(style="dim")
        print_answer(speaker.words(explanation), speaker, explanation.confidence, page)
    if not explained:
        raise typer.Exit(_NOT_EXPLAINED)


def _explanations(text: str) -> Sequence[Explanation]:
    """Return the text's explanation; of a whole bounce, one for each recipient."""
    diagnosis = whybounce.diagnose(text)
    return diagnosis.explanations or (whybounce.explain(text),)


def _texts(given: str, *, lines: bool) -> Iterator[str]:
    if lines:
        yield from (line for line in given.splitlines() if line.strip())
        return
    _refuse_mistyped_code(given.strip())
    yield given


def _refuse_mistyped_code(text: str) -> None:
    """Refuse what can only be a mistyped code, and name the nearest there is."""
    near = mistyped_code(catalogue(), text)
    if near is None:
        return
    hint = f"; did you mean {' or '.join(near)}?" if near else "; a status code reads like 5.7.1"
    raise Refusal(f"{text!r} is no status code{hint}")
