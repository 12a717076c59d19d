"""Customers, their places in units, their contacts, and hand-made shares.

A customer has no unit: one person may own flats in three regions. `CustomerUnit` is his place in
a unit; it is what scopes filter, and it repeats what lists filter, sort and search by, because a
join to the customer makes every list of a branch read the whole branch (docs/adr/0003-places.md).
"""

from datetime import date
from typing import Any, Self

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from guardian.managers import UserObjectPermissionManager
from guardian.models import UserObjectPermissionBase

from core import personal_data
from core.bigrams import Bigrams
from core.scope import Scope, Scoped, ScopedQuerySet, scope_of
from core.values.phones import national_format
from regions.models import OrgUnit

FIRST_BIRTH, LAST_BIRTH = 1900, 2100


class CustomerKind(models.TextChoices):
    PERSON = "person", _("Person")
    ORGANISATION = "organisation", _("Organisation")


class OwnerStage(models.TextChoices):
    """Computed from signing and hand-over, never stored (glossary 6.3)."""

    OWNER_TO_BE = "owner_to_be", _("Owner-to-be")
    SETTLING_IN = "settling_in", _("Settling-in period")
    STABLE = "stable", _("Stable period")
    LONG_STANDING = "long_standing", _("Long-standing owner")


class Purpose(models.TextChoices):
    """Why somebody buys a home (CUS-27)."""

    OWN_USE = "own_use", _("To live in")
    INVESTMENT = "investment", _("As an investment")


def years_before(day: date, years: int) -> date:
    """The same day so many years earlier; 29 February becomes 28."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def owner_stage(
    signed_on: date | None, handed_over_on: date | None, today: date
) -> OwnerStage | None:
    """The stage of an owner on a day: to-be until hand-over, then ≤ 1, ≤ 2 and over 2 years."""
    if handed_over_on is None or handed_over_on > today:
        return OwnerStage.OWNER_TO_BE if signed_on or handed_over_on else None
    if handed_over_on >= years_before(today, 1):
        return OwnerStage.SETTLING_IN
    if handed_over_on >= years_before(today, 2):
        return OwnerStage.STABLE
    return OwnerStage.LONG_STANDING


def stage_condition(stage: str, today: date) -> Q:
    """The places in a stage, as a condition on `signed_on` and `handed_over_on`."""
    one, two = years_before(today, 1), years_before(today, 2)
    return {
        OwnerStage.OWNER_TO_BE: Q(handed_over_on__gt=today)
        | Q(handed_over_on__isnull=True, signed_on__isnull=False),
        OwnerStage.SETTLING_IN: Q(handed_over_on__gte=one, handed_over_on__lte=today),
        OwnerStage.STABLE: Q(handed_over_on__gte=two, handed_over_on__lt=one),
        OwnerStage.LONG_STANDING: Q(handed_over_on__lt=two),
    }[OwnerStage(stage)]


class Scheme(models.TextChoices):
    """The lists of words by which customers are classed."""

    OWNERSHIP = "ownership", _("Ownership class")
    IMPORTANCE = "importance", _("Importance class")
    GRADE = "grade", _("Customer grade")
    BUSINESS = "business", _("Business type")


class CustomerClass(models.Model):
    """A word of a scheme (CUS-03…CUS-05); files may bring words of their own."""

    scheme = models.CharField(_("scheme"), max_length=12, choices=Scheme)
    word = models.CharField(_("word"), max_length=20)
    meaning = models.TextField(_("meaning"), blank=True)
    position = models.PositiveSmallIntegerField(pgettext_lazy("in a list", "position"), default=100)

    class Meta:
        verbose_name = _("customer class")
        verbose_name_plural = _("customer classes")
        ordering = ["scheme", "position", "word"]
        constraints = [models.UniqueConstraint(fields=["scheme", "word"], name="class_word")]

    def __str__(self) -> str:
        return self.word


# The word of the importance scheme for those whom the strategic-customer regime is about (CUS-03).
STRATEGIC = "战略客户"
# … and for those of whom nothing more is known yet (CUS-05).
POTENTIAL = "潜在客户"
# The words that a rule about a class of customers means: importance classes of organisations and
# customer grades of persons. A file may bring other words; no rule speaks of them.
CLASS_WORDS: dict[str, tuple[str, ...]] = {
    "strategic": (STRATEGIC,),
    "key": ("重点客户", "重点"),
    "general": ("一般客户", "普通"),
    "potential": (POTENTIAL,),
    "vip": ("VIP",),
}


class CustomerQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str = "customers.view_customer") -> Self:
        """Customers with a place in reach, or shared with the user. For one row and for sets;
        lists and searches walk places (customers.selectors)."""
        scope = scope_of(user, permission)
        if scope.everything:
            return self
        here = CustomerUnit.objects.visible_to(user, permission).filter(customer=OuterRef("pk"))
        shared = CustomerShare.objects.live(user, permission).filter(content_object=OuterRef("pk"))
        return self.filter(Q(Exists(here)) | Q(Exists(shared)))


@pghistory.track(
    pghistory.UpdateEvent(level=pgtrigger.Statement),
    pghistory.DeleteEvent(level=pgtrigger.Statement),
    exclude=["pinyin", "initials", "updated_at"],
)
class Customer(models.Model):
    """A person or an organisation. Telephone and identity numbers are ciphertext."""

    kind = models.CharField(_("kind"), max_length=12, choices=CustomerKind)
    code = models.CharField(_("customer code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    pinyin = models.CharField(max_length=400, editable=False, db_collation="C")
    initials = models.CharField(max_length=120, editable=False, db_collation="C")
    gender = models.CharField(_("gender"), max_length=4, blank=True)
    subject = models.ForeignKey(
        "core.SubjectKey", models.PROTECT, null=True, related_name="+", editable=False
    )
    birth_year = models.PositiveSmallIntegerField(_("year of birth"), null=True, blank=True)
    # Why resources go to a strategic customer first (CUS-33); empty: they do not.
    priority = models.CharField(
        _("why resources go to him first"),
        max_length=200,
        blank=True,
        db_default="",
        default="",
        editable=False,
    )
    occupation = models.CharField(_("occupation"), max_length=40, blank=True, db_default="")
    purpose = models.CharField(
        _("purpose of the purchase"), max_length=10, choices=Purpose, blank=True, db_default=""
    )
    risk = models.CharField(
        _("risk condition"),
        max_length=20,
        blank=True,
        db_default="",
        help_text=_("Which service it calls for is a policy of the group."),
    )
    identity_kind = models.CharField(_("kind of document"), max_length=30, blank=True)
    identity_cipher = models.BinaryField(null=True, editable=False)
    identity_index = models.BinaryField(null=True, unique=True, max_length=16, editable=False)
    identity_last4 = models.CharField(max_length=4, blank=True, editable=False)
    phone_cipher = models.BinaryField(null=True, editable=False)
    phone_index = models.BinaryField(null=True, editable=False)
    phone_last4 = models.CharField(max_length=4, blank=True, editable=False)
    other_phone_cipher = models.BinaryField(null=True, editable=False)
    other_phone_index = models.BinaryField(null=True, editable=False)
    other_phone_last4 = models.CharField(max_length=4, blank=True, editable=False)
    ownership_class = models.CharField(_("ownership class"), max_length=20, blank=True)
    level = models.CharField(
        _("level"),
        max_length=20,
        blank=True,
        help_text=_("Importance class of an organisation, customer grade of a person."),
    )
    industry = models.CharField(_("industry"), max_length=40, blank=True)
    nature = models.CharField(_("nature of the organisation"), max_length=40, blank=True)
    business_type = models.CharField(
        _("business type"),
        max_length=20,
        blank=True,
        db_default="",
        help_text=_("What a customer trades as; ABC classes are made within each type."),
    )
    source = models.CharField(_("customer source"), max_length=40, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    postcode = models.CharField(_("postcode"), max_length=12, blank=True)
    scale = models.CharField(_("scale"), max_length=40, blank=True)
    assets = models.DecimalField(
        _("assets (10,000 yuan)"), max_digits=16, decimal_places=2, null=True, blank=True
    )
    payment_record = models.CharField(_("performance and payment"), max_length=200, blank=True)
    first_cooperation_on = models.DateField(_("first cooperation on"), null=True, blank=True)
    specialist = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("marketing specialist"),
    )
    contact_leader = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("contact leader"),
    )
    remark = models.TextField(_("remark"), blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
    )
    import_run = models.ForeignKey(
        "core.ImportRun", models.SET_NULL, null=True, db_index=False, editable=False
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated at"), default=timezone.now, editable=False)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            models.CheckConstraint(
                condition=Q(birth_year__gte=FIRST_BIRTH, birth_year__lte=LAST_BIRTH),
                name="customer_birth_year",
            )
        ]
        permissions = [
            ("reveal_customer", _("Can reveal telephone and identity numbers")),
            ("log_activity", _("Can log activities")),
            ("import_customer", _("Can import customers")),
            ("export_customer", _("Can export customers")),
            ("hand_over_customer", _("Can hand over customers")),
            ("share_customer", _("Can share customers with colleagues")),
            ("merge_customer", _("Can merge duplicate customers")),
        ]
        indexes = [
            models.Index(fields=["pinyin", "id"], name="customer_pinyin"),
            models.Index(fields=["initials", "pinyin", "id"], name="customer_initials"),
            GinIndex(Bigrams("name"), name="customer_name_pairs"),
            models.Index(fields=["phone_index"], name="customer_phone"),
            models.Index(
                fields=["other_phone_index"],
                condition=Q(other_phone_index__isnull=False),
                name="customer_other_phone",
            ),
            models.Index(fields=["phone_last4"], name="customer_phone4"),
            models.Index(
                fields=["other_phone_last4"],
                condition=~Q(other_phone_last4=""),
                name="customer_other_phone4",
            ),
            models.Index(fields=["identity_last4"], name="customer_identity4"),
            models.Index(
                fields=["import_run"], condition=Q(import_run__isnull=False), name="customer_import"
            ),
            models.Index(fields=["risk"], condition=~Q(risk=""), name="customer_risk"),
            # A few hundred of a million: the company's list must not read the archive.
            models.Index(
                fields=["pinyin", "id"], condition=Q(level=STRATEGIC), name="customer_strategic"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("customers:detail", args=[self.pk])

    @property
    def has_priority(self) -> bool:
        """Whether resources go to him first; strategic customers alone have it."""
        return self.level == STRATEGIC and bool(self.priority)

    @property
    def is_person(self) -> bool:
        return self.kind == CustomerKind.PERSON

    def clear(self, field: str) -> str:
        """A personal value in clear: `field` is phone, other_phone or identity; "" when empty.

        Showing it to somebody is `customers.services.reveal`, which records it. Raises Erased.
        """
        cipher = getattr(self, f"{field}_cipher")
        if not cipher or self.subject is None:
            return ""
        key = personal_data.unwrap(self.subject.wrapped)
        text = personal_data.decrypt(key, cipher, f"customer.{field}")
        return text if field == "identity" else national_format(text)

    def _masked(self, field: str) -> str:
        try:
            return personal_data.mask(self.clear(field))
        except personal_data.Erased:
            return ""

    @property
    def phone_masked(self) -> str:
        return self._masked("phone")

    @property
    def other_phone_masked(self) -> str:
        return self._masked("other_phone")

    @property
    def identity_masked(self) -> str:
        return self._masked("identity")


class NameReading(models.Model):
    """Another way to read a person's surname (单 Dan beside Shan), so that a search finds both."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="readings")
    pinyin = models.CharField(max_length=400, db_collation="C")
    initials = models.CharField(max_length=120, db_collation="C")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "pinyin"], name="reading_once")]
        indexes = [
            models.Index(fields=["pinyin", "customer"], name="reading_pinyin"),
            models.Index(fields=["initials", "customer"], name="reading_initials"),
        ]

    def __str__(self) -> str:
        return self.pinyin


class PlaceQuerySet(ScopedQuerySet):
    view_permission = "customers.view_customer"
    own_fields = ("keeper_id", "entered_by_id")

    def in_stage(self, stage: str, today: date) -> Self:
        return self.filter(stage_condition(stage, today))


COVERED = ["customer", "ownership_class", "level", "keeper", "handed_over_on", "signed_on"]


def _freshest(column: str) -> models.Index:
    return models.Index(
        column,
        F("last_contact_at").desc(),
        F("id").desc(),
        include=COVERED,
        name=f"place_{column.removesuffix('_id')}_recent",
    )


@pghistory.track(
    pghistory.UpdateEvent(level=pgtrigger.Statement),
    pghistory.DeleteEvent(level=pgtrigger.Statement),
    exclude=["name", "pinyin", "initials", "level", "ownership_class", "region", "city", "project"],
)
class CustomerUnit(Scoped):
    """A customer's place in a unit: what scopes filter, and who keeps him there.

    `last_contact_at` starts as the time of entry: an empty value would break paging by key.
    `signed_on` and `handed_over_on` are the earliest dates of the properties he owns in the unit.
    name, pinyin, initials, level and ownership_class repeat the customer's.
    """

    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="places", db_index=False, verbose_name=_("customer")
    )
    keeper = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="kept_places",
        db_index=False,
        verbose_name=_("keeper"),
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
    )
    source = models.CharField(_("customer source"), max_length=40, blank=True)
    last_contact_at = models.DateTimeField(_("last contact"), default=timezone.now)
    contacted = models.BooleanField(default=False, editable=False)
    next_contact_on = models.DateField(_("next contact on"), null=True, blank=True)
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    handed_over_on = models.DateField(_("handed over on"), null=True, blank=True)
    name = models.CharField(max_length=120, editable=False)
    pinyin = models.CharField(max_length=400, editable=False, db_collation="C")
    initials = models.CharField(max_length=120, editable=False, db_collation="C")
    level = models.CharField(max_length=20, blank=True, editable=False)
    ownership_class = models.CharField(max_length=20, blank=True, editable=False)
    import_run = models.ForeignKey(
        "core.ImportRun", models.SET_NULL, null=True, db_index=False, editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PlaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("place of a customer")
        verbose_name_plural = _("places of customers")
        constraints = [
            models.UniqueConstraint(fields=["customer", "unit"], name="place_customer_unit")
        ]
        indexes = [
            # One index answers "this branch and this part of a name"; btree_gin lends the columns.
            GinIndex(
                F("region_id"),
                F("city_id"),
                F("project_id"),
                Bigrams("name"),
                name="place_name_pairs",
            ),
            _freshest("region_id"),
            _freshest("city_id"),
            _freshest("project_id"),
            _freshest("unit_id"),
            models.Index(
                "keeper_id", F("last_contact_at").desc(), F("id").desc(), name="place_keeper"
            ),
            models.Index(
                "entered_by_id", F("last_contact_at").desc(), F("id").desc(), name="place_entered"
            ),
            models.Index(F("last_contact_at").desc(), F("id").desc(), name="place_recent"),
            models.Index(fields=["pinyin", "id"], name="place_name"),
            models.Index(fields=["initials", "pinyin", "id"], name="place_initials"),
            models.Index(fields=["region", "pinyin", "id"], name="place_region_name"),
            models.Index(fields=["city", "pinyin", "id"], name="place_city_name"),
            models.Index(fields=["project", "pinyin", "id"], name="place_project_name"),
            models.Index(
                fields=["keeper", "next_contact_on"],
                condition=Q(next_contact_on__isnull=False),
                name="place_due",
            ),
            # Whose contact is due in a whole branch: few of its customers wait for one.
            models.Index(
                fields=["next_contact_on"],
                condition=Q(next_contact_on__isnull=False),
                name="place_next",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.unit_id}"

    def stage(self, today: date | None = None) -> OwnerStage | None:
        return owner_stage(self.signed_on, self.handed_over_on, today or timezone.localdate())


def whole_branches(scope: Scope) -> Q:
    """The branches of a scope that are seen whole, as one condition."""
    return Scope(scope.user_id, scope.branches).q(())


def reached(scope: Scope, kept: QuerySet) -> Q:
    """Rows of branches that are seen whole, and in branches of own reach those whose customer
    the person keeps or entered.

    The whole group is the empty condition, which an OR would swallow.
    """
    rows = whole_branches(scope)
    if scope.own and not scope.everything:
        rows |= Scope(scope.user_id, scope.own).q(()) & Q(Exists(kept))
    return rows


def places_kept(scope: Scope, **to_row: Any) -> QuerySet:
    """Places a person keeps or entered, tied to an outer row by `to_row`."""
    return CustomerUnit.objects.filter(
        Q(keeper_id=scope.user_id) | Q(entered_by_id=scope.user_id), **to_row
    )


class ContactQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str = "customers.view_customer") -> Self:
        """Contacts go with their customer."""
        return self.filter(customer__in=Customer.objects.visible_to(user, permission))


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["pinyin"])
class Contact(models.Model):
    """A person inside an organisation: key persons and daily contacts (CON-01)."""

    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="contacts", verbose_name=_("customer")
    )
    name = models.CharField(pgettext_lazy("person", "name"), max_length=60)
    pinyin = models.CharField(max_length=200, editable=False, db_collation="C")
    department = models.CharField(_("department"), max_length=60, blank=True)
    title = models.CharField(_("job title"), max_length=60, blank=True)
    subject = models.ForeignKey(
        "core.SubjectKey", models.PROTECT, null=True, related_name="+", editable=False
    )
    phone_cipher = models.BinaryField(null=True, editable=False)
    phone_index = models.BinaryField(null=True, editable=False)
    phone_last4 = models.CharField(max_length=4, blank=True, editable=False)
    email_cipher = models.BinaryField(null=True, editable=False)
    fax = models.CharField(_("fax"), max_length=30, blank=True)
    is_key = models.BooleanField(_("key person"), default=False)
    import_run = models.ForeignKey(
        "core.ImportRun", models.SET_NULL, null=True, db_index=False, editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["-is_key", "pinyin", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["customer", "name"], name="contact_name_once")
        ]
        indexes = [
            models.Index(fields=["phone_index"], name="contact_phone"),
            GinIndex(Bigrams("name"), name="contact_name_pairs"),
            models.Index(fields=["pinyin", "id"], name="contact_pinyin"),
        ]

    def __str__(self) -> str:
        return self.name

    def clear(self, field: str) -> str:
        """`phone` or `email` in clear, "" when empty. Raises Erased."""
        cipher = getattr(self, f"{field}_cipher")
        if not cipher or self.subject is None:
            return ""
        key = personal_data.unwrap(self.subject.wrapped)
        text = personal_data.decrypt(key, cipher, f"contact.{field}")
        return national_format(text) if field == "phone" else text

    @property
    def phone_masked(self) -> str:
        try:
            return personal_data.mask(self.clear("phone"))
        except personal_data.Erased:
            return ""

    @property
    def email_masked(self) -> str:
        try:
            name, at, host = self.clear("email").partition("@")
        except personal_data.Erased:
            return ""
        return f"{name[:1]}***{at}{host}" if name else ""


VIEW, CHANGE = "customers.view_customer", "customers.change_customer"
# What a share of a right opens: who may change the customer may see him.
IMPLIED = {VIEW: ("view_customer", "change_customer"), CHANGE: ("change_customer",)}


class ShareQuerySet(models.QuerySet):
    def in_force(self, day: date | None = None) -> Self:
        """Shares that neither ran out nor were ended; the last day counts, in Chinese time."""
        return self.filter(
            Q(until__isnull=True) | Q(until__gte=day or timezone.localdate()), ended_at=None
        )

    def live(self, user: Any, permission: str = VIEW) -> Self:
        """Shares that give the user a right today. A scope in place of a user has no shares."""
        user_id = getattr(user, "user_id", None) or getattr(user, "pk", None)
        codenames = IMPLIED.get(permission)
        if user_id is None or codenames is None or not getattr(user, "is_active", True):
            return self.none()
        return self.in_force().filter(
            user_id=user_id,
            permission__codename__in=codenames,
            permission__content_type__app_label="customers",
        )

    def visible_to(self, user: Any, permission: str = "customers.share_customer") -> Self:
        """Shares given by somebody, given to him, and of those he is told of, those of customers
        in branches that he reaches whole with the right."""
        scope = scope_of(user, permission)
        if scope.everything:
            return self
        mine = Q(given_by=user.pk) | Q(user=user.pk)
        if not scope.branches:
            return self.filter(mine)
        here = CustomerUnit.objects.filter(
            whole_branches(scope), customer=OuterRef("content_object")
        )
        return self.told_to(user, permission).filter(mine | Q(Exists(here)))

    def told_to(self, user: Any, permission: str = VIEW) -> Self:
        """Shares that a reader may know of at a customer of his: given by or to himself or people
        who work in branches he reaches with the right. With whom another branch shares the same
        customer is its own business (docs/adr/0018-shares-and-hand-over.md)."""
        scope = scope_of(user, permission)
        if scope.everything:
            return self
        units = OrgUnit.objects.visible_to(scope, permission).order_by()
        told = Q(given_by__unit__in=units) | Q(user__unit__in=units)
        if scope.user_id is not None:
            told |= Q(given_by=scope.user_id) | Q(user=scope.user_id)
        return self.filter(told)


class ShareManager(UserObjectPermissionManager.from_queryset(ShareQuerySet)):  # type: ignore[misc]
    """django-guardian's manager with the questions of this product."""


class CustomerShare(UserObjectPermissionBase):
    """One customer shown to one person by hand, with a reason and an end (django-guardian).

    A person has at most one share of a customer: to see him, or to change him too. It opens the
    customer himself (names, address, class, contacts) and nothing of a branch: no places, flats
    or dealings, no numbers in clear (docs/adr/0018-shares-and-hand-over.md). Written only by
    core.sharing, read by `live`. A share that ended stays for a while, so that pages can say so.
    """

    id = models.BigAutoField(primary_key=True)
    content_object = models.ForeignKey(Customer, models.CASCADE, related_name="shares")
    reason = models.CharField(_("reason"), max_length=200)
    until = models.DateField(_("until"), null=True, blank=True)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    given_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )

    objects = ShareManager()  # type: ignore[misc]

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False
        verbose_name = _("share")
        verbose_name_plural = _("shares")
        constraints = [
            models.UniqueConstraint(fields=["user", "content_object"], name="share_once")
        ]
        indexes = [
            models.Index(fields=["user", "content_object"], name="share_user"),
            models.Index(fields=["until"], name="share_until"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.content_object_id}"

    @property
    def may_change(self) -> bool:
        """Whether the share opens changing, too. Needs `permission`."""
        return self.permission.codename == "change_customer"

    def is_in_force(self, day: date | None = None) -> bool:
        """Whether the share gives anything on a day, today unless said otherwise."""
        today = day or timezone.localdate()
        return self.ended_at is None and (self.until is None or self.until >= today)
