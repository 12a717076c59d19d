"""Pages of questionnaires and of the indicator tree (SAT-02, SAT-10)."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from satisfaction.models import Indicator, Item, ItemRole, Questionnaire
from satisfaction.selectors.indicators import flat, tree
from satisfaction.selectors.questionnaires import asked_of
from satisfaction.services import items as verbs
from satisfaction.services import library, questionnaires
from tests.access.conftest import taken_back
from tests.factories import make_user, make_world

pytestmark = pytest.mark.django_db

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(scope="module")
def made_once(django_db_setup, django_db_blocker) -> Iterator[dict[str, Any]]:
    with django_db_blocker.unblock(), taken_back():
        world = make_world()
        row = library.create_from_library("after-case", by=None)
        yield {"world": world, "row": row, "version": row.versions.get()}


@pytest.fixture
def made(made_once: dict[str, Any], client: Client) -> Iterator[dict[str, Any]]:
    with taken_back():
        client.force_login(made_once["world"].reader)
        yield made_once


def url(name: str, *args: Any) -> str:
    return reverse(f"satisfaction:{name}", args=args)


def item_data(item: Item, **values: Any) -> dict[str, Any]:
    return {
        "role": item.role,
        "name": item.name,
        "text": item.text,
        "scale": "1-5",
        "section": item.section_id,
    } | values


def test_from_the_library_to_a_questionnaire_of_its_own(made, client: Client):
    page = client.get(url("questionnaires"))
    assert [one.code for one in page.context["ready"]] == list(library.CODES)
    preview = client.get(url("library", "demand"))
    assert b"<form" in preview.content

    answer = client.post(url("library", "demand"))

    row = Questionnaire.objects.get(code="demand")
    assert answer.headers["Location"] == url("questionnaire", row.pk)
    assert Entry.objects.filter(by=made["world"].reader, subject_id=row.pk).count() == 1
    assert client.get(url("library", "nothing")).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_same_for_one_and_three(
    made, client: Client, rows: int, django_assert_num_queries
):
    for number in range(rows - 1):
        questionnaires.create_questionnaire(kind="owners", title=f"问卷 {number}", by=None)
    client.get(url("questionnaires"))
    with django_assert_num_queries(5):
        page = client.get(url("questionnaires"))
    assert len(page.context["rows"]) == rows


@pytest.mark.parametrize("more", [0, 2])
def test_the_builder_asks_the_same_for_few_and_many(
    made, client: Client, more: int, django_assert_num_queries
):
    version = made["version"]
    section = version.sections.first()
    for number in range(more):
        verbs.save_item(
            version,
            section=section,
            name=f"题 {number}",
            role="remark",
            by=None,
            low=None,
            high=None,
        )
    client.get(url("questionnaire", made["row"].pk))
    with django_assert_num_queries(10):
        page = client.get(url("questionnaire", made["row"].pk))
    assert page.context["count"] == 7 + more


def test_an_item_goes_in_by_its_dialog_and_keeps_what_was_typed_when_refused(made, client: Client):
    version, row = made["version"], made["row"]
    section = version.sections.first()
    data = {
        "role": ItemRole.CHOICES,
        "name": "处理结果",
        "options": "电话 | Telephone\n上门|Visit\n\n短信",
        "section": section.pk,
    }
    refused = client.post(url("item-new", row.pk), data, **HTMX)
    assert refused.status_code == 422
    assert "处理结果" in refused.content.decode()

    solved = Item.objects.get(version=version, name="问题是否解决")
    data |= {"name": "希望的联系方式", "only": [f"{solved.pk}:2", f"{solved.pk}:3"]}
    done = client.post(url("item-new", row.pk), data, **HTMX)

    assert (done.status_code, done.headers["HX-Trigger"]) == (204, "crm:close, crm:changed")
    item = Item.objects.get(version=version, name="希望的联系方式")
    assert [(o.text, o.text_en) for o in item.options.all()] == [
        ("电话", "Telephone"), ("上门", "Visit"), ("短信", ""),
    ]  # fmt: skip
    assert (item.condition, item.condition_values) == (solved, [2, 3])


def test_answers_of_two_items_are_not_one_condition(made, client: Client):
    version, row = made["version"], made["row"]
    solved, overall = (
        Item.objects.get(version=version, name=name) for name in ("问题是否解决", "本次处理满意度")
    )
    remark = Item.objects.get(version=version, name="意见建议")
    data = item_data(remark, only=[f"{solved.pk}:2", f"{overall.pk}:1"])
    answer = client.post(url("item", row.pk, remark.pk), data)
    assert answer.status_code == 422
    assert Item.objects.get(pk=remark.pk).condition is None


def test_what_a_kind_does_not_have_is_left_out_when_the_kind_changes(made, client: Client):
    version, row = made["version"], made["row"]
    item = Item.objects.get(version=version, name="服务态度")
    data = item_data(
        item,
        role=ItemRole.REMARK,
        asks_importance="on",
        indicator=item.indicator_id,
        options="有\n无",
    )
    client.post(url("item", row.pk, item.pk), data)

    changed = Item.objects.get(pk=item.pk)
    assert (changed.role, changed.low, changed.asks_importance) == ("remark", None, False)
    assert (changed.indicator_id, changed.options.count()) == (None, 0)


def test_moves_answer_with_the_part_drawn_anew_or_why_not(made, client: Client):
    version, row = made["version"], made["row"]
    items = asked_of(version)
    first, second = items[0], items[1]  # the second depends on the first

    refused = client.post(url("item-move", row.pk, first.pk), {"step": "down"}, **HTMX)
    assert refused.status_code == 422
    assert second.name in refused.content.decode()

    last = version.sections.last()
    data = {"section": last.pk, "position": 1}
    done = client.post(url("item-move", row.pk, items[2].pk), data, **HTMX)
    assert done.status_code == 200
    assert b"<html" not in done.content
    assert [i.name for i in asked_of(version) if i.section_id == last.pk][0] == items[2].name
    plain = client.post(url("section-move", row.pk, last.pk), {"step": "up"})
    assert plain.status_code == 302


def test_a_frozen_version_shows_the_way_on_and_offers_nothing_else(made, client: Client):
    row, version = made["row"], made["version"]
    questionnaires.freeze_version(version)

    page = client.get(url("questionnaire", row.pk)).content.decode()
    assert url("version-new", row.pk) in page
    assert url("section-new", row.pk) not in page
    assert "draggable" not in page
    item = asked_of(version)[0]
    refused = client.post(url("item", row.pk, item.pk), item_data(item, name="改名"))
    assert refused.status_code == 422

    client.post(url("version-new", row.pk))
    assert client.get(url("questionnaire", row.pk)).context["version"].number == 2
    assert client.get(f"{url('questionnaire', row.pk)}?version=1").context["is_open"] is False


def test_items_of_another_questionnaire_do_not_exist_here(made, client: Client):
    other = questionnaires.create_questionnaire(kind="owners", title="别的", by=None)
    item = asked_of(made["version"])[0]
    assert client.get(url("item", other.pk, item.pk)).status_code == 404
    assert client.post(url("item-remove", other.pk, item.pk)).status_code == 404


# --- the indicator tree -------------------------------------------------------------------------


def test_shares_come_from_the_weights_in_use(made):
    Indicator.objects.filter(code="partnership").update(is_active=False)
    roots, total = tree()
    nodes = {node.indicator.code: node for node in flat(roots)}

    assert total == Decimal(90)
    assert nodes["home"].share == Decimal(27) / 90
    assert nodes["design"].of_all == Decimal(27) / 90 * Decimal(40) / 100
    assert (nodes["partnership"].share, nodes["partner.payment"].of_all) == (None, None)
    leaves = [node.of_all for node in nodes.values() if not node.children and node.of_all]
    assert sum(leaves) == pytest.approx(1)


def test_weights_are_saved_together_or_not_at_all(made, client: Client):
    data = {f"weight-{one.pk}": str(one.weight) for one in Indicator.objects.all()}
    home, buying = (Indicator.objects.get(code=code) for code in ("home", "buying"))

    wrong = data | {f"weight-{home.pk}": "30", f"weight-{buying.pk}": "0"}
    refused = client.post(url("indicator-weights"), wrong)
    assert refused.status_code == 422
    assert 'value="30"' in refused.content.decode()
    [(field, errors)] = refused.context["form"].errors.items()
    assert field == f"weight-{buying.pk}"
    assert buying.shown_name in str(errors)
    assert Indicator.objects.get(pk=home.pk).weight == Decimal(27)

    client.post(url("indicator-weights"), data | {f"weight-{home.pk}": "30.5"})
    assert Indicator.objects.get(pk=home.pk).weight == Decimal("30.5")
    assert Entry.objects.filter(action="satisfaction.indicator_saved").count() == 1


def test_a_node_is_added_moved_and_taken_out_of_use(made, client: Client):
    repair = Indicator.objects.get(code="repair")
    data = {"name": "维修沟通", "weight": "10"}
    client.post(f"{url('indicator-new')}?parent={repair.pk}", data)
    new = repair.children.get(name="维修沟通")
    assert (new.level, new.position, new.code) == (3, 4, "repair.new-1")

    client.post(url("indicator-move", new.pk), {"step": "up"})
    order = list(repair.children.order_by("position").values_list("name", flat=True))
    assert order[2] == "维修沟通"

    twice = client.post(f"{url('indicator-new')}?parent={repair.pk}", data)
    assert twice.status_code == 422
    client.post(url("indicator", new.pk), data)
    assert Indicator.objects.get(pk=new.pk).is_active is False
    assert client.get(f"{url('indicator-new')}?parent={new.pk}").status_code == 404


@pytest.mark.parametrize("more", [0, 3])
def test_the_tree_asks_the_same_for_few_and_many(
    made, client: Client, more: int, django_assert_num_queries
):
    for number in range(more):
        Indicator.objects.create(code=f"f{number}", level=1, name=f"领域 {number}", weight=1)
    client.get(url("indicators"))
    with django_assert_num_queries(5):
        client.get(url("indicators"))


def test_the_administrator_of_a_branch_has_no_part_in_it(made, client: Client):
    client.force_login(made["world"].north_keeper)
    assert client.get(url("questionnaires")).status_code == 403
    assert client.get(url("indicators")).status_code == 403
    both = make_user(unit=made["world"].group, role="section-administrator", no="G-KEEPER")
    client.force_login(both)
    assert client.get(url("questionnaires")).status_code == 200


def test_the_preview_is_the_owners_form_in_his_language(made, client: Client):
    where = url("preview", made["row"].pk)
    chinese = client.get(where).content.decode()
    english = client.get(f"{where}?lang=en").content.decode()

    assert "您反映的问题是否已经解决？" in chinese
    assert "Has your problem been solved?" in english
    assert "问题" not in english
    assert chinese.count('type="radio"') == 3 + 5 * 4
    assert "Asked only after “Problem solved”: In part, No" in english
