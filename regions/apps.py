"""App configuration of the organisation tree."""

from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class RegionsConfig(AppConfig):
    name = "regions"
    verbose_name = pgettext_lazy("menu", "Organisation")
