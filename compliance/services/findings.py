"""Findings open and close by themselves; people assign, explain and except them.

One run writes at a time: it holds the row of CheckRun from its first read to its commit, so that a
run that waited sees what the other one wrote. Verbs lock the finding first and read after.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Post, User
from approvals import services as approvals
from audit.services import record
from compliance.checks import CheckReport, Found, World, report_of, run, sentence, words
from compliance.models import (
    CheckRun,
    ExceptionState,
    Finding,
    FindingEvent,
    FindingEventKind,
    FindingException,
    PostOverride,
)
from compliance.states import FINDING_LIVE, FindingState, Severity
from core.errors import Refused
from core.faults import fault_point
from core.locking import lock
from core.notices import notify
from regions.models import OrgUnit

EXCEPTION = "compliance.exception"
RANKS = {Severity.HIGH: 1, Severity.MEDIUM: 2, Severity.LOW: 3}
Place = tuple[str, int, str]


def said(finding: Finding) -> str:
    """What was found, in the reader's language."""
    return sentence(finding.rule, finding.evidence, finding.message)


# --- the run --------------------------------------------------------------------------------------


@transaction.atomic
def run_checks(unit: OrgUnit | None = None, *, only: Iterable[str] | None = None) -> CheckReport:
    """Run the checks, open and close findings by what they say, and report on a branch (the whole
    group without `unit`). `only` names rules; findings of others stay as they are.

    The same state of the organisation changes nothing, however often and by whom it is run.
    """
    _one_at_a_time()
    end_exceptions()
    world = World()
    rules = None if only is None else list(only)
    found = run(world, rules)
    path = unit.path if unit is not None else "/"
    opened, closed = _reconcile(found, rules, path, world.day)
    fault_point("checks.written")
    CheckRun.objects.filter(pk=1).update(ran_at=timezone.now(), opened=opened, closed=closed)
    return report_of(world, unit, found=_without_excepted(found))


def _one_at_a_time() -> None:
    """Wait until no other run writes; held to the end of the transaction."""
    CheckRun.objects.get_or_create(pk=1)
    CheckRun.objects.select_for_update().get(pk=1)


def _reconcile(
    found: list[Found], rules: list[str] | None, path: str, day: dt.date
) -> tuple[int, int]:
    """Open what is new, close what is gone. Returns how many of each."""
    rows = Finding.objects.live().filter(unit__path__startswith=path).select_related("unit")
    if rules is not None:
        rows = rows.filter(rule__in=rules)
    standing = {(row.rule, row.unit_id, row.key): row for row in rows}
    wanted = {_place(one): one for one in found if one.breach.unit.path.startswith(path)}
    new = [_opened(one, day) for place, one in wanted.items() if place not in standing]
    Finding.objects.bulk_create(new)
    gone = [row for place, row in standing.items() if place not in wanted]
    for row in gone:
        row.state, row.closed_on = FindingState.CLOSED, day
    Finding.objects.bulk_update(gone, ["state", "closed_on"], batch_size=500)
    changed = _refresh(standing, wanted)
    _write(FindingEventKind.OPENED, new)
    _write(FindingEventKind.CLOSED, gone)
    _write(FindingEventKind.CHANGED, changed)
    return len(new), len(gone)


def _place(one: Found) -> Place:
    return one.check.id, one.breach.unit.pk, one.breach.key


def _opened(one: Found, day: dt.date) -> Finding:
    row = Finding(rule=one.check.id, key=one.breach.key, opened_on=day)
    row.place_in(one.breach.unit)
    _fill(row, one)
    return row


def _fill(row: Finding, one: Found) -> None:
    row.severity, row.rank = one.check.severity, RANKS[one.check.severity]
    row.evidence, row.person = one.breach.evidence, one.breach.person
    row.message = words(one)


def _refresh(standing: dict[Place, Finding], wanted: dict[Place, Found]) -> list[Finding]:
    """Bring evidence and gravity of lasting findings up to date. Returns those that say something
    else than before."""
    changed, lasting = [], []
    for place, row in standing.items():
        if (one := wanted.get(place)) is None:
            continue
        if row.evidence != one.breach.evidence:
            changed.append(row)
        _fill(row, one)
        row.seen_at = timezone.now()
        lasting.append(row)
    fields = ["severity", "rank", "evidence", "person", "message", "seen_at"]
    Finding.objects.bulk_update(lasting, fields, batch_size=500)
    return changed


def _write(kind: str, rows: Iterable[Finding], *, by: Any = None, text: str = "") -> None:
    FindingEvent.objects.bulk_create(
        [FindingEvent(finding=row, kind=kind, by=by, text=text) for row in rows]
    )


@transaction.atomic
def end_useless_requests() -> int:
    """Withdraw papers about findings that are gone meanwhile. Returns how many.

    Apart from the run, because an approval is always locked before what it is about.
    """
    asked = FindingException.objects.filter(
        finding__state=FindingState.CLOSED, state=ExceptionState.IN_APPROVAL
    ).select_related("asked_by")
    count = 0
    for one in asked:
        approval = approvals.open_approval(one, EXCEPTION)
        if approval is not None:
            approvals.withdraw(approval, by=one.asked_by, comment=_("The finding is gone."))
            count += 1
    return count


def _without_excepted(found: list[Found]) -> list[Found]:
    """What a report lists: breaches under an exception are borne until it ends."""
    borne = set(
        Finding.objects.filter(state=FindingState.EXCEPTED).values_list("rule", "unit_id", "key")
    )
    return [one for one in found if _place(one) not in borne]


def end_exceptions(day: dt.date | None = None) -> int:
    """Open findings again whose exception has run out. Returns how many."""
    today = day or timezone.localdate()
    over = Finding.objects.filter(state=FindingState.EXCEPTED, excepted_until__lt=today)
    rows = list(lock(over))
    for row in rows:
        row.state, row.excepted_until = FindingState.OPEN, None
    Finding.objects.bulk_update(rows, ["state", "excepted_until"])
    _write(FindingEventKind.RESUMED, rows)
    return len(rows)


# --- people ---------------------------------------------------------------------------------------


@transaction.atomic
def assign(finding: Finding, *, to: User, due_on: dt.date, by: User) -> Finding:
    """Say who mends a finding, and by when; he is told. Raises Refused for a day that has passed
    and for somebody who cannot log in."""
    held = _hold(finding)
    if due_on < timezone.localdate():
        raise Refused(_("Please choose a day that has not passed."))
    if not to.is_active:
        raise Refused(_("{person} cannot log in; please choose somebody else.").format(person=to))
    held.owner, held.due_on = to, due_on
    held.save(update_fields=["owner", "due_on"])
    _write(FindingEventKind.ASSIGNED, [held], by=by, text=f"{to.name} · {due_on.isoformat()}")
    record("finding.assigned", by=by, subject=held, rule=held.rule, to=to.employee_no)
    if to.pk != by.pk:
        notify(
            [to],
            "compliance.finding",
            key=f"finding:{held.pk}:{to.pk}:{due_on}",
            url=held.get_absolute_url(),
            rule=held.rule,
            unit=held.unit.name,
            text=said(held),
            due_on=due_on.isoformat(),
        )
    return held


@transaction.atomic
def explain(finding: Finding, *, text: str, by: User) -> Finding:
    """Say why it is so. The finding stays until its breach is gone."""
    held = _hold(finding)
    if not text.strip():
        raise Refused(_("Please say why."))
    held.explanation = text.strip()
    if held.state == FindingState.OPEN:
        held.state = FindingState.EXPLAINED
    held.save(update_fields=["explanation", "state"])
    _write(FindingEventKind.EXPLAINED, [held], by=by, text=held.explanation)
    record("finding.explained", by=by, subject=held, rule=held.rule)
    return held


@transaction.atomic
def ask_exception(
    finding: Finding, *, until: dt.date, reason: str, by: User, request_key: str = ""
) -> FindingException:
    """Ask that a breach be borne until a day. It holds once it is approved."""
    held = _hold(finding)
    if until <= timezone.localdate():
        raise Refused(_("Please choose a day in the future."))
    if not reason.strip():
        raise Refused(_("Please say why."))
    if held.exceptions.filter(state=ExceptionState.IN_APPROVAL).exists():
        raise Refused(_("An exception of this finding is in approval already."))
    asked = FindingException.objects.create(
        finding=held, until=until, reason=reason.strip(), asked_by=by
    )
    _write(FindingEventKind.ASKED, [held], by=by, text=asked.reason)
    approvals.submit(asked, kind=EXCEPTION, by=by, request_key=request_key)
    asked.refresh_from_db()
    return asked


def exception_approved(asked: FindingException, approval: Any, *, by: Any) -> None:
    """The breach is borne to the end of the day asked for; one that is gone stays closed."""
    held = _hold(asked.finding, live=False)
    _decided(asked, ExceptionState.APPROVED)
    if held.state == FindingState.CLOSED or asked.until < timezone.localdate():
        return
    held.state, held.excepted_until = FindingState.EXCEPTED, asked.until
    held.save(update_fields=["state", "excepted_until"])
    _write(FindingEventKind.EXCEPTED, [held], by=by, text=asked.until.isoformat())
    record("finding.excepted", by=by, subject=held, rule=held.rule, until=str(asked.until))


def exception_rejected(asked: FindingException, approval: Any, *, by: Any) -> None:
    """The finding stays as it was."""
    _decided(asked, ExceptionState.REJECTED)
    _write(FindingEventKind.REFUSED, [asked.finding], by=by)


def exception_withdrawn(asked: FindingException, approval: Any, *, by: Any) -> None:
    """As if nobody had asked."""
    _decided(asked, ExceptionState.WITHDRAWN)


def _decided(asked: FindingException, state: str) -> None:
    FindingException.objects.filter(pk=asked.pk).update(state=state)


def _hold(finding: Finding, *, live: bool = True) -> Finding:
    """The finding, locked. Raises Refused for one whose breach is gone."""
    held = lock(Finding.objects.filter(pk=finding.pk)).select_related("unit").get()
    if live and held.state not in FINDING_LIVE:
        raise Refused(_("This finding is gone already."))
    return held


# --- overrides ------------------------------------------------------------------------------------

OVERRIDABLE = ("ORG-05", "ORG-06", "ORG-10")


@transaction.atomic
def override(post: Post, *, rule: str, reason: str, by: User) -> PostOverride:
    """Let a post break a rule that holds in principle, for a reason (ORG-10). Its finding goes at
    once. Raises Refused without a reason and for a rule that allows none."""
    if rule not in OVERRIDABLE:
        raise Refused(_("This rule allows no exception of a post."))
    if not reason.strip():
        raise Refused(_("Please say why."))
    held = lock(Post.objects.filter(pk=post.pk)).select_related("user", "unit").get()
    made, created = PostOverride.objects.get_or_create(
        post=held, rule=rule, ended_at=None, defaults={"reason": reason.strip(), "by": by}
    )
    if not created:
        raise Refused(_("This post is allowed already."))
    record("post.overridden", by=by, subject=held, rule=rule, reason=made.reason)
    run_checks(only=[rule])
    return made


@transaction.atomic
def end_override(made: PostOverride, *, by: User) -> None:
    """Take an override back; the rule holds again at once."""
    held = lock(PostOverride.objects.filter(pk=made.pk)).get()
    if held.ended_at is None:
        held.ended_at, held.ended_by = timezone.now(), by
        held.save(update_fields=["ended_at", "ended_by"])
        record("post.override_ended", by=by, subject=held.post, rule=held.rule)
        run_checks(only=[held.rule])
