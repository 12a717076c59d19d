"""App configuration of the customer archive."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        from customers import (  # noqa: F401  they register themselves
            contract_tab,  # noqa: F401
            exports,
            imports,
            merge_rules,
            reach,  # noqa: F401
            value_tab,  # noqa: F401
        )
        from customers.services import work  # noqa: F401  so do the kinds of work people hand over
