"""App configuration of approval flows."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApprovalsConfig(AppConfig):
    name = "approvals"
    verbose_name = _("Approvals")

    def ready(self) -> None:
        from django.utils.module_loading import autodiscover_modules

        autodiscover_modules("approvals")  # what the apps let be approved
        # They register themselves: the release of large exports, who follows when people leave or
        # hand over their work, the count in the menu.
        from approvals import releases  # noqa: F401
        from approvals.selectors import inbox  # noqa: F401
        from approvals.services import handing_over, leaving, recompute  # noqa: F401
