"""App configuration of the reading side: home page, search, figures, dashboards."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = _("Reports")

    def ready(self) -> None:
        """Make the figures known."""
        from reports.metrics import definitions  # noqa: F401
