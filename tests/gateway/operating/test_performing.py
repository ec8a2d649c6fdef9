"""What operators do, on both databases, where no gateway runs."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from whybounce.gateway.config import read_config
from whybounce.gateway.operating.requests import Act, Do, Listing, Refused, Selection, Show, Trace
from whybounce.gateway.service import operating_alone
from whybounce.gateway.store.rows import NewMessage

EVER = datetime(1970, 1, 2, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Name an empty queue on each database."""
    return str(request.getfixturevalue(f"{request.param}_url"))


async def test_the_queue_is_operated_on_by_each_command(url, in_memory: Path, mail):
    """Mail is chosen by domain and cause; what is returned leaves an NDR, what is deleted nothing."""
    file = in_memory / "whybounce.toml"
    file.write_text(f'[server]\nname = "mail.example.org"\nqueue = "{url}"\n')
    async with operating_alone(read_config(file, {})) as operator:
        store = operator.store
        now = datetime.now(UTC)
        message: NewMessage = mail.message("a@one.example", "b@two.example", arrived=now)
        mail.now = now
        id_ = await mail.accept(store, "a@one.example", "b@two.example", arrived=now)
        other = await mail.accept(store, "c@one.example", arrived=now)
        for consignment in await mail.lease(store):
            await store.settle(mail.deferred(consignment, mail.after(minutes=5)))

        held = await operator.perform(Do(act=Act.HOLD, which=Selection(domain="ONE.example")), "o")
        shown = await operator.perform(Show(which=Selection(state="held")), "o")
        none = await operator.perform(Do(act=Act.RETRY, which=Selection(cause="greylisted")), "o")
        returned = await operator.perform(
            Do(act=Act.BOUNCE, which=Selection(ids=(id_,), domain="one.example")), "olga"
        )
        deleted = await operator.perform(Do(act=Act.DELETE, which=Selection(ids=(other,))), "o")
        left = await operator.perform(Show(which=Selection(sender="ANNA@example.org")), "o")
        traced = await operator.perform(Trace(wanted=id_, since=EVER), "o")
        unknown = await operator.perform(
            Do(act=Act.HOLD, which=Selection(ids=("0000000000001",))), "o"
        )

    assert message.envelope.sender == "anna@example.org"
    assert {each.id: each.changed for each in held.changes} == {id_: 1, other: 1}
    assert {each.id for each in shown.messages} == {id_, other}
    assert none.changes == ()
    assert [(each.changed, each.fault) for each in returned.changes] == [(1, None)]
    assert [each.changed for each in deleted.changes] == [1]
    assert isinstance(left, Listing)
    assert [[r.address for r in each.recipients] for each in left.messages] == [["b@two.example"]]
    (life,) = traced.found
    assert [each.ending for each in life.message.recipients] == ["failed", None]
    assert life.message.recipients[0].report == returned.changes[0].report
    assert "olga" in [each.who for each in life.happenings]
    assert isinstance(unknown, Refused)


async def test_what_is_being_tried_is_left_alone(sqlite_url, in_memory: Path, mail):
    """Its outcome is about to be known."""
    file = in_memory / "whybounce.toml"
    file.write_text(f'[server]\nqueue = "{sqlite_url}"\n')
    async with operating_alone(read_config(file, {})) as operator:
        mail.now = datetime.now(UTC)
        id_ = await mail.accept(operator.store, arrived=mail.now)
        await mail.lease(operator.store)
        which = Selection(ids=(id_,))
        for act in (Act.HOLD, Act.BOUNCE, Act.DELETE):
            answer = await operator.perform(Do(act=act, which=which), "o")
            assert [(each.changed, each.being_tried) for each in answer.changes] == [(0, 1)]


async def test_a_body_that_is_damaged_is_not_returned_and_stays_as_it_was(
    sqlite_url, in_memory: Path, mail, sql
):
    """What was held is held again, or set aside; nobody is told of what cannot be read."""
    file = in_memory / "whybounce.toml"
    file.write_text(f'[server]\nqueue = "{sqlite_url}"\n')
    async with operating_alone(read_config(file, {})) as operator:
        mail.now = datetime.now(UTC)
        id_ = await mail.accept(operator.store, arrived=mail.now)
        await operator.perform(Do(act=Act.HOLD, which=Selection(ids=(id_,))), "o")
        sql(sqlite_url, "UPDATE bodies SET checksum = checksum + 1")
        answer = await operator.perform(Do(act=Act.BOUNCE, which=Selection(ids=(id_,))), "o")
        life = await operator.store.life(id_)

    assert answer.changes[0].changed == 0
    assert "damaged" in answer.changes[0].fault
    assert life.entry.recipients[0].state in {"held", "quarantined"}
    assert life.entry.recipients[0].outcome is None
