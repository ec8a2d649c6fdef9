"""The list, the files, the tests, the docs, the catalogue and the configuration name the same policies."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from whybounce.catalogue import catalogue
from whybounce.gateway import policies
from whybounce.gateway.config import ConfigError, read_config
from whybounce.gateway.policies import POLICIES, Mode, Policy, Stage
from whybounce.vocabulary.cause import VerdictKind

ROOT = Path(__file__).parents[3]
FOLDER = Path(policies.__file__).parent
FRAMEWORK = {"__init__", "facts", "judging", "policy", "suspecting", "verdicts"}


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("policies_tool", ROOT / "tools/policies.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_file_is_one_policy_of_the_list():
    files = {file.stem for file in FOLDER.glob("*.py")} - FRAMEWORK

    assert files == {policy.name for policy in POLICIES}
    assert len(POLICIES) == len(files)


def test_the_list_stands_in_the_order_of_the_stages():
    stages = [list(Stage).index(policy.stage) for policy in POLICIES]

    assert stages == sorted(stages)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_a_policy_is_in_the_file_of_its_name_and_has_a_table_of_tests(policy: Policy):
    assert policy.judge.__module__ == f"whybounce.gateway.policies.{policy.name}"
    assert (Path(__file__).parent / f"test_{policy.name}.py").exists()


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_what_a_policy_raises_has_words(policy: Policy):
    for cause in policy.causes:
        kinds = {form.verdict for form in catalogue().causes[cause].replies}
        assert kinds & {VerdictKind.REFUSE, VerdictKind.DEFER}


def test_the_catalogue_says_which_policies_raise_a_cause():
    """Fill in ``raised-by`` in the cause's file."""
    raised = {
        cause.id: tuple(policy.name for policy in POLICIES if cause.id in policy.causes)
        for cause in catalogue().causes.values()
    }

    told = {cause.id: cause.raised_by for cause in catalogue().causes.values()}
    assert {key: set(names) for key, names in told.items()} == {
        key: set(names) for key, names in raised.items()
    }


def test_every_page_is_what_the_policies_say():
    """Run tools/policies.py after a change of a policy."""
    built = _tool().pages(catalogue())
    written = {
        page.name: page.read_text(encoding="utf-8") for page in (ROOT / "docs/policies").iterdir()
    }

    assert written == built


def test_counters_are_kept_in_whole_minutes():
    windows = [tally.window for policy in POLICIES for tally in policy.tallies]

    assert all(window.total_seconds() % 60 == 0 for window in windows)


def test_an_operator_sets_what_becomes_of_a_verdict(tmp_path: Path):
    file = tmp_path / "whybounce.toml"
    file.write_text('[policies]\nrelay_allowed = "log"\n')

    assert read_config(file, {}).policies == {"relay_allowed": Mode.LOG}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('relay_alowed = "log"', "policies, relay_alowed: this key is not known; did you mean rel"),
        ('relay_allowed = "no"', '"no" is not allowed; allowed is "refuse", "defer", "log" or "of'),
    ],
)
def test_a_wrong_policy_or_mode_is_named(tmp_path: Path, written: str, said: str):
    file = tmp_path / "whybounce.toml"
    file.write_text(f"[policies]\n{written}\n")

    with pytest.raises(ConfigError, match="policies") as told:
        read_config(file, {})

    assert said in str(told.value)
