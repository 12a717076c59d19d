"""Answers: one response a person, one rating an item."""

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.bigrams import Bigrams
from core.scope import Scoped, ScopedQuerySet
from satisfaction.models.questionnaires import Item, Option
from satisfaction.models.waves import Wave


class AskedBy(models.TextChoices):
    LINK = "link", _("Personal link")
    QR = "qr", _("QR code")
    ON_SITE = "on_site", _("On-site form")
    PHONE = "phone", _("Telephone desk")
    AGENCY = "agency", _("Agency's file")


class Flag(models.TextChoices):
    """What makes an answer look careless. Flags exclude nothing; people void."""

    STRAIGHT_LINE = "straight_line", _("Straight-lining")
    SPEEDING = "speeding", _("Too fast")
    DUPLICATE = "duplicate", _("Twice the same")


class ResponseQuerySet(ScopedQuerySet):
    view_permission = "satisfaction.view_response"

    def counted(self) -> "ResponseQuerySet":
        """What enters figures: everything that nobody has voided. Quality flags exclude nothing."""
        return self.filter(voided_at__isnull=True)


@pghistory.track(
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=[
        *("region", "city", "project", "overall", "recommendation"),
        *("importances", "importance_sum", "both_importance", "both_score", "flags"),
        "notice_version",
    ],
)
class Response(Scoped):
    """One person's answers in a wave. `unit` is the project he was asked about.

    `sample_no` is the number that the agency or the drawn list gave him, unique in the wave.
    `stage` is his owner stage when he was asked, empty when unknown. The columns from `overall`
    on repeat what the ratings say, so that lists and scores of persons read one table: they are
    written with the help of `satisfaction.services.answers` alone. `both_importance`
    is Σw and `both_score` Σw·s over items rated twice, s counted in steps of scales.FULL;
    `importances` and `importance_sum` count and add up all importances he gave. Of an anonymous
    wave `answered_at` and `created_at` bear the day alone: minutes would tell who it was.
    `notice_version` names the privacy notice that stood on the form, if it was one of ours.
    """

    wave = models.ForeignKey(Wave, models.PROTECT, related_name="responses", db_index=False)
    is_anonymous = models.BooleanField(default=False, editable=False)
    customer = models.ForeignKey(
        "customers.Customer",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="responses",
        db_index=False,
    )
    sample = models.OneToOneField(
        "satisfaction.Sample", models.SET_NULL, null=True, related_name="response"
    )
    sample_no = models.CharField(_("sample number"), max_length=40, blank=True, db_collation="C")
    stage = models.CharField(_("owner stage"), max_length=16, blank=True)
    asked_by = models.CharField(_("channel"), max_length=8, choices=AskedBy)
    interviewer = models.CharField(_("interviewer"), max_length=40, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    language = models.CharField(_("language"), max_length=8, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True)
    seconds = models.PositiveIntegerField(_("duration in seconds"), null=True, blank=True)
    is_partial = models.BooleanField(_("partial"), default=False)
    flags = ArrayField(models.CharField(max_length=13), default=list, editable=False)
    # The default stands in the database too: files are copied in without the column.
    notice_version = models.CharField(
        _("version of the privacy notice"), max_length=20, blank=True, default="", db_default=""
    )
    voided_at = models.DateTimeField(_("voided at"), null=True, editable=False)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    void_reason = models.CharField(_("reason for voiding"), max_length=300, blank=True)
    overall = models.SmallIntegerField(null=True, editable=False)
    recommendation = models.SmallIntegerField(null=True, editable=False)
    importances = models.SmallIntegerField(default=0, editable=False)
    importance_sum = models.IntegerField(default=0, editable=False)
    both_importance = models.IntegerField(default=0, editable=False)
    both_score = models.BigIntegerField(default=0, editable=False)
    import_run = models.ForeignKey(
        "core.ImportRun", models.SET_NULL, null=True, db_index=False, editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ResponseQuerySet.as_manager()

    class Meta:
        verbose_name = _("response")
        verbose_name_plural = _("responses")
        constraints = [
            models.UniqueConstraint(
                fields=["wave", "sample_no"], condition=~Q(sample_no=""), name="response_once"
            ),
            # With the composite foreign key of the migration: no answer of an anonymous wave
            # ever bears a person.
            models.CheckConstraint(
                condition=Q(is_anonymous=False) | Q(customer__isnull=True, sample__isnull=True),
                name="response_anonymous",
            ),
            models.CheckConstraint(
                condition=Q(voided_at__isnull=True, void_reason="")
                | Q(voided_at__isnull=False) & ~Q(void_reason=""),
                name="response_void_reason",
            ),
        ]
        indexes = [
            models.Index("wave_id", "unit_id", F("id").desc(), name="response_wave"),
            models.Index("customer_id", F("answered_at").desc(), name="response_customer"),
            # What came in lately, for the closed loop: rows lie in this order anyway.
            BrinIndex(fields=["created_at"], name="response_lately"),
            models.Index(
                fields=["import_run"], condition=Q(import_run__isnull=False), name="response_import"
            ),
        ]

    def __str__(self) -> str:
        return self.sample_no or str(self.pk)


class Rating(models.Model):
    """What one person said of one item: how good it is, how much it matters, what he expected.

    `wave` repeats the response's, so that one wave is read without touching the others.
    """

    response = models.ForeignKey(Response, models.CASCADE, related_name="ratings", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    wave = models.ForeignKey(Wave, models.PROTECT, related_name="+")
    score = models.SmallIntegerField(null=True)
    importance = models.SmallIntegerField(null=True)
    expectation = models.SmallIntegerField(null=True)

    class Meta:
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        constraints = [
            models.UniqueConstraint(fields=["response", "item"], name="rating_once"),
            models.CheckConstraint(
                condition=Q(score__isnull=False)
                | Q(importance__isnull=False)
                | Q(expectation__isnull=False),
                name="rating_says_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.score}"


class Remark(models.Model):
    """Words a person added. `tone` is −1, 0 or 1 and `topics` what they are about, by the lexicon;
    both are NULL until it has read them."""

    response = models.ForeignKey(Response, models.CASCADE, related_name="remarks", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    wave = models.ForeignKey(Wave, models.PROTECT, related_name="+")
    text = models.TextField()
    tone = models.SmallIntegerField(null=True, editable=False)
    topics = ArrayField(models.CharField(max_length=20), null=True, editable=False)

    class Meta:
        verbose_name = _("remark")
        verbose_name_plural = _("remarks")
        constraints = [
            models.UniqueConstraint(fields=["response", "item"], name="remark_once"),
        ]
        indexes = [GinIndex(Bigrams("text"), name="remark_pairs")]

    def __str__(self) -> str:
        return self.text[:40]


class Chosen(models.Model):
    """An option that a person chose."""

    response = models.ForeignKey(Response, models.CASCADE, related_name="chosen", db_index=False)
    option = models.ForeignKey(Option, models.PROTECT, related_name="+", db_index=False)
    wave = models.ForeignKey(Wave, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("choice")
        verbose_name_plural = _("choices")
        constraints = [
            models.UniqueConstraint(fields=["response", "option"], name="chosen_once"),
        ]

    def __str__(self) -> str:
        return f"{self.option_id}"
