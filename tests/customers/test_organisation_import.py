"""The list of business customers: its code is the key, its words are kept."""

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from core.models import ImportRun
from customers.models import Contact, Customer, CustomerClass, CustomerUnit
from tests.customers.files import (
    ORGANISATION_HEADS,
    checksums,
    codes,
    identity,
    import_file,
    owner,
    owners_file,
    phone,
    table,
    write_xlsx,
)
from tests.factories import make_user

# Columns of 附表1 below their groups, and what stands over them.
THREE_ROWS = [
    ["附表1 客户名单档案", *[None] * 12],
    ["序号", "基本信息", *[None] * 5, "主要联系人", None, None, "管理", None, None],
    [
        *("序号", "客户代码", "单位名称", "客户类别", "客户级别", "资产状况（万元）"),
        *("首次合作日期", "联系人", "职务", "手机", "营销专员工号", "联点领导工号", "客户来源"),
    ],
]
MERGED = ["A1:M1", "A2:A3", "B2:G2", "H2:J2", "K2:M2"]


def organisation(code="KH0001", **more):
    """A good row, changed by head."""
    row = {
        "客户代码": code,
        "单位名称": "武汉远岸物资有限公司",
        "客户类别": "国企",
        "客户级别": "战略客户",
        "联系人": "陈明",
        "手机": phone(1),
        "营销专员工号": "N-CLERK",
    }
    return row | more


@pytest.fixture
def file(tmp_path):
    def write(*rows, heads=ORGANISATION_HEADS):
        return write_xlsx(tmp_path / "客户.xlsx", {"客户": table(heads, rows)})

    return write


def stats(*arguments):
    out = StringIO()
    call_command("customer_stats", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_three_header_rows(world, tmp_path):
    line = [
        *(1, "kh0001", "武汉远岸物资有限公司", "国企", "战略客户", 1250.5, dt.date(2020, 3, 4)),
        *("陈明", "经理", 13900000001, "N-CLERK", "N-HEAD", "老客户介绍"),
    ]
    path = write_xlsx(tmp_path / "x.xlsx", {"附表1": [*THREE_ROWS, line]}, merged=MERGED)

    report = import_file("organisations", path)

    assert report == {
        "rows": 1,
        "accepted": 1,
        "rejected": 0,
        "skipped": 0,
        "created": {"customers": 1, "contacts": 1},
        "updated": {"customers": 0, "contacts": 0},
        "errors": [],
        "warnings": [],
    }
    customer = Customer.objects.get()
    assert (customer.code, customer.kind, customer.name) == (
        "KH0001",
        "organisation",
        "武汉远岸物资有限公司",
    )
    assert (customer.ownership_class, customer.level) == ("国企", "战略客户")
    assert customer.pinyin == "wuhanyuananwuziyouxiangongsi"
    assert (str(customer.assets), customer.source) == ("1250.50", "老客户介绍")
    assert customer.first_cooperation_on == dt.date(2020, 3, 4)
    assert (customer.specialist, customer.contact_leader) == (world.north_clerk, world.north_head)
    contact = Contact.objects.get()
    assert (contact.name, contact.title, contact.clear("phone")) == ("陈明", "经理", phone(1))
    place = CustomerUnit.objects.get()
    assert (place.unit, place.keeper) == (world.n1a, world.north_clerk)
    assert (place.level, place.ownership_class) == ("战略客户", "国企")


def test_equal_names_with_different_codes_are_two_customers(world, file):
    report = import_file("organisations", file(organisation(), organisation("KH0002")))

    assert report["created"] == {"customers": 2, "contacts": 2}
    assert sorted(Customer.objects.values_list("code", flat=True)) == ["KH0001", "KH0002"]


def test_reasons(world, file):
    report = import_file(
        "organisations",
        file(
            organisation(),
            organisation(),
            organisation(客户级别="普通客户"),
            organisation(""),
            organisation("KH0005", 单位名称=None),
        ),
    )

    assert codes(report) == [
        (3, "duplicate_row"),
        (4, "duplicate_code"),
        (5, "code_missing"),
        (6, "name_missing"),
    ]
    assert [report[part] for part in ("rows", "accepted", "rejected", "skipped")] == [5, 1, 3, 1]
    assert Customer.objects.get().level == "战略客户"


def test_unknown_and_departed_keepers_are_warnings_and_the_place_is_the_group(world, file):
    make_user(unit=world.s1a, no="GONE", name="离开", state="left")
    report = import_file(
        "organisations",
        file(
            organisation("K1", 营销专员工号="NOBODY"),
            organisation("K2", 营销专员工号="gone"),
            organisation("K3", 营销专员工号=None),
            organisation("K4", 营销专员工号="S-HEAD", 联点领导工号="NOBODY"),
        ),
    )

    assert codes(report, "warnings") == [
        (2, "unknown_keeper"),
        (3, "departed_keeper"),
        (5, "unknown_leader"),
    ]
    assert report["accepted"] == 4
    places = CustomerUnit.objects.values_list("customer__code", "unit__code", "keeper__employee_no")
    assert sorted(places, key=str) == [
        ("K1", "G", None),
        ("K2", "G", None),
        ("K3", "G", None),
        ("K4", "S", "S-HEAD"),
    ]


def test_words_of_the_file_become_choosable(world, file):
    import_file("organisations", file(organisation(客户类别="外星企业", 客户级别="S级")))

    assert CustomerClass.objects.filter(scheme="ownership", word="外星企业").exists()
    assert CustomerClass.objects.filter(scheme="importance", word="S级").exists()


@pytest.mark.parametrize("mode", ["fill", "update", "skip"])
def test_the_second_run_changes_nothing(world, file, mode):
    path = file(
        organisation(资产状况="1,250.5", 电子邮件="a@b.cn", 传真="027-1", 首次合作日期="2020.3.4"),
        organisation("KH0002", 联系人="", 营销专员工号=""),
        organisation("KH0003", 手机="12345"),
    )
    first = import_file("organisations", path)
    before = checksums()

    again = import_file("organisations", path, "--mode", mode)

    assert first["created"] == {"customers": 3, "contacts": 2}
    assert codes(first, "warnings") == [(4, "phone")]
    assert again["created"] == again["updated"] == {"customers": 0, "contacts": 0}
    assert checksums() == before


@pytest.mark.parametrize(
    ("mode", "level", "industry", "contact_phone"),
    [
        ("fill", "战略客户", "建材", phone(1)),
        ("update", "重要客户", "建材", phone(2)),
        ("skip", "战略客户", "", phone(1)),
    ],
)
def test_modes(world, file, mode, level, industry, contact_phone):
    import_file("organisations", file(organisation()))
    change = organisation(客户级别="重要客户", 行业类别="建材", 手机=phone(2))

    report = import_file("organisations", file(change), "--mode", mode)

    customer = Customer.objects.get()
    assert (customer.level, customer.industry) == (level, industry)
    assert customer.places.get().level == level
    assert customer.contacts.get().clear("phone") == contact_phone
    assert report["updated"]["customers"] == (mode != "skip")


def test_narrow_reach_adds_a_place_and_changes_nothing(world, file):
    import_file("organisations", file(organisation(营销专员工号="S-CLERK")))
    before = Customer.objects.values().get(), Contact.objects.values().get()

    path = file(organisation(客户级别="普通客户", 手机=phone(3)))
    report = import_file("organisations", path, "--as", "N-HEAD", "--mode", "update")

    assert codes(report, "warnings") == [(2, "known_elsewhere")]
    assert (Customer.objects.values().get(), Contact.objects.values().get()) == before
    assert sorted(CustomerUnit.objects.values_list("unit__code", flat=True)) == ["N1A", "S1A"]


def test_a_keeper_outside_reach_leaves_the_customer_with_the_importer(world, file):
    import_file("organisations", file(organisation(营销专员工号="S-CLERK")), "--as", "N-HEAD")

    place = CustomerUnit.objects.get()
    assert (place.unit, place.keeper) == (world.north, None)
    assert ImportRun.objects.get().actor == world.north_head


@pytest.mark.parametrize("arguments", [(), ("--keeper", "N-READER")])
def test_a_specialist_who_may_keep_no_customers_is_no_keeper(world, file, arguments):
    """He may see them, but no list would offer him as keeper."""
    make_user(unit=world.n1a, role="group-function", no="N-READER")
    row = organisation(营销专员工号="N-CLERK" if arguments else "N-READER")

    report = import_file("organisations", file(row), *arguments)

    assert codes(report, "warnings") == [(2, "keeper_elsewhere")]
    place = CustomerUnit.objects.get()
    assert (place.unit, place.keeper) == (world.n1a, None)


def test_keepers_are_asked_once_for_all_rows(world, file):
    from customers.imports import organisation_writer

    asked = []
    ask = organisation_writer.keeper_units
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            organisation_writer, "keeper_units", lambda *given: asked.append(given) or ask(*given)
        )
        import_file("organisations", file(*(organisation(f"K{number}") for number in range(5))))

    assert len(asked) == 1
    assert CustomerUnit.objects.filter(keeper=world.north_clerk).count() == 5


def test_stats_count_customers_once_and_have_no_empty_or_zero_keys(world, file, tmp_path):
    import_file(
        "organisations",
        file(
            organisation("K1"),
            organisation("K2", 客户类别="民企", 客户级别="", 营销专员工号="S-CLERK"),
            organisation("K3", 客户类别="", 客户级别="一般客户", 营销专员工号=""),
        ),
    )
    people = owners_file(
        tmp_path / "业主.xlsx",
        [
            owner(证件号码=identity(1), 客户等级="A类"),
            owner(证件号码=identity(1), 房号="2"),
            owner(证件号码=identity(1), 项目="南方花园", 区域="", 城市公司=""),
            owner("李四、王五", 房号="3"),
        ],
    )
    import_file("owners", people)

    assert stats() == {
        "persons": 3,
        "organisations": 3,
        "properties": 4,
        "by_ownership_class": {"国企": 1, "民企": 1},
        "by_importance": {"一般客户": 1, "战略客户": 1},
    }
    assert stats("--unit", "s") == {
        "persons": 1,
        "organisations": 1,
        "properties": 1,
        "by_ownership_class": {"民企": 1},
        "by_importance": {},
    }
    assert stats("--unit", "N1B") == {
        "persons": 0,
        "organisations": 0,
        "properties": 0,
        "by_ownership_class": {},
        "by_importance": {},
    }
    with pytest.raises(CommandError, match="XX") as error:
        stats("--unit", "XX")
    assert error.value.returncode == 2
