"""Who is told what, in which notice: by the gateway as it runs, and by messages made for the case."""

import asyncio
import smtplib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

import whybounce
from notices import failed
from serving import (
    ANNA,
    MAIL,
    Undeclaring,
    configured,
    mails,
    outside,
    running_demonstration,
    submit,
)
from whybounce.explaining import shared_explainer
from whybounce.gateway.config import Reports
from whybounce.gateway.delivery.concluding import Conclusion, Telling
from whybounce.gateway.directory import read_directory
from whybounce.gateway.operating.requests import Trace
from whybounce.gateway.reporter import Reporter, why_none
from whybounce.gateway.service import Running, running
from whybounce.gateway.store.rows import LeasedRecipient, QueuedMessage, Session, Terminal, Told
from whybounce.provoking.mail_server import Behaviour
from whybounce.vocabulary.envelope import BodyType

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
STRANGERS = QueuedMessage(
    id="01JD",
    sender="chris@remote.example",
    ret=None,
    envid=None,
    body_type=BodyType.SEVEN_BIT,
    smtputf8=False,
    session=Session(client="192.0.2.7"),
    arrived=NOW,
    expires=NOW + timedelta(days=5),
    size=10,
    message_id=None,
    subject=None,
    about=None,
    finished=None,
)
FRENCH = """
[[organisation]]
name = "Contoso"
language = "fr"
[[organisation.domain]]
name = "contoso.example"
[[organisation.mailbox]]
address = "anna@contoso.example"
language = ""
[[organisation.account]]
name = "anna@contoso.example"
password = "demonstration"
"""
FORGED = Session(client="192.0.2.7", facts={"return-path": "forged"})


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (STRANGERS, None),
        (replace(STRANGERS, session=None), None),
        (replace(STRANGERS, sender=""), Told.SUPPRESSED),
        (replace(STRANGERS, session=FORGED), Told.WITHHELD),
        (replace(STRANGERS, session=replace(FORGED, account="anna")), None),
    ],
    ids=["a stranger", "the gateway itself", "null return path", "forged", "logged in"],
)
def test_who_is_told(message: QueuedMessage, told: Told | None):
    """Whoever wrote it, unless that is nobody or probably somebody else."""
    assert why_none(message) == told


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        ("550 5.1.1 User unknown", "no-such-mailbox"),
        ("554 4.4.7 Message expired -> 452 4.2.2 Mailbox full", "mailbox-full"),
        ("554 4.4.7 Message expired -> 451 4.7.1 Later", "message-expired"),
    ],
)
async def test_what_nobody_is_told_of_has_a_cause_all_the_same(reply, cause):
    """It is counted by it, as others are."""
    reporter = Reporter(
        store=None, directory=None, explainer=shared_explainer(), writer=None, reports=Reports(),
        host="mx1.alpine.example", node="a", expire_after=timedelta(days=5),
    )  # fmt: skip
    recipient = LeasedRecipient(
        0, "anna@example.org", "example.org", orcpt=None, notify=None, tries=3, delay_told=None
    )
    conclusion = Conclusion(recipient, Terminal.EXPIRED, failed(reply=reply))
    telling = Telling(replace(STRANGERS, sender=""), (conclusion,), NOW)
    notices = await reporter(telling)

    assert (notices.messages, notices.causes) == ((), {0: cause})


async def test_one_notice_tells_of_all_recipients_that_end_together(in_memory: Path):
    """Each with its own cause."""
    replies = {
        "RCPT nobody@remote.example": "550 5.1.1 User unknown",
        "RCPT full@remote.example": "552 5.2.2 Mailbox full",
    }
    async with (
        outside(Behaviour(replies=replies)) as world,
        running_demonstration(configured(in_memory, world)) as gateway,
    ):
        await submit(gateway, "nobody@remote.example", "full@remote.example")
        (notice,) = await mails(in_memory, ANNA)

    causes = [each.cause for each in whybounce.diagnose(notice).explanations]
    assert sorted(causes) == ["mailbox-full", "no-such-mailbox"]


async def test_a_notice_is_from_whom_the_operator_names(in_memory: Path):
    """The name stands beside the postmaster's address."""
    named = 'from-name = "Contoso, post room"\n'
    async with (
        outside(Behaviour(replies={"RCPT": "550 5.1.1 User unknown"})) as world,
        running_demonstration(configured(in_memory, world, more=named)) as gateway,
    ):
        await submit(gateway, "nobody@remote.example")
        (notice,) = await mails(in_memory, ANNA)

    assert b'\nFrom: "Contoso, post room" <postmaster@mail.contoso.example>' in notice


@pytest.mark.parametrize(
    ("language", "field", "heading"),
    [
        ("nl", "Content-Language: de-DE\r\n", "nl"),
        ("", "Content-Language: de-DE\r\n", "de"),
        ("", "", "fr"),
    ],
)
async def test_a_notice_speaks_the_language_of_whom_it_is_for(
    in_memory: Path, language: str, field: str, heading: str
):
    """The mailbox's own, else that of the message, else the organisation's."""
    people = in_memory / "people.toml"
    people.write_text(FRENCH.replace('language = ""', f'language = "{language}"'))
    async with outside(Behaviour(replies={"RCPT": "550 5.1.1 User unknown"})) as world:
        config = configured(in_memory, world)
        async with running(config, read_directory(people, plain_passwords=True)) as gateway:
            await submit(gateway, "nobody@remote.example", mail=field + MAIL)
            (notice,) = await mails(in_memory, ANNA)

    assert f"\r\nContent-Language: {heading}\r\n" in notice.decode().replace("\r", "").replace(
        "\n", "\r\n"
    )


async def test_a_delay_is_told_once_and_then_the_end(in_memory: Path):
    """The end has what the remote kept saying inside."""
    retry = '\n[retry]\nwaits = ["1s"]\ndelay-notice = "0s"\nexpire = "5s"\n'
    async with (
        outside(Behaviour(replies={"RCPT": "451 4.7.1 Greylisted, come back later"})) as world,
        running_demonstration(configured(in_memory, world, more=retry)) as gateway,
    ):
        await submit(gateway, "chris@remote.example")
        notices = await mails(in_memory, ANNA, count=2)
        await asyncio.sleep(0.3)
        assert len(await mails(in_memory, ANNA, count=2)) == 2
        asked = Trace(wanted="chris@remote.example", since=datetime.now(UTC) - timedelta(hours=1))
        lives = await gateway.operator.perform(asked, "a test")

    reports = [whybounce.diagnose(each).report for each in notices]
    assert sorted(each.kind for each in reports) == ["delay", "failure"]
    failure = next(each for each in reports if each.kind == "failure")
    assert "Greylisted" in str(failure.outcomes[0].reply.innermost)
    (standing,) = lives.found[0].message.recipients
    assert (standing.ending, standing.cause) == ("expired", "greylisted")  # As the notice has it.


@pytest.mark.parametrize("way", ["smarthost", "connector", "mx"])
async def test_who_is_asked_because_we_chose_so_is_said_to_be_that(in_memory: Path, way: str):
    """It answers before the recipient's server has heard of anything; the causes speak of that one."""
    people = in_memory / "people.toml"
    async with outside(Behaviour(replies={"RCPT": "550 5.7.1 Access denied"})) as world:
        host = f"127.0.0.1:{world.remote.port}"
        connector = f"""
[[organisation.outbound-connector]]
name = "partner"
domains = ["remote.example"]
hosts = ["{host}"]
"""
        people.write_text(FRENCH.replace("fr", "en") + (connector if way == "connector" else ""))
        outbound = f'smarthost = "{host}"' if way == "smarthost" else ""
        config = configured(in_memory, world, outbound=outbound)
        async with running(config, read_directory(people, plain_passwords=True)) as gateway:
            await submit(gateway, "chris@remote.example")
            (notice,) = await mails(in_memory, ANNA)

    text = (
        message_from_bytes(notice).get_payload(0).get_payload(0).get_payload(decode=True).decode()
    )
    said = (
        "127.0.0.1, which gave the answer, is the server that mail to remote.example is sent through "
        "from here."
    )
    assert (said in " ".join(text.split())) == (way != "mx")


async def test_success_is_told_to_who_asked_for_it(in_memory: Path):
    """RFC 3461 §4.1, with the ENVID that the sender gave."""

    def send(gateway: Running) -> None:
        with smtplib.SMTP(
            "127.0.0.1", gateway.ports["submission"][0], "client.example", timeout=60
        ) as client:
            client.login(ANNA, "demonstration")
            client.sendmail(ANNA, "ben@contoso.example", MAIL, ["ENVID=e7"], ["NOTIFY=SUCCESS"])

    async with running_demonstration(configured(in_memory)) as gateway:
        await asyncio.to_thread(send, gateway)
        (notice,) = await mails(in_memory, ANNA)

    report = whybounce.diagnose(notice).report
    assert (report.kind, report.envelope_id) == ("success", "e7")
    assert report.outcomes[0].recipient == "ben@contoso.example"


async def test_of_a_large_message_only_the_header_goes_back(in_memory: Path):
    """And it passed whole where it was delivered."""
    mail = MAIL + ("x" * 70 + "\r\n") * 30_000
    async with running_demonstration(configured(in_memory)) as gateway:
        two = ("full@contoso.example", "ben@contoso.example")
        await submit(gateway, *two, mail=mail, by=Undeclaring)
        (notice,) = await mails(in_memory, ANNA)
        (delivered,) = await mails(in_memory, "ben@contoso.example")

    assert len(notice) < 60_000
    assert b"Subject: Minutes" in notice
    assert delivered.endswith(mail.replace("\r\n", "\n").encode())
