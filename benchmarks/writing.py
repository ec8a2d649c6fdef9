"""How many notices a second are written, against Python's own composing of a bare report.

    python benchmarks/writing.py

One process; failures of one recipient each, every one with an address and a reply of its own, and
an original of 20 KB. The peer, in the same go: the email package puts a report together of the
same parts (the text, the HTML and the fields are given to it as they came from us, so that it has
only to make the message).
"""

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.message import Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import BytesParser
from email.policy import compat32

import whybounce
from whybounce.notation import read_text
from whybounce.vocabulary.report import Diagnosis, Report

NOTICES = 400
ROUNDS = 7

NOON = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
ORIGINAL = (
    b"""\
Return-Path: <bob@alpine.example>\r
Received: from out1.alpine.example (out1.alpine.example [192.0.2.10])\r
 by mx1.alpine.example (Postfix) with ESMTPS id 4Kx1\r
 for <anna@example.org>; Sun, 01 Mar 2026 12:00:03 +0000 (UTC)\r
Received: from laptop.alpine.example ([192.0.2.77])\r
 by out1.alpine.example with ESMTPSA id abc; Sun, 01 Mar 2026 11:59:11 +0000\r
From: Bob Example <bob@alpine.example>\r
To: Anna Example <anna@example.org>\r
Subject: Quarterly numbers\r
Date: Sun, 01 Mar 2026 12:59:09 +0100\r
Message-ID: <20260301.1@alpine.example>\r
\r
"""
    + b"The numbers of the quarter, line by line, as they stand in the books.\r\n" * 280
)


def diagnoses(number: int) -> list[Diagnosis]:
    """Return so many diagnoses, no two alike."""
    known = []
    for place in range(number):
        outcome = read_text(
            f"<anna{place}@example.org>: host mx{place % 9}.example.org[192.0.2.9] said: 550 5.1.1 "
            f"<anna{place}@example.org>: Recipient address rejected: User unknown in virtual "
            f"mailbox table (in reply to RCPT TO command)"
        )
        report = Report(generator="mx1.alpine.example", date=NOON, outcomes=(outcome,))
        known.append(Diagnosis(report, (whybounce.explain(outcome),)))
    return known


def write(diagnosis: Diagnosis) -> bytes:
    """Return our notice."""
    return whybounce.write(
        diagnosis, original=ORIGINAL, organisation="Alpine", help_base="https://why.example.com"
    )


def bare(notice: Message) -> Callable[[object], bytes]:
    """Return how the email package makes a report of the parts of that notice."""
    leaves = list(notice.walk())
    text, html = (
        next(leaf for leaf in leaves if leaf.get_content_type() == kind)
        .get_payload(decode=True)
        .decode()
        for kind in ("text/plain", "text/html")
    )
    status = next(leaf for leaf in leaves if leaf.get_content_type() == "message/delivery-status")
    groups = [list(group.items()) for group in status.get_payload()]
    header = [(name, str(value)) for name, value in notice.items() if name != "Content-Type"]

    def compose(_: object) -> bytes:
        report = MIMEMultipart("report", **{"report-type": "delivery-status"})
        for name, value in header:
            if name not in {"MIME-Version", "Content-Transfer-Encoding"}:
                report[name] = value
        words = MIMEMultipart("alternative")
        words.attach(MIMEText(text, "plain", "utf-8"))
        words.attach(MIMEText(html, "html", "utf-8"))
        report.attach(words)
        fields = Message()
        fields["Content-Type"] = "message/delivery-status"
        fields.set_payload([_group(group) for group in groups])
        report.attach(fields)
        report.attach(MIMEMessage(BytesParser(policy=compat32).parsebytes(ORIGINAL)))
        return report.as_bytes(policy=compat32.clone(linesep="\r\n"))

    return compose


def _group(fields: Sequence[tuple[str, str]]) -> Message:
    group = Message()
    for name, value in fields:
        group[name] = value
    return group


def per_second(work: Callable[[Diagnosis], bytes], given: Sequence[Diagnosis]) -> float:
    """Return the median rate over some rounds."""
    rates = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for diagnosis in given:
            work(diagnosis)
        rates.append(len(given) / (time.perf_counter() - start))
    return statistics.median(rates)


def main() -> int:
    """Measure and print."""
    given = diagnoses(NOTICES)
    notice = write(given[0])  # Templates are compiled on first use; that is start-up, not work.
    compose = bare(BytesParser(policy=compat32).parsebytes(notice))
    ours, peer = per_second(write, given), per_second(compose, given[: NOTICES // 4])
    print(f"octets of a notice           {len(notice):>10,}")
    print(f"notices written a second     {ours:>10,.0f}")
    print(f"bare reports by email        {peer:>10,.0f}")
    print(f"ratio                        {ours / peer:>10,.1f}x")
    return 0


if __name__ == "__main__":
    sys.exit(main())
