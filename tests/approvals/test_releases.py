"""Large exports wait for a release, where the rule sets a number of rows."""

import pytest
from django.urls import reverse

from approvals.models import Approval, Task
from approvals.services import approve, reject
from core import jobs
from core.models import Notice
from customers.exports import start_export
from tests.factories import make_customer, make_post, make_user, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def head(world):
    """The head of the north, who asks for the release of what his colleague takes away."""
    person = make_user(unit=world.north, no="P-HEAD")
    make_post(user=person, unit=world.north, function="客户关系中心(部)负责人")
    for number in range(3):
        make_customer(unit=world.n1a, name=f"客户{number}")
    return person


def written(world, client):
    """An export of three rows, and how its owner's pages answer."""
    job = jobs.work(start_export(by=world.north_head, filter_query="").pk)
    client.force_login(world.north_head)
    page = client.get(reverse("customers:export-detail", args=[job.pk]))
    return job, page, fetched(client, job)


def fetched(client, job) -> int:
    """The status with which the file is answered."""
    answer = client.get(reverse("customers:export-file", args=[job.pk]))
    answer.close()
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
