"""App configuration of the project itself; installed last, so that its seed runs last."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CrmSiteConfig(AppConfig):
    name = "crm_site"
    verbose_name = "Customer relationships"

    def ready(self) -> None:
        from crm_site import checks  # noqa: F401  registers the system checks
        from crm_site.seeding import seed_everything

        post_migrate.connect(seed_everything, sender=self, dispatch_uid="crm_site.seed")
