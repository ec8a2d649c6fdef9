"""A run through many mails: each one's part is written, whatever happens to the next."""

import os
import stat
import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import typer

from whybounce.cli.answering import Answer, Asked, Code
from whybounce.cli.answers import FORMS
from whybounce.cli.output_file import OutputFile
from whybounce.cli.progress import Progress, on_a_terminal
from whybounce.cli.refusal import Refusal
from whybounce.cli.stopping import Signals, Stopped, leave
from whybounce.cli.watching import Watch
from whybounce.cli.workers import in_order
from whybounce.sources import Mail, mails, nothing_there
from whybounce.wording import Speaker

_WITHOUT_ROWS = ("summary", "summary-json", "suppress", "suppress-json")  # For what is unreadable.


class Run:
    """Answers mails, in their order, on standard output or in a file that appears when whole."""

    def __init__(
        self,
        paths: Sequence[str],
        asked: Asked,
        speaker: Speaker,
        *,
        output: str | None = None,
        jobs: int = 1,
        watch: Watch | None = None,
    ) -> None:
        self._watch = watch
        self._paths = paths
        self._jobs = jobs
        self._asked = asked
        self._speaker = speaker
        scrolls = output is None and not asked.form.startswith("summary")
        shown = watch is None and on_a_terminal(shows_mails=scrolls)
        self._progress = Progress(paths, shown=shown)
        self._output = OutputFile(output) if output is not None else None
        self._code = Code.ANSWERED
        self._count = 0
        self._unreadable = 0

    def through(self) -> Code:
        """Write all answers and return the worst code among them.

        Raises:
            Refusal: There is nothing to read, or it cannot be written.

        """
        with Signals() as signals:
            try:
                with closing(self._answers()) as answers:
                    if self._output is None:
                        self._write_all(answers, sys.stdout.buffer, signals)
                    else:
                        with self._output as output:
                            self._write_all(answers, output.file, signals)
            except Stopped as stopped:
                signals.ignore()
                self._say_where_it_stands()
                leave(stopped.number)
        self._say_what_no_page_shows()
        return self._code

    def _answers(self) -> Generator[Answer]:
        if self._watch is not None:
            return in_order(self._watch.mails(), self._asked, jobs=1)
        written = _replaced(self._output.path if self._output else None)
        found = mails(self._paths, self._progress.opened, written)
        return in_order(_refusing_nothing(found), self._asked, self._jobs)

    def _write_all(self, answers: Iterable[Answer], file: BinaryIO, signals: Signals) -> None:
        sink = FORMS[self._asked.form].sink(file, self._speaker)
        live = file.isatty() or self._watch is not None
        try:
            with self._progress:
                for answer in answers:
                    self._code = max(self._code, answer.code)
                    self._unreadable += answer.code is Code.UNREADABLE
                    with signals.writing:
                        sink.write(answer.part)
                        if live:
                            file.flush()
                        if self._watch is not None:
                            self._watch.written()
                        self._count += 1
                    self._progress.answered()
        except Stopped:
            signals.ignore()
            sink.close()
            raise
        except OSError:  # The disk is full, or the reader has gone: what is closed complains again.
            with suppress(OSError):
                sink.close()
            raise
        with signals.writing:
            sink.close()

    def _say_what_no_page_shows(self) -> None:
        if not self._unreadable or (self._output is None and self._asked.form not in _WITHOUT_ROWS):
            return
        typer.echo(
            f"whybounce: {self._unreadable:,} of {self._count:,} mails and files could not be read, "
            f"or not whole; whybounce read without options shows which",
            err=True,
        )

    def _say_where_it_stands(self) -> None:
        kept = self._output.kept if self._output is not None else None
        where = f"; it stands in {kept}" if kept is not None else ""
        typer.echo(
            f"whybounce: stopped after {self._count:,} mails; what was written is whole{where}",
            err=True,
        )


def _replaced(output: Path | None) -> os.stat_result | None:
    """Return the file that the answers go to: that of ``--output``, or of the shell's ``>``."""
    try:
        status = os.fstat(sys.stdout.fileno()) if output is None else output.stat()
    except (OSError, ValueError):  # There is none yet, or standard output is no file at all.
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def _refusing_nothing(found: Iterator[Mail]) -> Iterator[Mail]:
    """Hand the mails on; but where the only path leads nowhere, say so in one sentence.

    Raises:
        Refusal: There is nothing else.

    """
    first, second = next(found, None), None
    if first is not None and nothing_there(first):
        second = next(found, None)
        if second is None:
            what = first.defects[0].what
            raise Refusal(f"{first.source}: {what}; for instance: whybounce read bounce.eml")
    return chain((mail for mail in (first, second) if mail is not None), found)
