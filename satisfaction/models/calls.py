"""Telephone interviews: what came of each call (SAT-04)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from satisfaction.models.samples import Sample


class CallResult(models.TextChoices):
    ANSWERED = "answered", _("Interview complete")
    PARTIAL = "partial", _("Broken off")
    NO_ANSWER = "no_answer", _("Nobody answered")
    BUSY = "busy", _("Line busy")
    CALL_BACK = "call_back", _("Call back later")
    WRONG_NUMBER = "wrong_number", _("Wrong number")
    REFUSED = "refused", _("Refuses to be asked")


class Call(models.Model):
    """One attempt to reach somebody. People of anonymous waves are never called."""

    sample = models.ForeignKey(Sample, models.CASCADE, related_name="calls")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("called at"), default=timezone.now)
    result = models.CharField(_("result of the call"), max_length=12, choices=CallResult)
    call_back_at = models.DateTimeField(_("call back at"), null=True, blank=True)
    note = models.CharField(_("remark"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        constraints = [
            models.CheckConstraint(
                condition=Q(result=CallResult.CALL_BACK, call_back_at__gt=F("at"))
                | ~Q(result=CallResult.CALL_BACK) & Q(call_back_at__isnull=True),
                name="call_back_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sample_id} {self.result}"


class SurveyMiss(models.Model):
    """How often one address followed links that nobody may follow, in one hour.

    `bucket` is made from the address and the hour by a key that the table does not hold, so that
    it names no visitor.
    """

    bucket = models.BinaryField(primary_key=True)
    count = models.PositiveIntegerField(default=1)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("misses of an address")
        verbose_name_plural = _("misses of addresses")

    def __str__(self) -> str:
        return f"{self.count}"
