"""Words of a reply, found in lower case, as the reply has them."""

import pytest

from whybounce.notation.folding import as_written
from whybounce.vocabulary.reply import Reply


@pytest.mark.parametrize(
    ("words", "text", "written"),
    [
        ("user unknown", "550 User\tUnknown here", "User Unknown"),
        ('"user" unknown', "“User” unknown", "“User” unknown"),
        ("user unknown", "İ User unknown", None),
        ("user unknown", "mailbox full", None),
    ],
    ids=["case", "quotation marks", "places differ", "not there"],
)
def test_words_that_decided_are_quoted_as_they_stand(words, text, written):
    assert as_written(words, Reply(text)) == written
