"""Cases of grave levels are closed by an approval, where the rule says so."""

import pytest
from django.urls import reverse

from approvals.models import Approval, Task
from approvals.services import approve, last_approval
from complaints.models import Level
from complaints.services import make_move
from complaints.services.closing import KIND, ask_closing
from core.errors import Refused
from regions.policies.types import rows
from tests.complaints.cases import fresh, stand
from tests.factories import make_case, make_post, make_user, say

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def grave(world):
    """A case of a grave level, called back and ready to be closed."""
    level = Level.objects.order_by("pk").first()
    case = make_case(unit=world.n1a, assign=False, level=level)
    stand(case, "called_back", world.north_clerk)
    return fresh(case)


def by_rule(world, case):
    say(world.group, "complaints.closing_approval", rows([{"level": case.level.name}]))
    for name, unit in (("CITY", world.n1), ("REGION", world.north)):
        head = make_user(unit=unit, no=f"P-{name}")
        make_post(user=head, unit=unit, function="客户关系中心(部)负责人")


def test_without_the_rule_cases_are_closed_as_always(world, grave):
    assert make_move(grave, "close", by=world.north_head).state == "closed"
    assert not Approval.objects.exists()


def test_the_button_asks_and_the_last_agreement_closes(world, grave, client):
    by_rule(world, grave)
    with pytest.raises(Refused, match="needs an approval"):
        make_move(grave, "close", by=world.north_head)
    client.force_login(world.north_head)
    address = reverse("complaints:move", args=[grave.pk, "close"])

    answer = client.post(address, {"version": grave.version, "text": "业主已确认"})
    approval = last_approval(grave, KIND)

    assert answer["Location"] == approval.get_absolute_url()
    again = client.post(address, {"version": grave.version})
    assert (again.status_code, Approval.objects.count()) == (422, 1)
    while task := Task.objects.filter(step__approval=approval, state="open").first():
        assert fresh(grave).state == "called_back"
        approve(task, by=task.person)
    assert fresh(grave).state == "closed"


def test_a_case_that_was_reopened_is_not_closed_by_the_former_approval(world, grave):
    by_rule(world, grave)
    approval = ask_closing(grave, by=world.north_head)
    make_move(grave, "reopen", by=None, reason="再次渗水")
    task = Task.objects.get(step__approval=approval, state="open")

    with pytest.raises(Refused, match="changed"):
        approve(task, by=task.person)

    assert Approval.objects.get().state == "void"
    assert fresh(grave).state == "in_progress"
