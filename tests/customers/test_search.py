"""One search box: names, readings, codes, rooms, numbers, and the words for customer."""

import random
from urllib.parse import unquote

import pytest

from core.chinese import SURNAMES
from customers.models import Customer, CustomerUnit, Ownership, Property
from customers.selectors.lists import BY_NAME, ListQuery, customer_page
from customers.selectors.search import find_contacts, find_places, find_properties
from customers.selectors.terms import understand
from customers.services import add_contact, create_customer
from tests.customers.files import identity, phone


def enter(name, unit, room="", **more):
    customer, _new = create_customer(
        unit=unit, by=None, **({"kind": "person", "name": name} | more)
    )
    if room:
        building, building_unit, number = room.split("-")
        flat, _new = Property.objects.get_or_create(
            building=building,
            building_unit=building_unit,
            room=number,
            label=f"{building}栋{building_unit}单元{number}",
            unit=unit,
        )
        flat.place_in(unit)
        flat.save()
        owned = Ownership(customer=customer, property=flat)
        owned.place_in(unit)
        owned.save()
    return customer


@pytest.fixture
def archive(world):
    """A few people with telling names, a company with a contact, one person of the south."""
    here = world.n1a
    enter("张三", here, "3-2-1201", phone=f"+86{phone(11)}", identity=identity(21))
    enter("张三丰", here, other_phone="+862787654321;ext=801")
    enter("欧阳娜娜", here, "3-2-1202")
    enter("单丽", here)
    enter("阿依古丽·买买提", here)
    company = enter("武汉远岸物资有限公司", here, kind="organisation", code="KH00012345")
    add_contact(company, by=None, name="陈明亮", phone=f"+86{phone(33)}")
    enter("李三张", world.s1a, "3-2-1201", phone=f"+86{phone(44)}")
    return world


def found(text, user):
    places, _count = find_places(user, understand(text), size=20, most=51)
    return sorted(place.name for place in places)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        # name fragments of two and more
        ("三丰", ["张三丰"]),
        ("张三", ["张三", "张三丰"]),
        ("张 三", ["张三", "张三丰"]),
        ("三张", ["李三张"]),
        ("娜娜", ["欧阳娜娜"]),
        ("依古丽·买", ["阿依古丽·买买提"]),
        ("远岸物资", ["武汉远岸物资有限公司"]),
        ("丽单", []),
        # one character, as a surname
        ("张", ["张三", "张三丰"]),
        ("单", ["单丽"]),
        # pinyin, initials, other readings
        ("zhangsan", ["张三", "张三丰"]),
        ("Zhang San", ["张三", "张三丰"]),
        ("zhangsanf", ["张三丰"]),
        ("zs", ["张三"]),
        ("zsf", ["张三丰"]),
        ("oynn", ["欧阳娜娜"]),
        ("ouyang", ["欧阳娜娜"]),
        ("shanli", ["单丽"]),
        ("danli", ["单丽"]),
        ("dl", ["单丽"]),
        ("wuhanyuanan", ["武汉远岸物资有限公司"]),
        # code
        ("KH00012345", ["武汉远岸物资有限公司"]),
        ("kh00012345", ["武汉远岸物资有限公司"]),
        # room
        ("3栋2单元1201", ["张三", "李三张"]),
        ("3-2-1201", ["张三", "李三张"]),
        ("3#2-1201", ["张三", "李三张"]),
        ("三号楼二单元1201室", ["张三", "李三张"]),
        ("３栋２单元１２０１", ["张三", "李三张"]),
        ("北方花园3栋2单元1201", ["张三"]),
        ("3栋2单元1299", []),
        # last four digits
        ("0011", ["张三"]),
        (identity(21)[-4:], ["张三"]),
        ("4321", ["张三丰"]),
        ("0000", []),
        # full numbers
        (phone(11), ["张三"]),
        ("+86 139 0000 0011", ["张三"]),
        ("139-0000-0011", ["张三"]),
        ("027-87654321", ["张三丰"]),
        (identity(21), ["张三"]),
        (phone(33), ["武汉远岸物资有限公司"]),
        (phone(99), []),
        # words for customer
        ("业主 张三", ["张三", "张三丰"]),
        ("甲方 远岸", ["武汉远岸物资有限公司"]),
        ("顾客 oynn", ["欧阳娜娜"]),
        ("建设单位 KH00012345", ["武汉远岸物资有限公司"]),
        # no wildcards
        ("张%", []),
        ("张_丰", []),
    ],
)
def test_what_a_text_finds(archive, text, names):
    assert found(text, archive.boss) == sorted(names)


@pytest.mark.parametrize("text", ["丽", "x", "%", "1", "有限公司", "公司"])
def test_what_is_too_short_or_too_common_says_so(archive, text):
    term = understand(text)

    assert term.problem
    assert found(text, archive.boss) == []


@pytest.mark.parametrize("text", ["业主", "甲方", "顾客", "建设单位", "客户", "", "   "])
def test_a_word_for_customer_alone_means_everybody(text):
    assert understand(text).everything


@pytest.mark.parametrize(
    "text", ["张三", "三张", "zs", "3-2-1201", phone(44), phone(44)[-4:], phone(11), "KH00012345"]
)
def test_a_search_ends_at_the_readers_reach(archive, text):
    south, everybody = found(text, archive.south_head), found(text, archive.boss)

    assert south == [name for name in everybody if name == "李三张"]


def test_properties_and_contacts_are_found_too(archive):
    def flats(user):
        return [flat.unit.code for flat in find_properties(user, "3栋2单元1201", most=51)]

    def contacts(user, text):
        return [contact.name for contact in find_contacts(user, text, most=51)]

    assert flats(archive.boss) == ["N1A", "S1A"]
    assert flats(archive.north_head) == ["N1A"]
    assert (
        contacts(archive.north_head, "陈明") == contacts(archive.north_head, "chenm") == ["陈明亮"]
    )
    assert contacts(archive.south_head, "陈明") == contacts(archive.south_head, "chenm") == []


def test_full_numbers_are_posted_and_never_stand_in_an_address(client, archive):
    client.force_login(archive.boss)
    for number in (phone(11), identity(21), "139 0000 0011"):
        posted = client.post("/search/", {"q": number})
        address = unquote(posted["Location"])
        page = client.get(posted["Location"])

        assert posted.status_code == 302
        bare = number.replace(" ", "")
        assert bare not in address.replace(" ", "").replace("+", "")
        assert [hit.title for hit in page.context["groups"][0].hits] == ["张三"]
        assert bare not in unquote(page.content.decode())


def test_an_address_with_a_full_number_finds_nothing(client, archive):
    client.force_login(archive.boss)
    page = client.get("/search/", {"q": phone(11)})

    assert page.context["groups"] == []
    assert page.context["term"].problem
    listed = client.get("/customers/", {"q": phone(11)})
    assert listed.context["problem"]
    assert "page" not in listed.context


def test_a_mark_cannot_be_made_up(client, archive):
    client.force_login(archive.boss)
    for mark in ("x", "WyJwaG9uZSJd:abc", ""):
        page = client.get("/search/", {"mark": mark})
        assert page.status_code == 200
        assert page.context["groups"] == []


def test_words_for_customer_lead_to_the_list(client, archive):
    client.force_login(archive.boss)
    answer = client.get("/search/", {"q": "甲方"})

    assert (answer.status_code, answer["Location"]) == (302, "/customers/")


def test_nothing_is_lost_against_like_on_a_random_world(world):
    """Every fragment of every name, compared with a plain scan; repeatable by its seed."""
    dice = random.Random(20261121)  # noqa: S311  a world to search in, not a secret
    surnames = sorted(SURNAMES)[:40]
    given = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂三四五𠮷·"
    units = [world.n1a, world.n1b, world.s1a]
    names = [
        dice.choice(surnames) + "".join(dice.choices(given, k=dice.randint(1, 3)))
        for _row in range(250)
    ]
    for name in names:
        enter(name, dice.choice(units))
    fragments = {
        name[start : start + size]
        for name in names
        for size in (2, 3)
        for start in range(len(name) - size + 1)
    }
    picked = sorted(dice.sample(sorted(fragments), 80)) + ["𠮷·", "不在", "三三"]

    for user in (world.boss, world.north_head):
        visible = CustomerUnit.objects.visible_to(user).values_list("name", flat=True)
        seen = sorted(visible)
        for text in picked:
            query = ListQuery(term=understand(text), order=BY_NAME)
            page = customer_page(user, query, size=500)
            assert sorted(row.name for row in page) == [n for n in seen if text in n], text
    assert Customer.objects.count() == 250
