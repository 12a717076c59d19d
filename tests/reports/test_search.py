"""The search over everything: what it finds, of whom, how it says so, what it remembers."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from compliance.services.bulletins import publish as publish_bulletin
from compliance.services.bulletins import withdraw
from compliance.services.rules import draft_version
from core.words import excerpt, pieces_of
from customers.selectors.terms import understand
from regions.models import OrgUnit
from reports.models import Remembered
from reports.search.kinds import MOST, asked_of, search
from reports.templatetags.searching import marked
from satisfaction.models import Remark
from tests.factories import (
    World,
    make_case,
    make_contact,
    make_customer,
    make_ownership,
    make_property,
    make_response,
)
from tests.reports.rules import make_rule
from tests.satisfaction.published import publish

pytestmark = pytest.mark.django_db
WORD = "青龙桥"  # stands in one thing of each kind, in both branches


@pytest.fixture
def archive(world: World) -> World:
    """One of each kind with the same word in the north and in the south."""
    wave = publish("2026-H2", {world.n1a: (60, 3.5), world.s1a: (80, 4.0), world.n1b: (3, 2.0)})
    item = wave.version.items.first()
    for side, unit in (("北", world.n1a), ("南", world.s1a)):
        head = world.north_head if side == "北" else world.south_head
        company = make_customer(unit=unit, kind="organisation", name=f"{WORD}{side}方商贸")
        make_contact(customer=company, name=f"{WORD}{side}")
        make_case(unit=unit, content=f"{side}门{WORD}附近的路灯不亮", name="李四")
        publish_bulletin(title=f"{side}区停水通知", body=f"{WORD}周六停水", by=None, units=[unit])
        make_rule(unit=unit, title=f"{side}区装修", body=f"{WORD}装修管理", keeper=head)
        response = make_response(unit=unit, wave=wave)
        Remark.objects.create(response=response, item=item, wave=wave, text=f"{side}边{WORD}太吵")
    few = make_response(unit=world.n1b, wave=wave)
    Remark.objects.create(response=few, item=item, wave=wave, text=f"{WORD}只有我说")
    return world


def found(user: Any, text: str, **more: Any) -> dict[str, list[str]]:
    """Kind → titles."""
    groups = search(user, asked_of(understand(text)), **{"shown": 5} | more)
    return {group.kind.key: [hit.title for hit in group.hits] for group in groups}


NORTH = {
    "customers": [f"{WORD}北方商贸"],
    "contacts": [f"{WORD}北"],
    "remarks": [f"北边{WORD}太吵"],
    "bulletins": ["北区停水通知"],
    "rules": ["北区装修"],
}


@pytest.mark.parametrize(
    ("text", "rooms"),
    [
        ("3栋2单元", ["3栋2单元1201", "3栋2单元301"]),
        ("3 栋 二单元", ["3栋2单元1201", "3栋2单元301"]),
        ("3栋", ["3栋1单元301", "3栋2单元1201", "3栋2单元301"]),
        ("{project}3栋1单元", ["3栋1单元301"]),
        ("没有这里3栋1单元", []),
        ("3", []),
        ("3号", []),
    ],
)
def test_a_room_that_is_half_typed_finds_the_rooms_that_begin_so(world, text, rooms):
    for entrance, room in (("2", "1201"), ("2", "301"), ("1", "301")):
        make_property(unit=world.n1a, building_unit=entrance, room=room)
    make_property(unit=world.n1a, building="13", room="301")
    make_property(unit=world.s1a, room="301")

    text = text.format(project=world.n1a.name)
    assert found(world.north_head, text).get("properties", []) == rooms


def test_units_are_found_by_name_and_code_where_they_are_in_reach(world):
    name = world.n1a.name
    for text in (name, name[1:], world.n1a.code.lower()):
        assert found(world.north_head, text)["units"] == [name]
        assert name not in found(world.south_head, text).get("units", [])
    assert found(world.boss, name[1:])["units"] == [name, world.s1a.name]
    OrgUnit.objects.filter(pk=world.n1a.pk).update(is_active=False)
    assert "units" not in found(world.north_head, name)


def test_every_kind_is_found_and_none_of_the_sibling_branch(archive):
    north = found(archive.north_head, WORD)
    assert north.pop("cases")[0].startswith("TS")
    assert north == NORTH
    south = found(archive.south_head, WORD)
    south.pop("cases")
    assert south == {
        kind: [one.replace("北", "南") for one in titles] for kind, titles in NORTH.items()
    }
    both = found(archive.boss, WORD)
    assert [len(titles) for titles in both.values()] == [2, 2, 2, 2, 2, 2]


def test_who_lacks_the_right_of_a_kind_is_not_shown_it(archive):
    clerk = found(archive.north_clerk, WORD)

    # The case fell to him; customer and answer are not his; bulletins and rules are meant for him.
    assert len(clerk.pop("cases")) == 1
    assert clerk == {"bulletins": NORTH["bulletins"], "rules": NORTH["rules"]}
    # Administrators of the system read neither cases nor answers, nor what is meant for branches.
    assert found(archive.admin, WORD).keys() == {"customers", "contacts"}


@pytest.mark.parametrize("word", ["abc", "ABC", "Abc物业"])
def test_letters_are_found_in_any_size(archive, word):
    make_customer(unit=archive.n1a, kind="organisation", name="青云aBC物业")
    case = make_case(unit=archive.n1a, content="门禁Abc物业卡失灵")
    assert found(archive.north_head, word)["customers"] == ["青云aBC物业"]
    assert found(archive.north_head, word)["cases"] == [case.number]


def test_a_full_number_finds_the_cases_of_a_caller_whom_nobody_knows(archive):
    case = make_case(unit=archive.n1a, name="路人", phone="+8613900001234")
    known = make_customer(unit=archive.n1a, name="钱七", phone="+8613900005678")
    his = make_case(unit=archive.n1a, customer=known)
    assert found(archive.north_head, "139 0000 1234") == {"cases": [case.number]}
    assert found(archive.north_head, "13900005678") == {
        "customers": ["钱七"], "cases": [his.number]
    }  # fmt: skip
    assert found(archive.south_head, "13900001234") == {}


def test_flats_are_found_by_their_label(archive):
    for unit in (archive.n1a, archive.s1a):
        flat = make_property(unit=unit, building="3", building_unit="2", room="1201")
        make_ownership(customer=make_customer(unit=unit, name="张三"), flat=flat)

    hits = search(archive.north_head, asked_of(understand("3-2-1201")), shown=5)
    flats = [hit for group in hits for hit in group.hits if hit.kind == "properties"]
    assert [(hit.title, hit.facts) for hit in flats] == [("3栋2单元1201", ("北方花园",))]
    assert "unit=N1A" in flats[0].url


def test_remarks_are_read_where_enough_people_answered(archive):
    """Three answers are too few to read their words; where it was said stands nowhere."""
    assert found(archive.boss, f"{WORD}只有我说") == {}
    groups = search(archive.boss, asked_of(understand(f"{WORD}太吵")), shown=5)

    assert [group.kind.key for group in groups] == ["remarks"]
    assert all(hit.facts == () for hit in groups[0].hits)
    assert "unit=" not in groups[0].hits[0].url


def test_a_bulletin_is_found_by_its_audience_until_it_is_withdrawn(archive):
    told = publish_bulletin(title="锅炉检修", body="停暖", by=archive.boss, units=[archive.n1])

    assert found(archive.north_clerk, "锅炉检修") == {"bulletins": ["锅炉检修"]}
    assert found(archive.south_clerk, "锅炉检修") == found(archive.north_head, "锅炉检修") == {}
    withdraw(told, by=archive.boss, reason="改期")
    assert found(archive.north_clerk, "锅炉检修") == found(archive.boss, "锅炉检修") == {}


def test_a_rule_is_found_by_the_text_in_force_alone(archive):
    rule = make_rule(unit=archive.group, title="接待", body="佩戴胸牌迎宾", keeper=archive.boss)
    draft_version(rule, by=archive.boss, **_version("2.0", "不再佩戴任何标识"))

    assert found(archive.north_clerk, "佩戴胸牌")["rules"] == ["接待"]
    assert "rules" not in found(archive.north_clerk, "任何标识")
    assert found(archive.north_clerk, "佩戴胸牌", only="rules") == {"rules": ["接待"]}


def _version(number: str, body: str) -> dict[str, Any]:
    return {"number": number, "body": body, "note": "修订", "effective_on": date(2026, 1, 1)}


def test_a_phrase_is_found_in_other_order_and_with_words_between(archive):
    """What is typed is cut into words; each must occur, wherever. Nothing with the phrase itself is
    lost by it (a word index finds 22 % of two-character names)."""
    make_case(unit=archive.n1a, content="物业费的收取没有公布标准", name="李四")
    make_case(unit=archive.n1a, content="物业费收取标准不清楚", name="李四")
    make_case(unit=archive.n1a, content="物业费太高", name="李四")

    assert len(found(archive.north_head, "物业费收取标准")["cases"]) == 2
    assert len(found(archive.north_head, "标准 物业费")["cases"]) == 2
    assert pieces_of("物业费的收取标准") == ["物业费", "收取", "标准"]
    assert pieces_of("王伟 漏水 的") == ["王伟", "漏水"]


def test_more_of_a_kind_is_counted_up_to_fifty(archive):
    for number in range(MOST + 3):
        make_customer(unit=archive.n1a, name=f"百家姓{number}")

    group = search(archive.north_head, asked_of(understand("百家姓")), shown=5)[0]
    assert (len(group.hits), group.more, group.capped) == (5, 45, True)
    assert group.count_text == "50+"
    group = search(archive.north_head, asked_of(understand("百家姓1")), shown=5)[0]
    assert (len(group.hits), group.more, group.capped) == (5, 6, False)


def test_the_number_of_queries_does_not_grow_with_what_is_found(client, archive):
    client.force_login(archive.north_head)

    def asked() -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/search/", {"q": WORD}).status_code == 200
        return [one["sql"] for one in queries]

    asked()
    few = asked()
    for number in range(4):
        make_customer(unit=archive.n1a, name=f"{WORD}{number}")
        make_case(unit=archive.n1a, content=WORD, name="李四")
        publish_bulletin(title=f"通知{number}", body=WORD, by=None, units=[archive.n1a])
    assert len(asked()) == len(few), len(few)
    assert not [sql for sql in few if "COUNT(" in sql and "LIMIT" not in sql]


def test_the_page_marks_what_was_typed_and_escapes_the_rest(client, archive):
    make_case(unit=archive.n1a, content="<script>坏路灯</script>", name="李四")
    client.force_login(archive.north_head)
    page = client.get("/search/", {"q": "路灯"}).content.decode()

    assert "&lt;script&gt;坏<mark>路灯</mark>&lt;/script&gt;" in page
    assert "<script>坏" not in page
    assert marked("<a>Ab aB", ["ab"]) == "&lt;a&gt;<mark>Ab</mark> <mark>aB</mark>"
    assert excerpt("前" * 90 + "路灯" + "后" * 200, ["路灯"], 3, 4) == "…前前前路灯后后…"


def test_more_of_one_kind_is_a_page_of_its_own(client, archive):
    for number in range(9):
        make_customer(unit=archive.n1a, name=f"百家姓{number}")
    client.force_login(archive.north_head)

    page = client.get("/search/", {"q": "百家姓"})
    assert 'href="?q=%E7%99%BE%E5%AE%B6%E5%A7%93&amp;kind=customers"' in page.content.decode()
    page = client.get("/search/", {"q": "百家姓", "kind": "customers"})
    assert [len(group.hits) for group in page.context["groups"]] == [9]


# --- below the box, and what is remembered ------------------------------------------------------


def test_the_first_results_come_while_somebody_types(client, archive):
    client.force_login(archive.north_head)
    page = client.post("/search/quick/", {"q": WORD})

    assert f"<mark>{WORD}</mark>北方商贸" in page.content.decode()
    assert "南" not in page.content.decode().replace("南京", "")
    assert not Remembered.objects.exists()
    assert client.get("/search/quick/").status_code == 405


def test_searches_are_remembered_for_oneself(client, archive):
    client.force_login(archive.north_head)
    for text in (WORD, "路灯", "路灯", "路灯"):
        client.post("/search/", {"q": text})

    page = client.get("/search/")
    assert page.context["memory"].texts == ["路灯", WORD]
    assert Remembered.objects.get(what="路灯").times == 3
    client.force_login(archive.south_head)
    assert client.get("/search/").context["memory"].nothing


def test_often_is_what_was_asked_three_times_and_not_lately(client, archive):
    client.force_login(archive.north_head)
    texts = ["常用", "常用", "常用", *(f"别的{letter}" for letter in "甲乙丙丁戊己庚")]
    for minute, text in enumerate(texts):
        with time_machine.travel(timezone.now().replace(minute=minute), tick=False):
            client.post("/search/", {"q": text})

    memory = client.get("/search/").context["memory"]
    assert memory.often == ["常用"]
    assert memory.texts[0] == "别的庚"


@pytest.mark.parametrize(
    "text", ["13800000011", "110105199003074477", "0011", "李四 13800000011", "x", ""]
)
def test_numbers_are_never_remembered(client, archive, text):
    client.force_login(archive.north_head)
    client.post("/search/", {"q": text})

    assert not Remembered.objects.exists()


def test_opened_things_are_named_as_long_as_they_are_in_reach(client, archive):
    customer = make_customer(unit=archive.n1a, name="赵六")
    foreign = make_customer(unit=archive.s1a, name="钱七")
    client.force_login(archive.north_head)
    for pk in (customer.pk, foreign.pk, "9" * 11, "x"):
        assert client.post("/search/chosen/", {"kind": "customers", "pk": pk}).status_code == 204
    client.post("/search/chosen/", {"kind": "remarks", "pk": 1})

    assert list(Remembered.objects.values_list("what", flat=True)) == [str(customer.pk)]
    assert [hit.title for hit in client.get("/search/").context["memory"].things] == ["赵六"]
    archive.north_head.grants.all().delete()
    assert client.get("/search/").context["memory"].things == []


def test_memory_is_bounded_and_can_be_wiped(client, archive):
    client.force_login(archive.north_head)
    old = timezone.now() - timedelta(days=200)
    Remembered.objects.bulk_create(
        Remembered(user=archive.north_head, what=f"旧{number}", last_at=old) for number in range(80)
    )
    client.post("/search/", {"q": WORD})
    assert [row.what for row in Remembered.objects.all()] == [WORD]

    assert client.post("/search/forget/").status_code == 302
    assert not Remembered.objects.exists()
