"""Voiding answers: they stay, with the reason, and count no more (SAT-04)."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused, Stale
from satisfaction.models import Response

RIGHT = "satisfaction.void_response"


@transaction.atomic
def void_response(response: Response, *, reason: str, by: Any) -> Response:
    """Take an answer out of all figures that are computed from now on. Raises Refused without a
    reason and out of reach, Stale when it is void already."""
    held = _hold(response, reason, by)
    if held.voided_at is not None:
        raise Stale(_("This answer is void already."))
    held.voided_at, held.voided_by, held.void_reason = timezone.now(), by, reason.strip()
    return _saved(held, "satisfaction.voided", reason, by)


@transaction.atomic
def unvoid_response(response: Response, *, reason: str, by: Any) -> Response:
    """Let an answer count again. Raises as `void_response`."""
    held = _hold(response, reason, by)
    if held.voided_at is None:
        raise Stale(_("This answer counts already."))
    held.voided_at, held.voided_by, held.void_reason = None, None, ""
    return _saved(held, "satisfaction.unvoided", reason, by)


def _hold(response: Response, reason: str, by: Any) -> Response:
    if not reason.strip():
        raise Refused(_("Please give the reason."))
    rows = Response.objects.visible_to(by, RIGHT).select_related("wave")
    held = rows.select_for_update(of=("self",)).filter(pk=response.pk).first()
    if held is None:
        raise Refused(_("You may not void answers of this project."))
    return held


def _saved(held: Response, action: str, reason: str, by: Any) -> Response:
    held.save(update_fields=["voided_at", "voided_by", "void_reason"])
    record(action, by=by, subject=held, code=held.wave.code, reason=reason.strip())
    return held
