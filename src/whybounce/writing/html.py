"""The modern and the classic notice as HTML: a template each, everything in it escaped.

Mail programs read style attributes and little else, so the template's classes are written out as
styles once, when it is read. No image, no script, nothing remote.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from operator import getitem
from typing import Any

from whybounce.wording.notice import NoticeSpeaker

_CLASS = re.compile(r'class="([a-z -]+)"(?: style="([^"]*)")?')
_RULE = re.compile(r"^\.([a-z-]+) \{ (.*?) \}$", re.MULTILINE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_ICONS = {"acts": "●", "helps": "◐", "idle": "○", "nobody": "○"}


def render(style: str, page: object, speaker: NoticeSpeaker) -> str:
    """Return the page in HTML; its lines end with CRLF.

    Args:
        style: The template's name: modern, classic.
        page: What the template shows.
        speaker: The sentences around it.

    """
    text: str = _template(style).render(page=page, said=speaker.frame, icons=_ICONS)
    return text


@cache
def _template(style: str) -> Any:
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415  # 40 ms that only notices need
    from markupsafe import Markup  # noqa: PLC0415  # comes with it

    css = _COMMENT.sub("", _own_file(f"{style}.css"))
    inline, at, rest = css.partition(":root")
    head_style = re.sub(r"\n\s*", "\r\n", at + rest).strip()
    environment = Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        newline_sequence="\r\n",
        undefined=StrictUndefined,
    )
    # A name that is not there is an error and not silence; and Python's own look-up is faster.
    environment.getattr = getattr  # type: ignore[method-assign,assignment]
    environment.getitem = getitem  # type: ignore[method-assign,assignment]
    environment.globals["head_style"] = Markup(head_style)  # noqa: S704  # our own file
    return environment.from_string(
        inlined(
            _own_file("parts.html") + _own_file(f"{style}.html"),
            dict(_RULE.findall(inline)),
            head_style,
        )
    )


def inlined(template: str, rules: Mapping[str, str], head_style: str) -> str:
    """Return the template with each class's rules in a style attribute.

    A class that the head's style names stays beside it; others have done their work.

    Raises:
        KeyError: A class has no rule.

    """

    def written_out(match: re.Match[str]) -> str:
        classes = match[1].split()
        kept = " ".join(name for name in classes if f".{name}" in head_style)
        style = "; ".join(filter(None, (*(rules[name] for name in classes), match[2])))
        style = style.replace('"', "'")
        return f'class="{kept}" style="{style}"' if kept else f'style="{style}"'

    return _CLASS.sub(written_out, template)


def _own_file(name: str) -> str:
    return files("whybounce.writing").joinpath("templates", name).read_text(encoding="utf-8")
