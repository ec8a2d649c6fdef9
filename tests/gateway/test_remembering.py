"""What is remembered, and when it is forgotten."""

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from facts import NOW
from whybounce.gateway import remembering
from whybounce.gateway.blocks import new_block
from whybounce.gateway.directory import Directory, DirectoryTable, demonstration, load
from whybounce.gateway.directory.passwords import Passwords
from whybounce.gateway.remembering import NotRememberedError, Remembering
from whybounce.gateway.store import Lifting, Store, open_store

ERIK = "erik@fabrikam.example"
BEN = "ben@contoso.example"  # Whose organisation has a rule about some senders.
SUBJECTS = {"ip": ["192.0.2.9", "192.0.2.0/24"], "sender": ["chris@remote.example"]}


def store_in(folder):
    """Open a store."""
    numbers = iter(range(1, 1_000_000))
    return open_store(
        f"sqlite:///{folder}/q.db", random_bits=lambda bits: next(numbers) % (1 << bits)
    )


def banned(subject: str = "192.0.2.9", lasts: timedelta | None = None):
    """Return a block."""
    return new_block(
        kind="ip", subject=subject, cause="banned-ip", reason="", by="o", now=NOW, lasts=lasts
    )


async def look(memory: Remembering, store: Store, question=lambda _: None, now=NOW):
    """Look anew, and ask something."""
    changes = memory.changes
    return await store.ask(lambda c: question(memory.asking(c, now, changes)))


async def test_nothing_is_remembered_before_somebody_has_looked(tmp_path):
    async with store_in(tmp_path) as store:
        with pytest.raises(NotRememberedError):
            Remembering(store).recalled(NOW).blocks(SUBJECTS)


async def test_what_was_looked_at_holds_for_a_second(tmp_path):
    """Afterwards, and before, should the clock have been set back, it is looked at anew."""
    async with store_in(tmp_path) as store:
        memory = Remembering(store)
        await look(memory, store)
        assert memory.recalled(NOW + timedelta(milliseconds=999)).blocks(SUBJECTS) == ()
        for other in (timedelta(seconds=1), timedelta(seconds=-1)):
            with pytest.raises(NotRememberedError):
                memory.recalled(NOW + other).blocks(SUBJECTS)


async def test_what_this_process_changes_counts_at_once(tmp_path):
    """A block put in force, and lifted; networks too, and no block of another kind."""
    async with store_in(tmp_path) as store:
        memory = Remembering(store)
        await look(memory, store)
        id_ = await store.block(banned("192.0.2.0/24"))
        await store.block(banned("198.51.100.1"))
        with pytest.raises(NotRememberedError):
            memory.recalled(NOW).blocks(SUBJECTS)
        await look(memory, store)
        (block,) = memory.recalled(NOW).blocks(SUBJECTS)
        assert block.id == id_
        assert memory.recalled(NOW).blocks({"sender": ["192.0.2.0/24"]}) == ()
        await store.lift(Lifting(id_, "olga", NOW))
        await look(memory, store)
        assert memory.recalled(NOW).blocks(SUBJECTS) == ()


async def test_what_another_process_changes_counts_at_the_next_look(tmp_path):
    """Put in force, prolonged and lifted by a store that tells this one nothing."""
    async with store_in(tmp_path) as store:
        memory = Remembering(store)
        await look(memory, store)
        counted = store.changes
        seen = []
        for step in (
            lambda: store.block(banned(lasts=timedelta(hours=1))),
            lambda: store.block(banned(lasts=timedelta(hours=2))),
        ):
            id_ = await step()
            store.changes = counted
            later = NOW + timedelta(seconds=2 * (len(seen) + 1))
            seen.append(await look(memory, store, lambda r: r.blocks(SUBJECTS), now=later))
        await store.lift(Lifting(id_, "olga", NOW))
        store.changes = counted
        after = await look(
            memory, store, lambda r: r.blocks(SUBJECTS), now=NOW + timedelta(seconds=9)
        )

        assert [each.until for (each,) in seen] == [NOW + timedelta(hours=h) for h in (1, 2)]
        assert after == ()


async def test_a_block_ends_at_its_time_though_it_is_remembered(tmp_path):
    async with store_in(tmp_path) as store:
        memory = Remembering(store)
        await store.block(banned(lasts=timedelta(milliseconds=500)))
        await look(memory, store)

        assert len(memory.recalled(NOW).blocks(SUBJECTS)) == 1
        assert memory.recalled(NOW + timedelta(milliseconds=500)).blocks(SUBJECTS) == ()


async def test_of_more_blocks_than_fit_each_message_asks_for_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(remembering, "_MOST_BLOCKS", 1)
    async with store_in(tmp_path) as store:
        memory = Remembering(store)
        await store.block(banned())
        await store.block(banned("198.51.100.1"))

        (block,) = await look(memory, store, lambda r: r.blocks(SUBJECTS))
        assert block.subject == "192.0.2.9"
        assert memory.recalled(NOW).may_be_blocked
        with pytest.raises(NotRememberedError):
            memory.recalled(NOW).blocks(SUBJECTS)


async def test_a_recipient_is_remembered_until_the_directory_changes(tmp_path):
    """For every sender, where it lets everybody write."""
    async with store_in(tmp_path) as store:
        memory = Remembering(store)
        await load(store, demonstration(), now=NOW)
        await look(memory, store, lambda r: r.destination("a@b.example", ERIK, None))
        found = memory.recalled(NOW).destination("c@d.example", ERIK, None)
        assert found.found.entry.address == ERIK

        await load(store, _without_erik(), now=NOW)
        with pytest.raises(NotRememberedError):
            memory.recalled(NOW).destination("a@b.example", ERIK, None)
        gone = await look(memory, store, lambda r: r.destination("a@b.example", ERIK, None))
        assert gone.found is None


async def test_what_depends_on_the_sender_is_remembered_for_that_sender(tmp_path):
    """By the recipient's lists, or by a rule of its organisation."""
    async with store_in(tmp_path) as store:
        memory = Remembering(store)
        await load(store, demonstration(), now=NOW)
        for address in ("choosy@contoso.example", BEN):
            await look(memory, store, lambda r, to=address: r.destination("a@b.example", to, None))
            kept = memory.recalled(NOW).destination("a@b.example", address, None)
            assert kept.found.entry.address == address
            with pytest.raises(NotRememberedError):
                memory.recalled(NOW).destination("c@d.example", address, None)


async def test_who_tries_names_makes_nobody_elses_be_forgotten(tmp_path, monkeypatch):
    """What nobody has is remembered too, but apart."""
    monkeypatch.setattr(remembering, "_MOST_UNKNOWN", 2)
    async with store_in(tmp_path) as store:
        memory = Remembering(store)
        await load(store, demonstration(), now=NOW)
        for address in (ERIK, *(f"nobody{n}@contoso.example" for n in range(3))):
            await look(memory, store, lambda r, to=address: r.destination("a@b.example", to, None))
        recalled = memory.recalled(NOW)
        assert recalled.destination("a@b.example", ERIK, None).found is not None
        assert recalled.destination("a@b.example", "nobody2@contoso.example", None).found is None
        with pytest.raises(NotRememberedError):
            recalled.destination("a@b.example", "nobody0@contoso.example", None)


async def test_an_answer_is_kept_under_its_question_and_there_is_a_bound(tmp_path, monkeypatch):
    monkeypatch.setattr(remembering, "_MOST_ANSWERS", 2)
    async with store_in(tmp_path) as store:
        memory = Remembering(store)

        def three(recalled) -> None:
            for number in range(3):
                recalled.answer(("square", number), lambda _, n=number: n * n)

        await look(memory, store, three)
        assert memory.recalled(NOW).answer(("square", 2), lambda _: 0) == 4
        with pytest.raises(NotRememberedError):
            memory.recalled(NOW).answer(("square", 0), lambda _: 0)


def _without_erik() -> DirectoryTable:
    contoso, fabrikam, *others = demonstration().organisation
    left = tuple(each for each in fabrikam.mailbox if each.address != ERIK)
    nobody = tuple(structs.replace(each, catch_all=None) for each in fabrikam.domain)
    return DirectoryTable(
        organisation=(contoso, structs.replace(fabrikam, mailbox=left, domain=nobody), *others)
    )


async def test_whom_mail_leads_to_is_asked_once_until_the_directory_changes(tmp_path, monkeypatch):
    """Each message that leaves asks the same; strangers' addresses are not even looked for."""
    asked = 0
    async with store_in(tmp_path) as store:
        await load(store, demonstration(), now=NOW)
        ask_briefly = store.ask_briefly

        async def counted(question: object) -> object:
            nonlocal asked
            asked += 1
            return await ask_briefly(question)

        monkeypatch.setattr(store, "ask_briefly", counted)
        directory = Directory(store, Passwords(), Remembering(store).recall(lambda: NOW))
        for _ in range(3):
            found = await directory.recipient(ERIK)
            assert found is not None
            assert found.entry.address == ERIK
            assert await directory.recipient("chris@remote.example") is None
            assert await directory.connector_for("remote.example", organisation="Contoso") is None
        remembered = asked
        await load(store, DirectoryTable(), now=NOW)

        assert await directory.recipient(ERIK) is None
    assert remembered == 4


class Forgetful(dict):
    """Answers that are forgotten right after a look, as by another thread that keeps one too many."""

    def __contains__(self, question: object) -> bool:
        """Say that it is there, which it was."""
        found = super().__contains__(question)
        self.clear()
        return found


async def test_what_another_thread_forgets_meanwhile_is_no_mistake(tmp_path):
    """The threads that read PostgreSQL share what is remembered."""
    async with store_in(tmp_path) as store:
        memory = Remembering(store)
        await look(memory, store, lambda recalled: recalled.answer("how many", lambda _: 7))
        known = memory._known  # noqa: SLF001  # what the threads share
        memory._known = replace(known, answers=Forgetful(known.answers))  # noqa: SLF001  # likewise

        assert memory.recalled(NOW).answer("how many", lambda _: 0) == 7
