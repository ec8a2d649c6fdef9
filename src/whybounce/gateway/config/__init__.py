"""The configuration: one TOML file, every key optional; the environment overrides ``[server]``.

``tables`` are its keys, ``reading`` reads them, ``contradictions`` holds them against each other, and
``docs/configuration.md`` is written from what ``described`` says of them. A profile is a file of the
same keys (``profiles/``) that lies under the configuration: what neither says is as the tables say.
"""

from whybounce.gateway.config.described import described
from whybounce.gateway.config.reading import (
    PROFILES,
    ConfigError,
    directory_of,
    environment_names,
    read_config,
)
from whybounce.gateway.config.tables import (
    Config,
    DaneUse,
    Directory,
    Forwarding,
    Health,
    Kind,
    Listener,
    LogFormat,
    LogLevel,
    Outbound,
    OutboundTls,
    Profile,
    Queue,
    Reports,
    Retention,
    Retry,
    Returned,
    Server,
    Signing,
    Spam,
    Style,
    Web,
    Webhook,
)

__all__ = [
    "PROFILES",
    "Config",
    "ConfigError",
    "DaneUse",
    "Directory",
    "Forwarding",
    "Health",
    "Kind",
    "Listener",
    "LogFormat",
    "LogLevel",
    "Outbound",
    "OutboundTls",
    "Profile",
    "Queue",
    "Reports",
    "Retention",
    "Retry",
    "Returned",
    "Server",
    "Signing",
    "Spam",
    "Style",
    "Web",
    "Webhook",
    "described",
    "directory_of",
    "environment_names",
    "read_config",
]
