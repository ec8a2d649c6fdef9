"""What can be wrong with the catalogue's files. For the person who edits them."""


class CatalogueError(Exception):
    """A file of the catalogue cannot be used. Says which, where in it, and what was expected."""

    def __init__(self, file: str, where: str, expected: str) -> None:
        super().__init__(f"{file}: {where}: {expected}")
        self.file = file
        self.where = where
        self.expected = expected


class UnknownCauseError(CatalogueError):
    """Something points at a cause that has no file."""

    def __init__(self, file: str, where: str, cause: str) -> None:
        super().__init__(
            file, where, f"names cause {cause!r}, but causes/{cause}.toml does not exist"
        )
        self.cause = cause
