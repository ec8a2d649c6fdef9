"""The configuration as it is read: the file over its profile, the environment over ``[server]``."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from whybounce.gateway.config.contradictions import contradictions
from whybounce.gateway.config.tables import Config, Profile, Queue, Server, Webhook
from whybounce.gateway.directory import checked, demonstration, read_directory
from whybounce.gateway.directory.nouns import DirectoryTable
from whybounce.gateway.shaping import (
    Faults,
    FaultyFileError,
    Readers,
    bare,
    hints_of,
    read_toml,
    shaped,
    wanted,
)
from whybounce.gateway.values import Folder, Secret

PROFILES = Path(__file__).with_name("profiles")
_PREFIX = "WHYBOUNCE_"


class ConfigError(FaultyFileError):
    """The configuration cannot be used: one line for each key that is wrong."""


def read_config(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Return the configuration; without a file, that of the demonstration.

    Args:
        path: The TOML file. Paths in it are relative to its folder.
        environ: ``WHYBOUNCE_QUEUE`` overrides ``queue`` of ``[server]``, and so on for each of its keys.

    Raises:
        ConfigError: A line for each key that is wrong.

    """
    file = str(path) if path else "configuration"
    try:
        written = read_toml(path) if path else {}
    except FaultyFileError as error:
        raise ConfigError(error.file, error.faults) from error
    faults = Faults()
    folder = path.parent if path else Path()
    written = _with_environment(written, environ, faults)
    config = shaped(
        _laid_over(_profile(written), written),
        Config,
        faults,
        readers=_readers(folder),
    )
    if config is not None:
        config = _with_secrets(config, environ)
        for place, what in contradictions(config):
            faults.add((place,), what)
    if config is None or faults.said:
        raise ConfigError(file, faults.said)
    return config


def directory_of(config: Config, path: Path | None = None) -> DirectoryTable:
    """Return the organisations that the configuration names; else those of the demonstration.

    Args:
        config: What ``read_config`` returned.
        path: From where, for what is said of organisations that stand in it.

    Raises:
        DirectoryError: A line for each thing that is wrong with them.

    """
    if config.directory.file:
        return read_directory(config.directory.file)
    if config.directory.organisation:
        table = DirectoryTable(organisation=config.directory.organisation)
        return checked(table, str(path or "configuration"))
    return demonstration()


def environment_names() -> dict[str, str]:
    """Return the variables that override keys of ``[server]``, by key."""
    keys = [each.replace("_", "-") for each in Server.__struct_fields__]
    return {key: _PREFIX + key.upper().replace("-", "_") for key in keys}


def _with_environment(
    written: dict[str, Any], environ: Mapping[str, str], faults: Faults
) -> dict[str, Any]:
    """Return the tables with the environment's values in them, each checked under its own name.

    Other variables of that prefix are passed over: a service called whybounce gets several from
    Kubernetes.
    """
    server = written.get("server", {})
    given = {key: environ[name] for key, name in environment_names().items() if name in environ}
    if not given or not isinstance(server, dict):
        return written
    hints = hints_of(Server)
    for key, value in tuple(given.items()):
        field = key.replace("-", "_")
        alone = shaped({key: value}, Server, Faults(), readers=_readers(Path.cwd()))
        if alone is None:
            faults.add_value((environment_names()[key],), value, wanted(hints[field]))
            del given[key]
        elif bare(hints[field]) in {Folder, Queue}:
            given[key] = str(getattr(alone, field))  # Relative to where we are started.
    return {**written, "server": {**server, **given}}


def _profile(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of the profile; none where it is none, which is noted later."""
    server = written.get("server")
    name = server.get("profile", Profile.STANDARD) if isinstance(server, dict) else None
    if name not in [each.value for each in Profile]:
        return {}
    return tomllib.loads((PROFILES / f"{name}.toml").read_text(encoding="utf-8"))


def _laid_over(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables over those under them, key by key."""
    merged = {**under, **over}
    for key in under.keys() & over.keys():
        if isinstance(under[key], dict) and isinstance(over[key], dict):
            merged[key] = _laid_over(under[key], over[key])
    return merged


def _readers(folder: Path) -> Readers:
    """Return how paths are read: relative to the folder."""
    return {
        Path: lambda name: _readable(folder, name),
        Folder: lambda name: Folder(folder / Folder.parse(name)),
        Queue: lambda name: Queue.named(name, folder),
    }


def _readable(folder: Path, name: object) -> Path:
    path = folder / Folder.parse(name)
    if path.is_file() and os.access(path, os.R_OK):
        return path
    why = "it is a folder" if path.is_dir() else "no such file"
    raise FileNotFoundError(0, "permission denied" if path.is_file() else why)


def _with_secrets(config: Config, environ: Mapping[str, str]) -> Config:
    """Return the configuration with the secrets that stand in files and in the environment."""
    return replace(
        config,
        webhook=tuple(
            replace(each, secret=Secret(found)) if (found := _secret(each, environ)) else each
            for each in config.webhook
        ),
    )


def _secret(webhook: Webhook, environ: Mapping[str, str]) -> str:
    if webhook.secret_file is not None:
        try:
            return webhook.secret_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return ""
    return environ.get(webhook.secret_environment, "") if webhook.secret_environment else ""
