"""App configuration of the organisation tree."""

from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class RegionsConfig(AppConfig):
    name = "regions"
    verbose_name = pgettext_lazy("menu", "Organisation")

    def ready(self) -> None:
        from celery.signals import task_postrun, task_prerun
        from django.core.signals import request_finished, request_started
        from django.utils.module_loading import autodiscover_modules

        from regions import imports  # noqa: F401  they register themselves
        from regions.policies import definitions, reading  # noqa: F401  the rules of this app

        autodiscover_modules("policies")
        autodiscover_modules("org_changes")
        for begins, ends in ((request_started, request_finished), (task_prerun, task_postrun)):
            begins.connect(reading.begin, dispatch_uid="regions.policies")
            ends.connect(reading.end, dispatch_uid="regions.policies")
