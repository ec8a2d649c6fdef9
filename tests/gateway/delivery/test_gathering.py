"""Those of one message that end in one moment are settled as one."""

import asyncio
from datetime import UTC, datetime

import pytest

from whybounce.gateway.delivery.gathering import Gathering, Part
from whybounce.gateway.store.rows import Consignment, LeasedRecipient, QueuedMessage

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def consignment(number: int, *, lease: int = 1, message: str = "M1") -> Consignment:
    """Return what goes to one domain."""
    domain = f"d{number}.example"
    recipient = LeasedRecipient(
        number,
        f"x@{domain}",
        domain,
        orcpt=None,
        notify=None,
        tries=0,
        delay_told=None,
    )
    queued = QueuedMessage.__new__(QueuedMessage)
    object.__setattr__(queued, "id", message)
    return Consignment(queued, domain, (recipient,), "node", lease, NOW)


class Settled:
    """Keeps what was settled, and as what."""

    def __init__(self) -> None:
        self.parts: list[list[int]] = []

    async def __call__(self, part: Part) -> None:
        """Keep the numbers."""
        self.parts.append([each.number for each in part.consignment.recipients])


async def test_they_wait_until_all_have_come_to_something():
    """The last one to come ends the waiting; another message's, or another lease's, is none of them."""
    gathering, settled = Gathering(most=60), Settled()
    first, second = consignment(1), consignment(2)
    other, later = consignment(3, message="M2"), consignment(4, lease=2)
    with gathering.under_way(first), gathering.under_way(second), gathering.under_way(other):
        assert gathering.is_alone(other)
        assert not gathering.is_alone(first)
        with gathering.under_way(later):
            assert gathering.is_alone(later)
            waiting = asyncio.create_task(gathering.settle(Part(first, (), ()), settled))
            await asyncio.sleep(0)
            assert settled.parts == []
            await gathering.settle(Part(second, (), ()), settled)
            await waiting

    assert settled.parts == [[1, 2]]


async def test_one_that_ends_otherwise_is_waited_for_no_more():
    """It was delivered, or given back."""
    gathering, settled = Gathering(most=60), Settled()
    first, second = consignment(1), consignment(2)
    with gathering.under_way(first):
        with gathering.under_way(second):
            waiting = asyncio.create_task(gathering.settle(Part(first, (), ()), settled))
            await asyncio.sleep(0)
        async with asyncio.timeout(30):
            await waiting

    assert settled.parts == [[1]]
    assert gathering.is_alone(first)


async def test_nobody_waits_longer_than_a_moment():
    """A server that says nothing keeps nobody from being told."""
    gathering, settled = Gathering(most=0.01), Settled()
    first, second = consignment(1), consignment(2)
    with gathering.under_way(first), gathering.under_way(second):
        async with asyncio.timeout(30):
            await gathering.settle(Part(first, (), ()), settled)
            await gathering.settle(Part(second, (), ()), settled)

    assert settled.parts == [[1], [2]]


async def test_who_is_cut_off_while_it_waits_is_settled_at_once():
    """So nothing that was found is lost when the gateway stops."""
    gathering, settled = Gathering(most=60), Settled()
    first, second = consignment(1), consignment(2)
    with gathering.under_way(first), gathering.under_way(second):
        waiting = asyncio.create_task(gathering.settle(Part(first, (), ()), settled))
        await asyncio.sleep(0)
        waiting.cancel()
        async with asyncio.timeout(30):
            with pytest.raises(asyncio.CancelledError):
                await waiting

    assert settled.parts == [[1]]


async def test_what_cannot_be_settled_is_said_to_all_who_waited():
    """Each of them is logged, as it is where one is alone."""

    async def fails(_: Part) -> None:
        raise RuntimeError("no room")

    gathering = Gathering(most=60)
    first, second = consignment(1), consignment(2)
    with gathering.under_way(first), gathering.under_way(second):
        ends = await asyncio.gather(
            gathering.settle(Part(first, (), ()), fails),
            gathering.settle(Part(second, (), ()), fails),
            return_exceptions=True,
        )

    assert [str(each) for each in ends] == ["no room", "no room"]
