"""Tables of satisfaction."""

from satisfaction.models.calls import Call, CallResult, SurveyMiss
from satisfaction.models.loop import Cause, Recovery
from satisfaction.models.plans import PlanStep, SurveyPlan
from satisfaction.models.questionnaires import (
    Indicator,
    Item,
    ItemRole,
    Option,
    Questionnaire,
    QuestionnaireKind,
    QuestionnaireVersion,
    Section,
    TouchPoint,
)
from satisfaction.models.reports import ReportState, ReportStep, StepKind, SurveyReport
from satisfaction.models.responses import AskedBy, Chosen, Flag, Rating, Remark, Response
from satisfaction.models.samples import (
    OUT_OF_SAMPLE,
    SAMPLE_ENDS,
    Quota,
    Sample,
    SampleState,
    SurveyDraft,
    SurveyLink,
)
from satisfaction.models.scores import (
    Against,
    Analysis,
    Comparison,
    Driver,
    IndicatorScore,
    ItemScore,
    RunState,
    ScoringRun,
    UnitScore,
)
from satisfaction.models.targets import Figure, Target
from satisfaction.models.waves import Population, Wave, WaveState

__all__ = [
    "OUT_OF_SAMPLE",
    "SAMPLE_ENDS",
    "Against",
    "Analysis",
    "AskedBy",
    "Call",
    "CallResult",
    "Cause",
    "Chosen",
    "Comparison",
    "Driver",
    "Figure",
    "Flag",
    "Indicator",
    "IndicatorScore",
    "Item",
    "ItemRole",
    "ItemScore",
    "Option",
    "PlanStep",
    "Population",
    "Questionnaire",
    "QuestionnaireKind",
    "QuestionnaireVersion",
    "Quota",
    "Rating",
    "Recovery",
    "Remark",
    "ReportState",
    "ReportStep",
    "Response",
    "RunState",
    "Sample",
    "SampleState",
    "ScoringRun",
    "Section",
    "StepKind",
    "SurveyDraft",
    "SurveyLink",
    "SurveyMiss",
    "SurveyPlan",
    "SurveyReport",
    "Target",
    "TouchPoint",
    "UnitScore",
    "Wave",
    "WaveState",
]
