"""``whybounce read``: bounces from files and folders, each explained."""

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import typer

import whybounce
from whybounce.catalogue import catalogue
from whybounce.cli import language
from whybounce.cli.refusal import Refusal
from whybounce.vocabulary.report import Defect, Diagnosis, Report
from whybounce.wire import diagnosis_as_dict

_NOT_EXPLAINED = 1
_EXAMPLE = "whybounce read bounce.eml"


def read(
    paths: list[str] = typer.Argument(  # noqa: B008  # typer's way
        None, help="Mails, or folders of mails (recursive). - reads one mail from standard input."
    ),
    json: bool = typer.Option(False, "--json", help="One JSON object per mail, and nothing else."),
    lang: str = typer.Option("en", "--lang", help=language.HELP),
) -> None:
    """Read bounces: who did not get it, why, who must act, what to do.

    Example: whybounce read bounce.eml
    """
    speaker = language.speaker(lang)
    if not paths:
        raise Refusal(f"read needs a mail or a folder, for instance: {_EXAMPLE}")
    explained = True
    for source, diagnosis in _diagnosed(paths):
        explained &= _answers(diagnosis)
        if json:
            row = diagnosis_as_dict(diagnosis, catalogue(), speaker, source)
            typer.echo(msgspec.json.encode(row))
            continue
        from whybounce.cli.page import console, print_diagnosis  # noqa: PLC0415  # rich is 40 ms

        print_diagnosis(source, diagnosis, speaker, console())
    if not explained:
        raise typer.Exit(_NOT_EXPLAINED)


def _diagnosed(paths: list[str]) -> Iterator[tuple[str, Diagnosis]]:
    """Yield each mail's source and diagnosis; what cannot be opened is a diagnosis of its own."""
    for path in paths:
        if path == "-":
            yield "-", whybounce.diagnose(sys.stdin.buffer.read())
            continue
        for file in _files(Path(path)):
            yield str(file), _of_file(file)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.is_file())
        if not found:
            raise Refusal(f"{path}: no mail in this folder; name a mail, for instance: {_EXAMPLE}")
        return found
    if not path.exists():
        raise Refusal(f"{path}: no such file or folder")
    return [path]


def _of_file(file: Path) -> Diagnosis:
    try:
        return whybounce.diagnose(file.read_bytes())
    except OSError as error:
        defect = Defect("file", f"cannot be opened: {error.strerror}")
        return Diagnosis(Report(defects=(defect,)), ())


def _answers(diagnosis: Diagnosis) -> bool:
    explanations = diagnosis.explanations
    return bool(explanations) and all(explanation.tells_why for explanation in explanations)
