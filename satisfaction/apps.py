"""App configuration of satisfaction."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SatisfactionConfig(AppConfig):
    name = "satisfaction"
    verbose_name = _("Satisfaction")

    def ready(self) -> None:
        # They register themselves.
        from satisfaction import beside, imports, link_files, loop_policies  # noqa: F401
