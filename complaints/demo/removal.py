"""Taking the cases of the demonstration out, with what people did in them."""

from typing import Any

from django.db import models
from django.db.models import ManyToOneRel, Q

from accounts.models import StandIn
from complaints.demo.mails import BOX
from complaints.demo.pictures import discard_pictures
from complaints.models import (
    AnswerTemplate,
    Case,
    Complainant,
    Contractor,
    CostLine,
    EarlyWarning,
    IncomingFile,
    IncomingMail,
    Mailbox,
    Measure,
    PublicOpinion,
    SparePart,
    WorkOrder,
)
from complaints.services.recompute import JOB
from core.attachments.store import discard_after_commit
from core.models import Job
from customers.demo.histories import forget_history
from customers.demo.parts import Gone

TRACKED: tuple[type[models.Model], ...] = (Case, WorkOrder, CostLine, Measure)
HISTORIES = tuple(
    trigger
    for model in TRACKED
    for trigger in (
        f"complaints.{model.__name__}:delete_delete",
        f"complaints.{model.__name__}Event:append_only",
    )
)


def remove_cases(cursor: Any, gone: Gone) -> dict[str, int]:
    """Cases in the units that go, unless somebody real entered them: his are a reason to refuse,
    which the tables themselves give when the units are to be deleted."""
    mine = Q(entered_by__in=gone.people) | Q(import_run__in=gone.runs)
    nobodys = Q(entered_by=None, import_run=None)
    cases = Case.objects.filter(mine | nobodys, unit__in=gone.units)
    keys = list(cases.values_list("pk", flat=True))
    subjects = list(
        Complainant.objects.filter(case__in=keys, subject__isnull=False).values_list(
            "subject", flat=True
        )
    )
    outside: tuple[type[models.Model], ...] = (PublicOpinion, EarlyWarning)
    for table in outside:
        table._base_manager.filter(
            Q(entered_by__in=gone.people) | Q(entered_by=None), unit__in=gone.units
        ).delete()
    discard_pictures(keys)
    tracked: dict[type[models.Model], list[int]] = {
        Case: keys,
        WorkOrder: list(WorkOrder.objects.filter(case__in=keys).values_list("pk", flat=True)),
        CostLine: list(CostLine.objects.filter(case__in=keys).values_list("pk", flat=True)),
        Measure: _remove_measures(gone),
    }
    SparePart.objects.filter(work__case__in=keys).delete()
    IncomingMail.objects.filter(case__in=keys).update(case=None)
    for relation in _of_a_case():
        rows: Any = relation.related_model
        rows = rows._base_manager.filter(**{f"{relation.field.name}__in": keys})
        rows._raw_delete(using=rows.db)
    StandIn.objects.filter(Q(person__in=gone.people) | Q(deputy__in=gone.people)).delete()
    for table, gone_keys in tracked.items():
        forget_history(cursor, table, gone_keys)
    Case.objects.filter(pk__in=keys)._raw_delete(using="default")
    Contractor.objects.filter(unit__in=gone.units, works=None).delete()
    mine = Q(changed_by__in=gone.people) | Q(changed_by=None)
    AnswerTemplate.objects.filter(mine, unit__in=gone.units).delete()
    cursor.execute("DELETE FROM core_subjectkey WHERE id = ANY(%s)", [subjects])
    _remove_jobs(gone)
    return {"cases": len(keys)}


def remove_mails(cursor: Any, gone: Gone) -> dict[str, int]:
    """All mails in the units that go. Those of a real mailbox are read again from its server."""
    mails = IncomingMail.objects.filter(unit__in=gone.units)
    subjects = list(mails.values_list("subject", flat=True))
    boxes = list(mails.values_list("mailbox", flat=True).distinct())
    for name in IncomingFile.objects.filter(mail__in=mails).values_list("stored_name", flat=True):
        discard_after_commit(name)
    count, _rows = mails.delete()
    cursor.execute("DELETE FROM core_subjectkey WHERE id = ANY(%s)", [subjects])
    Mailbox.objects.filter(pk__in=boxes).update(uid_validity=0, last_uid=0)
    Mailbox.objects.filter(name=BOX, mails__isnull=True).delete()
    return {"mails": count}


def _remove_jobs(gone: Gone) -> None:
    """Work on time limits that nobody waits for any more; what concerns other cases goes on."""
    jobs = Job.objects.filter(kind=JOB)
    if Case.objects.exists():
        jobs = jobs.filter(payload__unit__in=gone.units)
    jobs.delete()


def _of_a_case() -> list[ManyToOneRel]:
    """The tables whose rows belong to a case."""
    return [
        relation
        for relation in Case._meta.get_fields(include_hidden=True)
        if isinstance(relation, ManyToOneRel) and relation.on_delete is models.CASCADE
    ]


def _remove_measures(gone: Gone) -> list[int]:
    """Improvement measures, with what names their cases; those of somebody real stay, and with
    them their units."""
    mine = Q(entered_by__in=gone.people) | Q(entered_by=None)
    measures = Measure.objects.filter(mine, unit__in=gone.units)
    keys = list(measures.values_list("pk", flat=True))
    measures.delete()
    return keys
