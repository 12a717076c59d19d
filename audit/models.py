"""What somebody did. Rows are only ever added: the application's role may not change them."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Entry(models.Model):
    """One act of a registered kind. `detail` never holds personal data in clear."""

    at = models.DateTimeField(_("at"), auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    action = models.CharField(_("action"), max_length=60)
    subject_type = models.CharField(_("kind of record"), max_length=60, blank=True)
    subject_id = models.BigIntegerField(_("record"), null=True)
    detail = models.JSONField(_("detail"), default=dict)
    ip = models.GenericIPAddressField(_("address"), null=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "-id"], name="entry_subject"),
            models.Index(fields=["by", "action", "at"], name="entry_by"),
            models.Index(fields=["-at"], name="entry_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id or ''}".strip()

    def sentence(self) -> str:
        """The act in words, in the reader's language."""
        from audit.actions import ACTIONS, in_words

        template: Any = ACTIONS.get(self.action, self.action)
        words = {name: in_words(value) for name, value in self.detail.items()}
        return str(template).format_map(_Blanks(words))


class _Blanks(dict[str, Any]):
    """Details that an older entry does not have read as a dash."""

    def __missing__(self, key: str) -> str:
        return "—"
