"""The library of ready questionnaires and the ready indicator tree (SAT-08, 10 … 13, 15)."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.utils import translation

from core.errors import Refused
from satisfaction.models import (
    Indicator,
    Item,
    ItemRole,
    Questionnaire,
    QuestionnaireKind,
    QuestionnaireVersion,
    TouchPoint,
)
from satisfaction.selectors.questionnaires import asked_of, form_pages, is_asked
from satisfaction.services import library
from satisfaction.services.from_file import PlannedItem, wave_from_file
from satisfaction.services.item_rules import check_conditions, check_item
from tests.access.conftest import taken_back

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def whole_library(django_db_setup, django_db_blocker) -> Iterator[dict[str, QuestionnaireVersion]]:
    with django_db_blocker.unblock(), taken_back():
        yield {code: library.ensure_from_library(code) for code in library.CODES}


def items_of(version: QuestionnaireVersion) -> list[Item]:
    return asked_of(version)


def test_every_ready_questionnaire_keeps_the_rules_of_the_builder(whole_library):
    for version in whole_library.values():
        items = items_of(version)
        kind = version.questionnaire.kind
        for item in items:
            texts = [(one.text, one.text_en) for one in item.options.all()]
            check_item(item, texts, [one for one in items if one.pk != item.pk], kind)
        check_conditions(items, {item.pk: list(item.options.all()) for item in items})
        assert [item.position for item in items] == list(range(1, len(items) + 1))


def test_every_kind_is_there_and_every_text_in_both_languages(whole_library):
    kinds = Counter(version.questionnaire.kind for version in whole_library.values())
    assert kinds == Counter(QuestionnaireKind.values) + Counter({"owners": 4})
    for version in whole_library.values():
        items = items_of(version)
        chinese = [version.questionnaire.title, version.intro, version.thanks]
        english = [version.questionnaire.title_en, version.intro_en, version.thanks_en]
        for item in items:
            chinese += [item.name, item.text, *(one.text for one in item.options.all())]
            english += [item.name_en, item.text_en, *(o.text_en for o in item.options.all())]
        for section in version.sections.all():
            chinese.append(section.title)
            english.append(section.title_en)
        assert all(any("一" <= letter <= "鿿" for letter in text) for text in chinese)
        assert all(text and text.isascii() or "²" in text for text in english)


def test_what_enters_satisfaction_bears_indicators_and_what_does_not_bears_none(whole_library):
    unmapped = {
        item.name
        for version in whole_library.values()
        for item in items_of(version)
        if version.questionnaire.is_scored
        and item.role == ItemRole.ITEM
        and item.indicator_id is None
    }
    assert unmapped == {"再次选择意愿"}  # a result like the overall item, not a part of it
    unscored = [v for v in whole_library.values() if not v.questionnaire.is_scored]
    assert {v.questionnaire.kind for v in unscored} == {"demand", "maturity"}
    for version in unscored:
        items = items_of(version)
        assert {item.indicator_id for item in items} == {None}
        assert not {item.role for item in items} & {ItemRole.OVERALL, ItemRole.RECOMMENDATION}


def test_owners_of_all_stages_are_asked_about_every_touch_point(whole_library):
    asked = {
        item.indicator.parent.touch_point
        for version in whole_library.values()
        if version.questionnaire.kind == QuestionnaireKind.OWNERS
        for item in Item.objects.filter(version=version, indicator__isnull=False).select_related(
            "indicator__parent"
        )
    }
    assert asked == set(TouchPoint)


def test_maturity_has_five_areas_and_eighteen_items(whole_library):
    pages = form_pages(whole_library["maturity"])
    rated = [sum(item.role == ItemRole.ITEM for item in page.items) for page in pages]
    assert rated == [4, 4, 3, 3, 4, 0]


def test_the_set_after_hand_over_asks_for_expectations(whole_library):
    expected = [one.name for one in items_of(whole_library["delivered"]) if one.asks_expectation]
    assert expected == ["房屋交付", "工程质量", "维修服务", "物业服务", "社区活动"]


def test_an_item_is_asked_only_after_the_answers_it_waits_for(whole_library):
    items = {item.name: item for item in items_of(whole_library["settling-in"])}
    used, speed = items["是否报修"], items["维修及时性"]

    assert is_asked(used, {})
    assert not is_asked(speed, {})
    assert not is_asked(speed, {used.pk: [2]})
    assert is_asked(speed, {used.pk: [1]})


def test_an_answer_to_an_item_that_is_no_longer_asked_counts_for_nothing(whole_library):
    items = {item.name: item for item in items_of(whole_library["settling-in"])}
    overall, reason, used, speed = (
        items[name] for name in ("总体满意度", "不满意原因", "是否报修", "维修及时性")
    )
    used.condition, used.condition_values = overall, [1]

    assert is_asked(speed, {overall.pk: [1], used.pk: [1]})
    assert not is_asked(speed, {overall.pk: [5], used.pk: [1]})
    assert not is_asked(reason, {overall.pk: [5]})


def test_the_form_costs_two_queries(whole_library, django_assert_num_queries):
    for code in ("after-case", "settling-in"):
        with django_assert_num_queries(2):
            pages = form_pages(whole_library[code])
            said = [
                (page.section.title, [o.text for o in item.options.all()], is_asked(item, {}))
                for page in pages
                for item in page.items
            ]
        assert len(said) == sum(ready.items for ready in library.ready_ones() if ready.code == code)


def test_the_tree_is_made_once_and_what_people_changed_stays(whole_library):
    before = Indicator.objects.count()
    Indicator.objects.filter(code="repair").update(weight=Decimal("55"), is_active=False)
    Indicator.objects.filter(code="community.neighbours").update(code="neighbours.own")

    library.ensure_indicators()
    library.ensure_indicators()

    changed = Indicator.objects.get(code="repair")
    assert (changed.weight, changed.is_active) == (Decimal("55"), False)
    assert Indicator.objects.count() == before + 1


def test_the_weights_of_each_group_add_up_to_a_hundred(whole_library):
    sums: Counter[int | None] = Counter()
    for node in Indicator.objects.all():
        sums[node.parent_id] += node.weight
    assert set(sums.values()) == {Decimal(100)}
    assert {node.level for node in Indicator.objects.all()} == {1, 2, 3}


def test_a_second_copy_gets_a_code_of_its_own_and_what_exists_is_found_again(whole_library):
    first = whole_library["after-case"]
    copy = library.create_from_library("after-case", by=None)

    assert copy.code == "after-case-2"
    assert library.ensure_from_library("after-case") == first


def test_the_library_reads_in_the_readers_language():
    with translation.override("en"):
        assert library.ready_ones()[0].title == "Survey of owners-to-be"


def test_only_the_right_over_the_whole_group_takes_from_the_library(world):
    before = Questionnaire.objects.count()
    with pytest.raises(Refused):
        library.create_from_library("demand", by=world.north_clerk)
    assert Questionnaire.objects.count() == before


def test_what_a_file_asks_by_the_name_of_an_indicator_is_tied_to_it(whole_library, world):
    asked = [
        PlannedItem(ItemRole.OVERALL, "总体满意度", 1, 5),
        PlannedItem(ItemRole.ITEM, "维修服务", 1, 5),
        PlannedItem(ItemRole.ITEM, "别的事情", 1, 5),
    ]
    wave = wave_from_file("2026-X", "2026-X", world.group, asked, by=None)

    tied = {item.name: item.indicator and item.indicator.code for item in wave.version.items.all()}
    assert tied == {"总体满意度": None, "维修服务": "repair.service", "别的事情": None}
