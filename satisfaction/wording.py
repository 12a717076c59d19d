"""Words that several pages of satisfaction share."""

from django.utils.translation import gettext as _

from customers.models import OwnerStage


def stage_label(stage: str) -> str:
    """An owner stage in words; "" are all stages together."""
    return str(OwnerStage(stage).label) if stage in OwnerStage.values else _("All stages")
