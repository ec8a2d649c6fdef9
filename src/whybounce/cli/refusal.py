"""What cannot be done with what was given."""


class Refusal(Exception):  # noqa: N818  # it is no error of the program
    """One sentence that names what is wrong and the next step. Leads to exit code 2."""
