"""What a short text is explained with: nothing that reads mails, which takes as long to import."""

import subprocess
import sys

import pytest

_PROGRAM = "import sys, whybounce; whybounce.diagnose(sys.argv[1]); print('whybounce.reading' in sys.modules)"


@pytest.mark.parametrize(
    ("text", "reads"),
    [("5.7.1", "False"), ("550 5.1.1 User unknown", "False"), ("From: a@example.org\n\nx", "True")],
    ids=["code", "reply", "mail"],
)
def test_only_who_hands_over_a_mail_waits_for_what_reads_mails(text, reads):
    done = subprocess.run(  # noqa: S603  # this Python
        [sys.executable, "-c", _PROGRAM, text],
        capture_output=True,
        check=True,
        text=True,
        timeout=120,
    )

    assert done.stdout.strip() == reads
