"""Rows of reports: reports that people saved, when they are sent, and to whom they went."""

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

__all__ = [
    "Audience",
    "Delivery",
    "DeliveryState",
    "Form",
    "Receiver",
    "ReportRun",
    "ReportSchedule",
    "Rhythm",
    "SavedReport",
    "SavedReportQuerySet",
    "ScheduleQuerySet",
    "Unsubscription",
]
