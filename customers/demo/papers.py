"""Requests of the demonstration in every state, and the people who decide papers of the group."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Function, Post, User
from approvals.models import (
    Approval,
    Body,
    BodyMember,
    Request,
    RequestFile,
    Task,
    TaskState,
)
from approvals.selectors.people import heads
from approvals.services import approve, copy_to, reject, send_back
from approvals.services.bodies import READY, seed_bodies
from approvals.services.requests import submit_request, write_request
from core.attachments.store import discard_after_commit
from customers.demo.parts import Gone, Part, Scene, register
from regions.models import Kind, OrgUnit

# Functions that flows ask for, held beside their own work by people of the group.
DESKS = ("总经理", "总经理助理", "商务核签", "产品线经理", "财务审单", "大区经理")
MEMBERS = {"board": 5, "manager_meeting": 4, "supervisors": 3, "shareholders": 2}
GENERAL = (
    (
        "购置业主活动帐篷两顶",
        "社区活动场地没有遮阳，业主意见较多。",
        "同意购置帐篷两顶。",
        "1680.00",
    ),
    ("更换客服中心叫号机", "叫号机本月停机三次，业主等候变长。", "同意更换叫号机一台。", "9800.00"),
    (
        "交付现场增设休息区",
        "十二月集中交付，每日到访一百二十组。",
        "同意租用桌椅十五天。",
        "2600.00",
    ),
    (
        "客户访谈小礼品补充",
        "入户访谈用小礼品已用完。",
        "同意补充三百份，单价不超过五元。",
        "1500.00",
    ),
    ("客服人员冬季工装", "新入职八人尚无冬季工装。", "同意定制八套。", "3200.00"),
)
RULE = {
    "document": "《客户投诉分级处理细则（2026 年修订）》",
    "kind": "修订",
    "reason": "细化重大投诉的升级时限，与集团时限一致；已征求各区域意见。",
    "starts_on": "2027-01-01",
}


def write_papers(cursor: Any, scene: Scene) -> dict[str, int]:
    """Requests that wait for the accounts of the demonstration, and some that were decided."""
    group = OrgUnit.objects.get(kind=Kind.GROUP)
    _seat(list(User.objects.filter(unit=group, is_demo=True).order_by("pk")), group)
    chief = User.objects.get(pk=scene.chosen["section-head"].key)
    top = next(iter(heads(group)), chief)
    papers = [*_general(chief), _rule(group, top)]
    return {"requests": sum(paper is not None for paper in papers)}


def _seat(people: Sequence[User], group: OrgUnit) -> None:
    """Give the desks and seats of the group to its people, where nobody holds them."""
    for place, name in enumerate(DESKS):
        function = Function.objects.get(name=name)
        if people and not Post.objects.now().filter(function=function, unit=group).exists():
            person = people[place % len(people)]
            Post.objects.create(user=person, unit=group, function=function, is_dedicated=False)
    seed_bodies()
    for key, *_rest in READY:
        body = Body.objects.get(key=key)
        for place, person in enumerate(people[: MEMBERS[key]]):
            BodyMember.objects.get_or_create(
                body=body, user=person, defaults={"is_chair": place == 0}
            )


def _general(chief: User) -> list[Request]:
    """General requests of the people around a head: two wait for him, others were decided."""
    staff = User.objects.active().filter(unit=chief.unit).exclude(pk=chief.pk).order_by("pk")
    papers = []
    for place, (person, words) in enumerate(zip(_around(list(staff)), GENERAL, strict=False)):
        title, reason, wish, amount = words
        paper = write_request(
            form="general",
            title=title,
            values={"reason": reason, "wish": wish},
            amount=Decimal(amount),
            by=person,
        )
        approval = submit_request(paper, by=person)
        _decide(place, approval)
        papers.append(paper)
    return papers


def _around(staff: list[User]) -> list[User]:
    """As many applicants as there are papers, whoever they are."""
    return [staff[place % len(staff)] for place in range(len(GENERAL))] if staff else []


def _decide(place: int, approval: Approval) -> None:
    """The third was approved, the fourth sent back, the fifth rejected; the first two wait."""
    if place < 2:
        return
    for task in Task.objects.filter(step__approval=approval, state=TaskState.OPEN):
        if place == 2:
            copy_to(approval, people=heads(approval.unit), by=approval.applicant)
            approve(task, by=task.person, comment="同意，请控制费用。")
        elif place == 3:
            send_back(task, by=task.person, comment="请补充上次领用的明细。")
        else:
            reject(task, by=task.person, comment="请由区域统一采购，不必单独申请。")
        return


def _rule(group: OrgUnit, top: User) -> Request | None:
    """A rule that goes to the meeting and the board."""
    writer = User.objects.active().filter(unit=group, is_demo=True).exclude(pk=top.pk).first()
    if writer is None:
        return None
    paper = write_request(form="rule", title="客户投诉分级处理细则修订", values=RULE, by=writer)
    submit_request(paper, by=writer)
    return paper


def remove_papers(cursor: Any, gone: Gone) -> dict[str, int]:
    """Requests and approvals in the units that go, the seats of the people who go, and bodies of
    those units."""
    files = RequestFile.objects.filter(request__unit__in=gone.units)
    for name in files.values_list("stored_name", flat=True):
        discard_after_commit(name)
    requests = Request._base_manager.filter(unit__in=gone.units)
    keys = list(requests.values_list("pk", flat=True))
    Approval._base_manager.filter(unit__in=gone.units).delete()
    requests.delete()
    if keys:
        cursor.execute("DELETE FROM approvals_requestevent WHERE pgh_obj_id = ANY(%s)", [keys])
    BodyMember.objects.filter(Q(user__in=gone.people) | Q(body__unit__in=gone.units)).delete()
    Body.objects.filter(unit__in=gone.units).delete()
    return {"requests": len(keys)}


register(
    Part(
        write_papers,
        remove_papers,
        {"requests": _("Requests")},
        (
            "approvals.Decision:immutable",
            "approvals.Request:delete_delete",
            "approvals.RequestEvent:append_only",
            "approvals.Body:delete_delete",
            "approvals.BodyMember:delete_delete",
        ),
    )
)
