"""What of a changed configuration comes into force while the gateway runs, and what waits. Pure."""

from collections.abc import Iterator
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import asdict, fields, replace

from whybounce.gateway.config import Config, Listener, Server, Web

Part = TypeVar("Part", bound=Struct)

_LIVE = (
    "limits",
    "trust",
    "block_list",
    "policies",
    "spam",
    "retry",
    "reports",
    "outbound",
    "forwarding",
    "signing",
    "retention",
    "health",
    "webhook",
    "directory",
)  # Tables, as a whole.
_LIVE_IN_SERVER = frozenset({"drain", "log_level", "log_format"})
_LIVE_IN_WEB = frozenset({"private"})
# A listener is known by its name; where it listens, and how many connections it holds, stays.
_FIXED_IN_LISTENER = frozenset(
    {"kind", "addresses", "connections", "connections_per_address", "connections_per_network"}
)


def in_force(running: Config, fresh: Config) -> Config:
    """Return the configuration that is in force once the fresh one has been read."""
    live = {name: getattr(fresh, name) for name in _LIVE}
    named = {each.name: each for each in fresh.listener}
    return replace(
        running,
        **live,
        server=_with(running.server, fresh.server, _LIVE_IN_SERVER),
        web=_with(running.web, fresh.web, _LIVE_IN_WEB),
        listener=tuple(
            _listener(each, named[each.name]) if each.name in named else each
            for each in running.listener
        ),
    )


def changed(running: Config, fresh: Config) -> tuple[str, ...]:
    """Return the tables of which something comes into force, as the file calls them."""
    after = in_force(running, fresh)
    return tuple(
        each.encode_name
        for each in fields(Config)
        if getattr(running, each.name) != getattr(after, each.name)
    )


def at_next_start(running: Config, fresh: Config) -> tuple[str, ...]:
    """Return the keys that changed and wait for the next start, each with its table."""
    return tuple(_waiting(in_force(running, fresh), fresh))


def by_table() -> Iterator[tuple[str, tuple[str, ...] | None, tuple[str, ...] | None]]:
    """Yield each table with its keys that come into force at once, and with those that wait.

    None stands for all of its keys.
    """
    for each in fields(Config):
        if each.name == "server":
            yield each.encode_name, *_parted(Server, _LIVE_IN_SERVER)
        elif each.name == "web":
            yield each.encode_name, *_parted(Web, _LIVE_IN_WEB)
        elif each.name == "listener":
            live = {key.name for key in fields(Listener)} - _FIXED_IN_LISTENER - {"name"}
            yield each.encode_name, *_parted(Listener, frozenset(live))
        else:
            yield each.encode_name, None, ()


def _parted(shape: type[Struct], live: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    keys = fields(shape)
    at_once = tuple(each.encode_name for each in keys if each.name in live)
    return at_once, tuple(each.encode_name for each in keys if each.name not in live)


def _waiting(after: Config, fresh: Config) -> Iterator[str]:
    for each in fields(Config):
        if each.name in {"server", "listener", "web"}:
            continue
        if getattr(after, each.name) != getattr(fresh, each.name):
            yield each.encode_name
    yield from (f"server, {key}" for key in _differing(after.server, fresh.server))
    yield from (f"web, {key}" for key in _differing(after.web, fresh.web))
    now, later = ({each.name: each for each in one.listener} for one in (after, fresh))
    for name in sorted(now.keys() | later.keys()):
        if name in now and name in later:
            keys = _differing(now[name], later[name])
            yield from (f'listener "{name}", {key}' for key in keys)
        else:
            yield f'listener "{name}"'


def _differing(one: Struct, other: Struct) -> Iterator[str]:
    for each in fields(one):
        if getattr(one, each.name) != getattr(other, each.name):
            yield each.encode_name


def _listener(running: Listener, fresh: Listener) -> Listener:
    live = {each.name for each in fields(Listener)} - _FIXED_IN_LISTENER
    return _with(running, fresh, frozenset(live))


def _with(running: Part, fresh: Part, keys: frozenset[str]) -> Part:
    given = {key: value for key, value in asdict(fresh).items() if key in keys}
    return replace(running, **given)
