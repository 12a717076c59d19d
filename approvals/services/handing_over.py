"""Papers that were sent back go to whoever takes the applicant's work over (ACC-16, WF-02).

Who takes such a paper over is its applicant from then on: he mends it and hands it in again, or
withdraws it. What is being decided stays the paper of its applicant; it comes back to nobody's
desk before it is sent back.
"""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import handover
from accounts.models import HandOver, HandOverItem, Outcome, User
from approvals.models import (
    REQUEST_KIND,
    Approval,
    ApprovalState,
    Decision,
    Request,
    Task,
    Verb,
)
from approvals.services.leaving import TASKS
from approvals.subjects import SUBJECTS
from core.locking import lock

PAPERS = "approvals.sent_back"


def papers_sent_back() -> QuerySet[Approval]:
    """Papers that wait for their applicant and are not handed over with their record."""
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
        key=PAPERS,
        title=_("Papers that were sent back"),
        rows=papers_sent_back,
        holder="applicant",
        takers=takers,
        right="accounts.hand_over_work",
        list_url="/approvals/inbox/?tab=started",
    )
)


@handover.hold_before_rows
def hold_papers(rows: handover.Rows) -> None:
    """Hold the approvals of records, papers and tasks that are about to change hands: everybody
    locks an approval before what belongs to it."""
    wanted = Q(pk__in=[])
    for kind, subject in SUBJECTS.items():
        if subject.work in rows:
            wanted |= Q(subject_kind=kind, subject_id__in=_keys(rows[subject.work], "pk"))
    if PAPERS in rows:
        wanted |= Q(pk__in=_keys(rows[PAPERS], "pk"))
    if TASKS in rows:
        wanted |= Q(pk__in=_keys(rows[TASKS], "step__approval"))
    lock(Approval.objects.open().filter(wanted))


def _keys(rows: QuerySet[Any], column: str) -> Any:
    return rows.order_by().values(column)


@handover.hold_before_people
def hold_desks(people: Collection[User]) -> None:
    """Hold the approvals in which these people still decide: they go to others when they leave,
    and whoever decides at the same moment writes his name under the approval he holds."""
    tasks = Task.objects.unfinished().filter(person__in=[person.pk for person in people])
    lock(Approval.objects.filter(pk__in=tasks.values("step__approval")))


@handover.when_carried_out
def papers_follow(hand_over: HandOver) -> None:
    """Let papers go with the records that were handed over, and write it into their history."""
    _follow(hand_over, hand_over.by, "to_user", outcome=Outcome.OPEN)


@handover.when_undone
def papers_return(hand_over: HandOver) -> None:
    """Papers whose record came back are again of whom they were."""
    _follow(hand_over, hand_over.ended_by, "from_user", outcome=Outcome.RETURNED)


def _follow(hand_over: HandOver, by: Any, to: str, *, outcome: str) -> None:
    works = {subject.work: kind for kind, subject in SUBJECTS.items() if subject.work}
    items = HandOverItem.objects.filter(hand_over=hand_over, outcome=outcome)
    rows = items.filter(kind__in=[PAPERS, *works]).values_list("kind", "record_id", to)
    owners = {(kind, record): owner for kind, record, owner in rows}
    if not owners:
        return
    records = [record for _kind, record in owners]
    papers = Approval.objects.filter(
        Q(subject_kind__in=works.values(), subject_id__in=records) | Q(pk__in=records),
        state=ApprovalState.SENT_BACK,
    )
    given = {}
    for paper in papers.order_by("pk").select_for_update():
        work = SUBJECTS[paper.subject_kind].work if paper.subject_kind in SUBJECTS else ""
        key = (work, paper.subject_id) if work else (PAPERS, paper.pk)
        if key in owners:
            given[paper] = owners[key]
    _give(given, by)


def _give(owners: dict[Approval, int], by: Any) -> None:
    """Make people the applicants of papers."""
    names = User.objects.in_bulk(set(owners.values()))
    for paper, owner in owners.items():
        paper.applicant_id = owner
    Approval.objects.bulk_update(owners, ["applicant"], batch_size=500)
    _give_requests({one.subject_id: to for one, to in owners.items() if is_request(one)})
    now = timezone.now()
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


def is_request(paper: Approval) -> bool:
    """Whether a paper is one on a ready form."""
    return paper.subject_kind == REQUEST_KIND


def _give_requests(owners: dict[int, int]) -> None:
    """The paper on a ready form belongs to whoever hands it in."""
    requests = list(Request.objects.filter(pk__in=owners)) if owners else []
    for request in requests:
        request.applicant_id = owners[request.pk]
    Request.objects.bulk_update(requests, ["applicant"], batch_size=500)
