"""The owners' register: reasons, persons, other layouts, modes, rights, and running it twice."""

import datetime as dt
from io import StringIO

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from core.models import ImportRun, ImportState
from customers.models import Customer, CustomerUnit, NameReading, Ownership, Property
from tests.customers.files import (
    OWNER_HEADS,
    checksums,
    codes,
    identity,
    import_file,
    owner,
    owners_file,
    phone,
    table,
    write_csv,
    write_xlsx,
)
from tests.factories import make_post, make_unit, make_user

WRONG = identity(1)[:-1] + ("0" if identity(1)[-1] != "0" else "1")


@pytest.fixture
def file(tmp_path):
    """Write rows of owners to a workbook: `file(row, row, …)`."""

    def write(*rows, name="业主.xlsx", heads=()):
        return owners_file(tmp_path / name, rows, heads)

    return write


def counts(report):
    return tuple(report[name] for name in ("rows", "accepted", "rejected", "skipped"))


# --- reasons ------------------------------------------------------------------------------------

REASONS = [
    ("name_missing", {"业主姓名": ""}),
    ("unknown_project", {"项目": "云上花园"}),
    ("unit_mismatch", {"区域": "南方区域"}),
    ("id_checksum", {"证件号码": WRONG}),
    ("phone", {"手机号码": "12345"}),
    ("date", {"签约日期": "2023-02-30"}),
]


def test_each_fault_has_its_code_and_the_first_in_order_wins(world, file):
    """Row by row: one fault alone; then every fault from a place in the order on, together."""
    alone = [owner(f"甲一{n}", **fault) for n, (_code, fault) in enumerate(REASONS)]
    together = []
    for place in range(len(REASONS)):
        row = owner(f"甲二{place}")
        for _code, fault in REASONS[place:]:
            row |= fault
        together.append(row)

    report = import_file("owners", file(*alone, *together))

    expected = [code for code, _fault in REASONS] * 2
    assert codes(report) == [(row, code) for row, code in enumerate(expected, start=2)]
    assert counts(report) == (12, 0, 12, 0)
    assert all(problem["message"] for problem in report["errors"])
    assert Customer.objects.count() == 0


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"区域": "东方区域"}, "unit_mismatch"),
        ({"城市公司": "南方公司"}, "unit_mismatch"),
        ({"城市公司": "从未听说"}, "unit_mismatch"),
        ({"备用电话": "999"}, "phone"),
        ({"交付日期": "昨天"}, "date"),
        ({"项目": ""}, "unknown_project"),
        ({"证件号码": "4.20106E+17"}, "id_checksum"),
        ({"证件号码": identity(3)[:17]}, "id_checksum"),
    ],
)
def test_further_faults(world, file, fault, code):
    report = import_file("owners", file(owner(**fault), owner("李四")))

    assert codes(report) == [(2, code)]
    assert counts(report) == (2, 1, 1, 0)


def test_a_row_repeated_to_the_letter_is_skipped_before_anything_else(world, file):
    good, bad = owner(), owner("", 证件号码=WRONG)

    report = import_file("owners", file(good, good, bad, bad, owner(备注="另")))

    assert codes(report) == [
        (3, "duplicate_row"),
        (4, "name_missing"),
        (5, "duplicate_row"),
    ]
    assert counts(report) == (5, 2, 1, 2)
    assert report["created"] == {"customers": 1, "co_owners": 0, "properties": 1}


def test_the_report_is_whole_numbers_and_stands_in_the_run(world, file):
    report = import_file("owners", file(owner()))
    run = ImportRun.objects.get()

    assert report == {
        "rows": 1,
        "accepted": 1,
        "rejected": 0,
        "skipped": 0,
        "created": {"customers": 1, "co_owners": 0, "properties": 1},
        "updated": {"customers": 0, "properties": 0},
        "errors": [],
        "warnings": [],
    }
    assert run.report == report
    assert run.state == ImportState.APPLIED
    assert run.rejected_name == ""


# --- who is who ---------------------------------------------------------------------------------


def test_the_same_identity_number_is_one_person_with_several_flats(world, file):
    number = identity(7)
    report = import_file(
        "owners",
        file(
            owner(证件号码=number, 房号="101", 签约日期="2022-03-04", 交付日期=""),
            owner(证件号码=f" {number} ".replace("X", "x"), 房号="102", 手机号码=phone(7)),
            owner("張三", 证件号码=number, 项目="南方名邸", 区域="", 城市公司="", 房号="103"),
        ),
    )

    person = Customer.objects.get()
    assert report["created"] == {"customers": 1, "co_owners": 0, "properties": 3}
    assert person.name == "张三"
    assert person.phone_masked == "139****0007"
    assert sorted(person.ownerships.values_list("property__label", flat=True)) == [
        "3栋2单元101",
        "3栋2单元102",
        "3栋2单元103",
    ]
    places = {place.unit.code: place for place in person.places.select_related("unit")}
    assert set(places) == {"N1A", "S1B"}
    assert places["N1A"].signed_on == dt.date(2022, 3, 4)
    assert places["N1A"].handed_over_on == dt.date(2024, 6, 30)
    assert (places["S1B"].region_id, places["S1B"].city_id) == (world.south.pk, world.s1.pk)


def test_co_owners_are_persons_of_their_own_and_counted_apart(world, file):
    report = import_file(
        "owners",
        file(
            owner("张三、李四", 证件号码=identity(1), 手机号码=phone(1), 合同总价="1234567.8"),
            owner("王五,赵六/钱七", 房号="1202", 证件号码=identity(2)),
        ),
    )

    assert report["created"] == {"customers": 2, "co_owners": 3, "properties": 2}
    flat = Property.objects.get(label="3栋2单元1201")
    owned = flat.ownerships.order_by("-is_primary").values_list(
        "customer__name", "is_primary", "price"
    )
    assert [tuple(map(str, row)) for row in owned] == [
        ("张三", "True", "1234567.80"),
        ("李四", "False", "None"),
    ]
    co_owner = Customer.objects.get(name="李四")
    assert (co_owner.clear("identity"), co_owner.clear("phone")) == ("", "")
    assert co_owner.places.get().unit == world.n1a


def test_a_family_phone_with_two_names_is_two_persons(world, file):
    report = import_file(
        "owners",
        file(
            owner("张三", 手机号码=phone(5)),
            owner("李四", 手机号码=phone(5), 房号="1202"),
            owner("张三", 手机号码=f"+86 {phone(5)}", 房号="1203"),
        ),
    )

    assert report["created"] == {"customers": 2, "co_owners": 0, "properties": 3}


def test_a_person_of_an_earlier_file_is_found_again(world, file):
    known = owner(证件号码=identity(1), 手机号码=phone(1))
    import_file("owners", file(known, owner("李四", 房号="9")))

    report = import_file(
        "owners",
        file(
            owner("张三", 手机号码=phone(1), 房号="1202"),
            owner("李四", 房号="9", 手机号码=""),
        ),
    )

    assert report["created"] == {"customers": 0, "co_owners": 0, "properties": 1}
    assert Customer.objects.count() == 2


def test_surnames_with_several_readings_are_found_by_each(world, file):
    import_file("owners", file(owner("单丽")))
    person = Customer.objects.get()

    assert (person.pinyin, person.initials) == ("shanli", "sl")
    assert ("danli", "dl") in NameReading.objects.values_list("pinyin", "initials")


def test_keepers_are_the_customer_officers_of_the_project_in_turn(world, file):
    second = make_user(unit=world.n1a, no="N-CLERK2")
    make_post(user=second, unit=world.n1a, function="客户专员")
    gone = make_user(unit=world.n1a, no="N-CLERK3", state="left")
    make_post(user=gone, unit=world.n1a, function="客户专员")

    import_file("owners", file(*(owner(f"张一{n}", 房号=str(100 + n)) for n in range(4))))

    kept = CustomerUnit.objects.order_by("pk").values_list("name", "keeper__employee_no")
    assert dict(kept) == {
        "张一0": "N-CLERK",
        "张一1": "N-CLERK2",
        "张一2": "N-CLERK",
        "张一3": "N-CLERK2",
    }


def test_keeper_by_hand_and_units_without_officers(world, file):
    import_file("owners", file(owner(项目="北方名邸")))
    import_file("owners", file(owner("李四", 房号="8")), "--keeper", "n-head")

    assert CustomerUnit.objects.get(name="张三").keeper is None
    assert CustomerUnit.objects.get(name="李四").keeper == world.north_head


# --- again --------------------------------------------------------------------------------------


def world_of_rows():
    """Every shape a good row takes."""
    return [
        owner(证件号码=identity(1), 手机号码=phone(1), 客户等级="A类", 合同总价="¥1,234.50"),
        owner(证件号码=identity(1), 房号="1202", 备用电话="027-87654321"),
        owner("李四、王五", 手机号码=phone(2), 房号="1203", 签约日期="", 交付日期=""),
        owner("赵六", 房号="1204"),
        owner("钱七、张三", 房号="1205", 证件号码=identity(3)),
        owner("孙八", 楼栋="", 单元="", 房号=""),
        owner("周九", 证件类型="护照", 证件号码="E12345678", 房号="1206"),
        owner("吴十", 项目="南方花园", 区域="南方", 城市公司="南方", 建筑面积="89.5㎡"),
        # One of the rows of a person lacks what would identify him.
        owner("郑一", 手机号码=phone(8), 房号="1301"),
        owner("郑一", 手机号码=phone(8), 房号="1302", 证件号码=identity(8)),
        owner("郑一", 手机号码=phone(8), 房号="1303", 证件号码=identity(9)),
        # Each owner exported once more on his own.
        owner("冯一、冯二", 房号="1401", 证件号码=identity(10)),
        owner("冯二、冯一", 房号="1401", 证件号码=identity(11)),
        owner("冯一", 房号="1401"),
    ]


@pytest.mark.parametrize("mode", ["fill", "update", "skip"])
def test_the_second_run_changes_nothing(world, file, mode):
    path = file(*world_of_rows())
    first = import_file("owners", path)
    before = checksums()

    again = import_file("owners", path, "--mode", mode)

    assert first["created"] == {"customers": 11, "co_owners": 3, "properties": 11}
    assert again["created"] == {"customers": 0, "co_owners": 0, "properties": 0}
    assert again["updated"] == {"customers": 0, "properties": 0}
    assert checksums() == before


def archive():
    """The archive without keys and moments: who owns what where, by content."""
    return sorted(
        Ownership.objects.values_list(
            "customer__name",
            "customer__identity_last4",
            "customer__phone_last4",
            "property__label",
            "unit__code",
            "is_primary",
        )
    )


def test_the_size_of_chunks_changes_nothing(world, file, monkeypatch):
    path = file(*world_of_rows())
    import_file("owners", path)
    whole = archive(), Customer.objects.count()
    Customer.objects.all().delete()
    Property.objects.all().delete()

    monkeypatch.setattr("customers.imports.owners.CHUNK", 1)
    import_file("owners", path)

    assert (archive(), Customer.objects.count()) == whole


def test_a_dry_run_writes_nothing(world, file):
    before = checksums()

    report = import_file("owners", file(*world_of_rows(), owner("")), "--dry-run")

    assert counts(report) == (15, 14, 1, 0)
    assert codes(report) == [(16, "name_missing")]
    assert checksums() == before
    assert ImportRun.objects.get().state == ImportState.CHECKED


@pytest.mark.parametrize(
    ("mode", "level", "source", "last_four", "updated"),
    [
        ("fill", "A类", "转介", "0001", 1),
        ("update", "B类", "转介", "0002", 1),
        ("skip", "A类", "", "0001", 0),
    ],
)
def test_what_happens_to_known_persons(world, file, mode, level, source, last_four, updated):
    first = owner(证件号码=identity(1), 手机号码=phone(1), 客户等级="A类")
    import_file("owners", file(first))

    change = {"客户等级": "B类", "客户来源": "转介", "手机号码": phone(2), "备注": ""}
    report = import_file("owners", file(first | change), "--mode", mode)

    person = Customer.objects.get()
    assert report["updated"]["customers"] == updated
    assert (person.level, person.source, person.phone_last4) == (level, source, last_four)
    assert person.places.get().level == level
    assert person.name == "张三"


# --- other layouts ------------------------------------------------------------------------------

OTHER_HEADS = "买受人 身份证号 联系电话 小区名称 幢号 门栋 室号 接房时间 购房日期".split()
OTHER_ROW = [
    *("张三", identity(1), phone(1), "北方花园", "3", "2", "1201室"),
    *("2024年6月30日", "2023.5.1"),
]


def stored():
    """What the one owner of a file became."""
    person = Customer.objects.get()
    owned = person.ownerships.select_related("property").get()
    return (
        person.name,
        person.clear("identity"),
        person.clear("phone"),
        owned.property.label,
        owned.signed_on.isoformat(),
        owned.handed_over_on.isoformat(),
        owned.unit.code,
    )


EXPECTED = ("张三", identity(1), phone(1), "3栋2单元1201", "2023-05-01", "2024-06-30", "N1A")


def test_title_rows_other_heads_other_order_no_region(world, tmp_path):
    titles = [["××城市公司业主信息表"], ["导出时间：2026-11-01"], []]
    sheet = [*titles, OTHER_HEADS, OTHER_ROW, ["合计", 1], ["制表人：某某"]]
    path = write_xlsx(tmp_path / "导出.xlsx", {"Sheet1": sheet}, merged=["A1:I1"])

    report = import_file("owners", path)

    assert counts(report) == (1, 1, 0, 0)
    assert stored() == EXPECTED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_text_files_of_every_encoding(world, tmp_path, encoding):
    path = write_csv(tmp_path / "业主.csv", [OTHER_HEADS, OTHER_ROW], encoding)

    assert counts(import_file("owners", path)) == (1, 1, 0, 0)
    assert stored() == EXPECTED


def test_row_numbers_are_those_of_the_sheet(world, tmp_path):
    sheet = [["标题"], [], OTHER_HEADS, OTHER_ROW, [], ["", *OTHER_ROW[1:]]]
    path = write_xlsx(tmp_path / "x.xlsx", {"Sheet1": sheet})

    assert codes(import_file("owners", path)) == [(6, "name_missing")]


@pytest.mark.parametrize(
    "room", ["3栋2单元1201", "3-2-1201", "3幢2单元1201室", "３号楼２单元１２０１", "三栋二单元1201"]
)
def test_one_column_for_the_whole_room(world, tmp_path, room):
    heads = ["项目名称", "房屋地址", "业主"]
    path = write_xlsx(tmp_path / "x.xlsx", {"a": [heads, ["北方花园", room, "张三"]]})

    import_file("owners", path)

    flat = Property.objects.get()
    assert (flat.building, flat.building_unit, flat.room) == ("3", "2", "1201")


def test_identity_numbers_of_fifteen_digits_are_the_same_person(world, file):
    full = identity(1)
    short = full[:6] + full[8:17]

    report = import_file("owners", file(owner(证件号码=short), owner(证件号码=full, 房号="2")))

    assert report["created"]["customers"] == 1
    assert Customer.objects.get().clear("identity") == full


def test_a_missing_column_is_named(world, file):
    with pytest.raises(CommandError, match="业主姓名") as error:
        import_file("owners", file(owner(), heads=["项目", "房号", "手机号码"]))

    assert error.value.returncode == 2
    assert Customer.objects.count() == 0


def test_columns_are_corrected_by_map(world, tmp_path):
    heads = ["项目", "房号", "登记人", "业主姓名"]
    path = write_xlsx(tmp_path / "x.xlsx", {"a": [heads, ["北方花园", "1", "张三", "置业顾问"]]})

    import_file("owners", path, "--map", "登记人=name", "业主姓名=")

    assert Customer.objects.get().name == "张三"


@pytest.mark.parametrize(
    ("pair", "word"), [("没有=name", "没有"), ("房号=nonsense", "nonsense"), ("房号", "房号")]
)
def test_a_wrong_map_is_refused_in_one_sentence(world, file, pair, word):
    with pytest.raises(CommandError, match=word) as error:
        import_file("owners", file(owner()), "--map", pair)

    assert error.value.returncode == 2


# --- rejected rows ------------------------------------------------------------------------------


def cells(path):
    page = openpyxl.load_workbook(path).worksheets[0]
    return [list(row) for row in page.iter_rows(values_only=True)]


def test_rejected_rows_come_back_as_they_were_and_can_be_corrected(world, tmp_path):
    rows = [
        owner(证件号码=identity(1)),
        owner("", 房号=1202, 签约日期=dt.date(2023, 5, 1)),
        owner("李四", 房号="=1+1", 手机号码="12345", 备注="＝危险"),
        owner("李四", 房号="=1+1", 手机号码="12345", 备注="＝危险"),
    ]
    sheet = [["某某项目业主档案"], *table(OWNER_HEADS, rows)]
    path = write_xlsx(tmp_path / "业主.xlsx", {"业主": sheet}, merged=["A1:C1"])
    # A cell of text that looks like a formula, as a program writes it.
    book = openpyxl.load_workbook(path)
    for row in (5, 6):
        book["业主"].cell(row, 6).data_type = "s"
    book.save(path)
    rejected = tmp_path / "rejected.xlsx"

    report = import_file("owners", path, "--rejected", str(rejected))

    assert codes(report) == [(4, "name_missing"), (5, "phone"), (6, "duplicate_row")]
    before, after = cells(path), cells(rejected)
    width = len(OWNER_HEADS)
    assert [row[:width] for row in after] == [before[0], before[1], before[3], before[4]]
    reasons = {problem["row"]: problem["message"] for problem in report["errors"]}
    assert [row[width] for row in after[2:]] == [reasons[4], reasons[5]]
    assert after[1][width]
    page = openpyxl.load_workbook(rejected)["业主"]
    assert [str(area) for area in page.merged_cells.ranges] == ["A1:C1"]
    assert {cell.data_type for row in page.iter_rows() for cell in row} <= {"s", "n", "d"}

    book = openpyxl.load_workbook(rejected)
    page = book["业主"]
    page.cell(3, OWNER_HEADS.index("业主姓名") + 1).value = "王五"
    page.cell(4, OWNER_HEADS.index("手机号码") + 1).value = phone(4)
    book.save(rejected)
    again = import_file("owners", rejected)

    assert counts(again) == (2, 2, 0, 0)
    assert sorted(Customer.objects.values_list("name", flat=True)) == ["张三", "李四", "王五"]


def test_refused_arguments_are_one_sentence_and_status_2(world, file, tmp_path):
    wrong = [
        ["nonsense", str(file(owner()))],
        ["owners", str(tmp_path / "missing.xlsx")],
        ["owners", str(file(owner())), "--as", "NOBODY"],
        ["owners", str(file(owner())), "--keeper", "NOBODY"],
        ["owners", str(file(owner())), "--as", world.reader.employee_no],
    ]
    for arguments in wrong:
        with pytest.raises(CommandError) as error:
            call_command("import_file", *arguments, stdout=StringIO())
        assert error.value.returncode == 2
        assert "\n" not in str(error.value)
    assert Customer.objects.count() == 0


# --- rights -------------------------------------------------------------------------------------


def test_foreign_projects_are_unknown_to_a_narrow_importer(world, file):
    rows = (owner(), owner("李四", 项目="南方花园", 区域="南方区域", 城市公司="南方公司"))

    report = import_file("owners", file(*rows), "--as", "n-head")

    assert codes(report) == [(3, "unknown_project")]
    assert "南方区域" not in report["errors"][0]["message"]
    assert Customer.objects.get().entered_by == world.north_head


def test_a_person_of_another_branch_gets_a_place_and_keeps_his_fields(world, file):
    import_file("owners", file(owner(证件号码=identity(1), 项目="南方花园", 区域="", 城市公司="")))
    before = Customer.objects.values().get()

    rows = (
        owner("新人", 房号="7"),
        owner("李四", 证件号码=identity(1), 手机号码=phone(1), 客户等级="A类"),
    )
    path = file(*rows)
    report = import_file("owners", path, "--as", "N-HEAD", "--mode", "update")

    assert codes(report, "warnings") == [(3, "known_elsewhere")]
    assert "张三" not in report["warnings"][0]["message"]
    assert Customer.objects.values().get(pk=before["id"]) == before
    places = CustomerUnit.objects.filter(customer=before["id"])
    assert sorted(places.values_list("unit__code", flat=True)) == ["N1A", "S1A"]
    owned = Ownership.objects.filter(customer=before["id"])
    assert owned.visible_to(world.north_head).count() == 1


def test_equal_project_names_are_told_apart_by_region(world, file):
    make_unit(kind="project", code="S1C", name="北方花园", parent=world.s1)

    import_file("owners", file(owner(区域="南方区域", 城市公司="南方公司")))

    assert CustomerUnit.objects.get().unit.code == "S1C"
