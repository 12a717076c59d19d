"""Cases: complaints and requests from intake to call-back (CMP-01…20)."""

from typing import Any, Self

import pghistory
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import StandIn
from complaints.models.classes import Category, Level
from complaints.states import OPEN, WAITING, State
from core import personal_data
from core.bigrams import Bigrams
from core.scope import Scope, Scoped, ScopedQuerySet, scope_of
from core.values.phones import national_format


class CaseKind(models.TextChoices):
    COMPLAINT = "complaint", _("Complaint")
    REPAIR = "repair", _("Repair request")
    COMMUNITY = "community", _("Community service")
    CONSULTATION = "consultation", _("Consultation")
    SUGGESTION = "suggestion", _("Suggestion")
    PRAISE = "praise", _("Praise")


class Channel(models.TextChoices):
    HOTLINE = "hotline", _("400 hotline")
    VISIT = "visit", pgettext_lazy("channel", "Visit")
    LETTER = "letter", _("Letter")
    ONLINE = "online", pgettext_lazy("channel", "Online")
    WECHAT = "wechat", _("WeChat")
    OPINION = "opinion", _("Online public opinion")
    GOVERNMENT = "government", _("Government transfer")
    PORTAL = "portal", _("Owner portal")
    MAIL = "mail", _("E-mail")
    PHONE = "phone", _("Other telephone")
    SURVEY = "survey", pgettext_lazy("channel", "Satisfaction survey")
    OTHER = "other", pgettext_lazy("channel", "Other")


# Why a matter came about: the five service gaps (CMP-12), and for quality of construction and
# service the scheme of man, machine, material, method and environment (CMP-20).
CAUSES = (
    (
        _("Service gaps"),
        (
            ("promotion", _("Promotion gap")),
            ("understanding", _("Understanding gap")),
            ("procedure", _("Procedure gap")),
            ("behaviour", _("Behaviour gap")),
            ("perception", _("Perception gap")),
        ),
    ),
    (
        _("Quality of work"),
        (
            ("man", pgettext_lazy("cause", "Man")),
            ("machine", pgettext_lazy("cause", "Machine")),
            ("material", pgettext_lazy("cause", "Material")),
            ("method", pgettext_lazy("cause", "Method")),
            ("environment", pgettext_lazy("cause", "Environment")),
        ),
    ),
)


class CaseQuerySet(ScopedQuerySet):
    view_permission = "complaints.view_case"
    own_fields = ("handler_id", "entered_by_id")

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """In branches of own reach: cases one handles, entered, helps with or follows, and those
        of people for whom one stands in."""
        scope = scope_of(user, permission or self.view_permission)
        rows = scope.q(self.own_fields)
        if scope.own:
            branches = Q()
            for branch in scope.own:
                branches |= branch.q()
            rows |= branches & (_helped(scope) | _stood_in(scope))
        return self.filter(rows)

    def branches_of(self, user: Any, permission: str | None = None) -> list[Self]:
        """As visible_to, one queryset a part; parts may overlap, so unite them without ALL."""
        scope = scope_of(user, permission or self.view_permission)
        more = [
            self.filter(branch.q() & condition)
            for branch in sorted(scope.own, key=repr)
            for condition in (_helped(scope), _stood_in(scope))
        ]
        return super().branches_of(user, permission) + more

    def open(self) -> Self:
        return self.filter(state__in=OPEN)


def _helped(scope: Scope) -> Q:
    """Cases with which the person of a scope helps."""
    return Q(Exists(CasePerson.objects.filter(case=OuterRef("pk"), user=scope.user_id)))


def _stood_in(scope: Scope) -> Q:
    """Cases of those for whom the person of a scope stands in just now."""
    return Q(handler__in=StandIn.objects.absent_for(scope.user_id))


OPEN_ROWS = Q(state__in=sorted(OPEN))


def _lists_of(column: str) -> list[models.Index]:
    """The newest of a branch first, and what is open there by due time."""
    short = column.removesuffix("_id")
    return [
        models.Index(column, F("taken_in_at").desc(), F("id").desc(), name=f"case_{short}_recent"),
        models.Index(
            column,
            "next_due_at",
            "id",
            condition=OPEN_ROWS,
            name=f"case_{short}_due",
        ),
    ]


@pghistory.track(
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=[
        "region",
        "city",
        "project",
        "next_due_at",
        "next_due_kind",
        "updated_at",
        "warranty_until",
    ],
)
class Case(Scoped):
    """Any matter taken in. `unit` is where it is handled, as a rule the project.

    `complainant_name` and `room` repeat the first complainant's, for lists. `top_category` is the
    category's first level. `next_due_at` and `next_due_kind` repeat the earliest limit that still
    runs: empty while the clock is paused and when nothing is due. `warranty_until` is the last day
    of the warranty for flat and category (complaints.warranty). `round` counts how often the
    work began: each reopening starts the limits anew. `version` guards forms against each other.
    """

    number = models.CharField(_("case number"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=CaseKind, default=CaseKind.COMPLAINT)
    channel = models.CharField(_("channel"), max_length=12, choices=Channel)
    channel_words = models.CharField(max_length=40, blank=True, editable=False)
    category = models.ForeignKey(
        Category,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="cases",
        db_index=False,
        verbose_name=_("category"),
    )
    top_category = models.ForeignKey(
        Category, models.PROTECT, null=True, related_name="+", db_index=False, editable=False
    )
    level = models.ForeignKey(
        Level,
        models.PROTECT,
        null=True,
        related_name="cases",
        db_index=False,
        verbose_name=_("level"),
    )
    state = models.CharField(
        _("state"), max_length=20, choices=State, default=State.REGISTERED, db_index=False
    )
    content = models.TextField(_("content"))
    complainant_name = models.CharField(_("complainant"), max_length=60, blank=True)
    room = models.CharField(_("room"), max_length=60, blank=True, db_collation="C")
    customer = models.ForeignKey(
        "customers.Customer",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="cases",
        db_index=False,
        verbose_name=_("customer"),
    )
    flat = models.ForeignKey(
        "customers.Property",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="cases",
        db_index=False,
        verbose_name=_("property"),
    )
    handler = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="cases",
        db_index=False,
        verbose_name=_("handler"),
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
    )
    warranty_until = models.DateField(_("warranty until"), null=True, editable=False)
    taken_in_at = models.DateTimeField(_("taken in at"))
    assigned_at = models.DateTimeField(_("assigned at"), null=True, blank=True)
    first_contact_at = models.DateTimeField(_("first contact at"), null=True, blank=True)
    planned_at = models.DateTimeField(_("plan recorded at"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    called_back_at = models.DateTimeField(_("called back at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    plan = models.TextField(_("handling plan"), blank=True)
    resolution = models.TextField(_("result"), blank=True)
    cause = models.CharField(
        pgettext_lazy("case", "cause"), max_length=16, choices=CAUSES, blank=True
    )
    rating = models.PositiveSmallIntegerField(_("call-back satisfaction"), null=True, blank=True)
    reject_reason = models.TextField(_("reason for rejecting"), blank=True)
    reject_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", db_index=False
    )
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", db_index=False
    )
    merged_from_state = models.CharField(max_length=20, blank=True, editable=False)
    repeat_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="repeats", db_index=False
    )
    round = models.PositiveSmallIntegerField(default=1, editable=False)
    next_due_at = models.DateTimeField(null=True, editable=False)
    next_due_kind = models.CharField(max_length=14, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    import_run = models.ForeignKey(
        "core.ImportRun", models.SET_NULL, null=True, db_index=False, editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        permissions = [
            ("handle_case", _("Can handle cases")),
            ("assign_case", _("Can assign cases")),
            ("call_back_case", _("Can record call-backs")),
            ("close_case", _("Can close and reject cases")),
            ("urge_case", _("Can urge handlers")),
            ("lookup_owner", _("Can look up owners of any branch at intake")),
            ("import_case", _("Can import cases")),
            ("export_case", _("Can export cases")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__range=(1, 5)), name="case_rating"
            ),
            models.CheckConstraint(
                condition=Q(state=State.MERGED, merged_into__isnull=False)
                | ~Q(state=State.MERGED) & Q(merged_into__isnull=True),
                name="case_merged_into",
            ),
            models.CheckConstraint(
                condition=~Q(merged_into=F("id")) & ~Q(parent=F("id")), name="case_not_itself"
            ),
        ]
        indexes = [
            *_lists_of("unit_id"),
            *_lists_of("region_id"),
            *_lists_of("city_id"),
            *_lists_of("project_id"),
            models.Index(F("taken_in_at").desc(), F("id").desc(), name="case_recent"),
            models.Index(fields=["next_due_at", "id"], condition=OPEN_ROWS, name="case_due"),
            models.Index(
                fields=["handler", "next_due_at", "id"], condition=OPEN_ROWS, name="case_handler"
            ),
            models.Index("handler_id", F("taken_in_at").desc(), F("id").desc(), name="case_mine"),
            models.Index(
                "entered_by_id", F("taken_in_at").desc(), F("id").desc(), name="case_entered"
            ),
            models.Index("customer_id", F("taken_in_at").desc(), name="case_customer"),
            models.Index("flat_id", F("taken_in_at").desc(), name="case_flat"),
            models.Index(fields=["room", "unit"], name="case_room"),
            models.Index(
                fields=["closed_at"], condition=Q(closed_at__isnull=False), name="case_closed"
            ),
            models.Index(fields=["parent"], condition=Q(parent__isnull=False), name="case_parent"),
            models.Index(
                fields=["merged_into"], condition=Q(merged_into__isnull=False), name="case_merged"
            ),
            models.Index(
                fields=["import_run"], condition=Q(import_run__isnull=False), name="case_import"
            ),
            GinIndex(Bigrams("complainant_name"), name="case_name_pairs"),
            GinIndex(Bigrams("content"), name="case_content_pairs"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("complaints:detail", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING


class ComplainantQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Whoever may see the case."""
        return self.filter(case__in=Case.objects.visible_to(user, permission))


class Complainant(models.Model):
    """Somebody who complains in a case: a known customer, or a caller whom the archive lacks.

    The telephone number is personal data (core.personal_data). A group complaint has many.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="complainants")
    customer = models.ForeignKey(
        "customers.Customer", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    name = models.CharField(_("name"), max_length=60, blank=True)
    room = models.CharField(_("room"), max_length=60, blank=True)
    subject = models.ForeignKey(
        "core.SubjectKey", models.PROTECT, null=True, related_name="+", editable=False
    )
    phone_cipher = models.BinaryField(null=True, editable=False)
    phone_index = models.BinaryField(null=True, editable=False)
    phone_last4 = models.CharField(max_length=4, blank=True, editable=False)
    is_first = models.BooleanField(default=True, editable=False)
    is_spokesperson = models.BooleanField(_("speaks for all"), default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ComplainantQuerySet.as_manager()

    class Meta:
        verbose_name = _("complainant")
        verbose_name_plural = _("complainants")
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(is_first=True), name="complainant_first"
            ),
        ]
        indexes = [
            models.Index(
                fields=["phone_index"],
                condition=Q(phone_index__isnull=False),
                name="complainant_phone",
            ),
            models.Index(
                fields=["phone_last4"], condition=~Q(phone_last4=""), name="complainant_phone4"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clear(self, field: str) -> str:
        """A personal value in clear, as customers have it: only `phone`. Raises Erased."""
        if field != "phone":
            raise LookupError(field)
        return self.clear_phone()

    def clear_phone(self) -> str:
        """The number in clear; showing it to somebody is recorded by the service. Raises Erased."""
        if not self.phone_cipher or self.subject is None:
            return ""
        key = personal_data.unwrap(self.subject.wrapped)
        return national_format(personal_data.decrypt(key, self.phone_cipher, "complainant.phone"))

    @property
    def phone_masked(self) -> str:
        try:
            return personal_data.mask(self.clear_phone())
        except personal_data.Erased:
            return ""


class PersonRole(models.TextChoices):
    COLLABORATOR = "collaborator", _("Collaborator")
    WATCHER = "watcher", _("Watches")


class CasePerson(models.Model):
    """Somebody beside the handler: he helps with the case, or only follows it."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="people")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    role = models.CharField(_("role"), max_length=12, choices=PersonRole)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    added_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("person of a case")
        verbose_name_plural = _("people of a case")
        constraints = [
            models.UniqueConstraint(fields=["case", "user"], name="case_person_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"
