"""Making one customer of two (CUS-24, docs/adr/0042-merging.md)."""

# ruff: noqa: S608  tables come from code, never from people

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused, Stale
from core.locking import lock
from core.notices import announce
from customers.merging import FOLLOWERS, RULES, Once, references, uniques
from customers.models import Customer, CustomerMerge, CustomerUnit, DuplicatePair
from customers.models.merging import mergeable
from customers.services.customers import (
    PERSONAL,
    REPEATED,
    happening,
    remember_words,
    set_reading,
    write_readings,
)
from customers.services.protect import put, stored
from customers.services.turns import take_turn
from regions.models import OrgUnit

# The fields that a merge chooses between, in the order of the page.
PLAIN = (
    *("name", "gender", "birth_year", "occupation", "purpose", "risk", "identity_kind"),
    *("level", "ownership_class", "industry", "nature", "business_type", "source"),
    *("address", "postcode", "scale", "assets", "payment_record", "first_cooperation_on"),
    *("specialist", "contact_leader", "remark"),
)
FIELDS = (*PLAIN, *PERSONAL)
PAIR = ("specialist", "contact_leader")


@transaction.atomic
def merge_customers(
    survivor: Customer,
    former: Customer,
    *,
    by: Any,
    take: frozenset[str] = frozenset(),
    reason: str = "",
    unchanged_since: tuple[dt.datetime, dt.datetime] | None = None,
) -> CustomerMerge:
    """Make `former` part of `survivor`: all that hangs on him is moved and his record goes.

    `take` names fields of FIELDS whose value comes from `former`; those that `survivor` lacks are
    filled in any case. `unchanged_since` is `updated_at` of both as the page showed them. `by` None
    is the operator. Raises Refused for two kinds, for two identity numbers, for customers that are
    not both in reach, when one of them was merged meanwhile, and where a table has no rule for
    what both have; Stale when one was changed.
    """
    with connection.cursor() as cursor:
        take_turn(cursor)
    survivor, former = _both(survivor.pk, former.pk)
    _check(survivor, former, by=by)
    if unchanged_since and (survivor.updated_at, former.updated_at) != unchanged_since:
        raise Stale(_("Somebody else has changed one of the two. Please look at the new values."))
    pair = DuplicatePair.objects.filter(first__in=(survivor, former), second__in=(survivor, former))
    likeness = pair.values_list("likeness", flat=True).first() or ""
    merge = CustomerMerge(
        survivor=survivor,
        former_id=former.pk,
        likeness=likeness,
        reason=reason.strip(),
        by=by,
        before={"survivor": plain_values(survivor), "former": plain_values(former)},
    )
    for name in ("kind", "code", "name", "phone_index", "other_phone_index", "subject_id"):
        setattr(merge, name, getattr(former, name))
    chosen = _chosen(survivor, former, take)
    _move_pairs(survivor.pk, former.pk)
    moving = Moving()
    moving.unite(Customer, survivor.pk, former.pk)
    # Past Django, which would delete what it finds hanging on him: whatever was missed is told by
    # the database, and nothing is written.
    Customer.objects.filter(pk=former.pk)._raw_delete(using="default")
    _write(survivor, chosen)
    merge.moved, merge.united = moving.moved, moving.united
    merge.save(force_insert=True)
    _tell(merge, by=by)
    return merge


def _both(survivor: int, former: int) -> tuple[Customer, Customer]:
    """Both, locked in the order of their keys. Raises Refused when one is not there any more."""
    if survivor == former:
        raise Refused(_("A customer cannot be merged with himself."))
    found = {
        row.pk: row
        for row in lock(Customer.objects.filter(pk__in=(survivor, former))).select_related(
            "subject"
        )
    }
    if len(found) < 2:
        raise Refused(_("One of the two has been merged already; nothing was changed."))
    return found[survivor], found[former]


def _check(survivor: Customer, former: Customer, *, by: Any) -> None:
    keys = (survivor.pk, former.pk)
    if by is not None and mergeable(by).filter(pk__in=keys).count() < len(keys):
        raise Refused(_("Only customers whom you may change, both of them, can be merged."))
    if survivor.kind != former.kind:
        raise Refused(_("A person and an organisation are never the same customer."))
    if survivor.identity_index and former.identity_index:
        # The index is unique, so these are two numbers.
        raise Refused(
            _("The two have different identity numbers. Please correct the wrong one first.")
        )


def plain_values(customer: Customer) -> dict[str, Any]:
    """The fields of a customer as they are kept with a merge, without his numbers."""
    found: dict[str, Any] = {"code": customer.code}
    for name in PLAIN:
        value = getattr(customer, Customer._meta.get_field(name).attname)  # type: ignore[union-attr]
        if value not in (None, ""):
            found[name] = value if isinstance(value, int) else str(value)
    return found


def _chosen(survivor: Customer, former: Customer, take: frozenset[str]) -> dict[str, Any]:
    """The values that come from the former record: those asked for, and what the other lacks. A
    telephone number that would be lost becomes the second one where that is free. Raises Refused
    where one person would be specialist and leader at once."""
    chosen: dict[str, Any] = {}
    for name in PLAIN:
        mine, theirs = getattr(survivor, name), getattr(former, name)
        if theirs not in (None, "") and (name in take or mine in (None, "")):
            chosen[name] = theirs
    mine_of = {name: stored(survivor, "customer", name) for name in PERSONAL}
    for name in PERSONAL:
        theirs = stored(former, "customer", name)
        if theirs and (name in take or not mine_of[name]):
            chosen[name] = theirs
    kept = {name: chosen.get(name, mine_of[name]) for name in ("phone", "other_phone")}
    left = [mine_of["phone"], stored(former, "customer", "phone")]
    first, second = (chosen.get(one) or getattr(survivor, one) for one in PAIR)
    if first is not None and first == second:
        raise Refused(_("Specialist and contact leader are two people."))
    spare = next((number for number in left if number and number not in kept.values()), "")
    if spare and not kept["other_phone"]:
        chosen["other_phone"] = spare
    return chosen


def _move_pairs(survivor: int, former: int) -> None:
    """What was said of the former record is said of the survivor; what was found is found anew."""
    told = DuplicatePair.objects.filter(models.Q(first=former) | models.Q(second=former))
    for pair in told.filter(dismissed_at__isnull=False):
        other = pair.second_id if pair.first_id == former else pair.first_id
        first, second = sorted((survivor, other))
        if (
            first != second
            and not DuplicatePair.objects.filter(first=first, second=second).exists()
        ):
            DuplicatePair.objects.filter(pk=pair.pk).update(first=first, second=second)
    told.delete()


def _write(survivor: Customer, chosen: dict[str, Any]) -> None:
    """Put the chosen values on the customer and on the copies of his places."""
    for name, value in chosen.items():
        if name in PERSONAL:
            put(survivor, "customer", name, value)
        else:
            setattr(survivor, name, value)
    set_reading(survivor)
    write_readings(survivor)
    survivor.updated_at = timezone.now()
    survivor.save()
    remember_words(survivor)
    CustomerUnit.objects.filter(customer=survivor).update(
        **{name: getattr(survivor, name) for name in REPEATED}
    )


def _tell(merge: CustomerMerge, *, by: Any) -> None:
    survivor = merge.survivor
    counts = {one["table"]: len(one["keys"]) for one in merge.moved}
    record(
        "customer.merged",
        by=by,
        subject=survivor,
        code=survivor.code,
        former=merge.code,
        former_id=merge.former_id,
        rows=sum(counts.values()),
        moved=counts,
        before=merge.before,
        reason=merge.reason,
    )
    units = OrgUnit.objects.filter(pk__in=survivor.places.values("unit")).order_by("path")
    former = {"former_id": str(merge.former_id), "former_code": merge.code}
    announce(happening("customer.merged", survivor, units, **former))


class Moving:
    """Moves what hangs on one row to another row of its table, and notes it."""

    def __init__(self) -> None:
        self.moved: list[dict[str, Any]] = []
        self.united: list[dict[str, Any]] = []

    def unite(self, model: type[models.Model], stays: int, goes: int) -> None:
        """Move everything that points at `goes` to `stays`."""
        for field in references(model):
            self._move(field, stays, goes)
        for follow in FOLLOWERS.get(model, ()):
            follow(stays, goes)

    def _move(self, field: models.ForeignKey, stays: int, goes: int) -> None:
        table = field.model
        for once in uniques(field):
            self._settle_all(field, once, stays, goes)
        rows = table._base_manager.filter(**{field.attname: goes})
        keys = list(
            rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True)
        )
        if keys:
            table._base_manager.filter(pk__in=keys).update(**{field.attname: stays})
            self.moved.append({"table": table._meta.label, "field": field.name, "keys": keys})

    def _settle_all(self, field: models.ForeignKey, once: Once, stays: int, goes: int) -> None:
        """Make one of each two rows that cannot both stand."""
        mine = {_key(row, once): row for row in _rows(field, once, stays)}
        for theirs in _rows(field, once, goes):
            key = _key(theirs, once)
            if None not in key and key in mine:
                self._settle(field, mine[key], theirs)

    def _settle(self, field: models.ForeignKey, mine: Any, theirs: Any) -> None:
        table = field.model
        rule = RULES.get(table)
        if rule is None:
            sentence = _("Both have an entry under “{kind}” that can stand only once.")
            raise Refused(sentence.format(kind=table._meta.verbose_name_plural))
        stays, goes = (theirs, mine) if rule.prefer(mine, theirs) else (mine, theirs)
        note = {"table": table._meta.label, "key": goes.pk, "into": stays.pk, "row": _row(goes)}
        rule.settle(stays, goes)
        if rule.part:
            setattr(goes, field.attname, None)
        if rule.part or rule.beside:
            goes.save()
        else:
            self.unite(table, stays.pk, goes.pk)
            table._base_manager.filter(pk=goes.pk)._raw_delete(using="default")
        stays.save()
        self.united.append(note)


def _rows(field: models.ForeignKey, once: Once, key: int) -> list[Any]:
    rows = field.model._base_manager.filter(**{field.attname: key})
    if once.condition is not None:
        rows = rows.filter(once.condition)
    return list(rows.order_by("pk").select_for_update(of=("self",)))


def _key(row: Any, once: Once) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in once.others)


def _row(row: Any) -> Mapping[str, Any]:
    """A row as it stands in the database."""
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(row._meta.db_table)
        cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} t WHERE id = %s", [row.pk])
        return json.loads(cursor.fetchone()[0])
