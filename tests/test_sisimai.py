"""docs/sisimai.md and the table behind it: nothing in them is only said."""

import importlib.util
import json
import os
import re
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

import whybounce
from whybounce.vocabulary.cause import Reason
from whybounce.wire.schema import schemas

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "sisimai.md").read_text(encoding="utf-8")
CORPUS = ROOT.parent / "shared" / "corpus" / "sisimai-dev"

# What Sisimai 4 and 5 print.
REASONS = [
    "authfailure", "badreputation", "blocked", "contenterror", "delivered", "emailtoolarge",
    "exceedlimit", "expired", "failedstarttls", "feedback", "filtered", "hasmoved", "hostunknown",
    "mailboxfull", "mailererror", "mesgtoobig", "networkerror", "norelaying", "notaccept",
    "notcompliantrfc", "onhold", "policyviolation", "rateLimited", "rejected", "requireptr",
    "securityerror", "spamdetected", "speeding", "suppressed", "suspend", "syntaxerror",
    "systemerror", "systemfull", "toomanyconn", "undefined", "userunknown", "vacation",
    "virusdetected",
]  # fmt: skip
FIELDS = [
    "action", "addresser", "alias", "catch", "command", "decodedby", "deliverystatus",
    "destination", "diagnosticcode", "diagnostictype", "feedbackid", "feedbacktype", "hardbounce",
    "lhost", "listid", "messageid", "origin", "reason", "recipient", "replycode", "rhost",
    "senderdomain", "smtpagent", "smtpcommand", "subject", "timestamp", "timezoneoffset", "token",
]  # fmt: skip


def _module(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


mapping = _module("benchmarks/sisimai_reasons.py")


def test_the_page_shows_the_tables_as_they_are():
    """Run tools/sisimai.py after a change of the table or of a cause's reason."""
    assert _module("tools/sisimai.py").current(PAGE) == PAGE


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
def test_the_pages_python_runs(code, capsys, monkeypatch):
    """And names the recipient and the reason."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    exec(code, {})  # noqa: S102  # it is our own document

    assert capsys.readouterr().out == "ronald@contoso.com securityerror True\n"


@pytest.mark.parametrize("label", REASONS)
def test_every_reason_of_sisimais_is_in_the_table(label):
    """In whatever letters it is written; a label that is broader says why."""
    row = mapping.labels()[label.lower()]

    assert mapping.reason_here(label) is (row.here[0] if row.here else None)
    assert row.broader == (len(row.here) > 1)
    assert row.why or row.here == (Reason(label.lower()),)


def test_the_table_holds_no_other_reason():
    """A label that Sisimai does not have would be a mistyped one."""
    assert set(mapping.labels()) == {label.lower() for label in REASONS}
    with pytest.raises(KeyError):
        mapping.reason_here("userunknwon")


def test_every_reason_of_ours_is_one_of_sisimais_and_some_cause_carries_it():
    """The second label promises a name that Sisimai's users know."""
    assert set(Reason) <= set(mapping.labels())
    assert {cause.reason for cause in whybounce.causes().values()} == set(Reason)


def test_what_we_say_is_right_where_the_label_can_mean_it():
    """And only there."""
    assert mapping.reason_here("filtered", Reason.FILTERED) is Reason.FILTERED
    assert mapping.reason_here("filtered", Reason.VACATION) is Reason.USERUNKNOWN
    assert mapping.reason_here("mailboxfull", Reason.SYSTEMFULL) is Reason.MAILBOXFULL
    assert mapping.reason_here("onhold", Reason.USERUNKNOWN) is None


def test_every_field_of_sisimais_has_its_row():
    """None is passed over in silence."""
    rows = re.findall(
        r"^\| (`\w+`(?: \(`\w+`\))?) \|", PAGE[PAGE.index("## Fields") :], re.MULTILINE
    )
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}

    assert set(FIELDS) <= named


def test_every_path_on_the_page_is_in_the_schema():
    """outcomes[].reason and the like lead somewhere."""
    paths = set(re.findall(r"`((?:outcomes\[\]|original)(?:\.\w+)+)`", PAGE))
    fields = PAGE[PAGE.index("## Fields") : PAGE.index("## Reasons, from")]
    paths |= set(re.findall(r"^\| [^|]+ \| `([^`]+)` \|", fields, re.MULTILINE))

    assert len(paths) > 15
    for path in paths:
        assert _leads_somewhere(path), path


def _leads_somewhere(path: str) -> bool:
    schema = schemas()["read"]
    at = schema
    for name in path.replace("[]", "").split("."):
        named = re.findall(
            r"#/\$defs/(\w+)", json.dumps({k: v for k, v in at.items() if k != "$defs"})
        )
        at = schema["$defs"][named[0]]["properties"].get(name) if named else None
        if at is None:
            return False
    return True


def test_a_path_that_leads_nowhere_is_found():
    """The test above can fail."""
    assert _leads_somewhere("outcomes[].explanation.because.rule")
    assert not _leads_somewhere("outcomes[].reasons")
    assert not _leads_somewhere("source.path")


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the labelled corpus is not beside this checkout")
def test_real_labels_agree_with_the_table():
    """Far apart, the table would be wrong; how near we are, benchmarks measure."""
    seen = Counter()
    for row in map(json.loads, (CORPUS / "labels.jsonl").read_text().splitlines()):
        diagnosis = whybounce.diagnose((CORPUS / "eml" / row["file"]).read_bytes())
        ours = {
            (outcome.recipient or "").lower(): explanation.reason
            for outcome, explanation in zip(
                diagnosis.report.outcomes, diagnosis.explanations, strict=True
            )
        }
        for expected in row["expected"]:
            found = ours.get(expected["recipient"].lower())
            reason = mapping.reason_here(expected["reason"], found)
            if found is None or reason is None:
                continue
            kind = "broader" if mapping.labels()[expected["reason"]].broader else "one"
            seen[kind, reason is found] += 1

    assert seen["one", True] >= 0.85 * (seen["one", True] + seen["one", False]), seen
    assert seen["broader", True] >= 0.75 * (seen["broader", True] + seen["broader", False]), seen
