"""How long hostile texts of 1 MB take to explain; the aim is under a second each.

python benchmarks/hostile.py
"""

import sys
import time

import whybounce

HOSTILE = {
    "one word": "a",
    "codes": "550 ",
    "arrows": "-> ",
    "words of rules": "user ",
    "brackets": "<",
    "sharps": "#<",
    "quotes": "'",
    "host said": "host a[b] said: ",
    "log lines": "to=<a@b>, relay=x, dsn=5.1.1, status=bounced (",
    "half log lines": "to=<a@b>, ",
    "fields": "Diagnostic-Code: smtp; 550\n",
    "exim": "SMTP error from remote mail server after RCPT TO: ",
    "exchange": "Server at a (b) returned '",
    "transcript": "\n <<< 550 x",
    "addresses": "a@",
    "one rule": "mailbox ",
}


def main() -> int:
    """Measure each and print; the exit code does not depend on it."""
    whybounce.explain("550 warm")
    worst = 0.0
    for name, piece in HOSTILE.items():
        text = ("550 5.7.1 " + piece * (1_000_000 // len(piece)))[:1_000_000]
        start = time.perf_counter()
        whybounce.explain(text)
        took = time.perf_counter() - start
        worst = max(worst, took)
        print(f"{name:<20}{took * 1000:>10.1f} ms")
    print(f"{'worst':<20}{worst * 1000:>10.1f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
