"""The organisations of the demonstration: one of each kind, and one of each restriction."""

from pathlib import Path

from whybounce.gateway.directory.nouns import DirectoryTable
from whybounce.gateway.directory.reading import read_directory

FILE = Path(__file__).with_name("demonstration.toml")


def demonstration() -> DirectoryTable:
    """Return them. Their passwords are public, so the gateway offers them on loopback only."""
    return read_directory(FILE, plain_passwords=True)
