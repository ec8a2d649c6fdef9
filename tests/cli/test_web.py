"""``whybounce web``, as it is run."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx

import whybounce
from whybounce.web.thinking import SHORT

WHYBOUNCE = str(Path(sys.executable).with_name("whybounce"))


def test_it_says_where_it_is_answers_there_and_ends_when_told(unmeasured, tmp_path):
    """On a free port; Ctrl-C ends it without a word of trouble. What lies in the folder isn't run."""
    (tmp_path / "pickle.py").write_text("open('was-run', 'w').close()")
    process = subprocess.Popen(  # noqa: S603  # our own command
        [WHYBOUNCE, "web", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**unmeasured, "PYTHONPATH": str(Path(whybounce.__file__).parents[1])},
        cwd=tmp_path,
    )
    try:
        line = process.stdout.readline().decode()
        address = re.search(r"http://127\.0\.0\.1:\d+/", line)[0]
        page = httpx.get(address, timeout=60)
        text = httpx.post(
            f"{address}api/v1/explain",
            content=f"5.7.606{' ' * SHORT}",
            headers={"Accept": "text/plain"},
            timeout=60,
        ).text
    finally:
        process.send_signal(signal.SIGINT)
        _, trouble = process.communicate(timeout=60)

    assert "Ctrl-C stops it." in line
    assert "Why did my mail come back?" in page.text
    assert "server" not in page.headers
    assert text.startswith("5.7.606: ")
    assert trouble == b""
    assert not (tmp_path / "was-run").exists()


def test_an_address_that_is_taken_is_said_to_be():
    """In one sentence, with exit code 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(  # noqa: S603  # our own command
            [WHYBOUNCE, "web", "--port", port], capture_output=True, check=False, timeout=120
        )

    assert done.returncode == 2
    assert done.stdout == b""
    assert (
        done.stderr
        == (
            f"whybounce: --host 127.0.0.1 --port {port}: cannot be listened on: Address already in use\n"
        ).encode()
    )
