"""App configuration of the reading side: home page, search, figures, dashboards, built reports."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = _("Reports")

    def ready(self) -> None:
        """Figures, subjects, exports and the work of reports are known to every process."""
        from reports import purchases_tab  # noqa: F401
        from reports.analysis import exports as analysis_exports  # noqa: F401
        from reports.builder import exports, sending, subjects, work  # noqa: F401
        from reports.metrics import definitions, ratios  # noqa: F401
        from reports.standard import exports as standard_exports  # noqa: F401
