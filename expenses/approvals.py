"""Papers of money that are approved: applications and changes of budgets (EXP-03…05, EXP-09)."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from approvals.subjects import Facts, FieldSpec, Handlers, Subject, register
from core.personal_data import blind_index
from expenses.models import Application, BudgetChange, Category, Family
from expenses.services import applications, changes


def _categories() -> list[tuple[str, str]]:
    return list(Category.objects.values_list("code", "name"))


def application_facts(application: Application) -> Facts:
    """What flows and approvers see of an application."""
    return Facts(
        title=f"{application.category} · {application.title}",
        unit=application.unit,
        amount=application.amount,
        fields=applications.flow_fields(application, application.customers.count()),
        snapshot=_snapshot(application),
        url=application.get_absolute_url(),
    )


def _snapshot(application: Application) -> dict[str, Any]:
    """Exactly what is approved. Of the beneficiary's account a keyed print: a change is seen, the
    number is not."""
    return {
        "number": application.number,
        "category": application.category.name,
        "unit": application.unit.code,
        "title": application.title,
        "reason": application.reason,
        "event_on": application.event_on,
        "people": application.people,
        "one_off": application.one_off,
        "amount": application.amount,
        "lines": [
            [line.text, line.quantity, line.price, line.amount] for line in application.lines.all()
        ],
        "gifts": [
            [line.gift.name, line.quantity, line.price]
            for line in application.gift_lines.select_related("gift")
        ],
        "customers": [
            [row.customer_id, row.customer.name]
            for row in application.customers.select_related("customer").order_by("customer_id")
        ],
        "case": application.case.number if application.case else None,
        "values": application.values,
        "beneficiary": [
            application.beneficiary_name,
            application.beneficiary_bank,
            _print(application.clear("account")),
            _print(application.clear("phone")),
        ],
        "files": sorted(application.files.values_list("sha256", flat=True)),
    }


def _print(value: str) -> str:
    return blind_index("account", value).hex() if value else ""


def _may_submit(application: Application, by: Any) -> bool:
    return by is not None and by.pk in (application.applicant_id, application.entered_by_id)


register(
    Subject(
        kind=applications.KIND,
        label=_("Expense application"),
        model=Application,
        facts=application_facts,
        template="expenses/_paper_subject.html",
        may_submit=_may_submit,
        work="expenses.application",
        fields=(
            FieldSpec("category", pgettext_lazy("expense", "Category"), "choice", _categories),
            FieldSpec("family", _("Flow"), "choice", Family.choices),
            FieldSpec("one_off", _("One-off application"), "yes_no"),
            FieldSpec(
                "over_budget", _("Over budget"), "yes_no", ((False, _("within the budget")),)
            ),
            FieldSpec("people", _("People taking part"), "number"),
            FieldSpec("customers", _("Customers concerned"), "number"),
        ),
        on=Handlers(
            submitted=applications.submitted,
            approved=applications.approved,
            rejected=applications.rejected,
            sent_back=applications.sent_back,
            withdrawn=applications.withdrawn,
            voided=applications.voided,
        ),
    )
)


def change_facts(change: BudgetChange) -> Facts:
    """What flows and approvers see of a change of budgets."""
    source = change.source
    return Facts(
        title=str(change),
        unit=change.unit,
        amount=Decimal(change.amount),
        fields={
            "kind": change.kind,
            "category": change.target.category.code,
            "between_units": source is not None and source.unit_id != change.unit_id,
        },
        snapshot={
            "kind": change.kind,
            "target": str(change.target),
            "source": str(source) if source else None,
            "amount": change.amount,
            "reason": change.reason,
        },
        url=change.get_absolute_url(),
    )


register(
    Subject(
        kind=changes.KIND,
        label=_("Change of a budget"),
        model=BudgetChange,
        facts=change_facts,
        template="expenses/_budget_change.html",
        fields=(
            FieldSpec(
                "kind", _("Kind"), "choice", lambda: BudgetChange._meta.get_field("kind").choices
            ),
            FieldSpec("category", pgettext_lazy("expense", "Category"), "choice", _categories),
            FieldSpec("between_units", _("Between two units"), "yes_no"),
        ),
        on=Handlers(
            submitted=changes.submitted,
            approved=changes.approved,
            rejected=changes.rejected,
            sent_back=changes.sent_back,
            withdrawn=changes.withdrawn,
            voided=changes.voided,
        ),
    )
)
