"""Bodies that decide together: board, supervisory board, management, committees (ORG-28)."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Dated, DatedQuerySet
from regions.models import OrgUnit


class BodyKind(models.TextChoices):
    SHAREHOLDERS = "shareholders", _("Shareholders' meeting")
    BOARD = "board", _("Board of directors")
    SUPERVISORS = "supervisors", _("Supervisory board")
    MANAGEMENT = "management", _("Management")
    COMMITTEE = "committee", _("Committee")


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Body(models.Model):
    """A body of the group or of a unit. `quorum` is how many members must agree; one with fewer
    members needs all of them."""

    key = models.SlugField(_("key"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=14, choices=BodyKind, default=BodyKind.COMMITTEE)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    quorum = models.PositiveSmallIntegerField(
        _("quorum"), default=1, help_text=_("How many members must agree.")
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("body")
        verbose_name_plural = _("bodies")
        ordering = ["key"]
        default_permissions = ("view", "add", "change")
        constraints = [models.CheckConstraint(condition=Q(quorum__gte=1), name="body_quorum")]

    def __str__(self) -> str:
        return self.name


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class BodyMember(Dated):
    """A person sits in a body from a day until a day."""

    body = models.ForeignKey(Body, models.CASCADE, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("person")
    )
    is_chair = models.BooleanField(_("takes the chair"), default=False)
    valid_from = models.DateField(_("from"), null=True, blank=True)
    valid_until = models.DateField(_("until"), null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = _("member of a body")
        verbose_name_plural = _("members of bodies")
        ordering = ["body", "-is_chair", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["body", "user"],
                condition=Q(valid_until__isnull=True),
                name="bodymember_once",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True)
                | Q(valid_from__isnull=True)
                | Q(valid_until__gte=F("valid_from")),
                name="bodymember_span",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.body} · {self.user}"
