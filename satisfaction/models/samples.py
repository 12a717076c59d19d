"""Who is asked: quotas, the drawn list, and the links that lead to the form (SAT-04)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.scope import Scoped, ScopedQuerySet
from regions.models import OrgUnit
from satisfaction.models.responses import AskedBy, Response
from satisfaction.models.waves import Wave


class Quota(models.Model):
    """How many answers a wave wants of a project's owners in one stage (empty: in any)."""

    wave = models.ForeignKey(Wave, models.CASCADE, related_name="quotas")
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", db_index=False)
    stage = models.CharField(_("owner stage"), max_length=16, blank=True)
    wanted = models.PositiveIntegerField(_("answers wanted"))

    class Meta:
        verbose_name = _("quota")
        verbose_name_plural = _("quotas")
        constraints = [
            models.UniqueConstraint(fields=["wave", "unit", "stage"], name="quota_once"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.stage}: {self.wanted}"


class SampleState(models.TextChoices):
    """How far asking somebody has come. A reserve steps in when a drawn one drops out."""

    RESERVE = "reserve", _("Reserve")
    DRAWN = "drawn", _("Drawn")
    INVITED = "invited", _("Invited")
    OPENED = "opened", _("Opened")
    ANSWERED = "answered", pgettext_lazy("sample", "Answered")
    REFUSED = "refused", pgettext_lazy("sample", "Refused")
    UNREACHED = "unreached", _("Not reached")
    DROPPED = "dropped", pgettext_lazy("sample", "Dropped")


# Nobody is asked any more who stands here; the last three make room for a reserve.
SAMPLE_ENDS = frozenset(
    {
        SampleState.ANSWERED,
        SampleState.REFUSED,
        SampleState.UNREACHED,
        SampleState.DROPPED,
    }
)
OUT_OF_SAMPLE = SAMPLE_ENDS - {SampleState.ANSWERED}


class SampleQuerySet(ScopedQuerySet):
    view_permission = "satisfaction.view_response"


class Sample(Scoped):
    """Somebody who is to be asked in a wave, about `unit`.

    `position` is the place in the random order of his quota; those behind the wanted number are
    reserves, and `replaces` says for whom one stepped in. After a case `case` is what he is asked
    about, once in each `case_round` (a reopened case begins the next); `asks_again` is the low
    answer after whose mending he is asked once more. In an anonymous wave the row knows that he
    answered, on which day, and nothing about which answer is his; so no history is kept of it.
    """

    wave = models.ForeignKey(Wave, models.CASCADE, related_name="samples", db_index=False)
    customer = models.ForeignKey(
        "customers.Customer", models.SET_NULL, null=True, related_name="+", db_index=False
    )
    stage = models.CharField(_("owner stage"), max_length=16, blank=True)
    position = models.PositiveIntegerField(default=0)
    state = models.CharField(
        _("state"), max_length=9, choices=SampleState, default=SampleState.DRAWN
    )
    replaces = models.ForeignKey(
        "self", models.SET_NULL, null=True, related_name="+", db_index=False
    )
    case = models.ForeignKey(
        "complaints.Case", models.SET_NULL, null=True, related_name="+", db_index=False
    )
    case_round = models.PositiveSmallIntegerField(null=True, editable=False)
    asks_again = models.ForeignKey(
        Response, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    due_at = models.DateTimeField(_("asked from"), null=True)
    invited_at = models.DateTimeField(_("invited at"), null=True)
    reminded_at = models.DateTimeField(_("reminded at"), null=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    answered_on = models.DateField(_("answered on"), null=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    held_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SampleQuerySet.as_manager()

    class Meta:
        verbose_name = _("sample")
        verbose_name_plural = _("samples")
        constraints = [
            models.UniqueConstraint(
                fields=["wave", "customer", "unit"],
                condition=Q(case__isnull=True, asks_again__isnull=True),
                name="sample_once",
            ),
            models.UniqueConstraint(
                fields=["case", "case_round"],
                condition=Q(case__isnull=False),
                name="sample_case",
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                fields=["asks_again"],
                condition=Q(asks_again__isnull=False),
                name="sample_again",
            ),
            models.UniqueConstraint(
                fields=["replaces"],
                condition=Q(replaces__isnull=False),
                name="sample_replaced_once",
            ),
        ]
        indexes = [
            models.Index(fields=["wave", "unit", "stage", "position"], name="sample_cell"),
            models.Index("customer_id", F("created_at").desc(), name="sample_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.wave_id} · {self.pk}"


class SurveyLink(models.Model):
    """The way to the form for one person, once. Only a hash of the token is kept: whoever reads
    the table cannot answer in somebody's name. See `satisfaction.services.links`."""

    sample = models.ForeignKey(Sample, models.CASCADE, related_name="links")
    channel = models.CharField(_("channel"), max_length=8, choices=AskedBy)
    token_hash = models.BinaryField(unique=True, editable=False)
    expires_at = models.DateTimeField(_("valid until"))
    used_at = models.DateTimeField(_("used at"), null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("link to a survey")
        verbose_name_plural = _("links to surveys")

    def __str__(self) -> str:
        return f"{self.sample_id} · {self.expires_at:%Y-%m-%d}"


class SurveyDraft(models.Model):
    """Answers that were not handed in yet, so that they go on from any device.

    `key` is made from the token, of which nothing is stored, by another way than the link's hash:
    the database alone does not tell whose draft it is, and `expires_at` is a midnight. `answers`
    are as `satisfaction.services.answering` reads them; `saves` bounds how often they are written.
    """

    key = models.BinaryField(primary_key=True)
    wave = models.ForeignKey(Wave, models.CASCADE, related_name="+", db_index=False)
    answers = models.JSONField(default=dict)
    page = models.PositiveSmallIntegerField(default=1)
    saves = models.PositiveSmallIntegerField(default=1)
    started_on = models.DateField(default=timezone.localdate)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("draft of answers")
        verbose_name_plural = _("drafts of answers")

    def __str__(self) -> str:
        return f"{self.wave_id}"
