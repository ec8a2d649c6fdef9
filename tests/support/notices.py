"""What tests about notices are made of: originals, outcomes and diagnoses with example domains."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import whybounce
from whybounce.notation import read_reply
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.report import Diagnosis, Kind, Report

NOON = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)

ORIGINAL = b"""\
Return-Path: <bob@alpine.example>\r
Received: from out1.alpine.example (out1.alpine.example [192.0.2.10])\r
 by mx1.alpine.example (Postfix) with ESMTPS id 4Kx1\r
 for <anna@example.org>; Sun, 01 Mar 2026 12:00:03 +0000 (UTC)\r
Received: from laptop.alpine.example ([192.0.2.77])\r
 by out1.alpine.example with ESMTPSA id abc; Sun, 01 Mar 2026 11:59:11 +0000\r
Authentication-Results: mx1.alpine.example; dkim=pass header.d=alpine.example\r
From: Bob Example <bob@alpine.example>\r
To: Anna Example <anna@example.org>\r
Subject: Quarterly numbers\r
Date: Sun, 01 Mar 2026 12:59:09 +0100\r
Message-ID: <20260301.1@alpine.example>\r
\r
Dear Anna,\r
\r
here they are.\r
"""


def failed(
    recipient: str = "anna@example.org",
    reply: str = "550 5.1.1 <anna@example.org>: User unknown",
    remote: str | None = "mx.example.org",
    action: Action = Action.FAILED,
    **facts: object,
) -> Outcome:
    """Return an outcome whose reply is read from a line."""
    said = read_reply(reply)
    known: dict[str, object] = {
        "recipient": recipient,
        "action": action,
        "status": said.status,
        "reply": said,
        "command": "RCPT",
        "remote": remote,
        "rejected_by": remote,
        "last_attempt": NOON,
    }
    return Outcome(**(known | facts))


def delayed(recipient: str = "finn@example.edu", **facts: object) -> Outcome:
    """Return an outcome that is being retried."""
    return failed(
        recipient,
        "451 4.7.1 Greylisted, please try again later",
        "mx.example.edu",
        Action.DELAYED,
        will_retry_until=NOON + timedelta(days=2),
        **facts,
    )


def diagnosed(*outcomes: Outcome, **facts: object) -> Diagnosis:
    """Return a report by mx1.alpine.example about the outcomes, explained."""
    known = {"kind": Kind.FAILURE, "generator": "mx1.alpine.example", "date": NOON} | facts
    return Diagnosis(
        Report(outcomes=outcomes, **known), tuple(whybounce.explain(one) for one in outcomes)
    )


def text_of(notice: bytes, subtype: str = "plain") -> str:
    """Return the notice's text or HTML, decoded, its lines ending with LF."""
    leaves = message_from_bytes(notice).walk()
    part = next(leaf for leaf in leaves if leaf.get_content_type() == f"text/{subtype}")
    return part.get_payload(decode=True).decode().replace("\r\n", "\n")
