"""The lab's periodic work as part of the schedule; only its processes load this module."""

from core import periodic
from crm_site import schedule
from tests.faults.kinds import NIGHTLY, TICKING

schedule.SCHEDULE = (*schedule.SCHEDULE, TICKING, NIGHTLY)
periodic.schedule([TICKING, NIGHTLY])
