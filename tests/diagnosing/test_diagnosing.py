"""Diagnosing: a report and its explanations, from a mail or from what somebody pasted."""

import whybounce

BLOCK = """\
Generating server: edge.example.com

anna@example.org
{said}

Original message headers:

From: Chris <chris@example.com>
To: anna@example.org
Date: Sun, 1 Nov 2026 10:00:00 +0000
"""


def test_the_sender_is_known_from_the_original_where_no_reply_names_one():
    """The words to pass on name who wrote."""
    text = BLOCK.format(said="#550 5.7.23 The message was rejected because of SPF violation ##")
    explanation = whybounce.diagnose(text).explanations[0]

    assert explanation.parameters["sender"] == "chris@example.com"
    assert explanation.parameters["sender_domain"] == "example.com"
    assert "example.com" in whybounce.words(explanation).what


def test_a_sender_that_the_reply_names_is_believed_first():
    """What the refusing server says outweighs the From field."""
    said = "#550 5.7.1 <news@lists.example>: Sender address rejected: Access denied ##"
    explanation = whybounce.diagnose(BLOCK.format(said=said)).explanations[0]

    assert explanation.parameters["sender"] == "news@lists.example"


def test_a_file_that_speaks_of_nothing_is_no_report():
    """Any file is a text; what names nobody and is not understood reports nothing."""
    assert whybounce.diagnose(b"root = true\n[*.py]\nindent = 4\n").report.kind == "not-a-report"
    assert whybounce.diagnose(b"550 5.1.1 User unknown").report.kind == "failure"
