"""The file of ``--output``."""

import pytest

from whybounce.cli.output_file import OutputFile
from whybounce.cli.refusal import Refusal
from whybounce.cli.stopping import Stopped


def names(folder) -> dict[str, bytes]:
    """Return what stands in the folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def stop_after(_: object) -> None:
    """Do what Ctrl-C does."""
    raise Stopped(2)


def test_it_appears_when_it_is_whole(tmp_path):
    """And not before."""
    with OutputFile(str(tmp_path / "out")) as output:
        output.file.write(b"rows")
        assert "out" not in names(tmp_path)

    assert names(tmp_path) == {"out": b"rows"}


def test_a_run_that_fails_leaves_nothing_new(tmp_path):
    """What was there stays."""
    (tmp_path / "out").write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), OutputFile(str(tmp_path / "out")) as output:
        output.file.write(b"rows"[1 // 0 :])

    assert names(tmp_path) == {"out": b"old"}


def test_a_run_that_is_stopped_leaves_what_it_wrote(tmp_path):
    """Under the name if it is free, else beside it."""
    for rows, kept, expected in (
        (b"1", "out", {"out": b"1"}),
        (b"2", "out.part", {"out": b"1", "out.part": b"2"}),
    ):
        output = OutputFile(str(tmp_path / "out"))
        with pytest.raises(Stopped), output:
            stop_after(output.file.write(rows))

        assert names(tmp_path) == expected
        assert output.kept == tmp_path / kept


def test_an_error_of_the_disk_is_a_refusal(tmp_path):
    """With the name of the file."""
    with pytest.raises(Refusal, match="out: cannot be written"), OutputFile(str(tmp_path / "out")):
        raise OSError(28, "No space left on device")

    assert names(tmp_path) == {}
