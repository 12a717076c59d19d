"""App configuration of satisfaction."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SatisfactionConfig(AppConfig):
    name = "satisfaction"
    verbose_name = _("Satisfaction")

    def ready(self) -> None:
        # It registers itself.
        from satisfaction import imports  # noqa: F401
