"""Taking the money of the demonstration out, with whatever people did with it meanwhile."""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Q

from approvals.models import Approval, ApprovalFile
from core.attachments.store import discard_after_commit
from customers.demo.histories import forget_history
from customers.demo.parts import Gone
from expenses.models import (
    Application,
    ApplicationFile,
    Budget,
    BudgetChange,
    BudgetEntry,
    Event,
    EventFile,
    Evidence,
    Gift,
    GiftMovement,
    KeyDate,
    LedgerEntry,
    Payment,
    Receipt,
    Settlement,
)
from expenses.services.applications import KIND
from expenses.services.changes import KIND as CHANGE

TRACKED: tuple[type[models.Model], ...] = (Application, Gift, Event, KeyDate)
HISTORIES: tuple[str, ...] = (
    "approvals.Decision:immutable",
    *(
        f"expenses.{name}:{trigger}"
        for name in ("LedgerEntry", "BudgetEntry", "GiftMovement")
        for trigger in ("no_update", "no_delete")
    ),
    *(
        name
        for model in TRACKED
        for name in (
            f"expenses.{model.__name__}:delete_delete",
            f"expenses.{model.__name__}Event:append_only",
        )
    ),
)


def remove_money(cursor: Any, gone: Gone) -> dict[str, int]:
    """Money in the units that go, unless somebody real entered it: his is a reason to refuse,
    which the tables give when the units are to be deleted."""
    mine = Q(entered_by__in=gone.people) | Q(entered_by=None)
    papers = _keys(Application.objects.filter(mine, unit__in=gone.units))
    subjects = _keys(Application.objects.filter(pk__in=papers, subject__isnull=False), "subject")
    changes = _keys(BudgetChange.objects.filter(unit__in=gone.units, asked_by__in=gone.people))
    _remove_approvals(papers, changes)
    budgets = Budget.objects.filter(unit__in=gone.units)
    counts = {"applications": len(papers), "budgets": budgets.count()}
    _remove_papers(papers)
    BudgetChange.objects.filter(pk__in=changes).delete()
    _raw(BudgetEntry.objects.filter(budget__in=_keys(budgets)))
    # Deferred checks look at the end of the transaction, when all of a branch is gone.
    _raw(budgets)
    tracked: dict[type[models.Model], list[int]] = {
        Application: papers,
        Gift: _keys(Gift.objects.filter(unit__in=gone.units)),
        Event: _keys(Event.objects.filter(mine, unit__in=gone.units)),
        KeyDate: _keys(KeyDate.objects.filter(mine, unit__in=gone.units)),
    }
    _raw(GiftMovement.objects.filter(gift__in=tracked[Gift]))
    _discard(EventFile.objects.filter(event__in=tracked[Event]))
    for table, keys in tracked.items():
        table._base_manager.filter(pk__in=keys).delete()
        forget_history(cursor, table, keys)
    cursor.execute("DELETE FROM core_subjectkey WHERE id = ANY(%s)", [subjects])
    return counts | {
        "gifts": len(tracked[Gift]),
        "key_dates": len(tracked[KeyDate]),
        "events": len(tracked[Event]),
    }


def _keys(rows: Any, column: str = "pk") -> list[int]:
    return list(rows.order_by().values_list(column, flat=True))


def _raw(rows: Any) -> None:
    rows.order_by()._raw_delete(using=rows.db)


def _discard(files: Any) -> None:
    for name in files.values_list("stored_name", flat=True):
        discard_after_commit(name)
    _raw(files)


def _remove_papers(papers: list[int]) -> None:
    """What hangs on applications, the guarded rows first."""
    files: Iterable[Any] = (ApplicationFile, Evidence, Receipt)
    for table in files:
        _discard(table.objects.filter(application__in=papers))
    rows: Iterable[Any] = (Settlement, Payment, GiftMovement, BudgetEntry)
    for table in rows:
        _raw(table._base_manager.filter(application__in=papers))
    lines = LedgerEntry._base_manager.filter(application__in=papers)
    _raw(lines.filter(reverses__isnull=False))
    _raw(lines)


def _remove_approvals(papers: list[int], changes: list[int]) -> None:
    """How these papers were decided."""
    found = Approval._base_manager.filter(
        Q(subject_kind=KIND, subject_id__in=papers) | Q(subject_kind=CHANGE, subject_id__in=changes)
    )
    keys = _keys(found)
    _discard(ApprovalFile._base_manager.filter(approval__in=keys))
    found.filter(pk__in=keys).delete()
