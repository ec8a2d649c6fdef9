"""Stores to operate on, and mail to put into them."""

from stores import mail, open_, sqlite_url

__all__ = ["mail", "open_", "sqlite_url"]
