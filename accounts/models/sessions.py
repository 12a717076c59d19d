"""Where people are signed in: one row a log-in, kept after its end (SEC-05)."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class DeviceKind(models.TextChoices):
    DESKTOP = "desktop", _("Computer")
    MOBILE = "mobile", _("Phone or tablet")


class EndReason(models.TextChoices):
    """Why a session ended; the log-in page says it in a sentence (accounts.sessions)."""

    LOGOUT = "logout", _("Logged out")
    IDLE = "idle", _("Not used for too long")
    AGE = "age", _("Open for too long")
    CROWDED = "crowded", _("Logged in on another device")
    AGAIN = "again", _("Logged in again in the same browser")
    OWNER = "owner", _("Ended by the person")
    ADMIN = "admin", _("Ended by an administrator")
    PASSWORD = "password", _("Password changed")  # noqa: S105
    FACTOR = "factor", _("Log-in security changed")
    ACCOUNT = "account", _("Account frozen or left")


class DeviceQuerySet(models.QuerySet):
    """Log-ins, newest use first where an order matters."""

    def open(self) -> Self:
        """Log-ins that nothing has ended yet, those that have run out and await it included."""
        return self.filter(ended_at=None)

    def living(self) -> Self:
        """Log-ins with which somebody can go on working now."""
        return self.open().filter(expires_at__gt=timezone.now())

    def visible_to(self, user: Any) -> Self:
        """Those of people whom the reader may administer."""
        from accounts.models.people import User

        return self.filter(user__in=User.objects.visible_to(user, "accounts.change_user"))


class SignedInDevice(models.Model):
    """A log-in on a device. `key` is the hash under which its session is stored, never the cookie.

    The session itself is a row of Django's table; it is deleted when the log-in ends, and this row
    stays to say why. `expires_at` is when it ends unless it is used before. `device` is the id of
    the browser (accounts.visitors), empty without one.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="devices",
        verbose_name=_("person"),
    )
    key = models.CharField(max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=DeviceKind)
    browser = models.CharField(_("browser"), max_length=60, blank=True)
    device = models.CharField(max_length=32, blank=True)
    ip = models.GenericIPAddressField(_("address"), null=True)
    created_at = models.DateTimeField(_("logged in"), default=timezone.now)
    last_used_at = models.DateTimeField(_("last used"), default=timezone.now)
    authenticated_at = models.DateTimeField(_("identity confirmed"), default=timezone.now)
    expires_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True)
    end_reason = models.CharField(_("reason"), max_length=10, choices=EndReason, blank=True)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        verbose_name = _("signed-in device")
        verbose_name_plural = _("signed-in devices")
        indexes = [
            models.Index(
                fields=["user", "-last_used_at"],
                condition=models.Q(ended_at=None),
                name="device_open",
            ),
            models.Index(
                fields=["expires_at"], condition=models.Q(ended_at=None), name="device_expiry"
            ),
            models.Index(fields=["ended_at"], name="device_ended"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_at=None, end_reason="")
                | (models.Q(ended_at__isnull=False) & ~models.Q(end_reason="")),
                name="device_end_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} {self.browser}"
