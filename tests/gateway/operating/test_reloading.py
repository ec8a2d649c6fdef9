"""What of a changed configuration comes into force at once, and what waits."""

from pathlib import Path

from whybounce.gateway.config import Config, read_config
from whybounce.gateway.operating.reloading import at_next_start, changed, in_force

BASE = """
[server]
queue = "data"
drain = "5s"
[limits]
hops = 30
[[listener]]
name = "inbound"
addresses = ["127.0.0.1:2525"]
"""


def _read(folder: Path, text: str) -> Config:
    path = folder / "whybounce.toml"
    path.write_text(text)
    return read_config(path, {})


def test_what_can_change_while_it_runs_is_in_force_and_the_rest_is_named(tmp_path):
    """A listener keeps where it listens; a new one waits."""
    before = _read(tmp_path, BASE)
    fresh = _read(
        tmp_path,
        BASE.replace('"data"', '"other"')
        .replace("5s", "9s")
        .replace("30", "31")
        .replace("2525", "2526")
        + 'line-ends = "normalise"\n[[listener]]\nname = "new"\naddresses = ["127.0.0.1:2527"]\n'
        + "[outbound]\nport = 26\n[web]\nprivate = true\naddress = '127.0.0.1:8025'\n[retention]\nmessages = '1d'\n",
    )
    after = in_force(before, fresh)

    tables = {"server", "listener", "limits", "outbound", "retention", "web"}
    assert set(changed(before, fresh)) == tables
    assert at_next_start(before, fresh) == (
        "server, queue",
        "web, address",
        'listener "inbound", addresses',
        'listener "new"',
    )
    assert (after.server.drain, after.server.queue) == (fresh.server.drain, before.server.queue)
    assert after.limits.hops == 31
    assert after.outbound.port == 26
    assert (after.web.private, after.web.address) == (True, None)
    assert [each.name for each in after.listener] == ["inbound"]
    assert after.listener[0].addresses == before.listener[0].addresses
    assert after.listener[0].line_ends == fresh.listener[0].line_ends


def test_the_same_file_changes_nothing(tmp_path):
    """However often it is read."""
    one, other = _read(tmp_path, BASE), _read(tmp_path, BASE)

    assert (changed(one, other), at_next_start(one, other)) == ((), ())
    assert in_force(one, other) == one
