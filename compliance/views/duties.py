"""What the pages of trips, the log-in duty and what follows a lapse share: badges."""

from typing import Any

from compliance.models import (
    AbsenceState,
    AppealOutcome,
    CircularState,
    CommendationState,
    SanctionState,
)
from compliance.views.staffing import toned

ABSENCE_TONES = {
    AbsenceState.DRAFT: ("warn", "edit"),
    AbsenceState.IN_APPROVAL: ("info", "clock"),
    AbsenceState.APPROVED: ("ok", "circle-check"),
    AbsenceState.REJECTED: ("bad", "circle-x"),
    AbsenceState.WITHDRAWN: ("off", "arrow-back-up"),
    AbsenceState.CANCELLED: ("off", "ban"),
}
CIRCULAR_TONES = {
    CircularState.DRAFT: ("warn", "edit"),
    CircularState.PUBLISHED: ("ok", "circle-check"),
    CircularState.DROPPED: ("off", "ban"),
}
SANCTION_TONES = {
    SanctionState.IN_FORCE: ("bad", "alert-octagon"),
    SanctionState.APPEALED: ("warn", "message"),
    SanctionState.UPHELD: ("bad", "lock"),
    SanctionState.VOID: ("off", "ban"),
}
COMMENDATION_TONES = {
    CommendationState.DRAFT: ("warn", "edit"),
    CommendationState.GIVEN: ("ok", "award"),
    CommendationState.NOT_GIVEN: ("off", "circle-x"),
    CommendationState.VOID: ("off", "ban"),
}
OUTCOME_TONES = {
    AppealOutcome.UPHELD: ("bad", "lock"),
    AppealOutcome.VOID: ("ok", "circle-check"),
}


def badge(value: Any, tones: dict[Any, tuple[str, str]]) -> dict[str, str]:
    """What `{% badge %}` draws."""
    return toned(value, tones)
