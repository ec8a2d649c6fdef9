"""What a mail server answered."""

from msgspec import Struct

from whybounce.vocabulary.status_code import StatusCode


class Reply(Struct, frozen=True):
    """An SMTP reply, RFC 5321 §4.2, with the reply it wraps, if it wraps one.

    ``text`` is what the server said after its numbers, on one line. A wrapper is a system
    that repeats what another said: Exchange Online's ``… -> 550 User unknown``.
    """

    text: str
    code: int | None = None  # Three digits, 200 to 599.
    status: StatusCode | None = None
    host: str | None = None  # Who said it, where the notation names them.
    inner: "Reply | None" = None

    @property
    def innermost(self) -> "Reply":
        """The reply at the bottom of all wrappers: what the last server in the chain said."""
        reply = self
        while reply.inner is not None:
            reply = reply.inner
        return reply

    def __str__(self) -> str:
        """Write the reply on one line, as it would stand in a log."""
        return " ".join([str(each) for each in (self.code, self.status, self.text) if each])
