"""The page of the rules that are checked: sources, what each finds, points of units."""

import pytest
from django.urls import reverse
from django.utils import timezone

from compliance.checks import CHECKS
from compliance.models import LogInSum
from compliance.selectors.checks import live_by_rule, lowest_points
from compliance.selectors.log_in_figures import phase_of
from tests.factories import make_finding

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


def test_every_rule_stands_with_its_source_and_what_it_finds_in_reach(client, world):
    rule = next(iter(CHECKS))
    for unit in (world.n1a, world.n1b, world.s1a):
        make_finding(unit=unit, rule=rule, evidence={"held": {}})
    make_finding(unit=world.n1a, rule=rule, key="2", state="closed", closed_on=TODAY())
    client.force_login(world.north_head)

    page = client.get(reverse("compliance:checks"))

    assert [row["check"].id for row in page.context["rows"]] == list(CHECKS)
    text = page.content.decode()
    assert all(str(one.source) in text for one in CHECKS.values())
    assert live_by_rule(world.north_head) == {rule: 2}
    listed = client.get(reverse("compliance:findings"), {"rule": rule})
    assert len(listed.context["rows"]) == 2
    assert world.s1a.name not in text


def test_points_are_lost_by_weight_and_by_ones_own_findings_alone(world):
    for severity, unit in (
        ("high", world.n1a), ("medium", world.n1a), ("low", world.n1b), ("high", world.s1a)
    ):  # fmt: skip
        make_finding(unit=unit, severity=severity, key=severity)
    for number in range(6):
        make_finding(unit=world.n1, severity="high", key=str(number))

    assert lowest_points(world.north_head, 20) == [(world.n1, 0), (world.n1a, 70), (world.n1b, 95)]
    assert lowest_points(world.north_head, 1) == [(world.n1, 0)]
    assert lowest_points(world.south_head, 20) == [(world.s1a, 80)]


@pytest.mark.parametrize(
    ("rate", "phase"),
    [(None, ""), (0, "突破阶段"), (0.1599, "突破阶段"), (0.16, "关键阶段"), (0.5, "自驱动阶段"),
     (0.84, "余波阶段"), (1.0, "余波阶段")],
)  # fmt: skip
def test_the_adoption_rate_says_the_phase(rate, phase):
    assert phase_of(rate, TODAY()) == phase


def test_the_phase_stands_beside_the_adoption_rate(client, world):
    row = LogInSum(month=TODAY().replace(day=1), expected=0, met=0, people=10, users=6, adopters=6)
    row.place_in(world.n1a)
    row.save()
    client.force_login(world.north_head)
    page = client.get(reverse("compliance:log-ins"), {"month": f"{TODAY():%Y-%m}"})
    assert page.context["phase"] == "自驱动阶段"
    assert "自驱动阶段" in page.content.decode()
