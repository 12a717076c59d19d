"""People: accounts, functions and posts, role grants, log-in record (ACC-01…ACC-06)."""

from datetime import date
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, Permission
from django.contrib.auth.models import PermissionsMixin as DjangoPermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.scope import Scope
from regions.models import OrgUnit


class UserState(models.TextChoices):
    ACTIVE = "active", _("Active")
    FROZEN = "frozen", _("Frozen")
    LEFT = "left", _("Left")


class UserQuerySet(models.QuerySet):
    def active(self) -> Self:
        return self.filter(state=UserState.ACTIVE)

    def visible_to(self, user: Any, permission: str = "accounts.view_user") -> Self:
        """People whose unit lies in the branches the reader reaches."""
        from core.scope import scope_of

        if scope_of(user, permission).everything:
            return self
        return self.filter(unit__in=OrgUnit.objects.visible_to(user, permission))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, employee_no: str | None) -> "User":
        return self.get(employee_no=(employee_no or "").strip().upper())

    def create_user(self, employee_no: str, password: str | None = None, **fields: Any) -> "User":
        """A person with an account; without a password he sets one through a one-time link."""
        user = self.model(employee_no=employee_no.strip().upper(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, DjangoPermissionsMixin):
    """A member of staff. What he may do comes from role grants alone (accounts.backends)."""

    employee_no = models.CharField(_("employee number"), max_length=30, unique=True)
    name = models.CharField(pgettext_lazy("person", "name"), max_length=60)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    unit = models.ForeignKey(
        OrgUnit, models.PROTECT, null=True, related_name="people", verbose_name=_("unit")
    )
    position = models.CharField(_("position"), max_length=60, blank=True)
    hired_on = models.DateField(_("hired on"), null=True, blank=True)
    left_on = models.DateField(_("left on"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=UserState, default=UserState.ACTIVE)
    language = models.CharField(_("language"), max_length=10, blank=True)
    is_demo = models.BooleanField(default=False, editable=False)
    password_changed_at = models.DateTimeField(null=True, editable=False)
    factor_asked_at = models.DateTimeField(
        null=True, editable=False, help_text="First told to set up a second factor; grace begins."
    )

    objects = UserManager()

    USERNAME_FIELD = "employee_no"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["employee_no"]
        permissions = [
            ("use_admin", _("Can use the administration")),
            ("import_organisation", _("Can import the organisation and its people")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(left_on__isnull=True)
                | Q(hired_on__isnull=True)
                | Q(left_on__gte=F("hired_on")),
                name="user_left_after_hired",
            ),
            # Rights come from grants; a flag that opens everything must not even be storable.
            models.CheckConstraint(condition=Q(is_superuser=False), name="user_no_superuser"),
        ]
        indexes = [models.Index(fields=["unit", "state"], name="user_unit_state")]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("accounts:person", args=[self.employee_no])

    def set_password(self, raw_password: str | None) -> None:
        """Also remember when, because passwords of the profile dengbao3 grow old."""
        super().set_password(raw_password)
        self.password_changed_at = timezone.now() if raw_password else None

    def check_password(self, raw_password: str | None) -> bool:
        """Replacing an old hash at log-in calls set_password, but is no change of the password."""
        before = self.password_changed_at
        found = super().check_password(raw_password)
        self.password_changed_at = before
        return found

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """Django's word for "may log in": neither frozen nor left."""
        return self.state == UserState.ACTIVE

    @property
    def is_staff(self) -> bool:
        """Django's word for "may use the administration"."""
        return self.is_active and self.has_perm("accounts.use_admin")

    def scope(self, permission: str) -> Scope:
        """The branches in which this person holds a right today, cached for the request."""
        from accounts.scopes import compute_scope

        cache: dict[str, Scope] = self.__dict__.setdefault("_scopes", {})
        if permission not in cache:
            cache[permission] = compute_scope(self, permission)
        return cache[permission]

    def forget_scopes(self) -> None:
        """Drop what was cached on this object; a new request starts without it anyway."""
        for name in ("_scopes", "_grants", "_permissions", "_has_shares"):
            self.__dict__.pop(name, None)


class Function(models.Model):
    """A kind of work that a post carries: one of the nine core functions (ORG-08) or another."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    number = models.PositiveSmallIntegerField(_("number"), null=True, blank=True, unique=True)
    is_core = models.BooleanField(_("core function"), default=False)
    is_head = models.BooleanField(_("heads the department"), default=False)
    is_project_lead = models.BooleanField(_("leads a project"), default=False)
    keeps_customers = models.BooleanField(
        _("keeps customers"),
        default=False,
        help_text=_("Customers without a named keeper go to these posts in turn."),
    )

    class Meta:
        verbose_name = _("function")
        verbose_name_plural = _("functions")
        ordering = ["number", "name"]

    def __str__(self) -> str:
        return self.name


class DatedQuerySet(models.QuerySet):
    """Rows that hold from a day until a day (half-open; open ends are NULL)."""

    def on(self, day: date) -> Self:
        return self.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=day),
            Q(valid_until__isnull=True) | Q(valid_until__gt=day),
        )

    def now(self) -> Self:
        return self.on(timezone.localdate())


class Dated(models.Model):
    """A row that holds from a day until a day, see DatedQuerySet."""

    valid_from: date | None
    valid_until: date | None

    class Meta:
        abstract = True

    def is_in_force(self, day: date | None = None) -> bool:
        """Whether the row holds on a day, today unless said otherwise."""
        on = day or timezone.localdate()
        begun = self.valid_from is None or self.valid_from <= on
        return begun and (self.valid_until is None or self.valid_until > on)


class Post(Dated):
    """A person carries a function in a unit, as his only post or beside others (ORG-09, ORG-10)."""

    user = models.ForeignKey(User, models.PROTECT, related_name="posts", verbose_name=_("person"))
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="posts", verbose_name=_("unit"))
    function = models.ForeignKey(
        Function, models.PROTECT, related_name="posts", verbose_name=_("function")
    )
    is_dedicated = models.BooleanField(_("dedicated"), default=True)
    reports_to = models.CharField(_("reports to"), max_length=60, blank=True)
    from_file = models.BooleanField(
        default=False, editable=False, help_text="The organisation file keeps this row."
    )
    valid_from = models.DateField(_("from"), null=True, blank=True)
    valid_until = models.DateField(_("until"), null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = _("post held")
        verbose_name_plural = _("posts held")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "unit", "function"],
                condition=Q(valid_until__isnull=True),
                name="post_held_once",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True)
                | Q(valid_from__isnull=True)
                | Q(valid_until__gte=F("valid_from")),
                name="post_span",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.function}"


class Reach(models.TextChoices):
    OWN = "own", _("Own records")
    UNIT = "unit", _("This unit only")
    SUBTREE = "subtree", _("Unit and units below")
    GROUP = "group", _("Whole group")


class Role(models.Model):
    """A set of rights and how far they reach (ACC-01); groups change and add roles as data."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=60, unique=True)
    reach = models.CharField(_("reach"), max_length=10, choices=Reach)
    permissions = models.ManyToManyField(Permission, blank=True, verbose_name=_("rights"))
    description = models.TextField(_("description"), blank=True)
    seeded = models.JSONField(
        default=list, editable=False, help_text="Rights the product has given once already."
    )

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class RoleGrant(Dated):
    """A role that a person holds in a unit between two days; outside them it gives nothing."""

    user = models.ForeignKey(User, models.CASCADE, related_name="grants", verbose_name=_("person"))
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    role = models.ForeignKey(Role, models.PROTECT, related_name="grants", verbose_name=_("role"))
    valid_from = models.DateField(_("from"), null=True, blank=True)
    valid_until = models.DateField(_("until"), null=True, blank=True)
    from_file = models.BooleanField(
        default=False, editable=False, help_text="The organisation file keeps this row."
    )
    section_grant = models.ForeignKey(
        "accounts.SectionGrant",
        models.CASCADE,
        null=True,
        blank=True,
        editable=False,
        related_name="derived",
        help_text="The role is held in a section; this row follows the section's units.",
    )
    given_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    given_at = models.DateTimeField(auto_now_add=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "unit", "role"],
                condition=Q(valid_until__isnull=True, section_grant__isnull=True),
                name="grant_given_once",
            ),
            models.UniqueConstraint(
                fields=["section_grant", "unit", "valid_from"], name="grant_derived_once"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True)
                | Q(valid_from__isnull=True)
                | Q(valid_until__gte=F("valid_from")),
                name="grant_span",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.role} · {self.unit}"


class LoginKind(models.TextChoices):
    LOGIN = "login", _("Logged in")
    FAILED = "failed", _("Failed log-in")
    REFUSED = "refused", _("Refused while locked")
    UNLOCKED = "unlocked", _("Lock ended")
    LOGOUT = "logout", _("Logged out")
    DAY = "day", _("First page of the day")
    AGAIN = "again", _("Identity confirmed again")
    NO_FACTOR = "no_factor", _("Second factor refused")


class LoginMethod(models.TextChoices):
    """How somebody proved who he is; the last proof of a log-in counts."""

    PASSWORD = "password", _("Password")  # noqa: S105
    LINK = "link", _("One-time link")
    TOTP = "totp", _("Code of the authenticator app")
    PASSKEY = "passkey", _("Passkey")
    RECOVERY = "recovery", _("Recovery code")


class LoginRecord(models.Model):
    """A log-in, failed log-in, log-out, or the first request of a day in an older session.

    `employee_no` is what was typed, cut to 30 characters; `user` is set when it named a person.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=LoginKind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        related_name="logins",
        verbose_name=_("person"),
    )
    employee_no = models.CharField(_("employee number"), max_length=30)
    at = models.DateTimeField(_("at"), default=timezone.now)
    ip = models.GenericIPAddressField(_("address"), null=True)
    agent = models.CharField(_("browser"), max_length=200, blank=True)
    device = models.CharField(max_length=32, blank=True)
    method = models.CharField(_("how"), max_length=20, choices=LoginMethod, blank=True)

    class Meta:
        verbose_name = _("log-in record")
        verbose_name_plural = _("log-in records")
        indexes = [
            models.Index(fields=["user", "-at"], name="login_user"),
            models.Index(fields=["-at"], name="login_recent"),
            models.Index(
                fields=["employee_no", "at"],
                condition=Q(kind="failed"),
                name="login_failed_account",
            ),
            models.Index(fields=["ip", "at"], condition=Q(kind="failed"), name="login_failed_ip"),
            models.Index(
                fields=["user", "at"], condition=Q(kind="no_factor"), name="login_failed_factor"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.employee_no} {self.kind}"


class PasswordLink(models.Model):
    """A one-time link with which a person sets a password; only its hash is stored."""

    user = models.ForeignKey(User, models.CASCADE, related_name="password_links")
    key_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"link of {self.user_id}"


class FormerPassword(models.Model):
    """Hashes of earlier passwords, so that the last five are refused."""

    user = models.ForeignKey(User, models.CASCADE, related_name="former_passwords")
    password = models.CharField(max_length=128)
    set_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"former password of {self.user_id}"
