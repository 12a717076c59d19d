"""App configuration of compliance."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ComplianceConfig(AppConfig):
    name = "compliance"
    verbose_name = _("Compliance")

    def ready(self) -> None:
        # They register themselves: kinds of files, checks of the organisation, parts of the pages
        # of units and people, checks of planned visits, entries of calendars, counts beside the
        # menu, what follows from staff events, the work people hand over.
        from compliance import (  # noqa: F401
            assessment_panels,
            checks,
            class_panel,
            contact_panels,
            daily_panels,
            duty_panels,
            imports,
            merge_rules,
            staffing_entries,
            staffing_panels,
            visit_checks,
        )
        from compliance.selectors import (  # noqa: F401
            agenda_entries,
            bulletins,
            strategic_entries,
            tasks,
        )
        from compliance.services import account_changes, work  # noqa: F401
