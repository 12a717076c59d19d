"""App configuration of expenses."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExpensesConfig(AppConfig):
    name = "expenses"
    verbose_name = _("Expenses")

    def ready(self) -> None:
        # They register themselves.
        from expenses import exports, imports  # noqa: F401
