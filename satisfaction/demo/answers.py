"""What people of the demonstration answer: numbers that hang together, and remarks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from satisfaction.models import Item, ItemRole
from satisfaction.selectors.questionnaires import is_asked
from satisfaction.services.answers import Given

# How good things are on the whole, by the beginning of the indicator's code, on 1–5.
USUAL = {
    "sales": 4.15,
    "signing": 4.05,
    "design": 3.85,
    "quality": 3.5,
    "hand-over": 3.6,
    "repair": 3.25,
    "complaints": 3.2,
    "property": 3.7,
    "community": 3.75,
}
MATTERS = {"repair": 4.6, "quality": 4.5, "hand-over": 4.1, "property": 4.3, "complaints": 4.2}
REMARKED = 0.28
REMARKS = {
    "good": (
        "物业服务很好，保安很负责。",
        "小区绿化漂亮，住得很舒心。",
        "维修师傅来得很快，态度也好。",
        "总体满意，希望继续保持。",
        "客服小姑娘很热情，问题都解决了。",
    ),
    "fair": (
        "停车位太少，晚上回来找不到车位。",
        "电梯等待时间偏长，希望优化。",
        "希望多组织一些社区活动。",
        "建议增加快递柜和充电桩。",
        "物业费有点高，服务还可以提升。",
    ),
    "bad": (
        "卫生间漏水报修三次还没有解决，非常失望。",
        "墙面开裂，维修一拖再拖，没有人负责。",
        "楼道卫生差，垃圾清理不及时。",
        "投诉之后没有人回复，态度敷衍。",
        "噪音扰民，门禁经常坏，不安全。",
        "交付时承诺的配套没有兑现。",
    ),
}


@dataclass(slots=True)
class Sheet:
    """One person's answers by item; options as positions."""

    given: dict[int, Given] = field(default_factory=dict)
    remarks: dict[int, str] = field(default_factory=dict)
    chosen: dict[int, list[int]] = field(default_factory=dict)


class Voices:
    """Draws sheets. Projects and cities differ, people differ more, later waves are a little
    better; repair and quality move the whole most."""

    def __init__(self, random: Random, items: Sequence[Item], drift: float = 0.0) -> None:
        self.random, self.items, self.drift = random, items, drift
        self.places: dict[int, float] = {}

    def _of_place(self, key: int, spread: float) -> float:
        if key not in self.places:
            self.places[key] = self.random.gauss(0, spread)
        return self.places[key]

    def sheet(self, city: int, project: int) -> Sheet:
        """The answers of one more person about a project."""
        mood = (
            self.drift
            + self._of_place(-city, 0.15)
            + self._of_place(project, 0.22)
            + self.random.gauss(0, 0.55)
        )
        sheet, answers = Sheet(), dict[int, list[int]]()
        ratings: list[tuple[float, int]] = []
        for item in self.items:
            if item.role not in (ItemRole.ITEM, ItemRole.CHOICE, ItemRole.CHOICES):
                continue
            if not is_asked(item, answers):
                continue
            if item.role == ItemRole.ITEM:
                answers[item.pk] = [self._rate(sheet, item, mood, ratings)]
            else:
                count = len(item.options.all())
                answers[item.pk] = sheet.chosen[item.pk] = [self.random.randint(1, count)]
        self._whole(sheet, mood, ratings, answers)
        return sheet

    def _rate(self, sheet: Sheet, item: Item, mood: float, ratings: list[tuple[float, int]]) -> int:
        field_ = item.indicator.code.partition(".")[0] if item.indicator else ""
        usual, matters = USUAL.get(field_, 3.7), MATTERS.get(field_, 3.7)
        score = self._point(usual + mood + self.random.gauss(0, 0.75), item)
        ratings.append((matters**3, score))
        sheet.given[item.pk] = Given(
            score=score,
            importance=self._between(matters + self.random.gauss(0, 0.7), 1, 5)
            if item.asks_importance
            else None,
            expectation=self._point(4.1 + self.random.gauss(0, 0.6), item)
            if item.asks_expectation
            else None,
        )
        return score

    def _whole(
        self,
        sheet: Sheet,
        mood: float,
        ratings: list[tuple[float, int]],
        answers: dict[int, list[int]],
    ) -> None:
        """Overall, recommendation and words follow from what was rated."""
        weight = sum(part for part, _score in ratings) or 1
        whole = sum(part * score for part, score in ratings) / weight if ratings else 3.7 + mood
        for item in self.items:
            if item.role == ItemRole.OVERALL:
                score = self._point(whole + self.random.gauss(0, 0.35), item)
            elif item.role == ItemRole.RECOMMENDATION:
                score = self._between(whole * 2.1 - 0.5 + self.random.gauss(0, 1.1), 0, 10)
            else:
                continue
            sheet.given[item.pk], answers[item.pk] = Given(score=score), [score]
        for item in self.items:
            if (
                item.role == ItemRole.REMARK
                and is_asked(item, answers)
                and self.random.random() < REMARKED
            ):
                tone = "good" if whole >= 4.1 else "bad" if whole < 3.2 else "fair"
                sheet.remarks[item.pk] = self.random.choice(REMARKS[tone])

    def _point(self, value: float, item: Item) -> int:
        return self._between(value, item.low or 1, item.high or 5)

    @staticmethod
    def _between(value: float, low: int, high: int) -> int:
        return max(low, min(high, round(value)))
