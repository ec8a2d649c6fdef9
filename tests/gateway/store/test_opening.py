"""A queue is opened, or one sentence says why not, before anything listens."""

from pathlib import Path

import pytest

from whybounce.gateway.store import Filter, StoreSetupError
from whybounce.gateway.store.opening import open_for_reading, open_queue
from whybounce.gateway.store.tracing import queue


async def test_the_queue_can_be_read_beside_its_owner(url, open_, mail):
    """The command line shows it while the gateway runs, and changes nothing."""
    async with open_(url) as store:
        id_ = await mail.accept(store)
        with open_for_reading(url) as connection:
            page = queue(connection, Filter(), most=9)
            with pytest.raises(Exception, match=r"read-?only"):
                connection.exec_driver_sql("DELETE FROM recipients")

    assert [entry.message.id for entry in page.entries] == [id_]
    with open_for_reading(url) as connection:
        assert len(queue(connection, Filter(), most=9).entries) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("mysql://h/d", "'mysql' is no queue; write sqlite:///"),
        ("queue.db", "'queue.db' is no queue"),
        ("", "'' is no queue"),
        ("postgresql+asyncpg://u:secret@h/d", "'postgresql\\+asyncpg' is no queue"),
        (
            "postgresql://u:secret@h:port/d",
            "what follows postgresql:// cannot be read; write sqlite:///",
        ),
    ],
)
def test_a_url_that_names_no_queue_is_said(wrong, said):
    """Without the password that may stand in it."""
    for opening in (open_queue, lambda url: open_for_reading(url).__enter__()):
        with pytest.raises(StoreSetupError, match=said) as caught:
            opening(wrong)
        assert "secret" not in str(caught.value)


def test_a_new_queue_beside_old_bodies_is_refused(sqlite_url, in_memory):
    """The database was moved away to be mended: its bodies must not be swept."""
    (in_memory / "queue.db.bodies").mkdir()
    body = in_memory / "queue.db.bodies" / "0123.eml"
    body.write_bytes(b"somebody's mail")
    for _ in range(2):
        with pytest.raises(StoreSetupError, match="holds 1 bodies, but the queue"):
            open_queue(sqlite_url)

    assert body.exists()
    body.unlink()
    open_queue(sqlite_url).release()


def test_a_queue_that_is_not_there_cannot_be_read(sqlite_url):
    """And is not made by looking for it."""
    with pytest.raises(Exception, match="unreachable"), open_for_reading(sqlite_url):
        pass

    assert not Path(sqlite_url.removeprefix("sqlite:///")).exists()
