"""Real bounces, where they lie beside the project: nearly every reply in them is explained."""

import json
import re
from pathlib import Path

import pytest

import whybounce
from whybounce.vocabulary.explanation import Confidence

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "sisimai-dev" / "eml"
FIELD = re.compile(rb"^Diagnostic-Code:([^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE | re.MULTILINE)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the labelled corpus is not beside this checkout")
def test_nearly_every_reply_in_real_bounces_is_explained():
    """Of the replies with words, 97 of 100 are told by more than their first digit."""
    replies = {
        re.sub(r"\s+", " ", match[1].decode("latin-1")).strip()
        for path in CORPUS.glob("*.eml")
        for match in FIELD.finditer(path.read_bytes())
    }
    worded = [reply for reply in replies if re.search(r"[A-Za-z]{3}.*[A-Za-z]{3}", reply[10:])]
    explained = [
        reply
        for reply in worded
        if whybounce.explain(reply).confidence
        not in {Confidence.UNKNOWN, Confidence.CLASS_ONLY, Confidence.AMBIGUOUS}
    ]

    assert len(worded) > 150
    assert len(explained) >= 0.97 * len(worded), sorted(set(worded) - set(explained))


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the labelled corpus is not beside this checkout")
def test_recipients_of_real_delivery_status_reports_are_found():
    """Of the labelled recipients in mails of this form, 97 of 100."""
    labels = map(json.loads, (CORPUS.parent / "labels.jsonl").read_text().splitlines())
    wanted = found = 0
    for label in labels:
        report = whybounce.read((CORPUS / label["file"]).read_bytes())
        if report.form != "rfc3464":
            continue
        expected = sorted(row["recipient"].lower() for row in label["expected"])
        read = sorted((outcome.recipient or "").lower() for outcome in report.outcomes)
        wanted += len(expected)
        found += len(expected) if expected == read else 0

    assert wanted > 200
    assert found >= 0.97 * wanted
