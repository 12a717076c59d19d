"""What is changed so that a matter does not come again (CMP-18, CMP-19)."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.models.cases import CAUSES, Case
from complaints.models.classes import Category
from complaints.models.work import indexes_by_branch
from core.scope import Scoped, ScopedQuerySet


class MeasureState(models.TextChoices):
    OPEN = "open", pgettext_lazy("measure", "Open")
    DONE = "done", pgettext_lazy("measure", "Done, not checked")
    CHECKED = "checked", pgettext_lazy("measure", "Checked")


class MeasureQuerySet(ScopedQuerySet):
    view_permission = "complaints.view_case"
    own_fields = ("owner_id", "entered_by_id")


@pghistory.track(
    pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["region", "city", "project"]
)
class Measure(Scoped):
    """An improvement: what is done, by whom, until which day, and whether it helped.

    It is open, then reported as done with its result, then checked by somebody else. `category`
    is what is counted before and after. `effective` is the checker's word.
    """

    text = models.TextField(pgettext_lazy("improvement", "measure"))
    cause = models.CharField(
        pgettext_lazy("case", "cause"), max_length=16, choices=CAUSES, blank=True
    )
    category = models.ForeignKey(
        Category,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("category"),
        help_text=_("Its cases are counted before and after."),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=pgettext_lazy("measure", "owner"),
    )
    due_on = models.DateField(_("until"))
    cases = models.ManyToManyField(
        Case, related_name="measures", blank=True, verbose_name=_("source cases")
    )
    state = models.CharField(
        _("state"),
        max_length=8,
        choices=MeasureState,
        default=MeasureState.OPEN,
        editable=False,
    )
    result = models.TextField(_("result"), blank=True, editable=False)
    done_at = models.DateTimeField(null=True, editable=False)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
    )
    effective = models.BooleanField(_("effective"), null=True, editable=False)
    check_note = models.TextField(blank=True, editable=False)
    checked_at = models.DateTimeField(null=True, editable=False)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = MeasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("improvement measure")
        verbose_name_plural = _("improvement measures")
        constraints = [
            models.CheckConstraint(
                condition=Q(state=MeasureState.OPEN, done_at__isnull=True, effective__isnull=True)
                | Q(state=MeasureState.DONE, done_at__isnull=False, effective__isnull=True)
                | Q(state=MeasureState.CHECKED, done_at__isnull=False, effective__isnull=False),
                name="measure_state",
            ),
            models.CheckConstraint(
                condition=~Q(checked_by=F("done_by")) & ~Q(checked_by=F("owner"))
                | Q(checked_by__isnull=True),
                name="measure_second_person",
            ),
        ]
        indexes = [
            *indexes_by_branch("measure", "state", "due_on", "id"),
            models.Index("owner_id", "state", "due_on", "id", name="measure_owner"),
            models.Index("entered_by_id", "state", "due_on", "id", name="measure_entered_by"),
        ]

    def __str__(self) -> str:
        return self.text[:40]

    def get_absolute_url(self) -> str:
        return reverse("complaints:measure", args=[self.pk])

    @property
    def is_overdue(self) -> bool:
        return self.state == MeasureState.OPEN and self.due_on < timezone.localdate()
