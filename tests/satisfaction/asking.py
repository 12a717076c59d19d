"""A small questionnaire, a wave that asks it, somebody who is asked, and his browser."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from regions.models import OrgUnit
from satisfaction.models import (
    Item,
    ItemRole,
    Option,
    Questionnaire,
    QuestionnaireVersion,
    Sample,
    Section,
    Wave,
)
from satisfaction.privacy import NOTICE_VERSION
from satisfaction.services.links import issue_link
from tests.factories import make_customer


def make_version(code: str = "short") -> QuestionnaireVersion:
    """Two pages. 1: overall (must), repair (importance, expectation, “not used”), and why, asked of
    those who gave repair 1 or 2. 2: recommendation, a single and a multiple choice, words."""
    questionnaire = Questionnaire.objects.create(code=code, kind="owners", title="业主满意度调查")
    version = QuestionnaireVersion.objects.create(
        questionnaire=questionnaire, number=1, intro="只需三分钟。", thanks="谢谢您。"
    )
    one = Section.objects.create(version=version, position=1, title="总体")
    two = Section.objects.create(version=version, position=2, title="其他")
    rated = {"low": 1, "high": 5}
    overall = {"role": ItemRole.OVERALL, "name": "总体", "is_required": True, **rated}
    repair = {"role": ItemRole.ITEM, "name": "维修", "allows_unused": True, **rated}
    repair |= {"asks_importance": True, "asks_expectation": True}
    rows = [
        (one, overall | {"text": "您对我们总体满意吗？", "text_en": "Are you satisfied?"}),
        (one, repair),
        (one, {"role": ItemRole.REMARK, "name": "哪里不好"}),
        (two, {"role": ItemRole.RECOMMENDATION, "name": "推荐", "low": 0, "high": 10}),
        (two, {"role": ItemRole.CHOICE, "name": "渠道"}),
        (two, {"role": ItemRole.CHOICES, "name": "活动"}),
        (two, {"role": ItemRole.REMARK, "name": "建议"}),
    ]
    items = [
        Item.objects.create(version=version, position=place, section=section, **values)
        for place, (section, values) in enumerate(rows, start=1)
    ]
    items[2].condition, items[2].condition_values = items[1], [1, 2]
    items[2].save()
    for item in items[4:6]:
        for position in (1, 2, 3):
            Option.objects.create(item=item, position=position, text=f"{item.name}{position}")
    return version


def make_open_wave(unit: OrgUnit, version: QuestionnaireVersion | None = None, **more: Any) -> Wave:
    values = {"code": "W1", "title": "本期调查", "state": "open"} | more
    return Wave.objects.create(unit=unit, version=version or make_version(), **values)


def make_sample(wave: Wave, unit: OrgUnit, customer: Any = None, **more: Any) -> Sample:
    customer = customer or make_customer(unit=unit, phone="+8613800000001")
    sample = Sample(wave=wave, customer=customer, **({"stage": "stable"} | more))
    sample.place_in(unit)
    sample.save()
    return sample


def make_link(sample: Sample, *, days: int = 7, channel: str = "link") -> str:
    """The token of a fresh link; of an expired one with negative days."""
    until = timezone.now() + timedelta(days=days)
    return issue_link(sample, channel=channel, valid_until=until)


class Owner:
    """Somebody with a link, on a telephone of his own."""

    def __init__(self, token: str = "", **client: Any) -> None:
        self.client = Client(**client)
        self.token = token
        if token:
            self.entered = self.client.get(f"/s/{token}/")

    def page(self, number: int = 0) -> Any:
        return self.client.get(f"/s/form/?page={number}" if number else "/s/form/")

    def send(self, page: int, shown: Any, act: str = "next", **fields: Any) -> Any:
        """Send a page. `shown` are the items that stood on it; fields as the form names them."""
        data = {"page": page, "mark": self.mark, "q": [item.pk for item in shown], act: "1"}
        return self.client.post("/s/form/", {**data, "notice": NOTICE_VERSION, **fields})

    @property
    def mark(self) -> str:
        from satisfaction.services.links import mark_of

        return mark_of(self.client.cookies["survey"].value.partition(".")[0])
