"""Roles held in a section (版块): data seen and managed per section (ACC-06)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.people import Dated, DatedQuerySet, Role, User


class SectionGrant(Dated):
    """A role that a person holds in a section between two days.

    It gives nothing by itself: `accounts.services.sections` keeps one RoleGrant for each span in
    which a unit belongs to the section, marked by `RoleGrant.section_grant`. So everything that
    reads grants (scopes, reviews, "who sees what") needs to know nothing of sections.
    """

    user = models.ForeignKey(
        User, models.CASCADE, related_name="section_grants", verbose_name=_("person")
    )
    section = models.ForeignKey(
        "regions.Section", models.PROTECT, related_name="grants", verbose_name=_("section")
    )
    role = models.ForeignKey(Role, models.PROTECT, related_name="+", verbose_name=_("role"))
    valid_from = models.DateField(_("from"), null=True, blank=True)
    valid_until = models.DateField(_("until"), null=True, blank=True)
    given_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    given_at = models.DateTimeField(auto_now_add=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = _("grant in a section")
        verbose_name_plural = _("grants in sections")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["user", "section", "role"],
                condition=Q(valid_until__isnull=True),
                name="section_grant_given_once",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True)
                | Q(valid_from__isnull=True)
                | Q(valid_until__gte=F("valid_from")),
                name="section_grant_span",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.role} · {self.section}"
