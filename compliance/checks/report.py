"""What a run of the checks says about a branch, as the command and the pages show it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from compliance.checks.registry import Found, run, sentence
from compliance.checks.scores import scores
from compliance.checks.world import World
from regions.models import OrgUnit


@dataclass(frozen=True)
class CheckReport:
    """The breaches in a branch, by rule and then in tree order, and the units of the branch."""

    found: list[Found]
    units: list[OrgUnit]

    @cached_property
    def by_rule(self) -> dict[str, int]:
        """Number of breaches of each rule that is broken."""
        return dict(Counter(one.check.id for one in self.found))

    @cached_property
    def score_by_unit(self) -> dict[str, int]:
        """Code → score of every unit of the branch."""
        return scores(self.units, self.found)

    def as_json(self) -> dict[str, Any]:
        """The report as `check_org --json` prints it; `evidence` also says itself in words."""
        return {
            "findings": [
                {
                    "rule": one.check.id,
                    "unit": one.breach.unit.code,
                    "severity": str(one.check.severity),
                    "evidence": one.breach.evidence | {"text": words(one)},
                }
                for one in self.found
            ],
            "by_rule": self.by_rule,
            "score_by_unit": self.score_by_unit,
        }


def words(one: Found) -> str:
    """A breach in one sentence."""
    return sentence(one.check.id, one.breach.evidence, one.breach.message)


def report_of(
    world: World, unit: OrgUnit | None = None, *, found: Iterable[Found] | None = None
) -> CheckReport:
    """Run the checks and keep what lies in a branch, of the whole group without `unit`. `found` is
    what a run gave already."""
    everything = run(world) if found is None else found
    path = unit.path if unit is not None else "/"
    return CheckReport(
        [one for one in everything if one.breach.unit.path.startswith(path)],
        [one for one in world.units if one.path.startswith(path)],
    )
