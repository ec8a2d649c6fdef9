"""An operator's own words: what they change, and what is refused by file, key and need."""

from pathlib import Path

import pytest

from whybounce.catalogue import CatalogueError, catalogue, load_overlay


def _folder(tmp_path: Path, **files: str) -> Path:
    for name, content in files.items():
        path = tmp_path / name.replace("__", "/").replace("_", "-")
        path = path.with_name(f"{path.name}.toml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return tmp_path


def test_what_stands_in_the_folder_goes_before_the_catalogue(tmp_path):
    """Sentences, notes, and the words of causes, English or not; all else stays."""
    folder = _folder(
        tmp_path,
        en__notice='mark = "Post room of {organisation}"',
        de__notes='[note.dkim-none]\nwhat = "Ohne DKIM."',
        en__causes__no_such_mailbox='title = "Nobody of that name works here"',
    )
    known, overlaid = catalogue(), load_overlay(folder, catalogue()).catalogue

    assert overlaid.frames["en"]["notice.mark"] == "Post room of {organisation}"
    assert overlaid.frames["de"]["note.dkim-none.what"] == "Ohne DKIM."
    words = overlaid.causes["no-such-mailbox"].words
    assert words.title == "Nobody of that name works here"
    assert words.what == known.causes["no-such-mailbox"].words.what
    assert overlaid.frames["en"] == {
        **known.frames["en"],
        "notice.mark": "Post room of {organisation}",
    }


def test_a_cause_is_said_in_a_language_that_had_no_words_for_it(tmp_path):
    """All of it, and then it is that language's."""
    words = 'title = "Voll"\nwhat = "{recipient} ist voll."\ntell = "Voll."\n[steps]\nsender = ["Warten."]'
    overlaid = load_overlay(_folder(tmp_path, de__causes__dkim_failed=words), catalogue())

    assert overlaid.catalogue.translations["de"]["dkim-failed"].title == "Voll"


def test_a_contact_and_links_stand_in_a_file_of_their_own(tmp_path):
    """Beside the words."""
    link = "https://help.example.com/full"
    content = f'contact = "help@example.com"\n[links]\nmailbox-full = "{link}"'
    overlay = load_overlay(_folder(tmp_path, operator=content), catalogue())

    assert (overlay.contact, overlay.links) == ("help@example.com", {"mailbox-full": link})


@pytest.mark.parametrize(
    ("files", "file", "where", "need"),
    [
        ({"en__notice": 'mork = "x"'}, "en/notice.toml", "notice.mork", "no such sentence"),
        ({"en__notice": 'mark = "{firm}"'}, "en/notice.toml", "notice.mark", "{organisation}"),
        ({"en__notice": "mark = "}, "en/notice.toml", "not TOML", "Invalid value"),
        ({"en__frame": 'direction = "up"'}, "en/frame.toml", "direction", "ltr or rtl"),
        ({"en__words": 'a = "b"'}, "en/", "words.toml", "notice.toml"),
        ({"tlh__notice": 'mark = "x"'}, "", "tlh", "these are: ar, de, en"),
        ({"other": 'mark = "x"'}, "", "other.toml", "operator.toml"),
        ({"operator": 'kontact = "x"'}, "operator.toml", "the file", "kontact"),
        ({"operator": '[links]\nfull = "https://x.example"'}, "operator.toml", "links", "full"),
        ({"operator": '[links]\nmailbox-full = "javascript:x"'},
         "operator.toml", "links, mailbox-full", "https://"),
        ({"en__causes__no_such": 'title = "Full"'}, "en/causes/no-such.toml", "its name", "no-such"),
        ({"en__causes__mailbox_full": 'what = "{firm} is full"'},
         "causes/mailbox-full.toml", "what", "{recipient}"),
        ({"en__causes__mailbox_full": '[steps]\nboss = ["Wait."]'},
         "causes/mailbox-full.toml", "steps", "boss"),
        ({"de__causes__dkim_failed": 'title = "Ohne DKIM"'},
         "causes/dkim-failed.toml", "what", "is needed"),
        ({"en__causes__mailbox_full": 'tell = "Say `$ dig"'},
         "causes/mailbox-full.toml", "tell", "no end"),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_by_file_key_and_need(tmp_path, files, file, where, need):
    """No mistyped name is silence."""
    with pytest.raises(CatalogueError) as caught:
        load_overlay(_folder(tmp_path, **files), catalogue())

    assert caught.value.file.endswith(file)
    assert where in caught.value.where
    assert need in caught.value.expected


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    """Rather than silently written without it."""
    with pytest.raises(CatalogueError, match="no such folder"):
        load_overlay(tmp_path / "none", catalogue())
