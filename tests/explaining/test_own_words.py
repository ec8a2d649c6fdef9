"""What our own gateway says is read as what it was said for, by every cause and in every form."""

import pytest

import whybounce
from whybounce.catalogue import catalogue
from whybounce.vocabulary.cause import ReplyForm
from whybounce.wording import own_reply

KNOWN = {
    "recipient": "ben@contoso.example",
    "domain": "contoso.example",
    "remote": "mx.example.org",
    "sender": "anna@example.org",
    "sender_domain": "example.org",
    "ip": "192.0.2.9",
    "helo": "mx.example.org",
    "list": "bl.example",
    "url": "https://bl.example/lookup",
    "limit": "30",
}
FORMS = [
    pytest.param(cause.id, form, id=f"{cause.id}-{form.status}-{form.verdict}")
    for cause in catalogue().causes.values()
    for form in cause.replies
]


@pytest.mark.parametrize(("cause", "form"), FORMS)
@pytest.mark.parametrize("values", [KNOWN, {}], ids=["known", "unknown"])
def test_our_own_words_name_their_cause(cause: str, form: ReplyForm, values: dict[str, str]):
    said = own_reply(catalogue(), cause, form.verdict, values, status=form.status)

    explanation = whybounce.explain(f"{said.code} {said.status} {said.text}")

    assert explanation.cause == cause
