"""How often reading and explaining are right, on bounces that others have labelled.

    .venv/bin/python benchmarks/accuracy.py [--wrong]

Needs the labelled corpora beside the project, ``../shared/corpus``; they are never part of it.
Denominators: every labelled recipient; every labelled status that literally stands in the mail;
for finality every labelled recipient whose mail has one Action for all, or a label with a status.
Sisimai's statuses of the kind X.0.9XX and X.9.XXX are its own inventions: none is a reader's to find,
and no class of theirs says what is final. ``--wrong`` lists what differs, with why we stand by it where
we do (differences.toml).
"""

import argparse
import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import whybounce
from sisimai_reasons import labels, reason_here
from whybounce.vocabulary.cause import Suppress
from whybounce.vocabulary.explanation import Explanation
from whybounce.vocabulary.outcome import Outcome
from whybounce.vocabulary.report import Diagnosis, Kind

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
_INVENTED = re.compile(r"[245]\.(?:0|9)\.9\d\d")
_ACTION = re.compile(rb"^Action:[ \t]*(failed|delayed)\b", re.IGNORECASE | re.MULTILINE)
_DIFFERENCES = tomllib.loads(
    Path(__file__).with_name("differences.toml").read_text(encoding="utf-8")
)["differs"]
_LINE_ENDS = {"LF": b"\n", "CRLF": b"\r\n", "CR": b"\r"}

Found = tuple[Outcome, Explanation]


@dataclass
class Score:
    """Right and all, for one question, with what differs."""

    right: int = 0
    all: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, *, right: bool, file: str, differs: str) -> None:
        """Count one answer."""
        self.all += 1
        self.right += right
        if not right:
            self.wrong.append(f"{file}: {differs}")


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--wrong", action="store_true", help="list what differs")
    show = options.parse_args().wrong
    if not CORPUS.is_dir():
        print(f"{CORPUS} is not here; there is nothing to be held against.")
        return
    for title, scores in (
        ("sisimai-dev", _sisimai(CORPUS / "sisimai-dev")),
        ("flufl-dev", _flufl(CORPUS / "flufl-dev")),
    ):
        print(f"{title}")
        for question, score in scores.items():
            share = 100 * score.right / max(score.all, 1)
            print(f"  {question:34} {score.right:4} of {score.all:4}  {share:5.1f} %")
            if show:
                print(*map(_explained, score.wrong), sep="\n")


def _explained(line: str) -> str:
    why = _DIFFERENCES.get(line.partition(":")[0])
    return f"      {line}" + (f"\n        {why}" if why else "")


def _sisimai(folder: Path) -> dict[str, Score]:
    scores: dict[str, Score] = defaultdict(Score)
    for label in _labels(folder):
        raw = (folder / "eml" / label["file"]).read_bytes()
        diagnosis = whybounce.diagnose(raw)
        found = _by_recipient(diagnosis)
        for expected in label["expected"]:
            of_recipient = found.get(expected["recipient"].lower())
            scores["recipient"].add(
                right=bool(of_recipient),
                file=label["file"],
                differs=f"{expected['recipient']} is not found",
            )
            if of_recipient:
                outcome, explanation = of_recipient.pop(0)
                _score_outcome(scores, label["file"], expected, outcome, explanation, raw)
        for name, line_end in _LINE_ENDS.items():
            written = raw.replace(b"\r\n", b"\n").replace(b"\n", line_end)
            scores["line ends make no difference"].add(
                right=_facts(whybounce.diagnose(written)) == _facts(diagnosis),
                file=label["file"],
                differs=name,
            )
    return dict(scores)


def _score_outcome(
    scores: dict[str, Score],
    file: str,
    expected: dict[str, Any],
    outcome: Outcome,
    explanation: Explanation,
    raw: bytes,
) -> None:
    status = "" if _INVENTED.fullmatch(expected["status"]) else expected["status"]
    if status and status.encode() in raw:
        said = str(outcome.status or (outcome.reply.status if outcome.reply else ""))
        differs = f"status {status}, here {said}"
        scores["status"].add(right=said == status, file=file, differs=differs)
    reason = expected["reason"]
    differs = f"{reason}, here {explanation.reason} ({explanation.cause}): {outcome.reply}"
    scores["reason, the very label"].add(
        right=reason == explanation.reason, file=file, differs=differs
    )
    here = reason_here(reason, explanation.reason)
    if here is None:  # The label says that Sisimai could not tell.
        return
    kind = "broader labels" if labels()[reason].broader else "labels of one meaning"
    for question in ("reason after the map", f"  of these, {kind}"):
        scores[question].add(right=here == explanation.reason, file=file, differs=differs)
    hard = explanation.suppress is Suppress.ADDRESS and explanation.permanent is True
    scores["hard bounce"].add(
        right=expected["hardbounce"] == hard,
        file=file,
        differs=f"hardbounce {expected['hardbounce']}, here permanent {explanation.permanent}, "
        f"suppress {explanation.suppress} ({explanation.cause})",
    )
    actions = {word.lower() for word in _ACTION.findall(raw)}
    if len(actions) == 1:  # RFC 3464 §2.3.3: failed is final, whatever class the last reply had.
        final = actions == {b"failed"}
    elif actions or not status:
        return
    else:
        final = status.startswith("5")
    scores["finality"].add(
        right=explanation.permanent == final,
        file=file,
        differs=f"final {final}, here {explanation.permanent}",
    )


def _flufl(folder: Path) -> dict[str, Score]:
    scores: dict[str, Score] = defaultdict(Score)
    for label in _labels(folder):
        if "recipients" not in label:
            continue
        diagnosis = whybounce.diagnose((folder / "eml" / label["file"]).read_bytes())
        outcomes = diagnosis.report.outcomes
        named = {(o.recipient or "").lower() for o in outcomes}
        named |= {(o.original_recipient or "").lower() for o in outcomes}
        for recipient in label["recipients"]:
            scores["address"].add(
                right=recipient.lower() in named, file=label["file"], differs=recipient
            )
        if "temporary" in label:
            delayed = diagnosis.report.kind is Kind.DELAY
            scores["temporary"].add(
                right=delayed == label["temporary"],
                file=label["file"],
                differs=f"temporary {label['temporary']}, here {diagnosis.report.kind}",
            )
    return dict(scores)


def _labels(folder: Path) -> Iterator[dict[str, Any]]:
    yield from map(json.loads, (folder / "labels.jsonl").read_text().splitlines())


def _by_recipient(diagnosis: Diagnosis) -> dict[str, list[Found]]:
    found: dict[str, list[Found]] = defaultdict(list)
    pairs = zip(diagnosis.report.outcomes, diagnosis.explanations, strict=True)
    for outcome, explanation in pairs:
        found[(outcome.recipient or "").lower()].append((outcome, explanation))
    return found


def _facts(diagnosis: Diagnosis) -> object:
    report = diagnosis.report
    causes = [explanation.cause for explanation in diagnosis.explanations]
    return report.kind, report.form, [(o.recipient, o.status) for o in report.outcomes], causes


if __name__ == "__main__":
    main()
