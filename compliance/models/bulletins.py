"""The bulletin board: what is told to units and roles, in versions, with receipts (INT-02)."""

from typing import Any, Self

import pghistory
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Post, RoleGrant
from compliance.models.common import by_branch
from core.bigrams import Bigrams
from core.scope import Scoped, ScopedQuerySet
from regions.models import OrgUnit


class BulletinState(models.TextChoices):
    PUBLISHED = "published", pgettext_lazy("bulletin", "Published")
    WITHDRAWN = "withdrawn", pgettext_lazy("bulletin", "Withdrawn")


class BulletinQuerySet(ScopedQuerySet):
    view_permission = "compliance.publish_bulletin"
    own_fields = ("by_id",)

    def addressed_to(self, person: Any) -> Self:
        """What is published and meant for a person: by the units he belongs to or holds a post in
        and all above them, and by the roles he holds today."""
        today = timezone.localdate()
        held = RoleGrant.objects.on(today).filter(user=person).values("role")
        audience = BulletinUnit.objects.filter(
            bulletin=OuterRef("pk"), unit__in=units_around(person)
        )
        roles = Bulletin.roles.through.objects.filter(bulletin=OuterRef("pk"))
        return self.filter(
            Exists(audience),
            ~Exists(roles) | Exists(roles.filter(role__in=held)),
            state=BulletinState.PUBLISHED,
        )

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """What is meant for the reader, what he wrote, and with the right what his branches
        published."""
        from core.scope import scope_of

        scope = scope_of(user, permission or self.view_permission)
        if scope.everything or permission is not None or scope.user_id is None:
            return self.filter(scope.q(self.own_fields))
        mine = Bulletin.objects.addressed_to(user).values("pk")
        return self.filter(scope.q(self.own_fields) | Q(by=scope.user_id) | Q(pk__in=mine))

    def unconfirmed_by(self, person: Any) -> Self:
        """What a person must confirm to have read and has not, in the version that asks it."""
        receipts = BulletinRead.objects.filter(
            version__bulletin=OuterRef("pk"),
            version__number__gte=OuterRef("asks"),
            person=person,
            confirmed_at__isnull=False,
        )
        return self.addressed_to(person).filter(~Exists(receipts), must_confirm=True)

    def unread_by(self, person: Any) -> Self:
        """What is meant for a person and was not opened in the version that asks to be read."""
        receipts = BulletinRead.objects.filter(
            version__bulletin=OuterRef("pk"),
            version__number__gte=OuterRef("asks"),
            person=person,
        )
        return self.addressed_to(person).filter(~Exists(receipts))


def units_around(person: Any) -> set[int]:
    """Keys of the units a person belongs to or holds a post in today, and of all above them."""
    posts = Post.objects.now().filter(user=person).values("unit")
    places = OrgUnit.objects.filter(Q(pk=person.unit_id) | Q(pk__in=posts))
    paths = places.values_list("path", flat=True)
    return {int(part) for path in paths for part in path.strip("/").split("/")}


@pghistory.track(
    pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["region", "city", "project"]
)
class Bulletin(Scoped):
    """Something told to people: those of `units` and all below, narrowed to `roles` where there are
    any. `unit` is where it was published from; who may publish there sees its receipts.

    The text stands in the versions; `number` is that of the latest, `asks` that of the version from
    which a receipt counts. `key` names what it was published for, so that it is published once.
    """

    title = models.CharField(pgettext_lazy("bulletin", "title"), max_length=120)
    units: Any = models.ManyToManyField(
        "regions.OrgUnit",
        through="compliance.BulletinUnit",
        related_name="+",
        verbose_name=_("units addressed"),
    )
    roles: Any = models.ManyToManyField(
        "accounts.Role", blank=True, related_name="+", verbose_name=_("roles addressed")
    )
    must_confirm = models.BooleanField(_("reading must be confirmed"), default=False)
    confirm_by = models.DateField(_("confirm by"), null=True, blank=True)
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=BulletinState,
        default=BulletinState.PUBLISHED,
        editable=False,
    )
    number = models.PositiveIntegerField(default=1, editable=False)
    asks = models.PositiveIntegerField(default=1, editable=False)
    key = models.CharField(max_length=100, null=True, unique=True, editable=False)
    source_url = models.CharField(max_length=200, blank=True, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("published by"),
    )
    published_at = models.DateTimeField(_("published at"), default=timezone.now, editable=False)
    withdrawn_reason = models.CharField(max_length=200, blank=True, editable=False)

    objects = BulletinQuerySet.as_manager()

    class Meta:
        verbose_name = _("bulletin")
        verbose_name_plural = _("bulletins")
        default_permissions = ()
        permissions = [("publish_bulletin", _("Can publish bulletins and see who has read them"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(asks__gte=1, asks__lte=F("number")), name="bulletin_asks"
            ),
            models.CheckConstraint(
                condition=~Q(state=BulletinState.WITHDRAWN) | ~Q(withdrawn_reason=""),
                name="bulletin_withdrawn_reason",
            ),
        ]
        indexes = by_branch("bulletin", F("published_at").desc(), F("id").desc())

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("compliance:bulletin", args=[self.pk])


class ByBulletin(models.QuerySet):
    """Rows that are seen by whoever may see the bulletin."""

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        return self.filter(bulletin__in=Bulletin.objects.visible_to(user, permission))


class BulletinUnit(models.Model):
    """A unit that a bulletin is meant for, with all below it."""

    bulletin = models.ForeignKey(Bulletin, models.CASCADE, related_name="audience", db_index=False)
    unit = models.ForeignKey("regions.OrgUnit", models.PROTECT, related_name="+")

    objects = ByBulletin.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["bulletin", "unit"], name="bulletinunit_once")
        ]

    def __str__(self) -> str:
        return f"{self.bulletin_id} {self.unit_id}"


class BulletinVersion(models.Model):
    """What a bulletin said from a moment on; `note` says what was changed, and why."""

    bulletin = models.ForeignKey(Bulletin, models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField(_("version"), default=1)
    title = models.CharField(pgettext_lazy("bulletin", "title"), max_length=120)
    body = models.TextField(pgettext_lazy("bulletin", "text"))
    note = models.CharField(_("what was changed"), max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ByBulletin.as_manager()

    class Meta:
        verbose_name = _("version of a bulletin")
        verbose_name_plural = _("versions of bulletins")
        ordering = ["-number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["bulletin", "number"], name="bulletinversion_once"),
            models.CheckConstraint(
                condition=Q(number=1) | ~Q(note=""), name="bulletinversion_note"
            ),
        ]
        indexes = [
            GinIndex(Bigrams("title"), name="bulletin_title_pairs"),
            GinIndex(Bigrams("body"), name="bulletin_body_pairs"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.number})"


class BulletinReadQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """One's own receipts, and those of bulletins that one's branches published."""
        from core.scope import scope_of

        scope = scope_of(user, permission or Bulletin.objects.none().view_permission)
        if scope.everything:
            return self
        reached = Bulletin.objects.filter(scope.q(Bulletin.objects.none().own_fields))
        return self.filter(Q(version__bulletin__in=reached) | Q(person=scope.user_id))


class BulletinRead(models.Model):
    """Somebody opened a version of a bulletin, and confirmed it if he did."""

    version = models.ForeignKey(
        BulletinVersion, models.CASCADE, related_name="reads", db_index=False
    )
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    read_at = models.DateTimeField(_("read at"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True)

    objects = BulletinReadQuerySet.as_manager()

    class Meta:
        verbose_name = _("read receipt")
        verbose_name_plural = _("read receipts")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["version", "person"], name="bulletinread_once"),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | Q(confirmed_at__gte=F("read_at")),
                name="bulletinread_confirmed_later",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.person_id}"
