"""App configuration of complaints."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ComplaintsConfig(AppConfig):
    name = "complaints"
    verbose_name = _("Complaints")

    def ready(self) -> None:
        # They register themselves: the job and who asks for it, the kind of work people hand over,
        # the forms that keep drafts, the tab on the page of a customer, the count
        # in the menu.
        from complaints import customer_tab, exports, imports  # noqa: F401
        from complaints.selectors import incoming  # noqa: F401
        from complaints.services import files, recompute, work  # noqa: F401
