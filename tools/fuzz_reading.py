"""Look for a mail that reading, explaining or writing JSON cannot bear, guided by coverage.

    python tools/fuzz_reading.py -max_total_time=600

Needs atheris (`pip install atheris`; Linux and macOS). It begins with the bounces that the tests
damage, keeps what led somewhere new in `.fuzz`, from where the next run goes on, and stops at the
first mail that raises, takes more than five seconds or needs 2 GB; that mail is then in `.fuzz` too.
All options are libFuzzer's: https://llvm.org/docs/LibFuzzer.html#options
"""

import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).parent.parent
BOUNCES = ROOT / "tests" / "reading" / "mutated"
KEPT = ROOT / ".fuzz" / "mails"
BOUNDS = ("-timeout=5", "-rss_limit_mb=2048", "-max_len=65536", f"-artifact_prefix={ROOT}/.fuzz/")


def main() -> int:
    """Fuzz until a mail is found or the time is up."""
    try:
        import atheris  # noqa: PLC0415  # its absence wants a sentence, not a traceback
    except ImportError:
        print("Fuzzing needs atheris, which is not installed: pip install atheris", file=sys.stderr)
        return 2
    with atheris.instrument_imports(include=["whybounce"]):
        import msgspec  # noqa: PLC0415  # likewise: instrumented while it is imported

        import whybounce  # noqa: PLC0415
        from whybounce.catalogue import catalogue  # noqa: PLC0415
        from whybounce.wire import diagnosis_as_dict  # noqa: PLC0415
        from whybounce.wording import Speaker  # noqa: PLC0415

    speaker = Speaker(catalogue())

    def read_explain_json(raw: bytes) -> None:
        diagnosis = whybounce.diagnose(raw)
        if not (diagnosis.report.outcomes or diagnosis.report.defects):
            raise AssertionError("neither an outcome nor a defect")
        msgspec.json.encode(diagnosis_as_dict(diagnosis, catalogue(), speaker))

    KEPT.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("error")
    # What is found goes into the first folder; the second is only read.
    atheris.Setup([sys.argv[0], *BOUNDS, *sys.argv[1:], str(KEPT), str(BOUNCES)], read_explain_json)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
