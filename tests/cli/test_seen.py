"""What was read already, kept in a file."""

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from whybounce.cli import seen
from whybounce.cli.refusal import Refusal
from whybounce.cli.seen import Seen


@pytest.fixture
def path(tmp_path):
    """Return where the file is to stand: below a folder that is not there yet."""
    return tmp_path / "state" / "file"


def test_names_outlive_the_process(path):
    """Whatever they are called."""
    names = ["1.a.host", "caf\udce9", "with\nline end", '"quoted"', ""]
    before = Seen(path)
    for name in names:
        before.add(name)
    before.close()
    after = Seen(path)

    assert all(name in after for name in names)
    assert "other" not in after
    after.close()


def test_a_name_that_a_crash_cut_short_is_forgotten_and_the_next_stands_alone(path):
    """Better read twice than not at all."""
    first = Seen(path)
    first.add("whole")
    first.close()
    path.write_bytes(path.read_bytes() + b'"ha')
    second = Seen(path)
    second.add("next")
    second.close()
    third = Seen(path)

    assert "whole" in third
    assert "next" in third
    third.close()


def test_the_file_does_not_grow_for_ever(path, monkeypatch):
    """Mails that were taken away are forgotten; those that are there are not."""
    monkeypatch.setattr(seen, "_ALWAYS_KEPT", 10)
    kept = Seen(path)
    kept.add("stays")
    for number in range(500):
        kept.add(str(number))
        kept.forget_all_but({"stays", str(number)})
    kept.close()
    again = Seen(path)

    assert len(path.read_bytes().splitlines()) < 30
    assert "stays" in again
    assert "499" in again
    again.close()


def test_a_mail_that_is_missing_for_one_look_is_not_forgotten(path):
    """It may just be moved."""
    kept = Seen(path)
    kept.add("moved")
    kept.forget_all_but(set())
    kept.forget_all_but({"moved"})
    kept.forget_all_but(set())

    assert "moved" in kept
    kept.forget_all_but(set())
    assert "moved" not in kept
    kept.close()


def test_a_file_of_something_else_is_not_touched(path):
    """Somebody named the wrong one."""
    path.parent.mkdir()
    path.write_bytes(b"precious\n")

    with pytest.raises(Refusal, match="something else"):
        Seen(path)
    assert path.read_bytes() == b"precious\n"


def test_two_at_a_time_are_refused_also_after_it_was_written_anew(path, monkeypatch):
    """Each would show what the other has shown."""
    monkeypatch.setattr(seen, "_ALWAYS_KEPT", 0)
    first = Seen(path)
    with pytest.raises(Refusal, match="another --watch"):
        Seen(path)
    first.add("gone")
    first.forget_all_but(())
    first.forget_all_but(())
    with pytest.raises(Refusal, match="another --watch"):
        Seen(path)
    first.close()
    Seen(path).close()


def test_a_place_that_cannot_be_written_is_a_refusal(tmp_path):
    """In a sentence."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(Refusal, match="cannot be used: "):
        Seen(tmp_path / "file" / "below")


@given(st.binary(max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_below_its_first_line_it_can_be_used(path, damage):
    """A damaged line is nobody's name."""
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    Seen(path).close()
    path.write_bytes(path.read_bytes() + damage)
    kept = Seen(path)
    kept.add("new")
    kept.close()
    again = Seen(path)

    assert "new" in again
    again.close()
