"""Papers that were sent back go to whoever takes the applicant's work over (ACC-16, WF-02).

Who takes such a paper over is its applicant from then on: he mends it and hands it in again, or
withdraws it. What is being decided stays the paper of its applicant; it comes back to nobody's
desk before it is sent back.
"""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import handover
from accounts.models import HandOver, HandOverItem, Outcome, User
from approvals.models import (
    Approval,
    ApprovalState,
    Decision,
    Request,
    RequestState,
    Verb,
)
from approvals.subjects import SUBJECTS

REQUESTS, PAPERS = "approvals.request", "approvals.sent_back"


def requests_sent_back() -> QuerySet[Request]:
    """Requests on ready forms that wait for their applicant."""
    return Request.objects.filter(state=RequestState.SENT_BACK)


def papers_sent_back() -> QuerySet[Approval]:
    """Other papers that wait for their applicant and are not handed over with their record."""
    carried = [kind for kind, subject in SUBJECTS.items() if subject.work]
    return Approval.objects.filter(state=ApprovalState.SENT_BACK).exclude(subject_kind__in=carried)


def takers(people: Collection[User], units: Collection[int], by: Any = None) -> dict[int, set[int]]:
    """Everybody who can log in may take them, except in units where he decides upon such a paper:
    nobody shall answer for what he decides himself. Person's key → keys of units."""
    barred: dict[int, set[int]] = defaultdict(set)
    decided = Decision.objects.filter(
        approval__state=ApprovalState.SENT_BACK,
        approval__unit__in=units,
        by__in=[person.pk for person in people],
        verb__in=(Verb.APPROVE, Verb.REJECT, Verb.SEND_BACK),
    )
    for person, unit in decided.values_list("by", "approval__unit"):
        barred[person].add(unit)
    return {
        person.pk: set(units) - barred[person.pk] if person.is_active else set()
        for person in people
    }


handover.register(
    handover.Work(
        key=REQUESTS,
        title=_("Requests that were sent back"),
        rows=requests_sent_back,
        holder="applicant",
        takers=takers,
        right="accounts.hand_over_work",
        list_url="/approvals/requests/",
    )
)
handover.register(
    handover.Work(
        key=PAPERS,
        title=_("Papers that were sent back"),
        rows=papers_sent_back,
        holder="applicant",
        takers=takers,
        right="accounts.hand_over_work",
        list_url="/approvals/inbox/?tab=started",
    )
)


@handover.when_carried_out
def papers_follow(hand_over: HandOver) -> None:
    """Let papers go with the records that were handed over, and write it into their history."""
    _follow(hand_over, hand_over.by, "to_user", outcome=Outcome.OPEN)


@handover.when_undone
def papers_return(hand_over: HandOver) -> None:
    """Papers whose record came back are again of whom they were."""
    _follow(hand_over, hand_over.ended_by, "from_user", outcome=Outcome.RETURNED)


def _follow(hand_over: HandOver, by: Any, to: str, *, outcome: str) -> None:
    items = HandOverItem.objects.filter(hand_over=hand_over, outcome=outcome)
    for kind, subject in SUBJECTS.items():
        if subject.work:
            owners = dict(items.filter(kind=subject.work).values_list("record_id", to))
            papers = Approval.objects.filter(subject_kind=kind, subject_id__in=owners)
            _give({paper: owners[paper.subject_id] for paper in _waiting(papers)}, by)
    owners = dict(items.filter(kind=PAPERS).values_list("record_id", to))
    papers = Approval.objects.filter(pk__in=owners)
    _give({paper: owners[paper.pk] for paper in _waiting(papers)}, by)


def _waiting(papers: QuerySet[Approval]) -> list[Approval]:
    return list(papers.filter(state=ApprovalState.SENT_BACK).order_by("pk").select_for_update())


def _give(owners: dict[Approval, int], by: Any) -> None:
    """Make people the applicants of papers."""
    names = User.objects.in_bulk(set(owners.values()))
    now = timezone.now()
    for paper, owner in owners.items():
        paper.applicant_id = owner
    Approval.objects.bulk_update(owners, ["applicant"], batch_size=500)
    Decision.objects.bulk_create(
        [
            Decision(
                approval=paper,
                verb=Verb.TRANSFER,
                by=by,
                at=now,
                snapshot_hash=paper.snapshot_hash,
                detail={"to": [names[owner].name]},
            )
            for paper, owner in owners.items()
        ],
        batch_size=500,
    )
