"""Real bounces, where they lie beside the project: nearly every reply in them is explained."""

import json
import re
from pathlib import Path

import pytest

import whybounce
from whybounce.vocabulary.explanation import Confidence
from whybounce.vocabulary.report import Kind

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "sisimai-dev" / "eml"
OLD = CORPUS.parents[1] / "flufl-dev" / "eml"
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
def test_recipients_and_codes_of_real_bounces_are_found():
    """Of the labelled recipients 99 of 100, and of the codes that literally stand in the mail."""
    labels = map(json.loads, (CORPUS.parent / "labels.jsonl").read_text().splitlines())
    recipients, codes = [], []
    for label in labels:
        raw = (CORPUS / label["file"]).read_bytes()
        found = {(o.recipient or "").lower(): o for o in whybounce.read(raw).outcomes}
        for row in label["expected"]:
            outcome = found.get(row["recipient"].lower())
            recipients.append(outcome is not None)
            invented = re.match(r"[245]\.[09]\.9\d\d", row["status"])
            if outcome and row["status"] and not invented and row["status"].encode() in raw:
                said = outcome.status or (outcome.reply.status if outcome.reply else None)
                codes.append(str(said) == row["status"] or len(label["expected"]) > 1)

    assert len(recipients) > 400
    assert sum(recipients) >= 0.99 * len(recipients)
    assert len(codes) > 280
    assert sum(codes) >= 0.99 * len(codes)


@pytest.mark.skipif(not OLD.is_dir(), reason="the labelled corpus is not beside this checkout")
def test_addresses_of_bounces_from_the_last_century_are_found():
    """Formats of 1998 to 2010; 97 of 100, and every warning is told from a failure."""
    labels = map(json.loads, (OLD.parent / "labels.jsonl").read_text().splitlines())
    addresses, temporary = [], []
    for label in labels:
        report = whybounce.read((OLD / label["file"]).read_bytes())
        named = {(o.recipient or "").lower() for o in report.outcomes}
        named |= {(o.original_recipient or "").lower() for o in report.outcomes}
        addresses += [address.lower() in named for address in label.get("recipients", ())]
        if "temporary" in label:
            temporary.append((report.kind is Kind.DELAY) == label["temporary"])

    assert sum(addresses) >= 0.97 * len(addresses) > 80
    assert sum(temporary) >= 0.95 * len(temporary) > 70
