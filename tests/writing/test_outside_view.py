"""What strangers see: their own side of it."""

import pytest
from msgspec.structs import replace

import whybounce
from notices import NOON, ORIGINAL, diagnosed, failed, text_of
from strict_report import violations
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Answer, Finding

INSIDE = b"""\
Received: from mx1.alpine.example by mbx07.corp.alpine.example with LMTP;\r
 Sun, 01 Mar 2026 12:00:04 +0000\r
X-Alpine-Policy: quota-check-17\r
Received: from filter.alpine.example by mx1.alpine.example with ESMTP;\r
 Sun, 01 Mar 2026 12:00:02 +0000\r
Received: from mail.stranger.example by mx2.alpine.example with ESMTPS;\r
 Sun, 01 Mar 2026 12:00:01 +0000\r
Received: from laptop.stranger.example by mail.stranger.example with ESMTPSA;\r
 Sun, 01 Mar 2026 11:59:59 +0000\r
From: Sue <sue@stranger.example>\r
To: team@alpine.example\r
Subject: An offer\r
Date: Sun, 01 Mar 2026 11:59:58 +0000\r
Message-ID: <1@stranger.example>\r
\r
Dear team.\r
"""

MEMBERS = [
    failed(
        f"{name}@corp.alpine.example",
        f"550 5.1.1 <{name}@corp.alpine.example> is unknown, said {name}'s own server",
        "mbx07.corp.alpine.example",
        original_recipient="team@alpine.example",
    )
    for name in ("carl", "dora", "emil")
]


def told(style: str = "modern") -> bytes:
    """Return the notice that a stranger gets about a group's members."""
    diagnosis = replace(
        diagnosed(*MEMBERS),
        findings=(Finding(CheckName.SPF, Answer.FAILS, "our secret evidence"),),
    )
    return whybounce.write(diagnosis, original=INSIDE, audience="external", style=style)


@pytest.mark.parametrize("style", ["modern", "classic"])
def test_no_member_inner_server_or_evidence_is_shown(style):
    """In no part of the notice."""
    notice = told(style)
    everything = notice + text_of(notice).encode() + text_of(notice, "html").encode()

    assert violations(notice) == []
    for secret in (b"carl", b"dora", b"emil", b"mbx07", b"corp.", b"quota-check", b"secret"):
        assert secret not in everything.lower(), secret
    assert b"filter.alpine.example" not in everything


def test_a_group_is_one_recipient():
    """The address that was written to, once."""
    outcomes = whybounce.read(told()).outcomes

    assert [outcome.recipient for outcome in outcomes] == ["team@alpine.example"]
    assert str(outcomes[0].status) == "5.1.1"


def test_the_way_to_our_door_is_shown():
    """Strangers know those steps; they need them to look for a delay."""
    text = text_of(told())

    assert "mail.stranger.example → mx2.alpine.example" in text
    assert "laptop.stranger.example → mail.stranger.example" in text


def test_the_original_goes_back_as_it_came_to_our_door():
    """Without the fields that were put above it inside."""
    door = INSIDE.index(b"Received: from mail.stranger.example")

    assert INSIDE[door:] in told()


def test_which_hosts_are_ours_can_be_said():
    """Where they have another name than the generator."""
    diagnosis = diagnosed(failed(remote="backend.hosting.example"))
    options = {"original": ORIGINAL, "audience": "external"}

    assert b"backend" in whybounce.write(diagnosis, **options)
    assert b"backend" not in whybounce.write(
        diagnosis, internal_hosts=["*.hosting.example"], **options
    )


def test_our_own_people_see_it_all():
    """The same diagnosis."""
    notice = whybounce.write(diagnosed(*MEMBERS), original=INSIDE, date=NOON)

    assert b"carl@corp.alpine.example" in notice
    assert b"mbx07" in notice
