"""The demonstration in its world: what is sent stays here, and comes back for the cause it was sent to."""

import smtplib
import sys
import time
from ipaddress import ip_address
from pathlib import Path

import pytest

import whybounce
from whybounce.catalogue import catalogue
from whybounce.provoking.demonstration import OUTSIDE, Demonstration
from whybounce.provoking.naming import Conditions
from whybounce.provoking.provoke import Provoked, provoke

ANNA = "anna@contoso.example"


def _send(
    running: Demonstration, subject: str, *recipients: str, listener: str = "submission"
) -> None:
    with smtplib.SMTP("127.0.0.1", running.gateway.ports[listener][0], timeout=60) as client:
        if listener == "submission":
            client.login(ANNA, "demonstration")
        client.sendmail(
            ANNA if listener == "submission" else "dev@software.example",
            recipients,
            f"From: {ANNA}\r\nSubject: {subject}\r\n\r\nSee below.\r\n",
        )


def _mails(
    running: Demonstration, mailbox: str, subject: str, *, seconds: float = 60
) -> list[bytes]:
    """Return what lies in the mailbox and holds the subject, once there is something."""
    new, deadline = running.mailboxes / mailbox / "new", time.monotonic() + seconds
    while time.monotonic() < deadline:
        files = list(new.iterdir()) if new.is_dir() else []
        if found := [mail for mail in map(Path.read_bytes, files) if subject.encode() in mail]:
            return found
        time.sleep(0.05)
    raise AssertionError(f"nothing about {subject} in {mailbox}")


@pytest.mark.parametrize(
    "address",
    ["chris@gmail.com", "dana@deep.below.example", "mx@outside.example", "ö@bücher.example"],
)
def test_mail_to_the_world_outside_lies_in_its_mailbox(running, address):
    """Whatever the domain: the gateway asks the world's DNS and no other."""
    subject = f"Out-{abs(hash(address))}"
    if address.isascii():
        _send(running, subject, address)
    else:
        with smtplib.SMTP(
            "127.0.0.1", running.gateway.ports["submission"][0], timeout=60
        ) as client:
            client.login(ANNA, "demonstration")
            mail = f"From: {ANNA}\r\nSubject: {subject}\r\n\r\n"
            client.sendmail(ANNA, [address], mail, ["SMTPUTF8"])

    (mail,) = _mails(running, OUTSIDE, subject)

    assert mail.startswith(b"Return-Path: <anna@contoso.example>\nDelivered-To: ")
    assert running.config.outbound.resolver == running.world.resolver
    assert running.config.outbound.smarthost is None


def test_nothing_leaves_the_machine(running):
    """Not by an address in brackets either: whatever is connected to, only loopback answers."""
    asked: list[str] = []
    watching = True

    def note(event: str, arguments: tuple) -> None:
        if watching and event == "socket.connect" and isinstance(arguments[1], tuple):
            asked.append(arguments[1][0])

    sys.addaudithook(note)  # It stays for as long as the process does, and notes nothing later.
    _send(running, "Literal", "chris@[192.0.2.7]", "dana@example.com")
    delay, *_ = _mails(running, ANNA, "Subject: Literal")
    watching = False

    report = whybounce.read(delay)
    assert [each.recipient for each in report.outcomes] == ["chris@[192.0.2.7]"]
    assert whybounce.diagnose(delay).explanations[0].cause == "cannot-connect"
    others = set(asked) - {"192.0.2.7"}
    assert [each for each in others if not ip_address(each).is_loopback] == []


def test_strangers_mail_comes_back_to_the_world(running):
    """A program under test needs no account: its bounces lie in the mailbox outside."""
    _send(running, "Stranger", "5.1.10+7@provoke.example", listener="inbound")

    notice = next(mail for mail in _mails(running, OUTSIDE, "Stranger"))

    diagnosis = whybounce.diagnose(notice)
    assert diagnosis.explanations[0].cause == "recipient-not-found"
    assert diagnosis.report.outcomes[0].recipient == "5.1.10+7@provoke.example"
    assert b"\nTo: <dev@software.example>\n" in notice


def test_a_local_part_that_means_nothing_says_what_does(running):
    """The answer is the help."""
    _send(running, "Nonsense", "nonsense@provoke.example")

    (notice,) = _mails(running, ANNA, "Nonsense")

    assert "5.1.10@provoke.example" in whybounce.read(notice).outcomes[0].reply.text


def test_every_condition_is_raised(running):
    """All of them at once, sent by smtplib and read back by our reader."""
    wanted = [each for each in Conditions(catalogue()).all() if not each.never]

    came = list(provoke(wanted, running.whereabouts, patience=300))

    assert [_line(each) for each in came if not each.is_raised] == []
    assert len(came) == len(wanted) > 230


def test_a_deferral_is_told_of_before_it_expires(running):
    """First the notice of the delay, then the NDR."""
    wanted = Conditions(catalogue()).named("mailbox-full=4.2.2")

    (came,) = provoke([wanted], running.whereabouts, patience=120)

    assert came.is_raised
    assert [whybounce.read(each.read_bytes()).kind for each in came.delay_notices] == ["delay"]


def _line(provoked: Provoked) -> str:
    return f"{provoked.condition.wanted}: {provoked.cause} {provoked.said} {provoked.trouble}"
