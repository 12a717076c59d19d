"""Writing checked organisations: customers by code, their contact, their place."""

from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from core.chinese import pinyin_of
from core.imports.kinds import ImportContext
from core.imports.report import Report
from core.models import SubjectKey
from core.personal_data import blind_index, new_subject_key
from customers.imports.organisation_row import OrganisationRow
from customers.models import Contact, Customer, CustomerKind, CustomerMerge, CustomerUnit
from customers.selectors.keepers import keeper_units
from customers.services.customers import REPEATED, remember_words, set_reading
from customers.services.protect import put
from customers.services.turns import take_turn
from regions.models import Kind, OrgUnit

IMPORT = "customers.import_customer"


class OrganisationWriter:
    """Writes chunks of rows within the caller's transaction."""

    def __init__(self, context: ImportContext) -> None:
        self.context = context
        self.scope = context.scope(IMPORT)
        self.fallback = self._fallback()
        self.kept: dict[int, set[int]] = {}

    def _fallback(self) -> OrgUnit | None:
        """Where a customer without keeper is placed: the group, or the importer's own unit."""
        if self.context.actor is not None and not self.scope.everything:
            return self.context.actor.unit
        return OrgUnit.objects.filter(kind=Kind.GROUP).first()

    def write(self, rows: list[OrganisationRow], report: Report) -> None:
        with connection.cursor() as cursor:
            take_turn(cursor)
        codes = [row.code for row in rows]
        known = {
            customer.code: customer
            for customer in Customer.objects.select_related("subject").filter(code__in=codes)
        }
        merges = CustomerMerge.objects.select_related("survivor__subject").filter(code__in=codes)
        known |= {merge.code: merge.survivor for merge in merges}
        mine = self._within_reach(known)
        self.kept = self._kept(rows)
        for row in rows:
            customer = known.get(row.code)
            if customer is None:
                customer = self._create(row, report)
            elif not _is_meant(customer, row, within_reach=customer.pk in mine):
                sentence = _("The customer code {code} belongs to another customer.")
                report.take_back(row.number, "code_taken", sentence.format(code=row.code))
                continue
            elif customer.pk not in mine:
                sentence = _(
                    "This customer code is already known to the group; nothing was changed."
                )
                report.warn(row.number, "known_elsewhere", sentence)
            elif self.context.mode != "skip":
                self._change(customer, row, report)
            if customer.pk in mine or row.code not in known:
                self._contact(customer, row, report)
            self._place(customer, row, report)

    def _within_reach(self, known: dict[str, Customer]) -> set[int]:
        ids = {customer.pk for customer in known.values()}
        if self.context.actor is None:
            return ids
        reached = Customer.objects.visible_to(self.context.actor, IMPORT).filter(pk__in=ids)
        return set(reached.values_list("pk", flat=True))

    def _create(self, row: OrganisationRow, report: Report) -> Customer:
        _plain, wrapped = new_subject_key()
        customer = Customer(
            kind=CustomerKind.ORGANISATION,
            code=row.code,
            name=row.name,
            subject=SubjectKey.objects.create(wrapped=wrapped),
            entered_by=self.context.actor,
            import_run=self.context.run,
            **self._values(row),
        )
        put(customer, "customer", "identity", row.credit_code)
        set_reading(customer)
        customer.save()
        remember_words(customer)
        report.created["customers"] += 1
        return customer

    @staticmethod
    def _values(row: OrganisationRow) -> dict[str, Any]:
        return row.values | {
            "assets": row.assets,
            "first_cooperation_on": row.first_cooperation_on,
            "specialist": row.keeper,
            "contact_leader": row.leader,
        }

    def _change(self, customer: Customer, row: OrganisationRow, report: Report) -> None:
        changed = False
        # The row of a record that was merged says what was known of him then: it fills gaps only.
        update = self.context.mode == "update" and customer.code == row.code
        for name, value in (self._values(row) | {"name": row.name}).items():
            old = getattr(customer, name)
            if value not in ("", None) and old != value and (update or old in ("", None)):
                setattr(customer, name, value)
                changed = True
        if row.credit_code and (update or not customer.identity_index):
            changed |= put(customer, "customer", "identity", row.credit_code)
        if not changed:
            return
        set_reading(customer)
        customer.updated_at = timezone.now()
        customer.save()
        remember_words(customer)
        CustomerUnit.objects.filter(customer=customer).update(
            **{name: getattr(customer, name) for name in REPEATED}
        )
        report.updated["customers"] += 1

    def _contact(self, customer: Customer, row: OrganisationRow, report: Report) -> None:
        if not row.contact:
            return
        values = dict(row.contact)
        contact = Contact.objects.filter(customer=customer, name=values["name"]).first()
        if contact is None:
            contact = Contact(
                customer=customer,
                name=values["name"],
                pinyin=pinyin_of(values["name"]).full[:200],
                is_key=True,
                import_run=self.context.run,
            )
            self._fill(contact, values, everything=True)
            contact.save()
            report.created["contacts"] += 1
        elif self.context.mode != "skip" and self._fill(
            contact, values, everything=self.context.mode == "update"
        ):
            contact.save()
            report.updated["contacts"] += 1

    @staticmethod
    def _fill(contact: Contact, values: dict[str, Any], *, everything: bool) -> bool:
        changed = False
        for name in ("title", "fax"):
            old = getattr(contact, name)
            if values[name] and old != values[name] and (everything or not old):
                setattr(contact, name, values[name])
                changed = True
        for name in ("phone", "email"):
            empty = not getattr(contact, f"{name}_cipher")
            if values[name] and (everything or empty):
                changed |= put(contact, "contact", name, values[name])
        return changed

    def _kept(self, rows: list[OrganisationRow]) -> dict[int, set[int]]:
        """In which units the keepers of a chunk may keep customers, asked once for all of them."""
        keepers = {row.keeper.pk: row.keeper for row in rows if row.keeper is not None}
        if self.context.keeper is not None:
            keepers = {self.context.keeper.pk: self.context.keeper}
        units = {person.unit_id for person in keepers.values() if person.unit_id is not None}
        if self.fallback is not None:
            units.add(self.fallback.pk)
        return keeper_units(list(keepers.values()), units, self.context.actor)

    def _place(self, customer: Customer, row: OrganisationRow, report: Report) -> None:
        """The place in the unit of the keeper, who is none where he may not keep customers. A
        customer who has a place in that unit keeps it as it is."""
        keeper = self.context.keeper or row.keeper
        unit = keeper.unit if keeper else None
        if unit is None or not self._may_place_in(unit):
            unit, keeper = self.fallback, keeper if unit is None else None
        if unit is None or CustomerUnit.objects.filter(customer=customer, unit=unit).exists():
            return
        if keeper is not None and unit.pk not in self.kept.get(keeper.pk, ()):
            sentence = _(
                "{name} ({no}) may not keep customers in {unit}; the customer has no keeper."
            )
            message = sentence.format(name=keeper.name, no=keeper.employee_no, unit=unit.name)
            report.warn(row.number, "keeper_elsewhere", message)
            keeper = None
        place = CustomerUnit(
            customer=customer,
            keeper=keeper,
            entered_by=self.context.actor,
            source=customer.source,
            import_run=self.context.run,
        )
        place.place_in(unit)
        for name in REPEATED:
            setattr(place, name, getattr(customer, name))
        place.save()

    def _may_place_in(self, unit: OrgUnit) -> bool:
        if self.scope.everything:
            return True
        actor = self.context.actor
        return OrgUnit.objects.visible_to(actor, IMPORT).filter(pk=unit.pk).exists()


def _is_meant(customer: Customer, row: OrganisationRow, *, within_reach: bool) -> bool:
    """Whether a row speaks of the customer who has its code.

    Codes count up and can be guessed, so for somebody of another branch the name or the credit
    code must be right too: a place here opens him to the importer.
    """
    if customer.is_person:
        return False
    if within_reach or customer.name == row.name:
        return True
    index = blind_index("identity", row.credit_code) if row.credit_code else None
    return index is not None and bytes(customer.identity_index or b"") == index
