"""Text that any file can hold."""


def storable(text: str) -> str:
    """Return the text with ``?`` for halves of characters, which strange charsets decode to."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
