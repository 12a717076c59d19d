"""Taking an import of cases back: what it brought and nobody has touched since goes again."""

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from audit.services import record
from complaints.models import Case, CaseEntry, Complainant
from core.models import ImportRun, SubjectKey

BATCH = 2000


@transaction.atomic
def undo_case_import(run: ImportRun) -> tuple[int, int]:
    """Delete the cases of an import with their complainants and those people's keys.

    Cases that a person or a later file has changed, or to which others point, stay. Returns how
    many were deleted and how many stayed.
    """
    brought = Case.objects.select_for_update().filter(import_run=run)
    touched = CaseEntry.objects.filter(case=OuterRef("pk")).exclude(kind="import")
    pointing = Case.objects.exclude(pk=OuterRef("pk")).filter(
        Q(parent=OuterRef("pk")) | Q(merged_into=OuterRef("pk"))
    )
    untouched = brought.filter(~Exists(touched), ~Exists(pointing), version=1)
    keys = list(untouched.order_by("pk").values_list("pk", flat=True))
    kept = brought.count() - len(keys)
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        people = Complainant.objects.filter(case__in=batch).exclude(subject=None)
        subjects = list(people.values_list("subject", flat=True))
        Case.objects.filter(repeat_of__in=batch).exclude(pk__in=keys).update(
            repeat_of=None, version=F("version") + 1
        )
        Case.objects.filter(pk__in=batch).delete()
        SubjectKey.objects.filter(pk__in=subjects).delete()
    record("import.undone", by=run.actor, subject=run, rows=len(keys))
    return len(keys), kept
