"""Which verbs there are, in the order of the help; each is imported when it is asked for.

Importing them all takes longer than explaining a code.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

# The verb, its module here, and what does it there: a function, or an app of several.
VERBS: Mapping[str, tuple[str, str]] = {
    "explain": ("explain", "explain"),
    "causes": ("causes", "causes"),
    "read": ("read", "read"),
    "write": ("write", "write"),
    "rewrite": ("rewrite", "rewrite"),
    "check": ("check", "check"),
    "serve": ("serve", "serve"),
    "tls-report": ("tls_report", "tls_report"),
    "web": ("web", "web"),
    "provoke": ("provoke", "provoke"),
    "trace": ("trace", "trace"),
    "drain": ("drain", "drain"),
    "queue": ("queue", "app"),
    "blocks": ("blocks", "app"),
    "tokens": ("tokens", "app"),
    "webhooks": ("webhooks", "app"),
    "config": ("config", "app"),
}


class Verbs(TyperGroup):
    """The group of all verbs."""

    def __init__(self, **settings: object) -> None:
        super().__init__(**settings)  # type: ignore[arg-type]  # Typer's own, handed on
        self.commands = _Imported()  # type: ignore[assignment]  # nobody adds to them


class _Imported(Mapping[str, TyperCommand | TyperGroup]):
    """The verbs' commands, made one by one."""

    def __getitem__(self, verb: str) -> TyperCommand | TyperGroup:
        module, name = VERBS[verb]
        done_by = getattr(import_module(f"whybounce.cli.{module}"), name)
        if isinstance(done_by, typer.Typer):
            group = get_group(done_by)
            group.name = verb
            return group
        alone = typer.Typer(add_completion=False)
        alone.command(verb)(done_by)
        return get_command(alone)  # type: ignore[return-value]  # of one function, a TyperCommand

    def __iter__(self) -> Iterator[str]:
        return iter(VERBS)

    def __len__(self) -> int:
        return len(VERBS)
