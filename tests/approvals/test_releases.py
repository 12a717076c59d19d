"""Large exports wait for a release, where the rule sets a number of rows."""

import pytest
from django.urls import reverse

from approvals.models import Approval, Task
from approvals.services import approve, reject
from complaints.exports import CASES
from core import jobs
from core.exports import start
from core.exports.lists import EXPORTS
from core.models import Notice
from customers.exports import CUSTOMERS
from expenses.exports import PAPERS
from expenses.ledger_book import LEDGER
from reports.analysis.exports import ANALYSIS
from reports.builder.exports import REPORT
from reports.builder.services import save_report
from reports.standard.exports import STANDARD
from satisfaction.answer_files import ANSWERS
from tests.expenses.papers import cast_of, give_budget, granted
from tests.factories import (
    make_case,
    make_customer,
    make_post,
    make_response,
    make_user,
    say,
)
from tests.reports.test_analysis import firm
from tests.satisfaction.asking import make_open_wave

pytestmark = pytest.mark.django_db


@pytest.fixture
def head(world):
    """The head of the north, who asks for the release of what his colleague takes away."""
    person = make_user(unit=world.north, no="P-HEAD")
    make_post(user=person, unit=world.north, function="客户关系中心(部)负责人")
    for number in range(3):
        make_customer(unit=world.n1a, name=f"客户{number}")
    return person


def written(world, client, export=CUSTOMERS, **asked):
    """An export of the head of the north, and how its owner's pages answer."""
    job = jobs.work(start(export, by=world.north_head, filter="", **asked).pk)
    client.force_login(world.north_head)
    page = client.get(reverse(export.page, args=[job.pk]))
    return job, page, fetched(client, job)


def fetched(client, job) -> int:
    """The status with which the file is answered."""
    answer = client.get(reverse(EXPORTS[job.kind].file, args=[job.pk]))
    if answer.streaming:
        b"".join(answer.streaming_content)  # the file is closed with its last byte
    return answer.status_code


def ready() -> int:
    return Notice.objects.filter(kind="core.export_ready").count()


@pytest.mark.parametrize("most", [0, 3])
def test_up_to_the_limit_files_go_as_always(world, head, client, most):
    say(world.group, "approvals.export_rows", most)

    assert written(world, client)[2] == 200
    assert (Approval.objects.count(), ready()) == (0, 1)


@pytest.mark.parametrize(("agrees", "status"), [(True, 200), (False, 404)])
def test_a_larger_file_is_fetched_after_its_release(world, head, client, agrees, status):
    say(world.group, "approvals.export_rows", 2)
    job, page, before = written(world, client)
    approval = Approval.objects.get()

    assert (before, ready(), page.context["result_url"]) == (404, 0, "")
    assert (approval.applicant, approval.snapshot["rows"]) == (world.north_head, 3)
    task = Task.objects.get(step__approval=approval, state="open")
    assert task.person == head
    approve(task, by=head) if agrees else reject(task, by=head, comment="不需要")

    assert fetched(client, job) == status
    assert ready() == agrees


def two_papers(world):
    """Two granted applications: two rows of their list, and two lines of the ledger."""
    cast_of(world)
    give_budget(world)
    for _number in range(2):
        granted(world)
    return {}


def two_cases(world):
    for _number in range(2):
        make_case(unit=world.n1a)
    return {}


def two_answers(world):
    wave = make_open_wave(world.group)
    for _number in range(2):
        make_response(wave=wave, unit=world.n1a)
    return {"wave": wave.pk}


def two_cases_reported(world):
    two_cases(world)
    asked = {"subject": "cases", "columns": ["number"]}
    report = save_report(by=world.north_head, name="名单", definition=asked, audience="own")
    return {"report": report.pk}


def two_lines_reported(world):
    """A standard report of two lines, with their sums by category and by unit."""
    two_papers(world)
    return {"standard": "expense-ledger", "rows": 4}


def two_customers_analysed(world):
    """Two customers of one class: a row of the classes, two of the customers."""
    for number in range(2):
        firm(world.n1a, f"C{number}", d2026_03_05=500)
    return {"method": "abc", "rows": 3}


@pytest.mark.parametrize(
    ("export", "fill"),
    [
        (CASES, two_cases),
        (ANSWERS, two_answers),
        (PAPERS, two_papers),
        (LEDGER, two_papers),
        (REPORT, two_cases_reported),
        (STANDARD, two_lines_reported),
        (ANALYSIS, two_customers_analysed),
    ],
    ids=lambda one: getattr(one, "kind", None),
)
def test_a_larger_file_of_any_list_is_held(world, head, client, export, fill):
    asked = fill(world)
    rows = asked.pop("rows", 2)
    say(world.group, "approvals.export_rows", 1)

    job, page, status = written(world, client, export, **asked)

    assert Approval.objects.get(subject_kind="approvals.export").snapshot["rows"] == rows
    assert (job.state, status, page.context["result_url"], ready()) == ("done", 404, "", 0)


def test_every_list_is_among_those_that_are_tried():
    tried = (CUSTOMERS, CASES, ANSWERS, PAPERS, LEDGER, REPORT, STANDARD, ANALYSIS)
    assert set(EXPORTS) == {one.kind for one in tried}
