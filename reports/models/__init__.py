"""Rows of reports: figures kept ready; saved reports and their sending; what units write about
their figures, and enter of their service; remembered searches."""

from reports.models.commentaries import Commentary, CommentaryQuerySet, CommentaryState
from reports.models.metrics import ClosedMonth, Grain, Mark, Rollup, RollupState, Seal
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
from reports.models.searches import Remembered
from reports.models.service import ServiceMeasure, ServiceMeasureQuerySet
from reports.models.templates import ReportTemplate

__all__ = [
    "Audience",
    "ClosedMonth",
    "Commentary",
    "CommentaryQuerySet",
    "CommentaryState",
    "Delivery",
    "DeliveryState",
    "Form",
    "Grain",
    "Mark",
    "Receiver",
    "Remembered",
    "ReportRun",
    "ReportSchedule",
    "ReportTemplate",
    "Rhythm",
    "Rollup",
    "RollupState",
    "Seal",
    "SavedReport",
    "SavedReportQuerySet",
    "ScheduleQuerySet",
    "ServiceMeasure",
    "ServiceMeasureQuerySet",
    "Unsubscription",
]
