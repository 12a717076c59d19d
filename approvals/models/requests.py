"""Papers that everybody may write on a ready form: general request, seal, rules … (WF-01)."""

from typing import Any, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from approvals.models.running import Approval
from core.models import StoredFile
from core.scope import Scoped, ScopedQuerySet, scope_of

REQUEST_KIND = "approvals.request"


class RequestState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("request", "Draft")
    IN_APPROVAL = "in_approval", _("In approval")
    SENT_BACK = "sent_back", _("Sent back")
    APPROVED = "approved", pgettext_lazy("approval", "Approved")
    REJECTED = "rejected", pgettext_lazy("approval", "Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")


# The applicant may change the paper, and submit it again.
WRITABLE = (RequestState.DRAFT, RequestState.SENT_BACK, RequestState.WITHDRAWN)


class RequestQuerySet(ScopedQuerySet):
    view_permission = "approvals.view_approval"
    own_fields = ("applicant_id",)

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """One's own, and those whose approval one sees; a draft is seen by its writer alone."""
        scope = scope_of(user, permission or self.view_permission)
        if scope.user_id is None and not scope.everything:
            return self.none()
        seen = Approval.objects.visible_to(user, permission).filter(
            subject_kind=REQUEST_KIND, subject_id=OuterRef("pk")
        )
        return self.filter(Q(applicant=scope.user_id) | Exists(seen))


@pghistory.track(
    pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["region", "city", "project"]
)
class Request(Scoped):
    """A paper on a ready form. `form` is the form's key, `values` what was written in its fields,
    by their keys, as text; `amount` is yuan of forms that ask for one. `state` follows the
    approval. The unit is the applicant's when he wrote it."""

    form = models.SlugField(_("form"), max_length=40)
    applicant = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("applicant"),
    )
    title = models.CharField(_("title"), max_length=120)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2, null=True)
    values = models.JSONField(default=dict)
    state = models.CharField(
        _("state"), max_length=12, choices=RequestState, default=RequestState.DRAFT
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = RequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gte=0), name="request_amount"
            ),
        ]
        indexes = [
            models.Index("applicant_id", F("id").desc(), name="request_mine"),
            models.Index(
                fields=["unit"],
                condition=Q(state__in=("draft", "in_approval", "sent_back")),
                name="request_unit",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("approvals:request", args=[self.pk])

    @property
    def is_writable(self) -> bool:
        return self.state in WRITABLE


class RequestFileQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Whoever may see the request."""
        return self.filter(request__in=Request.objects.visible_to(user, permission))


class RequestFile(StoredFile):
    """A file that belongs to what is asked for."""

    request = models.ForeignKey(Request, models.CASCADE, related_name="files", db_index=False)

    objects = RequestFileQuerySet.as_manager()

    class Meta(StoredFile.Meta):
        verbose_name = _("file of a request")
        verbose_name_plural = _("files of requests")
        default_permissions = ()
        constraints = [
            *StoredFile.Meta.constraints,
            models.UniqueConstraint(fields=["request", "sha256"], name="requestfile_once"),
        ]
