"""The clocks of a case: pauses, limits, the steps of the escalation ladder, and its log."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from complaints.models.cases import Case
from complaints.states import State


class LimitKind(models.TextChoices):
    FIRST_CONTACT = "first_contact", _("First contact")
    PLAN = "plan", _("Handling plan")
    RESOLUTION = "resolution", _("Resolution")
    CALL_BACK = "call_back", _("Call-back")
    COMMITTEE = "committee", _("Reaction of the committee")


class Pause(models.Model):
    """A stretch in which the clocks of a case stood still, and why. `limit_at`: when it ends by
    itself. Half-open: the moment of `ended_at` counts again."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="pauses")
    state = models.CharField(max_length=20, choices=State)
    reason = models.CharField(_("reason"), max_length=200)
    started_at = models.DateTimeField(_("from"))
    limit_at = models.DateTimeField(_("at the latest until"))
    ended_at = models.DateTimeField(_("until"), null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        ordering = ["started_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(ended_at__isnull=True), name="pause_one_open"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="pause_span",
            ),
        ]
        indexes = [
            models.Index(
                fields=["limit_at"], condition=Q(ended_at__isnull=True), name="pause_runs_out"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} · {self.reason}"


class Deadline(models.Model):
    """One limit of a case in one round: what it counts from, when it is due, when it was met.

    `amount` and `unit_of_time` are the span the rule gave (regions.policies Span) when it was last
    computed; `due_at` is empty while the case is paused. A limit that no longer applies because
    the case was rejected or merged is `dropped`.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="deadlines")
    kind = models.CharField(_("limit"), max_length=14, choices=LimitKind)
    round = models.PositiveSmallIntegerField(default=1)
    starts_at = models.DateTimeField(_("counts from"))
    amount = models.DecimalField(max_digits=8, decimal_places=2)
    unit_of_time = models.CharField(max_length=15)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    met_at = models.DateTimeField(_("met at"), null=True, blank=True)
    dropped = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("time limit")
        verbose_name_plural = _("time limits")
        constraints = [
            models.UniqueConstraint(fields=["case", "kind", "round"], name="deadline_once"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(met_at__isnull=True, dropped=False),
                name="deadline_running",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} · {self.get_kind_display()}"


class Relation(models.TextChoices):
    """Whom a step addresses, by his relation to the case; vacant ones pass on to the next."""

    HANDLER = "handler", _("Handler")
    COMPLAINT_POST = "complaint_post", _("Complaint function of the unit")
    PROJECT_HEAD = "project_head", _("Head of the project")
    CITY_HEAD = "city_head", _("Head of the city")
    REGION_FUNCTION = "region_function", _("Complaint function of the region")
    REGION_HEAD = "region_head", _("Head of the region")
    GROUP_DUTY = "group_duty", _("Duty of the group")
    SPECIALIST = "specialist", _("Marketing specialist of the customer")
    CONTACT_LEADER = "contact_leader", _("Contact leader of the customer")
    COMMITTEE = "committee", _("Customer Management Committee")


class EscalationStep(models.Model):
    """A step of the ladder that waits for its time, or was taken: once and only once.

    Rows are made with the limit they belong to. `at` is empty while the case is paused.
    """

    deadline = models.ForeignKey(Deadline, models.CASCADE, related_name="steps")
    case = models.ForeignKey(Case, models.CASCADE, related_name="escalation_steps")
    position = models.PositiveSmallIntegerField()
    relation = models.CharField(max_length=20, choices=Relation)
    side = models.CharField(max_length=6)
    amount = models.DecimalField(max_digits=8, decimal_places=2)
    unit_of_time = models.CharField(max_length=15)
    at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)
    # Who was told; empty for a step that a later one of the same run made superfluous.
    told = models.JSONField(default=list)
    passed_over = models.JSONField(default=list)

    class Meta:
        verbose_name = _("step of an escalation")
        verbose_name_plural = _("steps of escalations")
        constraints = [
            models.UniqueConstraint(fields=["deadline", "position"], name="escalation_once"),
        ]
        indexes = [
            models.Index(
                fields=["at"], condition=Q(taken_at__isnull=True), name="escalation_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deadline} · {self.position}"


class Urge(models.Model):
    """A superior presses for an answer about a case until a day (催办, CMP-04).

    It waits until somebody who works on the case answers; `late_told_at` is when the one who
    urged was told that nobody did.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="urges")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="urges", db_index=False
    )
    reason = models.CharField(_("reason"), max_length=200)
    urged_at = models.DateTimeField(_("urged at"))
    answer_by = models.DateTimeField(_("answer wanted by"))
    answer = models.TextField(_("answer"), blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    late_told_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("urge")
        verbose_name_plural = _("urges")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(answer_by__gt=F("urged_at")), name="urge_answer_later"
            ),
        ]
        indexes = [
            models.Index("by_id", F("urged_at").desc(), F("id").desc(), name="urge_of"),
            models.Index(
                fields=["answer_by"],
                condition=Q(answered_at__isnull=True, late_told_at__isnull=True),
                name="urge_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} · {self.reason}"


class CaseEntry(models.Model):
    """The log of a case: what happened, who did it, in which words. Rows are only ever added;
    only an internal note may be mended by its author while it is fresh (services.notes).

    `kind` is the name of a move (complaints.states) or of another happening; `facts` are plain
    values for the sentence on the page. `internal` entries are not for the owner.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="entries", db_index=False)
    kind = models.CharField(max_length=30)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20, blank=True)
    text = models.TextField(blank=True)
    facts = models.JSONField(default=dict)
    internal = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("entry of a case")
        verbose_name_plural = _("entries of cases")
        ordering = ["-at", "-id"]
        indexes = [
            models.Index("case_id", F("at").desc(), F("id").desc(), name="case_entry_log"),
        ]

    def __str__(self) -> str:
        return f"{self.case} · {self.kind}"
