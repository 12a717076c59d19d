"""Equal rank and matching region of ordinary planned visits, as of high-level talks (ACT-05)."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from compliance.selectors.matching import RANK, REGION
from compliance.services.strategic import check_talk
from customers.models import Contact, CustomerUnit
from customers.visits import add_visit_check

HINTS: Final = {
    RANK: _("The ranks of visitor and host lie too far apart."),
    REGION: _("The visitor works in another region than the customer's unit."),
}


@add_visit_check
def rank_and_region(place: CustomerUnit, visitor: Any, host: Contact | None) -> list[str]:
    """What does not fit, as sentences; an unknown title, or no host, is no misfit of rank."""
    return [str(HINTS[key]) for key in check_talk(place, visitor, host)]
