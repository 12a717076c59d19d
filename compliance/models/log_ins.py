"""Log-ins as the log-in rule reads them (LOG-01)."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class FormerLogInQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str = "compliance.view_log_ins") -> Self:
        """Those of people whom the reader reaches, and his own."""
        from accounts.models import User

        people = User.objects.visible_to(user, permission)
        return self.filter(models.Q(user__in=people) | models.Q(user=user.pk))


class FormerLogIn(models.Model):
    """A log-in that a file tells of: into a former system, or into one beside this one.

    It fulfils the duty as a log-in here does, and proves nothing about identity: the book of
    log-ins (accounts.LoginRecord) stays what this system saw itself.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        db_index=False,
        related_name="former_log_ins",
        verbose_name=_("person"),
    )
    at = models.DateTimeField(_("at"))
    ip = models.GenericIPAddressField(_("address"), null=True)
    import_run = models.ForeignKey(
        "core.ImportRun", models.SET_NULL, null=True, related_name="+", editable=False
    )

    objects = FormerLogInQuerySet.as_manager()

    class Meta:
        verbose_name = _("log-in of a former system")
        verbose_name_plural = _("log-ins of former systems")
        default_permissions = ()
        permissions = [
            ("view_log_ins", _("Can see who met the log-in duty")),
            ("import_log_ins", _("Can import log-ins")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "at", "ip"], nulls_distinct=False, name="formerlogin_once"
            ),
        ]
        indexes = [models.Index(fields=["at"], name="formerlogin_at")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.at}"
