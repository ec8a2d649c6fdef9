"""How many deliver into one mailbox at once, who waits for how long, and whom that does not concern."""

import asyncio

from whybounce.gateway.delivery.crowding import Crowding


async def test_so_many_deliver_at_once_and_the_next_is_told_after_the_wait():
    crowding = Crowding(most=2, wait=0.01)
    async with crowding.places({"ben"}) as first, crowding.places({"ben"}) as second:
        async with crowding.places({"ben"}) as third:
            assert (first, second, third) == ({"ben"}, {"ben"}, frozenset())
        async with crowding.places({"anna"}) as other:
            assert other == {"anna"}
    async with crowding.places({"ben"}) as after:
        assert after == {"ben"}


async def test_who_waits_goes_in_as_soon_as_somebody_leaves():
    crowding = Crowding(most=1, wait=60)
    inside: list[int] = []

    async def deliver(number: int) -> None:
        async with crowding.places({"ben"}) as free:
            assert free == {"ben"}
            inside.append(number)
            await asyncio.sleep(0)
            assert inside.pop() == number

    async with asyncio.timeout(60):
        await asyncio.gather(*(deliver(number) for number in range(50)))


async def test_two_that_want_the_same_mailboxes_never_wait_for_each_other():
    crowding = Crowding(most=1, wait=60)

    async def deliver(*mailboxes: str) -> None:
        async with crowding.places(mailboxes) as free:
            assert free == set(mailboxes)
            await asyncio.sleep(0)

    async with asyncio.timeout(60):
        await asyncio.gather(
            *(deliver("anna", "ben") for _ in range(20)),
            *(deliver("ben", "anna", "ben") for _ in range(20)),
        )


async def test_who_is_cancelled_leaves_no_place_taken():
    crowding = Crowding(most=1, wait=60)
    async with crowding.places({"ben"}):
        waiting = asyncio.create_task(crowding.places({"anna", "ben"}).__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(60), crowding.places({"anna", "ben"}) as free:
        assert free == {"anna", "ben"}


async def test_mail_that_goes_on_to_others_needs_no_place():
    async with Crowding(most=1, wait=0).places(()) as free:
        assert free == frozenset()
