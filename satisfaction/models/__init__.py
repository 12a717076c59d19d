"""Tables of satisfaction."""

from satisfaction.models.questionnaires import (
    Item,
    ItemRole,
    Questionnaire,
    QuestionnaireKind,
    QuestionnaireVersion,
)
from satisfaction.models.responses import AskedBy, Rating, Remark, Response
from satisfaction.models.scores import ItemScore, RunState, ScoringRun, UnitScore
from satisfaction.models.waves import Population, Wave, WaveState

__all__ = [
    "AskedBy",
    "Item",
    "ItemRole",
    "ItemScore",
    "Population",
    "Questionnaire",
    "QuestionnaireKind",
    "QuestionnaireVersion",
    "Rating",
    "Remark",
    "Response",
    "RunState",
    "ScoringRun",
    "UnitScore",
    "Wave",
    "WaveState",
]
