"""Rows of reports: figures kept ready; reports that people saved, when they are sent, to whom."""

from reports.models.metrics import ClosedMonth, Grain, Mark, Rollup, RollupState
from reports.models.saved import (
    Audience,
    Delivery,
    DeliveryState,
    Form,
    Receiver,
    ReportRun,
    ReportSchedule,
    Rhythm,
    SavedReport,
    SavedReportQuerySet,
    ScheduleQuerySet,
    Unsubscription,
)
from reports.models.templates import ReportTemplate

__all__ = [
    "Audience",
    "ClosedMonth",
    "Delivery",
    "DeliveryState",
    "Form",
    "Grain",
    "Mark",
    "Receiver",
    "ReportRun",
    "ReportSchedule",
    "ReportTemplate",
    "Rhythm",
    "Rollup",
    "RollupState",
    "SavedReport",
    "SavedReportQuerySet",
    "ScheduleQuerySet",
    "Unsubscription",
]
