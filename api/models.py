"""Tokens of programs, and the answers kept for calls that are made again."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User

MANAGE = "api.manage_tokens"
USE = "api.use_api"


class TokenQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str = MANAGE) -> Self:
        """One's own tokens, and those of people in reach of the right."""
        people = User.objects.visible_to(user, permission)
        return self.filter(Q(user=user.pk) | Q(user__in=people))

    def living(self, now: datetime | None = None) -> Self:
        """Tokens that neither ended nor were revoked."""
        return self.filter(revoked_at=None, expires_at__gt=now or timezone.now())


class ApiToken(models.Model):
    """What a program shows in place of a password. Only its SHA-256 is kept, and its beginning, by
    which people know it again; it has 256 random bits, so that no slow hash is needed.

    `window_at` and `calls` count the calls of the minute that began then.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="api_tokens",
        verbose_name=_("person"),
    )
    name = models.CharField(pgettext_lazy("token", "Name"), max_length=60)
    prefix = models.CharField(max_length=12)
    digest = models.BinaryField(max_length=32, unique=True)
    scopes = ArrayField(models.CharField(max_length=40), verbose_name=_("Scopes"))
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    expires_at = models.DateTimeField(_("ends at"))
    last_used_at = models.DateTimeField(_("last used at"), null=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    window_at = models.DateTimeField(null=True)
    calls = models.PositiveIntegerField(default=0)

    objects = TokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        permissions = [
            ("use_api", _("Can make API tokens and call the API with them")),
            ("manage_tokens", _("Can see and revoke API tokens of others")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="apitoken_ends_after_start"
            )
        ]
        indexes = [models.Index(fields=["user", "-id"], name="apitoken_user")]

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}"

    @property
    def is_living(self) -> bool:
        """Whether the token itself still opens anything; its owner may be frozen all the same."""
        return self.revoked_at is None and self.expires_at > timezone.now()


class Answered(models.Model):
    """What a call with an idempotency key was answered, written in the transaction of its effect.

    The unique pair is also the lock: a second call at the same time waits for the first one. Keys
    are a token's own: two programs of one person know nothing of each other.
    """

    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="answered_once")]
        indexes = [models.Index(fields=["at"], name="answered_at")]

    def __str__(self) -> str:
        return f"{self.token_id} {self.key}"
