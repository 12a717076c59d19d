"""App configuration of the project itself; installed last, so that its seed runs last."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class CrmSiteConfig(AppConfig):
    name = "crm_site"
    verbose_name = "Customer relationships"

    def ready(self) -> None:
        from core.periodic import schedule
        from crm_site import checks  # noqa: F401  registers the system checks
        from crm_site.schedule import SCHEDULE
        from crm_site.seeding import seed_everything

        schedule(SCHEDULE)
        # Whoever asks for work must know its kind, not only the worker, which loads tasks anyway.
        autodiscover_modules("tasks")

        post_migrate.connect(seed_everything, sender=self, dispatch_uid="crm_site.seed")
