"""The examples of docs/api.md, run as they stand there, by curl against a running server."""

import json
import os
import re
import subprocess
from typing import Any

import pytest
from django.conf import settings

from regions.models import Kind
from reports.metrics import rollups
from tests.api.conftest import Program
from tests.factories import give, make_customer, make_unit, make_user

PAGE = (settings.BASE_DIR / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.django_db(transaction=True)
def test_the_examples_work_as_they_stand(transactional_db, live_server, world, everybody_may):
    unit = make_unit(kind=Kind.PROJECT, code="WH01", name="武汉花园", parent=world.n1)
    owner = make_user(unit=unit, role=None)
    for role in ("section-administrator", "section-head"):
        give(owner, role, world.north)
    customer = make_customer(unit=unit, name="李敏", phone="+8613800000001")
    rollups.rebuild()
    variables = {
        "CRM": live_server.url,
        "TOKEN": Program(owner).text,
        "CUSTOMER": str(customer.pk),
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
    }

    answers = [answer for example in EXAMPLES for answer in run(example, variables)]
    assert len(answers) == PAGE.count("curl -") - 1  # one of them only fetches a version
    assert answers[1]["results"][0]["name"] == "李敏"
    told = [answer["figures"] for answer in answers if "figures" in answer]
    assert [[one["metric"] for one in several] for several in told] == [
        ["customers_new"],
        ["contacts"],
        ["satisfaction", "strategic_due"],
    ]
    assert [len(answer["months"]) for answer in answers if "months" in answer] == [3]
    assert [one for one in answers if "value" in one] == [{"value": "13800000001"}]


def run(example: str, variables: dict[str, str]) -> list[dict[str, Any]]:
    """What the calls of one example were answered, each a JSON object."""
    loud = example.replace("curl -", "curl --fail-with-body -sS -w '\\nEND\\n' -")
    done = subprocess.run(  # noqa: S603  our own documentation
        ["/bin/sh", "-ec", loud], env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (example, done.stdout, done.stderr)
    return [json.loads(part) for part in done.stdout.split("\nEND\n") if part.strip()]
