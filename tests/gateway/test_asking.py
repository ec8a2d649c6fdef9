"""Facts are fetched in as few questions as can be: one for each stage."""

from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address

import pytest

from facts import NOW, STRANGER, replace
from whybounce.checking.lookups import Resolver
from whybounce.gateway.asking import Asking, networks_of
from whybounce.gateway.directory import demonstration, load
from whybounce.gateway.limits import Limits
from whybounce.gateway.policies import POLICIES, Content, Judge
from whybounce.gateway.remembering import Remembering
from whybounce.gateway.store import Store, open_store
from whybounce.vocabulary.envelope import Envelope, Recipient
from whybounce.vocabulary.session import Session

LIMITS = Limits(
    unusual_messages=5,
    unknown_recipients=50,
    spam=50,
    received_per_hour=9,
    received_per_hour_from_one_sender=9,
    recipients_per_day=9,
    messages_per_minute=9,
    ipv6_range_per_hour=9,
)
CLIENT = Session("T1", "inbound", ip_address("2001:db8::9"), 4711, helo="mx.remote.example")
BUSY = replace(CLIENT, account="busy@contoso.example")
NOBODY = Resolver("127.0.0.1", 1)
CONTENT = Content(fields=(("From", "busy@contoso.example"),), octets=99)


class Counted:
    """A store that counts how often it is asked."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.questions = 0

    @property
    def changes(self) -> int:
        """What the store says."""
        return self._store.changes

    async def ask_briefly(self, question: Callable) -> object:
        """Answer it."""
        self.questions += 1
        return await self._store.ask_briefly(question)


@pytest.mark.parametrize(("session", "at_the_dot"), [(CLIENT, 0), (BUSY, 1)])
async def test_a_stage_is_one_question_with_every_limit_in_force(tmp_path, session, at_the_dot):
    """For a stranger nothing is asked at the dot."""
    async with open_store(f"sqlite:///{tmp_path}/q.db", random_bits=lambda _: 7) as store:
        await load(store, demonstration(), now=NOW)
        counted = Counted(store)
        asking = Asking(Remembering(counted), Judge(POLICIES, {}), NOBODY, "mail.contoso.example")
        begun = replace(STRANGER, session=session, limits=LIMITS, blocks=(), counts={})
        envelope = Envelope(session.account or "chris@remote.example")

        facts = await asking.at_mail(begun, envelope)
        assert counted.questions == 1
        await asking.at_recipient(facts, envelope, Recipient("ben@contoso.example"))
        assert counted.questions == 2
        await asking.at_message(facts, envelope, CONTENT)
        assert counted.questions == 2 + at_the_dot


async def test_a_login_has_its_mailbox_and_its_counts(tmp_path):
    """By the account's name, whatever the return path is."""
    async with open_store(f"sqlite:///{tmp_path}/q.db", random_bits=lambda _: 7) as store:
        await load(store, demonstration(), now=NOW)
        await store.count({"recipients-per-day busy@contoso.example": 2}, now=NOW)
        asking = Asking(Remembering(store), Judge(POLICIES, {}), NOBODY, "mail.contoso.example")
        begun = replace(STRANGER, session=BUSY, limits=LIMITS)

        facts = await asking.at_mail(begun, Envelope(""))
        facts = await asking.at_recipient(facts, Envelope(""), Recipient("ben@contoso.example"))

        assert facts.mailbox.recipients_per_day == 3
        assert facts.counts["recipients-per-day"] == 2


async def test_what_was_counted_is_read_once_in_a_message_and_added_to_by_what_happens(tmp_path):
    """Guessed recipients of this very message count at once."""
    key = "client-unknown 2001:db8::9"
    async with open_store(f"sqlite:///{tmp_path}/q.db", random_bits=lambda _: 7) as store:
        await load(store, demonstration(), now=NOW)
        await store.count({key: 1}, now=NOW - timedelta(minutes=30))
        await store.count({key: 9}, now=NOW - timedelta(minutes=90))
        asking = Asking(Remembering(store), Judge(POLICIES, {}), NOBODY, "mail.contoso.example")
        begun, envelope = replace(STRANGER, session=CLIENT, limits=LIMITS), Envelope("a@b.example")

        async def unknown() -> int:
            facts = await asking.at_recipient(begun, envelope, Recipient("x@contoso.example"))
            return facts.counts["client-unknown"]

        assert await unknown() == 1
        await store.count({key: 5}, now=NOW)
        assert await unknown() == 1
        asking.note({key: 2, "another": 1})
        assert await unknown() == 3
        await asking.at_mail(begun, envelope)
        assert await unknown() == 6


def test_the_networks_of_an_address_are_those_that_a_block_may_name():
    """From the address itself to the largest network."""
    of_ipv4, of_ipv6 = networks_of(ip_address("192.0.2.9")), networks_of(ip_address("2001:db8::9"))

    assert {"192.0.2.9", "192.0.2.8/31", "192.0.2.0/24", "192.0.0.0/8"} <= set(of_ipv4)
    assert {"2001:db8::9", "2001:db8::/64", "2001:db8::/32", "2001::/16"} <= set(of_ipv6)
    assert (len(of_ipv4), len(of_ipv6)) == (25, 113)
