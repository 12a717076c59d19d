"""App configuration of the shared modules."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = _("Foundations")

    def ready(self) -> None:
        from core import task_logs  # noqa: F401  listens to Celery's signals

        autodiscover_modules("notices")
