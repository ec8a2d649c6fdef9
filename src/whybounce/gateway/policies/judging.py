"""The policies of a stage, asked in the order of the list. The first that is against it decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Mode, Need, Policy, Stage, Tally
from whybounce.gateway.policies.verdicts import PASS, Defer, Pass, Refuse, Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of it, by whom, and what would have been said by those that only log."""

    verdict: Verdict = PASS
    policy: str = ""  # Who decided; empty where nobody was against it.
    logged: tuple[tuple[str, Refuse | Defer], ...] = ()


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one policy says by itself."""

    policy: Policy
    mode: Mode
    verdict: Verdict | None  # None: it is not asked about a postmaster of ours.


_NO_OBJECTION = Judgement()


class Judge:
    """The policies in force, by stage. What they need is what ``asking`` fetches."""

    def __init__(self, policies: Sequence[Policy], modes: Mapping[str, Mode]) -> None:
        self._asked = {
            stage: tuple(
                (policy, mode)
                for policy in policies
                if policy.stage is stage
                and (mode := modes.get(policy.name, policy.usual)) is not Mode.OFF
            )
            for stage in Stage
        }
        self._needs = {
            stage: frozenset(need for policy, _ in asked for need in policy.needs)
            for stage, asked in self._asked.items()
        }
        self._tallies = {
            stage: tuple(dict.fromkeys(each for policy, _ in asked for each in policy.tallies))
            for stage, asked in self._asked.items()
        }
        every = (each for read in self._tallies.values() for each in read)
        self.every_tally = tuple(dict.fromkeys(every))  # Whichever stage reads it.
        counting = [each for each in self.every_tally if not each.of]
        self._counting_taken = {
            stage: tuple(each for each in counting if each.stage is stage and not each.refused_for)
            for stage in Stage
        }
        self._counting_refused = {
            stage: tuple(each for each in counting if each.stage is stage and each.refused_for)
            for stage in Stage
        }

    def needs(self, stage: Stage) -> frozenset[Need]:
        """Return which costly facts the stage's policies need."""
        return self._needs[stage]

    def tallies(self, stage: Stage) -> tuple[Tally, ...]:
        """Return the counters that the stage's policies read."""
        return self._tallies[stage]

    def counts(self, stage: Stage, facts: Facts) -> dict[str, int]:
        """Return what to add to which counters, once this was taken."""
        return _added(self._counting_taken[stage], facts)

    def counts_of_refusal(self, stage: Stage, facts: Facts, cause: str) -> dict[str, int]:
        """Return what to add to which counters, once this was refused."""
        counting = self._counting_refused[stage]
        return _added([each for each in counting if cause in each.refused_for], facts)

    def judge(self, stage: Stage, facts: Facts) -> Judgement:
        """Return what the first policy says that is against it."""
        if stage is Stage.RCPT and facts.is_for_postmaster:
            return _NO_OBJECTION
        logged: list[tuple[str, Refuse | Defer]] = []
        for policy, mode in self._asked[stage]:
            verdict = policy.judge(facts)
            if isinstance(verdict, Pass):
                continue
            if mode is Mode.LOG:
                logged.append((policy.name, verdict))
                continue
            return Judgement(_in_mode(verdict, mode), policy.name, tuple(logged))
        return Judgement(logged=tuple(logged)) if logged else _NO_OBJECTION

    def opinions(self, stage: Stage, facts: Facts) -> tuple[Opinion, ...]:
        """Return what every policy of the stage says, whoever decides; for a rehearsal."""
        exempt = stage is Stage.RCPT and facts.is_for_postmaster
        return tuple(
            Opinion(policy, mode, None if exempt else _in_log(policy.judge(facts), mode))
            for policy, mode in self._asked[stage]
        )


def _in_log(verdict: Verdict, mode: Mode) -> Verdict:
    return verdict if isinstance(verdict, Pass) or mode is Mode.LOG else _in_mode(verdict, mode)


def _added(tallies: Sequence[Tally], facts: Facts) -> dict[str, int]:
    added: dict[str, int] = {}
    for tally in tallies:
        if key := tally.key(facts):
            added[key] = added.get(key, 0) + tally.amount(facts)
    return added


def _in_mode(verdict: Refuse | Defer, mode: Mode) -> Refuse | Defer:
    if mode is not Mode.DEFER or isinstance(verdict, Defer):
        return verdict
    return Defer(
        verdict.cause,
        verdict.values,
        verdict.evidence,
        verdict.status,
        verdict.restriction,
        verdict.plain,
    )
