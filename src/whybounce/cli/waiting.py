"""How far live checks are: a line on standard error that says what was answered, on a terminal only."""

from typing import Any, Self

from whybounce.vocabulary.finding import Finding


class Waiting:
    """Shows that something is being asked, and what was answered last; or nothing."""

    def __init__(self, target: str, *, shown: bool) -> None:
        self._target = target
        self._shown = shown
        self._answered = 0
        self._line: Any = None

    def told(self, finding: Finding) -> None:
        """Count an answer."""
        self._answered += 1
        if self._line is not None:
            self._line.update(f"{self._asking()} {self._answered} answers, last {finding.check}")

    def __enter__(self) -> Self:
        """Begin to show it."""
        if self._shown:
            from rich.console import Console  # noqa: PLC0415  # rich is 40 ms

            console = Console(stderr=True, highlight=False, markup=False)
            self._line = console.status(self._asking())
            self._line.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the line away."""
        if self._line is not None:
            self._line.stop()

    def _asking(self) -> str:
        return f"Asking about {self._target[:255]} ..."
