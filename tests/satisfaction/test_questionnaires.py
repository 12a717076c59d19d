"""Building questionnaires: versions, sections, items; what a frozen version refuses (SAT-02)."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from audit.models import Entry
from core.errors import Refused, Stale
from satisfaction.models import (
    Indicator,
    Item,
    ItemRole,
    Option,
    QuestionnaireVersion,
    Section,
)
from satisfaction.selectors.questionnaires import asked_of
from satisfaction.services import items as verbs
from satisfaction.services import questionnaires
from satisfaction.services.questionnaires import freeze_version, new_version

pytestmark = pytest.mark.django_db

RATING = {"role": ItemRole.ITEM, "low": 1, "high": 5}
YES_NO = (("有", "Yes"), ("没有", "No"))


class Built:
    """A version with two sections: 总体 (总体满意度), 维修 (是否报修 → 维修质量 only after 有)."""

    def __init__(self, kind: str = "owners") -> None:
        self.row = questionnaires.create_questionnaire(kind=kind, title="测试问卷", by=None)
        self.version = self.row.versions.get()
        self.whole = verbs.save_section(self.version, title="总体", by=None)
        self.repair = verbs.save_section(self.version, title="维修", by=None)
        self.overall = self.add(self.whole, "总体满意度", role=ItemRole.OVERALL)
        self.used = self.add(
            self.repair, "是否报修", role=ItemRole.CHOICE, low=None, high=None, options=YES_NO
        )
        self.result = self.add(
            self.repair, "维修质量", condition=self.used, condition_values=[1], text="修好了吗"
        )

    def add(self, section: Section, name: str, item: Item | None = None, **values: Any) -> Item:
        return verbs.save_item(
            self.version, item, section=section, name=name, by=None, **RATING | values
        )

    def names(self) -> list[str]:
        items = asked_of(self.version)
        assert [item.position for item in items] == list(range(1, len(items) + 1))
        return [item.name for item in items]


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Sentences are compared as the code has them, whether or not the catalogue is compiled."""
    with translation.override("en"):
        yield


@pytest.fixture
def built(db: None) -> Built:
    return Built()


def content(version: QuestionnaireVersion) -> list[Any]:
    """Everything a version asks, without keys."""
    return [
        (
            *(item.section.title, item.position, item.role, item.name, item.text, item.low),
            *(item.condition.name if item.condition else "", item.condition_values),
            [option.text for option in item.options.all()],
        )
        for item in asked_of(version)
    ]


# --- frozen -------------------------------------------------------------------------------------

WRITES: dict[str, Callable[[Built], Any]] = {
    "item changed": lambda b: Item.objects.filter(pk=b.overall.pk).update(text="别的"),
    "item added": lambda b: Item.objects.create(
        version=b.version, position=99, role="remark", name="意见"
    ),
    "item deleted": lambda b: Item.objects.filter(pk=b.result.pk).delete(),
    "option changed": lambda b: Option.objects.filter(item=b.used).update(text="别的"),
    "option deleted": lambda b: Option.objects.filter(item=b.used).delete(),
    "option added": lambda b: Option.objects.create(item=b.used, position=9, text="别的"),
    "section renamed": lambda b: Section.objects.filter(pk=b.whole.pk).update(title="别的"),
    "section added": lambda b: Section.objects.create(version=b.version, position=9, title="新"),
    "words changed": lambda b: QuestionnaireVersion.objects.filter(pk=b.version.pk).update(
        intro="别的"
    ),
    "thawed": lambda b: QuestionnaireVersion.objects.filter(pk=b.version.pk).update(frozen_at=None),
    "moved away": lambda b: Item.objects.filter(pk=b.result.pk).update(version=Built().version),
    "moved in": lambda b: Item.objects.filter(pk=Built().result.pk).update(version=b.version),
}


@pytest.mark.parametrize("what", WRITES)
def test_the_database_refuses_to_change_what_a_frozen_version_asks(built: Built, what: str):
    freeze_version(built.version)
    before = content(built.version)

    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        WRITES[what](built)

    assert content(built.version) == before


def test_every_verb_refuses_a_frozen_version_in_one_sentence(built: Built):
    freeze_version(built.version)
    acts = (
        lambda: built.add(built.whole, "新题"),
        lambda: built.add(built.whole, "改名", built.overall),
        lambda: verbs.move_item(built.result, section=built.whole, position=1, by=None),
        lambda: verbs.delete_item(built.result, by=None),
        lambda: verbs.save_section(built.version, title="新", by=None),
        lambda: verbs.move_section(built.repair, position=1, by=None),
        lambda: verbs.delete_section(built.repair, by=None),
        lambda: questionnaires.change_texts(built.version, intro="别的", by=None),
    )
    for act in acts:
        with pytest.raises(Refused, match=r"Version 1 is frozen. Please make a new version"):
            act()


def test_freezing_twice_is_freezing_once(built: Built):
    freeze_version(built.version)
    first = built.version.frozen_at
    freeze_version(QuestionnaireVersion.objects.get(pk=built.version.pk))
    stale = QuestionnaireVersion.objects.get(pk=built.version.pk)
    stale.frozen_at = None  # as a wave holds it that read the version before
    freeze_version(stale)

    assert stale.frozen_at == first
    assert Entry.objects.filter(action="satisfaction.version_frozen").count() == 1


def test_an_empty_version_is_not_frozen(db: None):
    row = questionnaires.create_questionnaire(kind="owners", title="空", by=None)
    with pytest.raises(Refused):
        freeze_version(row.versions.get())


def test_a_new_version_asks_the_same_and_the_old_one_stays(built: Built):
    freeze_version(built.version)
    copy = new_version(built.row, by=None)

    assert (copy.number, copy.frozen_at) == (2, None)
    assert content(copy) == content(built.version)
    keys = {item.pk for item in asked_of(built.version)}
    assert not keys & {item.condition_id for item in asked_of(copy)}

    before = content(built.version)
    verbs.delete_section(copy.sections.get(title="维修"), by=None)
    assert content(built.version) == before
    assert [name for _section, _place, _role, name, *_rest in content(copy)] == ["总体满意度"]


def test_two_open_versions_do_not_exist(built: Built):
    with pytest.raises(Refused, match="Version 1 is still open"):
        new_version(built.row, by=None)


# --- the rules of an item -------------------------------------------------------------------------

WRONG = {
    "a name that exists": ({"name": "维修质量"}, "named “维修质量”"),
    "no name": ({"name": " "}, "name the item"),
    "a scale of seven": ({"high": 7}, "1 to 5 or 1 to 10"),
    "recommendation from one": (
        {"role": ItemRole.RECOMMENDATION, "low": 1, "high": 10},
        "0 to 10",
    ),
    "a second overall item": ({"role": ItemRole.OVERALL}, "once only"),
    "words with a scale": ({"role": ItemRole.REMARK}, "Only ratings have a scale"),
    "a choice of one": (
        {"role": ItemRole.CHOICE, "low": None, "high": None, "options": YES_NO[:1]},
        "2 to 30 answers",
    ),
    "an answer twice": (
        {"role": ItemRole.CHOICES, "low": None, "high": None, "options": (YES_NO[0], YES_NO[0])},
        "“有” stands there twice",
    ),
    "options of a rating": ({"options": YES_NO}, "Only choices"),
    "importance of words": (
        {"role": ItemRole.REMARK, "low": None, "high": None, "asks_importance": True},
        "single items only",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_item_is_refused_in_one_sentence(built: Built, what: str):
    values, sentence = WRONG[what]
    before = content(built.version)
    with pytest.raises(Refused, match=sentence):
        built.add(built.whole, **{"name": "新题"} | values)
    assert content(built.version) == before


def test_conditions_look_at_earlier_items_and_at_answers_that_exist(built: Built):
    with pytest.raises(Refused, match="stand behind"):
        built.add(
            built.whole, "总体满意度", built.overall, role=ItemRole.OVERALL,
            condition=built.result, condition_values=[1],
        )  # fmt: skip
    for values, sentence in (([3], "does not offer"), ([], "after which answers")):
        with pytest.raises(Refused, match=sentence):
            built.add(built.repair, "新题", condition=built.used, condition_values=values)
    with pytest.raises(Refused, match="stand behind"):
        verbs.move_item(built.used, section=built.repair, position=2, by=None)
    with pytest.raises(Refused, match="“维修质量” is asked only after"):
        verbs.delete_item(built.used, by=None)
    assert built.names() == ["总体满意度", "是否报修", "维修质量"]


def test_conditions_follow_their_answers(built: Built):
    def choose(*texts: str) -> None:
        built.add(
            built.repair, "是否报修", built.used, role=ItemRole.CHOICE, low=None, high=None,
            options=[(text, "") for text in texts],
        )  # fmt: skip

    choose("没有", "不记得", "有")
    assert Item.objects.get(pk=built.result.pk).condition_values == [3]
    choose("没有", "不记得", "有，报修过")
    assert Item.objects.get(pk=built.result.pk).condition_values == [3]
    with pytest.raises(Refused, match="“有，报修过”"):
        choose("没有", "不记得")


def test_research_that_never_enters_satisfaction_has_no_part_of_it(db: None):
    row = questionnaires.create_questionnaire(kind="demand", title="需求", by=None)
    version = row.versions.get()
    section = verbs.save_section(version, title="需求", by=None)
    leaf = Indicator.objects.create(
        code="x", level=3, name="x", weight=1, parent=Indicator.objects.create(
            code="y", level=2, name="y", weight=1, parent=Indicator.objects.create(
                code="z", level=1, name="z", weight=1)))  # fmt: skip
    for values in ({"role": ItemRole.OVERALL}, {"indicator": leaf}):
        with pytest.raises(Refused, match="never enters satisfaction"):
            verbs.save_item(version, section=section, name="题", by=None, **RATING | values)


# --- order ----------------------------------------------------------------------------------------


def test_steps_lead_over_the_edge_of_a_section(built: Built):
    built.add(built.whole, "推荐理由")
    verbs.step_item(built.overall, step=1, by=None)
    assert built.names() == ["推荐理由", "总体满意度", "是否报修", "维修质量"]
    verbs.step_item(built.overall, step=1, by=None)
    assert Item.objects.get(pk=built.overall.pk).section == built.repair
    assert built.names() == ["推荐理由", "总体满意度", "是否报修", "维修质量"]
    verbs.step_item(built.overall, step=-1, by=None)
    assert Item.objects.get(pk=built.overall.pk).section == built.whole
    first = Item.objects.get(name="推荐理由")
    verbs.step_item(first, step=-1, by=None)
    assert built.names()[0] == "推荐理由"


def test_a_section_takes_its_items_along(built: Built):
    verbs.move_section(built.repair, position=1, by=None)
    assert built.names() == ["是否报修", "维修质量", "总体满意度"]


def test_what_somebody_deleted_is_stale(built: Built):
    verbs.delete_item(built.result, by=None)
    built.result.pk = 10**9
    with pytest.raises(Stale):
        verbs.delete_item(built.result, by=None)


def test_the_right_must_reach_the_whole_group(built: Built, world):
    with pytest.raises(Refused, match="may not change"):
        verbs.delete_item(built.result, by=world.north_keeper)
    verbs.delete_item(built.result, by=world.reader)
