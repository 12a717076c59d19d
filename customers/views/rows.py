"""The customer list's rows made ready for the template.

A row is shown twice, in the table and as a card for narrow screens, with a dozen values each.
Asking the place, its customer and three includes for each of them cost more than all SQL of the
page, so every value is worked out once here and the template only prints.
"""

from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from core import display
from customers.models import CustomerUnit, OwnerStage

TONES = {
    OwnerStage.OWNER_TO_BE: ("info", "key"),
    OwnerStage.SETTLING_IN: ("warn", "star"),
    OwnerStage.STABLE: ("ok", "circle-check"),
    OwnerStage.LONG_STANDING: ("off", "home"),
}


@lru_cache(maxsize=32)
def _badge(stage: OwnerStage, language: str | None) -> SafeString:
    tone, icon = TONES[stage]
    context = {"label": stage.label, "tone": tone, "icon_name": icon}
    return render_to_string("components/badge.html", context)


def stage_badge(stage: OwnerStage | None) -> str:
    """The badge of a stage in the reader's language, empty for none."""
    return _badge(stage, get_language()) if stage else ""


def list_rows(places: list[CustomerUnit]) -> list[dict[str, Any]]:
    """What the list shows of each place; missing values are empty."""
    today = timezone.localdate()
    address = reverse("customers:detail", args=[0])
    return [_row(place, address.replace("0", str(place.customer_id)), today) for place in places]


def _row(place: CustomerUnit, url: str, today: Any) -> dict[str, Any]:
    customer: Any = place.customer
    owned = customer.owned
    contact = timezone.localtime(place.last_contact_at) if place.contacted else None
    return {
        "pk": place.pk,
        "url": url,
        "name": place.name,
        "property": f"{owned[0].unit.name}{owned[0].property.label}" if owned else "",
        "more": len(owned) - 1 if len(owned) > 1 else 0,
        "stage": stage_badge(place.stage(today)),
        "level": place.level,
        "phone": customer.phone_masked,
        "unit": place.unit.name,
        "keeper": place.keeper.name if place.keeper else "",
        "contact_at": contact.isoformat() if contact else "",
        "contact": display.when(contact, "date") if contact else "",
    }
