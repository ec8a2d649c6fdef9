"""What the gateway says in its own name: a cause's reply form, with its placeholders filled in."""

from collections.abc import Mapping

from msgspec.structs import replace

from whybounce.catalogue import Catalogue
from whybounce.vocabulary.cause import ReplyForm, VerdictKind
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.status_code import StatusCode
from whybounce.wording.deriving import derived
from whybounce.wording.filling import PLACEHOLDERS, fill

_TRANSIENT = 4
_TRY_AGAIN = 451


class NoReplyFormError(LookupError):
    """A cause is raised in a way for which its file has no reply form."""

    def __init__(self, cause: str, verdict: VerdictKind, status: StatusCode | None) -> None:
        super().__init__(
            f"causes/{cause}.toml has no reply form with verdict {verdict}"
            + (f" and status {status}" if status else "")
        )
        self.cause = cause


def own_reply(
    catalogue: Catalogue,
    cause: str,
    verdict: VerdictKind,
    values: Mapping[str, str],
    *,
    status: StatusCode | None = None,
) -> Reply:
    """Return the reply by which the gateway raises the cause.

    Args:
        catalogue: Whose words are said.
        cause: The cause's id.
        verdict: For good, for now, or after the message's time has run out. Where a cause has words
            for a refusal only, a deferral takes those, with 451 and a code of class 4.
        values: What goes into the placeholders, by their names.
        status: Which form, where the cause has several of the verdict; unless given, the one that
            says most of what is known.

    Raises:
        NoReplyFormError: The cause has no such form.

    """
    forms = catalogue.causes[cause].replies
    form = _form(forms, verdict, status, values)
    if form is None and verdict is VerdictKind.DEFER:
        form = _for_now(_form(forms, VerdictKind.REFUSE, status, values))
    if form is None:
        raise NoReplyFormError(cause, verdict, status)
    stand_ins = {
        key.removeprefix("stand-in."): words
        for key, words in catalogue.frames["en"].items()
        if key.startswith("stand-in.")
    }
    return Reply(text=fill(form.text, values, stand_ins), code=form.code, status=form.status)


def _form(
    forms: tuple[ReplyForm, ...],
    verdict: VerdictKind,
    status: StatusCode | None,
    values: Mapping[str, str],
) -> ReplyForm | None:
    """Return the form that says most of what is known; of equals, the first in the file."""
    fitting = [form for form in forms if form.verdict is verdict and status in (None, form.status)]
    return max(fitting, key=lambda form: _told(form, values), default=None)


def _for_now(form: ReplyForm | None) -> ReplyForm | None:
    """Return a refusal's words as a deferral: RFC 5321 §4.2.1, RFC 3463 §2."""
    if form is None:
        return None
    status = replace(form.status, class_=_TRANSIENT)
    return replace(form, verdict=VerdictKind.DEFER, code=_TRY_AGAIN, status=status)


def _told(form: ReplyForm, values: Mapping[str, str]) -> int:
    named = [name for name in PLACEHOLDERS if f"{{{name}}}" in form.text]
    return sum(1 if values.get(name) or derived(name, values) else -1 for name in named)
