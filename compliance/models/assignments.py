"""Tasks that somebody gives to somebody (ACT-01, CAL-01, CAL-02)."""

from typing import Any, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from compliance.models.common import by_branch
from core.scope import Scoped, ScopedQuerySet, scope_of


class AssignmentState(models.TextChoices):
    OPEN = "open", pgettext_lazy("assignment", "Open")
    DONE = "done", pgettext_lazy("assignment", "Done")
    CANCELLED = "cancelled", pgettext_lazy("assignment", "Cancelled")


class AssignmentQuerySet(ScopedQuerySet):
    view_permission = "compliance.view_assignment"
    own_fields = ("to_id", "by_id")

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """What the reader is to do or gave, and with the right what people of his branches have."""
        scope = scope_of(user, permission or self.view_permission)
        if scope.everything or permission is not None or scope.user_id is None:
            return self.filter(scope.q(self.own_fields))
        return self.filter(scope.q(self.own_fields) | Q(to=scope.user_id) | Q(by=scope.user_id))

    def open(self) -> Self:
        """What is still to be done."""
        return self.filter(state=AssignmentState.OPEN)


@pghistory.track(
    pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["region", "city", "project"]
)
class Assignment(Scoped):
    """Something that `to` is to do, given by `by` (nobody: the product itself) until `due_at`.

    `unit` is whose work it is, usually that of the person. `checklist` is a list of
    {"text": str, "done": bool}. `customer`, `case` or `link` say what it is about; `link` is a page
    of ours. `key` names the reason, so that the same reason gives one task. `version` counts the
    changes.
    """

    title = models.CharField(pgettext_lazy("assignment", "title"), max_length=120)
    body = models.TextField(_("what is to be done"), blank=True)
    to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("assigned to"),
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("assigned by"),
    )
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=AssignmentState,
        default=AssignmentState.OPEN,
        editable=False,
    )
    checklist = models.JSONField(_("checklist"), default=list, blank=True)
    customer = models.ForeignKey(
        "customers.Customer", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    case = models.ForeignKey(
        "complaints.Case", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    link = models.CharField(max_length=200, blank=True, editable=False)
    key = models.CharField(max_length=100, null=True, unique=True, editable=False)
    result = models.CharField(_("result"), max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("assignment", "task")
        verbose_name_plural = pgettext_lazy("assignment", "tasks")
        default_permissions = ()
        permissions = [
            ("view_assignment", _("Can see the tasks of people")),
            ("assign_task", _("Can give tasks to people")),
            ("view_compliance", _("Can see how units and people keep the rules")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=AssignmentState.OPEN, finished_at__isnull=True)
                | (~Q(state=AssignmentState.OPEN) & Q(finished_at__isnull=False)),
                name="assignment_finished_when",
            ),
            models.CheckConstraint(
                condition=Q(customer__isnull=True) | Q(case__isnull=True),
                name="assignment_one_subject",
            ),
        ]
        indexes = [
            *by_branch("assignment", F("created_at").desc(), F("id").desc()),
            models.Index(
                fields=["to", "due_at"], condition=Q(state="open"), name="assignment_open_of"
            ),
            models.Index(
                F("to_id"), F("created_at").desc(), F("id").desc(), name="assignment_of_person"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("compliance:task", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.state == AssignmentState.OPEN

    @property
    def is_overdue(self) -> bool:
        """Whether it is still to be done after its time."""
        return self.is_open and self.due_at is not None and self.due_at < timezone.now()


class StepKind(models.TextChoices):
    ASSIGNED = "assigned", pgettext_lazy("assignment", "Assigned")
    CHANGED = "changed", pgettext_lazy("assignment", "Changed")
    HANDED_ON = "handed_on", pgettext_lazy("assignment", "Handed on")
    DONE = "done", pgettext_lazy("assignment", "Done")
    REOPENED = "reopened", pgettext_lazy("assignment", "Opened again")
    CANCELLED = "cancelled", pgettext_lazy("assignment", "Cancelled")
    NOTE = "note", pgettext_lazy("assignment", "Note")


class StepQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Steps of tasks one sees."""
        return self.filter(assignment__in=Assignment.objects.visible_to(user, permission))


class AssignmentStep(models.Model):
    """What happened with a task: append-only. `to` is who has it after the step."""

    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="steps", db_index=False)
    kind = models.CharField(_("kind"), max_length=10, choices=StepKind)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)

    objects = StepQuerySet.as_manager()

    class Meta:
        verbose_name = _("step of a task")
        verbose_name_plural = _("steps of tasks")
        ordering = ["pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["assignment", "id"], name="assignmentstep_of")]

    def __str__(self) -> str:
        return f"{self.assignment_id} {self.kind}"
