"""`manage.py check_org` on the sample organisation: what was seeded is found, once, and no more."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from compliance.models import Finding, FindingEvent
from regions.models import OrgUnit
from tests.customers.files import import_file

SAMPLE = Path(__file__).parents[1] / "complaints" / "sample"
SEEDED = {"ORG-02": 3, "ORG-05": 4, "ORG-06": 2, "ORG-08": 3, "ORG-10": 1}


def check_org(*arguments):
    out = StringIO()
    call_command("check_org", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture
def sample(db):
    import_file("org", SAMPLE / "组织架构.xlsx")


def test_what_was_seeded_is_found_once_and_no_more(sample):
    answer = check_org()

    assert set(answer) == {"findings", "by_rule", "score_by_unit"}
    assert all(set(one) == {"rule", "unit", "severity", "evidence"} for one in answer["findings"])
    by_rule = answer["by_rule"]
    assert {rule: by_rule[rule] for rule in SEEDED} == SEEDED
    # Besides: one project past its start-up stage never had a lead; in three units the people of
    # required posts have left.
    assert by_rule.keys() - SEEDED.keys() == {"ORG-07", "ORG-09"}
    found = [(one["rule"], one["unit"]) for one in answer["findings"]]
    assert len(set(found)) == len(found)
    assert {unit for rule, unit in found if rule == "ORG-05"} == {"HN01", "HN03", "HD01", "HZ01"}
    assert {unit for rule, unit in found if rule == "ORG-06"} == {"HN02P03", "HD03P02"}
    assert {unit for rule, unit in found if rule == "ORG-07"} == {"HN02P03"}
    assert {unit for rule, unit in found if rule == "ORG-09"} == {"HB01", "HB03P02", "HZ02"}
    assert answer["score_by_unit"].keys() == set(OrgUnit.objects.values_list("code", flat=True))
    assert answer["score_by_unit"]["HN02P03"] == 60
    assert answer["score_by_unit"]["HN"] == 90

    # A second run finds the same and writes nothing new; a branch holds only what lies in it.
    events = FindingEvent.objects.count()
    assert check_org() == answer
    assert FindingEvent.objects.count() == events == Finding.objects.count() == len(found)
    branch = check_org("--unit", "hn")
    assert branch["findings"] == [one for one in answer["findings"] if one["unit"][:2] == "HN"]
    assert branch["score_by_unit"] == {
        code: score for code, score in answer["score_by_unit"].items() if code[:2] == "HN"
    }


def test_an_unknown_unit_is_refused_with_one_sentence(db):
    with pytest.raises(CommandError, match="NOWHERE") as refusal:
        call_command("check_org", "--unit", "NOWHERE")

    assert refusal.value.returncode == 2
