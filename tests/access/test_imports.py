"""A file is no way around the reach: what `import_file --as` does, and tells, of other branches."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from customers.models import Contact, Customer, CustomerUnit, Ownership
from tests.factories import (
    give,
    make_contact,
    make_customer,
    make_ownership,
    make_property,
    make_user,
)

IDENTITY = "110105194912318216"
FOREIGN = "赣"  # in every text that the importer must not be told


@pytest.fixture
def stranger(world):
    """A person of the south, known by his identity number, with gaps that a file could fill."""
    customer = make_customer(
        unit=world.s1a,
        by=world.south_clerk,
        keeper=world.south_clerk,
        name=f"李{FOREIGN}岚",
        phone="+8613882008201",
        identity=IDENTITY,
        address=f"{FOREIGN}江路",
        remark=f"{FOREIGN}备注",
    )
    flat = make_property(unit=world.s1a, building=FOREIGN, room="8201")
    make_ownership(customer=customer, flat=flat)
    return customer


@pytest.fixture
def firm(world):
    """An organisation of the south with a contact."""
    customer = make_customer(
        unit=world.s1a,
        by=world.south_clerk,
        keeper=world.south_clerk,
        kind="organisation",
        code="DW-8201",
        name=f"{FOREIGN}江实业",
    )
    make_contact(customer=customer, name=f"王{FOREIGN}", phone="+8613782008201")
    return customer


def run(tmp_path: Path, kind: str, rows: list[dict[str, str]], *options: str, capsys) -> str:
    """Write the rows to a workbook, import it as the northern head, return what was printed."""
    book = Workbook()
    book.active.append(list(rows[0]))
    for row in rows:
        book.active.append(list(row.values()))
    book.save(tmp_path / "file.xlsx")
    capsys.readouterr()
    options = ("--as", "N-HEAD", "--json", *options)
    call_command("import_file", kind, str(tmp_path / "file.xlsx"), *options)
    return capsys.readouterr().out


def owner(**values: str) -> dict[str, str]:
    row = {"项目": "北方花园", "房号": "3-2-1201", "业主姓名": "李某", "证件号码": IDENTITY}
    return row | {"手机号码": "13900000001", "客户等级": "A类", "备注": "北方说"} | values


def everything_of(customer: Customer) -> tuple:
    """All fields of a customer, his contacts and his dealings outside the north."""
    return (
        Customer.objects.filter(pk=customer.pk).values().get(),
        list(Contact.objects.filter(customer=customer).values()),
        list(CustomerUnit.objects.filter(customer=customer, unit__code__startswith="S").values()),
        list(Ownership.objects.filter(customer=customer, unit__code__startswith="S").values()),
    )


@pytest.mark.parametrize("mode", ["fill", "update", "skip"])
def test_a_foreign_person_gets_a_place_and_nothing_else(world, stranger, tmp_path, capsys, mode):
    before = everything_of(stranger)

    told = run(tmp_path, "owners", [owner()], "--mode", mode, capsys=capsys)

    assert everything_of(stranger) == before
    places = CustomerUnit.objects.filter(customer=stranger).values_list("unit__code", flat=True)
    assert sorted(places) == ["N1A", "S1A"]
    assert [w["code"] for w in json.loads(told)["warnings"]] == ["known_elsewhere"]
    assert json.loads(told)["created"]["customers"] == 0
    for secret in (FOREIGN, "S1A", "S-CLERK", "南方", "8201", "YZ", str(stranger.pk)):
        assert secret not in told


def test_a_dry_run_tells_nothing_at_all(world, stranger, tmp_path, capsys):
    """The check must not be an oracle of who is known to the group."""
    known = run(tmp_path, "owners", [owner()], "--dry-run", capsys=capsys)
    unknown = owner(证件号码="110105194912317117", 手机号码="13900000002")

    assert run(tmp_path, "owners", [unknown], "--dry-run", capsys=capsys) == known
    assert CustomerUnit.objects.count() == 1


def test_a_foreign_project_reads_like_one_that_does_not_exist(world, tmp_path, capsys):
    def told(project: str) -> str:
        rows = [owner(项目=project, 证件号码="")]
        return run(tmp_path, "owners", rows, capsys=capsys).replace(project, "?")

    assert told("南方花园") == told("子虚花园")
    assert not Customer.objects.exists()


def test_seeing_far_is_not_importing_far(world, stranger, tmp_path, capsys):
    """A head of the north who may look at the whole group still changes nobody in the south."""
    give(world.north_head, "group-function", world.group)
    before = everything_of(stranger)

    told = run(tmp_path, "owners", [owner()], "--mode", "update", capsys=capsys)

    assert everything_of(stranger) == before
    assert json.loads(told)["updated"]["customers"] == 0


def test_seeing_far_is_not_importing_organisations_far(world, firm, tmp_path, capsys):
    give(world.north_head, "group-function", world.group)
    before = everything_of(firm)
    row = {"客户代码": "DW-8201", "单位名称": firm.name, "客户级别": "重要客户", "联系人": "新人"}

    run(tmp_path, "organisations", [row], "--mode", "update", capsys=capsys)

    assert everything_of(firm) == before


def test_a_guessed_code_opens_nobody(world, stranger, firm, tmp_path, capsys):
    """Codes count up: whoever writes them all into a file must not get a place for each."""
    rows = [
        {"客户代码": code, "单位名称": "随便", "行业类别": "建材"}
        for code in (stranger.code, firm.code)
    ]
    before = everything_of(stranger), everything_of(firm)

    told = run(tmp_path, "organisations", rows, "--mode", "update", capsys=capsys)

    report = json.loads(told)
    assert (report["accepted"], report["rejected"]) == (0, 2)
    assert {problem["code"] for problem in report["errors"]} == {"code_taken"}
    assert (everything_of(stranger), everything_of(firm)) == before
    assert not Customer.objects.visible_to(world.north_head).exists()
    for secret in (FOREIGN, "S1A", "S-CLERK", "南方"):
        assert secret not in told


def test_a_code_with_its_name_gets_a_place_and_nothing_else(world, firm, tmp_path, capsys):
    before = everything_of(firm)
    row = {"客户代码": "DW-8201", "单位名称": firm.name, "行业类别": "建材", "联系人": "新人"}

    told = run(tmp_path, "organisations", [row], "--mode", "update", capsys=capsys)

    assert everything_of(firm) == before
    assert [w["code"] for w in json.loads(told)["warnings"]] == ["known_elsewhere"]
    assert Customer.objects.visible_to(world.north_head).get() == firm


@pytest.mark.parametrize(("keeper", "allowed"), [("N-CLERK", True), ("S-CLERK", False)])
def test_only_somebody_in_reach_can_be_named_keeper(world, tmp_path, capsys, keeper, allowed):
    if not allowed:
        with pytest.raises(CommandError):
            run(tmp_path, "owners", [owner()], "--keeper", keeper, capsys=capsys)
        assert not CustomerUnit.objects.exists()
        return
    run(tmp_path, "owners", [owner()], "--keeper", keeper, capsys=capsys)
    assert CustomerUnit.objects.get().keeper == world.north_clerk


def test_nobody_imports_without_the_right(world, tmp_path, capsys):
    make_user(unit=world.n1a, role=None, no="N-NOBODY")

    with pytest.raises(CommandError):
        run(tmp_path, "owners", [owner()], "--as", "N-NOBODY", capsys=capsys)
    assert not Customer.objects.exists()
