"""Cases led to where a test wants them, by the moves that lead there, and pictures of them."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from audit.models import Entry
from complaints.models import (
    Case,
    CaseEntry,
    CasePerson,
    Complainant,
    Deadline,
    EscalationStep,
    Pause,
    PersonRole,
    Urge,
)
from complaints.services import committee, make_move
from complaints.states import State
from core.models import Notice
from customers.models import STRATEGIC
from tests.factories import World, make_case, make_customer, make_user

WAYS = {
    State.REGISTERED: "",
    State.ASSIGNED: "assign",
    State.ACCEPTED: "assign accept",
    State.IN_PROGRESS: "assign accept start",
    State.WAITING_OWNER: "assign accept start wait_owner",
    State.WAITING_CONTRACTOR: "assign accept start wait_contractor",
    State.RESOLVED: "assign accept start resolve",
    State.CALLED_BACK: "assign accept start resolve call_back",
    State.CLOSED: "assign accept start resolve call_back close",
    State.REJECTED: "assign ask_reject reject",
    State.MERGED: "assign merge",
}


def facts_for(name: str, case: Case, handler: Any) -> dict[str, Any]:
    """What a move asks for, as somebody would fill it in."""
    soon = timezone.now() + timedelta(hours=2)
    return {
        "assign": lambda: {"handler": handler},
        "contact": lambda: {"text": "已电话联系业主"},
        "plan": lambda: {"text": "周三上门查验"},
        "wait_owner": lambda: {"reason": "业主出差", "until": soon},
        "wait_contractor": lambda: {"reason": "等待防水材料", "until": soon},
        "resolve": lambda: {"resolution": "已重新做防水"},
        "call_back": lambda: {"outcome": "satisfied", "rating": 5},
        "ask_reject": lambda: {"reason": "非我司项目"},
        "merge": lambda: {"into": make_case(unit=case.unit, assign=False)},
        "unmerge": lambda: {"reason": "并错了"},
        "reopen": lambda: {"reason": "问题再次出现"},
        "urge": lambda: {"reason": "业主第二次来电", "answer_by": soon},
        "answer_urge": lambda: {"text": "今日下午三点前上门"},
        "disagree": lambda: {"text": "对结算方式有重大分歧"},
        "react": lambda: {"text": "委员会决定由总经理拜访"},
    }.get(name, dict)()


def make_ready(case: Case, name: str) -> None:
    """What must be so, besides the state, before a move can be made."""
    now = timezone.now()
    if name == "answer_urge":
        later = now + timedelta(hours=2)
        Urge.objects.create(case=case, reason="业主来电", urged_at=now, answer_by=later)
    if name in ("disagree", "react"):
        customer = make_customer(unit=case.unit, kind="organisation", level=STRATEGIC)
        Case.objects.filter(pk=case.pk).update(customer=customer)
    if name == "react":
        committee.begin(fresh(case), now)


def stand(case: Case, state: str, handler: Any) -> Case:
    """Lead a fresh case to a state; the operator makes every move."""
    for name in WAYS[State(state)].split():
        make_move(case, name, by=None, **facts_for(name, case, handler))
    return fresh(case)


def fresh(case: Case) -> Case:
    return Case.objects.select_related("unit", "level", "handler").get(pk=case.pk)


def everything() -> dict[str, list]:
    """All rows that a move may touch."""
    tables = (Case, CaseEntry, CasePerson, Complainant, Deadline, EscalationStep, Pause, Urge)
    return {
        model.__name__: list(model.objects.order_by("pk").values())  # type: ignore[attr-defined]
        for model in (*tables, Entry, Notice)
    }


def local(text: str) -> datetime:
    """A moment on the clock in the office."""
    return timezone.make_aware(datetime.fromisoformat(text))


def cast_of(world: World) -> dict[str, Any]:
    """People around the cases of n1a: each holds a role as the group gives it."""
    people = {
        name: make_user(unit=world.n1a, no=f"C-{name}".upper(), name=name)
        for name in ("handler", "helper", "bystander", "enterer")
    }
    people["officer"] = make_user(unit=world.group, role="hotline", no="C-OFFICER")
    people["head"] = make_user(unit=world.n1a, role="section-head", no="C-HEAD")
    people["sibling"] = make_user(unit=world.n1b, role="section-head", no="C-SIBLING")
    people["far"] = world.south_head
    people["reader"] = world.reader
    people["boss"] = world.boss
    people["admin"] = world.admin
    return people


def help_with(case: Case, user: Any) -> CasePerson:
    return CasePerson.objects.create(case=case, user=user, role=PersonRole.COLLABORATOR)


__all__ = [
    "cast_of",
    "everything",
    "facts_for",
    "fresh",
    "help_with",
    "local",
    "make_ready",
    "stand",
]
