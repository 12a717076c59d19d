"""Standing in for somebody who is away, as trips and leave switch it on."""

from datetime import datetime
from typing import Any

from accounts.models import StandIn, User
from accounts.services.stand_ins import appoint_stand_in
from approvals.absences import away_until, register_absence


def act_for(
    person: User,
    deputy: User,
    since: datetime,
    until: datetime,
    reason: str,
    *,
    by: Any = None,
) -> StandIn:
    """From a moment until another `deputy` decides for a person; each decision says for whom.

    Raises Refused as accounts.services.stand_ins does.
    """
    return appoint_stand_in(
        person, deputy=deputy, starts_at=since, ends_at=until, by=by, reason=reason
    )


__all__ = ["act_for", "away_until", "register_absence"]
