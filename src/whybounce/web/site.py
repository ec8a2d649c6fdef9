"""The frame of every page: the navigation, the templates, and what stands on all pages."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from whybounce.catalogue import catalogue
from whybounce.wording import Speaker
from whybounce.wording.moments import moment
from whybounce.wording.notice import NoticeSpeaker
from whybounce.wording.passages import passages

HERE = "whybounce.web"


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the navigation."""

    path: str
    label: str


LOOK_UPS = (
    Link("/", "Diagnose"),
    Link("/causes", "Causes"),
    Link("/read", "Read"),
    Link("/write", "Write"),
    Link("/check", "Check"),
)

_OF_THE_CONSOLE = (
    "/login", "/messages", "/queue", "/failures", "/policies", "/tests", "/blocks", "/webhooks",
    "/tokens",
)  # fmt: skip
# Pages that have no entry of their own, and whose they are.
_WITHIN = {"/codes": "/causes"} | dict.fromkeys(_OF_THE_CONSOLE, "/console")


@dataclass(frozen=True, slots=True)
class Site:
    """What a site has: it travels to the processes that make pages."""

    navigation: tuple[Link, ...] = LOOK_UPS
    templates: tuple[str, ...] = (HERE,)  # Packages with a folder of templates.

    def place(self, path: str) -> str:
        """Return the entry of the navigation that a path belongs to; empty for none."""
        first = f"/{path.lstrip('/').partition('/')[0]}"
        known = {link.path for link in self.navigation}
        return next((each for each in (first, _WITHIN.get(first, "")) if each in known), "")

    def label(self, path: str) -> str:
        """Return what the navigation calls an entry."""
        return next(link.label for link in self.navigation if link.path == path)

    def render(self, template: str, *, at: str, **shown: Any) -> bytes:
        """Return the page as it goes out. ``at`` is the entry of the navigation it belongs to."""
        page: str = _environment(self).get_template(template).render(at=at, site=self, **shown)
        return page.encode("utf-8", "replace")


def speaker() -> Speaker:
    """Return who says what stands on pages."""
    return speaker_of("en")


@cache
def speaker_of(language: str) -> Speaker:
    """Return the speaker of that language.

    Raises:
        UnknownLanguageError: There are no words in it.

    """
    return Speaker(catalogue(), language)


@cache
def notice_speaker() -> NoticeSpeaker:
    """Return who speaks of several recipients at once."""
    return NoticeSpeaker(catalogue(), "en")


@cache
def static(name: str) -> bytes:
    """Return one of the few files that do not change: style sheet, script, icon."""
    return files(HERE).joinpath("static", name).read_bytes()


STATIC = {
    "style.css": "text/css; charset=utf-8",
    "whybounce.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


@cache
def static_path(name: str) -> str:
    """Return the file's address: it changes with the content, so that it may be kept for ever."""
    return f"/static/{_digest(static(name))}/{name}"


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=6).hexdigest()


def _told(time: str | None) -> str:
    """Return a time of the JSON as people read it; nothing for none."""
    return moment(datetime.fromisoformat(time)) if time else ""


@cache
def _environment(site: Site) -> Environment:
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package, "templates") for package in site.templates]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.globals |= {
        "static": static_path,
        "say": speaker().page,
        "heading": speaker().heading,
        "span": speaker().span,
        "said_answer": speaker().answer,
    }
    environment.filters |= {"passages": passages, "moment": moment, "told": _told}
    return environment
