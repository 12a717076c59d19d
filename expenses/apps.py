"""App configuration of expenses."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExpensesConfig(AppConfig):
    name = "expenses"
    verbose_name = _("Expenses")

    def ready(self) -> None:
        # They register themselves: the file of former expenses, the export, the work people hand
        # over, the tab of a customer, and the personal values that are shown one at a time.
        from customers.services.reveal import FIELDS
        from expenses import beside, exports, imports, ledger_book, merge_rules  # noqa: F401
        from expenses.models import Application
        from expenses.services import work  # noqa: F401

        FIELDS[Application] = frozenset({"account", "phone"})
