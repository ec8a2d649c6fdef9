"""The whole gateway on real SMTP: a message sent, what goes wrong with it, and what its sender reads."""

import asyncio
import smtplib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import whybounce
from serving import (
    ANNA,
    MAIL,
    Undeclaring,
    bring,
    configured,
    mails,
    outside,
    running_demonstration,
    submit,
)
from whybounce.gateway.config import read_config
from whybounce.gateway.directory import read_directory
from whybounce.gateway.outbound import Outbound
from whybounce.gateway.service import AddressTakenError, Running, running, until_stopped
from whybounce.gateway.store import Filter
from whybounce.gateway.store.rows import State
from whybounce.provoking.mail_server import Behaviour

UNKNOWN = "550 5.1.1 <nobody@remote.example>: Recipient address rejected: User unknown"


async def test_a_mail_that_a_remote_refuses_comes_back_explained(in_memory: Path):
    """Message, problem, NDR, explanation: with the remote's own words."""
    refusing = Behaviour(replies={"RCPT nobody@remote.example": UNKNOWN})
    async with (
        outside(refusing) as world,
        running_demonstration(configured(in_memory, world)) as gateway,
    ):
        await submit(gateway, "nobody@remote.example", "chris@remote.example")
        (notice,) = await mails(in_memory, ANNA)
        delivered = world.remote.received

    diagnosis = whybounce.diagnose(notice)
    (outcome,), (explanation,) = diagnosis.report.outcomes, diagnosis.explanations
    assert explanation.cause == "no-such-mailbox"
    assert outcome.recipient == "nobody@remote.example"
    assert "User unknown" in outcome.reply.text
    assert str(outcome.status) == "5.1.1"
    assert outcome.rejected_by == "mx.remote.example"
    assert diagnosis.report.generator == "mail.contoso.example"
    assert b"\nTo: <anna@contoso.example>\n" in notice
    assert notice.startswith(b"Return-Path: <>\n")
    assert b"https://help.contoso.example/causes/no-such-mailbox" in notice.replace(b"=\n", b"")
    assert [each.recipients for each in delivered] == [["chris@remote.example"]]


async def test_mail_for_a_colleague_lies_in_the_maildir(in_memory: Path):
    """With Received, and the Date and Message-ID that the client forgot."""
    async with running_demonstration(configured(in_memory)) as gateway:
        await submit(gateway, "ben@contoso.example")
        (mail,) = await mails(in_memory, "ben@contoso.example")

    assert mail.startswith(b"Return-Path: <anna@contoso.example>\n")
    assert b"\n\tby mail.contoso.example\n\twith ESMTPA id " in mail
    assert b"\nDate: " in mail
    assert b"\nMessage-ID: <" in mail
    assert mail.endswith(MAIL.replace("\r\n", "\n").encode())


async def test_a_stranger_hears_at_once_who_is_not_here(in_memory: Path):
    """At RCPT, in the catalogue's words; the others' mail is taken, and nothing is added to it."""
    async with running_demonstration(configured(in_memory)) as gateway:
        refused = await bring(gateway, "nobody@contoso.example", "ben@contoso.example")
        (mail,) = await mails(in_memory, "ben@contoso.example")
        trace = await gateway.store.trace(
            "nobody@contoso.example", since=_long_ago(), until=_in_a_while(), most=10
        )

    code, words = refused["nobody@contoso.example"]
    assert code == 550
    assert words.startswith(b"5.1.10 Recipient not found: nobody@contoso.example")
    assert b"\nDate: " not in mail
    assert [each.kind for each in trace.events] == ["refused"]


@pytest.mark.parametrize(
    ("recipient", "status"),
    [
        ("chris@remote.example", b"5.7.1 Unable to relay"),
        ("disabled@contoso.example", b"5.2.1"),
        ("moved@contoso.example", b"5.1.6"),
        ("nobody@edge.fabrikam.example", b"5.4.1"),
        ("director@contoso.example", b"5.7.134"),
        ("everyone@contoso.example", b"5.7.133"),
        ("suggestions@contoso.example", b"5.7.13 "),
        ("mia@contoso.example", b"5.7.136"),
        ("board@contoso.example", b"5.7.124"),
        ("choosy@contoso.example", b"5.7.1 Delivery not authorized"),
    ],
)
async def test_a_stranger_is_refused(in_memory: Path, recipient: str, status: bytes):
    """Relaying, mailboxes that take no mail, and recipients who choose who may write."""
    async with running_demonstration(configured(in_memory)) as gateway:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            await bring(gateway, recipient)

    assert refused.value.recipients[recipient][1].startswith(status)


@pytest.mark.parametrize(
    ("sender", "mail"),
    [
        ("ben@contoso.example", MAIL),
        (ANNA, MAIL.replace("anna@", "ben@")),
        (ANNA, MAIL.replace("From: ", "From: anna@contoso.example <ben@contoso.example>, ")),
        (ANNA, MAIL.replace("From: ", "From: ben@contoso.example, ")),
        (ANNA, "Sender: anna@contoso.example\r\n" + MAIL.replace("anna@", "b@x.example, ben@")),
        (ANNA, "Sender: b@x.example\r\n" + MAIL.replace("From: ", "From: ben@contoso.example, ")),
    ],
    ids=["return path", "From", "name that is an address", "co-author", "Sender", "other Sender"],
)
async def test_nobody_sends_in_anothers_name(in_memory: Path, sender: str, mail: str):
    """Neither in the envelope nor in the header."""
    async with running_demonstration(configured(in_memory)) as gateway:
        with pytest.raises(smtplib.SMTPResponseException, match=r"5\.7\.60") as refused:
            await submit(gateway, "ben@contoso.example", sender=sender, mail=mail)

    assert refused.value.smtp_code == 550


async def test_one_of_several_authors_sends_for_all(in_memory: Path):
    """RFC 5322 §3.6.2: the Sender field says who."""
    several = MAIL.replace("From: ", "Sender: anna@contoso.example\r\nFrom: ben@contoso.example, ")
    async with running_demonstration(configured(in_memory)) as gateway:
        refused = await submit(gateway, "ben@contoso.example", mail=several)

    assert refused == {}


async def test_without_a_password_nothing_is_submitted(in_memory: Path):
    """Nor with a wrong one."""

    def try_wrong(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port, "client.example", timeout=60) as client:
            assert client.ehlo()[0] == 250
            assert client.docmd("MAIL FROM:<anna@contoso.example>")[0] == 530
            client.login(ANNA, "wrong")

    async with running_demonstration(configured(in_memory)) as gateway:
        with pytest.raises(smtplib.SMTPAuthenticationError, match=r"5\.7\.8"):
            await asyncio.to_thread(try_wrong, gateway.ports["submission"][0])


async def test_an_account_may_be_kept_from_logging_in_by_smtp(in_memory: Path):
    """Whoever has the password is told so; others are told that it is wrong."""

    def try_both(port: int) -> list[bytes]:
        said = []
        for password in ("demonstration", "wrong"):
            with smtplib.SMTP("127.0.0.1", port, "client.example", timeout=60) as client:
                try:
                    client.login("scanner", password)
                except smtplib.SMTPAuthenticationError as error:
                    said.append(error.smtp_error)
        return said

    async with running_demonstration(configured(in_memory)) as gateway:
        right, wrong = await asyncio.to_thread(try_both, gateway.ports["submission"][0])

    assert right.startswith(b"5.7.139 ")
    assert wrong.startswith(b"5.7.8 ")


async def test_a_full_mailbox_is_told_to_the_sender_and_a_null_sender_is_told_nothing(
    in_memory: Path,
):
    """RFC 5321 §4.5.5: a report about a report would never end."""
    async with running_demonstration(configured(in_memory)) as gateway:
        await bring(gateway, "full@contoso.example", sender="", by=Undeclaring)
        await submit(gateway, "full@contoso.example", by=Undeclaring)
        (notice,) = await mails(in_memory, ANNA)
        trace = await gateway.store.trace(
            "full@contoso.example", since=_long_ago(), until=_in_a_while(), most=10
        )

    assert whybounce.diagnose(notice).explanations[0].cause == "mailbox-full"
    tolds = {
        each.entry.message.sender: each.entry.recipients[0].outcome.told for each in trace.lives
    }
    assert tolds == {"": "suppressed", ANNA: "reported"}


async def test_who_declares_more_than_there_is_room_for_hears_of_it_at_once(in_memory: Path):
    """Strangers and our own people alike; the other recipient is served, and no notice is written."""
    two = ("full@contoso.example", "ben@contoso.example")
    async with running_demonstration(configured(in_memory)) as gateway:
        told = [await bring(gateway, *two), await submit(gateway, *two)]
        await mails(in_memory, "ben@contoso.example", count=2)
        trace = await gateway.store.trace(
            "full@contoso.example", since=_long_ago(), until=_in_a_while(), most=10
        )

    words = b"5.2.2 Mailbox of full@contoso.example is full"
    assert told == [{"full@contoso.example": (552, words)}] * 2
    assert trace.lives == ()
    assert not (in_memory / "mailboxes" / ANNA).exists()
    assert len(trace.events) == 2
    words = "mailbox-full by mailbox_has_room (0 of 1 octets are used, and "
    assert all(each.text.startswith(words) for each in trace.events)


async def test_an_alias_of_a_full_mailbox_is_refused_and_a_list_with_one_is_not(in_memory: Path):
    """Others of the list may have room: it is taken, and its owner hears of the one."""
    file = in_memory / "people.toml"
    file.write_text("""
        [[organisation]]
        name = "Contoso"
        [[organisation.domain]]
        name = "contoso.example"
        [[organisation.mailbox]]
        address = "full@contoso.example"
        quota = "1 B"
        [[organisation.alias]]
        address = "help@contoso.example"
        to = ["full@contoso.example"]
        [[organisation.group]]
        address = "all@contoso.example"
        members = ["full@contoso.example"]
    """)
    async with running(configured(in_memory), read_directory(file)) as gateway:
        told = await bring(gateway, "help@contoso.example", "all@contoso.example")

    words = b"5.2.2 Mailbox of help@contoso.example is full"
    assert told == {"help@contoso.example": (552, words)}


async def test_who_asked_for_no_report_gets_none(in_memory: Path):
    """NOTIFY=NEVER, RFC 3461 §4.1."""

    def send(port: int) -> None:
        with Undeclaring("127.0.0.1", port, "client.example", timeout=60) as client:
            client.login(ANNA, "demonstration")
            client.sendmail(ANNA, "full@contoso.example", MAIL, rcpt_options=["NOTIFY=NEVER"])

    async with running_demonstration(configured(in_memory)) as gateway:
        await asyncio.to_thread(send, gateway.ports["submission"][0])
        told = await _told(gateway, "full@contoso.example")

    assert told == "suppressed"
    assert not (in_memory / "mailboxes" / ANNA).exists()


async def test_a_group_is_opened_and_its_owner_hears_of_bad_members(in_memory: Path):
    """RFC 5321 §3.9: not the sender, who knows nothing of its members."""
    async with running_demonstration(configured(in_memory)) as gateway:
        await bring(gateway, "troubled@contoso.example")
        (mail,) = await mails(in_memory, "ben@contoso.example")
        (notice,) = await mails(in_memory, ANNA)

    assert mail.startswith(b"Return-Path: <anna@contoso.example>\n")
    assert whybounce.diagnose(notice).report.outcomes[0].recipient == "full@contoso.example"


async def test_a_group_of_too_many_is_not_opened_to_some_of_them(in_memory: Path):
    """The others would never hear of it; the sender does instead."""
    few = configured(in_memory, more="[limits]\ngroup-members = 1\n")
    async with running_demonstration(few) as gateway:
        await submit(gateway, "sales@contoso.example")
        (notice,) = await mails(in_memory, ANNA)

    assert whybounce.diagnose(notice).explanations[0].cause == "group-expansion-failed"
    assert b"550 5.2.4 Mailing list expansion problem" in notice
    assert not (in_memory / "mailboxes" / "ben@contoso.example").exists()


async def test_beside_a_group_the_others_are_served_too(in_memory: Path):
    """They are of one consignment: the group ends first, and the rest is carried."""
    async with running_demonstration(configured(in_memory)) as gateway:
        three = ("sales@contoso.example", "full@contoso.example", ANNA)
        await submit(gateway, *three, by=Undeclaring)
        (bens,) = await mails(in_memory, "ben@contoso.example")
        (colleagues,) = await mails(in_memory, "jürgen@contoso.example")
        annas = await mails(in_memory, ANNA, count=2)

    assert b"See below." in bens
    assert b"See below." in colleagues
    assert {whybounce.diagnose(each).report.kind for each in annas} == {"failure", "not-a-report"}


async def test_forwarded_mail_stays_here_too_and_keeps_its_sender(in_memory: Path):
    """As the mailbox's owner wants it."""
    async with running_demonstration(configured(in_memory)) as gateway:
        await submit(gateway, "away@contoso.example")
        (kept,) = await mails(in_memory, "away@contoso.example")
        (forwarded,) = await mails(in_memory, "erik@fabrikam.example")

    assert kept.startswith(b"Return-Path: <anna@contoso.example>\n")
    assert forwarded.startswith(b"Return-Path: <anna@contoso.example>\n")


async def test_forwarding_to_outside_that_is_not_allowed_loses_nothing(in_memory: Path):
    """The mail stays in the mailbox, and whose it is hears why it went no further."""
    async with running_demonstration(configured(in_memory)) as gateway:
        await submit(gateway, "forwarder@fabrikam.example")
        found = await mails(in_memory, "forwarder@fabrikam.example", count=2)

    (kept,) = (each for each in found if each.startswith(b"Return-Path: <anna@contoso.example>"))
    (notice,) = (each for each in found if each != kept)
    assert b"See below." in kept
    diagnosis = whybounce.diagnose(notice)
    assert diagnosis.explanations[0].cause == "external-forwarding-blocked"
    assert diagnosis.report.outcomes[0].recipient == "freya@elsewhere.example"
    assert not (in_memory / "mailboxes" / ANNA).exists()


async def test_a_report_that_may_not_be_forwarded_makes_no_other(in_memory: Path):
    """Its return path is null."""
    async with running_demonstration(configured(in_memory)) as gateway:
        await bring(gateway, "forwarder@fabrikam.example", sender="")
        (kept,) = await mails(in_memory, "forwarder@fabrikam.example")

    assert kept.startswith(b"Return-Path: <>\n")


async def test_a_postmaster_is_always_there(in_memory: Path):
    """RFC 5321 §4.5.1: of this system, and of domains that name nobody."""

    def send(gateway: Running) -> None:
        with smtplib.SMTP(
            "127.0.0.1", gateway.ports["inbound"][0], "client.example", timeout=60
        ) as client:
            assert client.docmd("EHLO client.example")[0] == 250
            assert client.mail("chris@remote.example")[0] == 250
            for address in ("Postmaster", "postmaster@mail.contoso.example"):
                assert client.docmd(f"RCPT TO:<{address}>")[0] == 250
            assert client.data(MAIL)[0] == 250

    async with running_demonstration(configured(in_memory)) as gateway:
        await asyncio.to_thread(send, gateway)
        found = await mails(in_memory, "postmaster", count=2)

    assert all(b"See below." in each for each in found)


async def test_an_address_beyond_ascii_gets_its_mail(in_memory: Path):
    """SMTPUTF8, RFC 6531."""

    def send(gateway: Running) -> None:
        with smtplib.SMTP(
            "127.0.0.1", gateway.ports["submission"][0], "client.example", timeout=60
        ) as client:
            client.login(ANNA, "demonstration")
            client.sendmail(ANNA, "jürgen@contoso.example", MAIL.encode(), ["SMTPUTF8"])

    async with running_demonstration(configured(in_memory)) as gateway:
        await asyncio.to_thread(send, gateway)
        (mail,) = await mails(in_memory, "jürgen@contoso.example")

    assert b"\twith UTF8SMTPA id " in mail


async def test_what_was_queued_is_delivered_after_a_restart(in_memory: Path):
    """Taken while the remote says later; delivered in the next life."""
    async with outside(Behaviour(replies={"RCPT": "451 4.7.1 Later"})) as world:
        config = configured(in_memory, world, more='\n[retry]\nwaits = ["1s"]\n')
        async with running_demonstration(config) as gateway:
            await submit(gateway, "chris@remote.example")
            page = await gateway.store.queue(Filter(), most=10)
            assert page.entries[0].recipients[0].state is State.QUEUED
        assert world.remote.received == []

        world.remote.behaviour = Behaviour()
        async with running_demonstration(config):
            await _until(lambda: bool(world.remote.received))

    assert world.remote.received[0].recipients == ["chris@remote.example"]
    assert b"Subject: Minutes" in world.remote.received[0].data


async def test_a_mistake_of_the_part_that_delivers_ends_the_gateway_and_stands_in_its_log(
    in_memory: Path, monkeypatch, caplog
):
    """With the place in the code: whoever runs it can report more than that it ended."""
    take_some, ours = Outbound._take_some, asyncio.get_running_loop()  # noqa: SLF001  # where the mistake is made

    async def mistaken(self: Outbound) -> bool:
        if (
            asyncio.get_running_loop() is not ours
        ):  # Another test's gateway may run beside this one.
            return await take_some(self)
        raise KeyError("a mistake")

    monkeypatch.setattr(Outbound, "_take_some", mistaken)
    async with running_demonstration(configured(in_memory)) as gateway:
        with pytest.raises(KeyError, match="a mistake"):
            await asyncio.wait_for(until_stopped(gateway, asyncio.Event()), 30)

    (record,) = [each for each in caplog.records if each.levelname == "CRITICAL"]
    assert record.getMessage() == "the part that delivers has ended, and the gateway with it"
    assert record.exc_info[0] is KeyError


async def test_a_port_in_use_is_named(in_memory: Path, tmp_path: Path):
    """And nothing is left running."""
    async with running_demonstration(configured(in_memory)) as gateway:
        file = tmp_path / "second.toml"
        port = gateway.ports["inbound"][0]
        file.write_text(
            f'[server]\nqueue = "data"\n[[listener]]\nname = "a"\naddresses = ["127.0.0.1:{port}"]\n'
        )
        with pytest.raises(AddressTakenError, match=f"127.0.0.1:{port}.*in use"):
            async with running_demonstration(read_config(file, {})):
                pass


def _long_ago() -> datetime:
    return datetime.now(UTC) - timedelta(days=1)


def _in_a_while() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)


async def _told(gateway: Running, address: str) -> str | None:
    """Return what became of the report about a recipient, once it has its end."""
    async with asyncio.timeout(60):
        while True:
            trace = await gateway.store.trace(
                address, since=_long_ago(), until=_in_a_while(), most=10
            )
            outcomes = [each.entry.recipients[0].outcome for each in trace.lives]
            if outcomes and all(outcomes):
                return outcomes[0].told
            await asyncio.sleep(0.02)


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(0.02)


TWO_HOSTS = """
[[organisation]]
name = "Contoso"

[[organisation.domain]]
name = "contoso.example"
kind = "external-relay"

[[organisation.outbound-connector]]
name = "inside"
domains = ["contoso.example"]
hosts = [{hosts}]
"""


async def test_a_connectors_second_host_is_asked_where_the_first_takes_nothing(in_memory: Path):
    """One that does not exist, one that refuses connections, and one that is there."""
    async with outside() as world:
        directory = in_memory / "directory.toml"
        port = world.remote.port
        hosts = f'"nowhere.example:25", "127.0.0.9:{port}", "127.0.0.1:{port}"'
        directory.write_text(TWO_HOSTS.format(hosts=hosts))
        async with running(configured(in_memory, world), read_directory(directory)) as gateway:
            await bring(gateway, "ben@contoso.example")
            await _until(lambda: bool(world.remote.received))

    assert world.remote.received[0].recipients == ["ben@contoso.example"]
