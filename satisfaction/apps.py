"""App configuration of satisfaction."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SatisfactionConfig(AppConfig):
    name = "satisfaction"
    verbose_name = _("Satisfaction")

    def ready(self) -> None:
        # They register themselves: imports, files, and work that is asked for.
        from satisfaction import (  # noqa: F401
            answer_files,
            beside,
            imports,
            link_files,
            loop_policies,
            merge_rules,
        )
        from satisfaction.services import scoring_jobs  # noqa: F401
