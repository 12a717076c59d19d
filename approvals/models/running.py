"""Running approvals: the paper, its steps in each round, and who is to decide (WF-01…06)."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from approvals.absences import persons_of
from approvals.models.flows import FlowVersion
from core.scope import Scoped, ScopedQuerySet, scope_of


class ApprovalState(models.TextChoices):
    RUNNING = "running", _("In approval")
    SENT_BACK = "sent_back", _("Sent back")
    APPROVED = "approved", pgettext_lazy("approval", "Approved")
    REJECTED = "rejected", pgettext_lazy("approval", "Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    VOID = "void", _("Void")


OPEN_STATES = (ApprovalState.RUNNING, ApprovalState.SENT_BACK)


class ApprovalQuerySet(ScopedQuerySet):
    view_permission = "approvals.view_approval"
    own_fields = ("applicant_id",)

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Whose paper it is, who decided, is to decide or got a copy, whoever stands in for
        somebody who is to decide; and those with the right, in their branches."""
        scope = scope_of(user, permission or self.view_permission)
        if scope.everything or permission not in (None, self.view_permission):
            return self.filter(scope.q(self.own_fields))
        if scope.user_id is None:
            return self.none()
        return self.filter(scope.q(self.own_fields) | parties(scope.user_id))

    def open(self) -> Self:
        """What has not ended."""
        return self.filter(state__in=OPEN_STATES)


def parties(user: int) -> Q:
    """Approvals in which a person, by his key, has a part."""
    from approvals.models.decisions import Copy, Decision, PhoneSignature

    tasks = Task.objects.filter(step__approval=OuterRef("pk"))
    away = persons_of(user)
    waiting = tasks.filter(person__in=away, state__in=(TaskState.OPEN, TaskState.WAITING))
    signatures = PhoneSignature.objects.filter(decision__approval=OuterRef("pk"))
    acting = Q(Exists(waiting)) if away else Q()
    return (
        Q(applicant=user)
        | Exists(tasks.filter(person=user))
        | Exists(Copy.objects.filter(approval=OuterRef("pk"), person=user))
        | Exists(Decision.objects.filter(approval=OuterRef("pk"), by=user))
        | Exists(signatures.filter(Q(approver=user) | Q(approver__in=away) | Q(witness=user)))
        | acting
    )


def _lists_of(column: str) -> models.Index:
    short = column.removesuffix("_id")
    return models.Index(
        column, F("started_at").desc(), F("id").desc(), name=f"approval_{short}_recent"
    )


class Approval(Scoped):
    """One paper on its way. `unit` is the applying unit; `subject_kind` names a registered subject
    (approvals.subjects) and `subject_id` its record.

    `snapshot` is exactly what is approved and `snapshot_hash` its SHA-256; every decision repeats
    the hash. `round` counts how often the way began or went back. `chosen` maps keys of steps to
    the keys of people whom the applicant or an approver chose.
    """

    subject_kind = models.CharField(_("kind of paper"), max_length=60)
    subject_id = models.BigIntegerField()
    flow_version = models.ForeignKey(
        FlowVersion, models.PROTECT, related_name="approvals", verbose_name=_("version")
    )
    applicant = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("applicant"),
    )
    title = models.CharField(_("title"), max_length=200)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2, null=True)
    state = models.CharField(
        _("state"), max_length=10, choices=ApprovalState, default=ApprovalState.RUNNING
    )
    round = models.PositiveSmallIntegerField(default=1)
    chosen = models.JSONField(default=dict)
    snapshot = models.JSONField(default=dict)
    snapshot_hash = models.CharField(max_length=64)
    started_at = models.DateTimeField(_("submitted at"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended at"), null=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        default_permissions = ("view",)
        permissions = [("record_call", _("Can record decisions made by telephone"))]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id"],
                condition=Q(state__in=("running", "sent_back")),
                name="approval_one_open",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("running", "sent_back"), ended_at__isnull=True)
                | ~Q(state__in=("running", "sent_back")) & Q(ended_at__isnull=False),
                name="approval_ended_when",
            ),
        ]
        indexes = [
            _lists_of("unit_id"),
            _lists_of("region_id"),
            _lists_of("city_id"),
            _lists_of("project_id"),
            models.Index(F("started_at").desc(), F("id").desc(), name="approval_recent"),
            models.Index(
                "applicant_id", F("started_at").desc(), F("id").desc(), name="approval_mine"
            ),
            models.Index(fields=["subject_kind", "subject_id", "-id"], name="approval_subject"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return f"/approvals/{self.pk}/"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


class StepState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("step", "Not reached")
    OPEN = "open", pgettext_lazy("step", "Being decided")
    DONE = "done", pgettext_lazy("step", "Passed")
    SKIPPED = "skipped", pgettext_lazy("step", "Not needed")
    SENT_BACK = "sent_back", pgettext_lazy("step", "Sent back")
    ENDED = "ended", pgettext_lazy("step", "Ended")


class WhySkipped(models.TextChoices):
    CONDITION = "condition", _("The condition of this step does not hold.")
    NOBODY = "nobody", _("Nobody holds the post; the flow lets such a step pass.")
    APPLICANT = "applicant", _("The applicant would decide himself; the flow skips such a step.")
    REPEATED = "repeated", _("Whoever would decide has agreed already.")


class Step(models.Model):
    """A step of an approval in one round. `key` is that of its StepDef, "free-N" in a free flow.

    A step that was passed before and stands in a later round names the former as `kept_from`.
    `needed` is how many must agree, once it is open. `limit_taken_at` is when the end of its time
    limit had its effect.
    """

    approval = models.ForeignKey(Approval, models.CASCADE, related_name="steps")
    round = models.PositiveSmallIntegerField(default=1)
    position = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=60)
    name = models.CharField(max_length=80)
    how = models.CharField(max_length=10)
    needed = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=StepState, default=StepState.WAITING)
    opened_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(_("due"), null=True)
    limit_taken_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    why_skipped = models.CharField(max_length=10, choices=WhySkipped, blank=True)
    kept_from = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("step of an approval")
        verbose_name_plural = _("steps of approvals")
        ordering = ["approval", "round", "position"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["approval", "round", "position"], name="step_place"),
            models.UniqueConstraint(
                fields=["approval"], condition=Q(state="open"), name="step_one_open"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state="open", limit_taken_at__isnull=True),
                name="step_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.approval_id} · {self.name}"


class TaskState(models.TextChoices):
    OPEN = "open", pgettext_lazy("task", "To decide")
    WAITING = "waiting", pgettext_lazy("task", "Waits for others")
    DONE = "done", pgettext_lazy("task", "Decided")
    CANCELLED = "cancelled", pgettext_lazy("task", "No longer needed")


class Origin(models.TextChoices):
    RULE = "rule", _("By the flow")
    TRANSFER = "transfer", _("Transferred")
    BEFORE = "before", _("Added signer before")
    AFTER = "after", _("Added signer after")
    DELEGATION = "delegation", _("Delegated")
    CHOSEN = "chosen", _("Chosen by a person")
    ESCALATED = "escalated", _("Passed up after the time limit")
    LEFT = "left", _("In place of somebody who left")


class Outcome(models.TextChoices):
    APPROVED = "approved", pgettext_lazy("vote", "Agreed")
    REJECTED = "rejected", pgettext_lazy("vote", "Against")
    HANDED_ON = "handed_on", pgettext_lazy("vote", "Handed on")
    GIVEN_BACK = "given_back", pgettext_lazy("vote", "Given back")


class TaskQuerySet(ScopedQuerySet):
    view_permission = "approvals.view_approval"
    own_fields = ("person_id",)

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Tasks of approvals one sees."""
        return self.filter(step__approval__in=Approval.objects.visible_to(user, permission))

    def unfinished(self) -> Self:
        return self.filter(state__in=(TaskState.OPEN, TaskState.WAITING))


class Task(Scoped):
    """Somebody is to decide in a step. Scope columns repeat the approval's, for lists and
    hand-over. `parent` is the task it was added to or delegated from; `order` the turn in steps
    that are decided one after the other.
    """

    step = models.ForeignKey(Step, models.CASCADE, related_name="tasks")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.RULE)
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, related_name="children", db_index=False
    )
    order = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=TaskState, default=TaskState.OPEN)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    opened_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(_("due"), null=True)
    closed_at = models.DateTimeField(null=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task of an approval")
        verbose_name_plural = _("tasks of approvals")
        ordering = ["step", "order", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["step", "person"],
                condition=Q(state__in=("open", "waiting")),
                name="task_once",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "id"], condition=Q(state="open"), name="task_inbox"),
            models.Index("person_id", F("closed_at").desc(), F("id").desc(), name="task_done"),
            models.Index(
                fields=["unit"], condition=Q(state__in=("open", "waiting")), name="task_unit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} · {self.person_id}"

    @property
    def is_unfinished(self) -> bool:
        return self.state in (TaskState.OPEN, TaskState.WAITING)
