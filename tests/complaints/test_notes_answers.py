"""Notes for colleagues, answers to the owner and their templates."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Entry
from complaints.answer_texts import VARIABLES, fill, named_in, unknown_in
from complaints.models import AnswerTemplate, CaseEntry, Category, Deadline
from complaints.selectors.answers import filled, shown_to, templates_for
from complaints.services.answers import answer_owner, save_template
from complaints.services.notes import EDIT_WITHIN, change_note, named_people, write_note
from core.errors import Refused
from core.models import Notice, OutboxMessage
from tests.complaints.cases import cast_of, fresh, help_with, stand
from tests.factories import make_case, make_contact, make_customer, make_user, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(world):
    return cast_of(world)


@pytest.fixture
def case(world, cast):
    return stand(make_case(unit=world.n1a, assign=False), "assigned", cast["handler"])


def notes_of(case):
    return CaseEntry.objects.filter(case=case, kind="note")


# --- notes ----------------------------------------------------------------------------------------


def test_a_note_is_internal_and_names_nobody_by_itself(case, cast):
    entry = write_note(case, text="  业主情绪激动，注意方式。 ", by=cast["handler"])

    assert (entry.text, entry.internal, entry.by) == (
        "业主情绪激动，注意方式。",
        True,
        cast["handler"],
    )
    assert not Notice.objects.filter(kind="complaints.mentioned").exists()
    assert Entry.objects.filter(action="case.note", subject_id=case.pk).count() == 1
    assert "业主" not in str(Entry.objects.get(action="case.note").detail)


def test_who_only_reads_writes_no_note(case, cast):
    for name in ("boss", "reader", "sibling", "far", "bystander", "admin"):
        with pytest.raises(Refused):
            write_note(case, text="备注", by=cast[name])
    for name in ("handler", "head", "officer"):
        write_note(case, text=f"备注{name}", by=cast[name])
    assert notes_of(case).count() == 3
    with pytest.raises(Refused):
        write_note(case, text="   ", by=cast["handler"])


def test_pressed_twice_it_is_one_note(case, cast):
    first = write_note(case, text="已约定周三上门", by=cast["handler"])

    assert write_note(case, text="已约定周三上门", by=cast["handler"]) == first
    write_note(case, text="已约定周三上门", by=cast["head"])
    CaseEntry.objects.filter(pk=first.pk).update(at=timezone.now() - timedelta(minutes=5))
    write_note(case, text="已约定周三上门", by=cast["handler"])
    assert notes_of(case).count() == 3


def test_who_is_named_is_told_once(case, cast):
    helper = make_user(unit=case.unit, role="section-head", name="王磊", no="W-9")
    entry = write_note(case, text="请@王磊看一下外墙，@王磊 尽快", by=cast["handler"])

    notice = Notice.objects.get(kind="complaints.mentioned")
    assert (notice.user, notice.url) == (helper, case.get_absolute_url())
    assert "外墙" not in str(notice.context)
    assert entry.facts == {"mentioned": [helper.pk]}


def test_names_end_where_those_of_people_do(case, cast):
    short = make_user(unit=case.unit, role="section-head", name="王磊", no="W-1")
    long = make_user(unit=case.unit, role="section-head", name="王磊明", no="W-2")

    assert named_people(case, "@王磊明天来") == [long]
    assert named_people(case, "@王磊，明天来") == [short]
    assert named_people(case, "@w-1请看") == [short]
    assert named_people(case, "写到 a.b@example.cn 或 @ 三号楼") == []


def test_a_name_that_nobody_who_sees_the_case_bears_is_refused(case, cast):
    """Neither unknown people nor those out of reach: the answer is the same."""
    make_user(unit=cast["far"].unit, role="section-head", name="远方人", no="F-1")
    make_user(unit=case.unit, name="同事甲", no="F-2")  # own reach: does not see it
    said = set()
    for name in ("远方人", "同事甲", "无此人"):
        with pytest.raises(Refused) as refusal:
            write_note(case, text=f"@{name} 请看", by=cast["handler"])
        said.add(str(refusal.value).replace(name, ""))
    assert len(said) == 1
    assert not notes_of(case).exists()

    help_with(case, make_user(unit=case.unit, name="同事乙", no="F-3"))
    write_note(case, text="@同事乙 请看", by=cast["handler"])


def test_of_two_with_the_same_name_the_number_is_asked(case, cast):
    pair = [
        make_user(unit=case.unit, role="section-head", name="李强", no=f"L-{n}") for n in (1, 2)
    ]
    with pytest.raises(Refused):
        write_note(case, text="@李强 请看", by=cast["handler"])
    assert named_people(case, "@L-2 请看") == [pair[1]]


def test_a_fresh_note_is_mended_by_its_author_alone(case, cast):
    entry = write_note(case, text="周三", by=cast["handler"])
    named = make_user(unit=case.unit, role="section-head", name="王磊", no="W-9")

    for other in (cast["head"], None):
        with pytest.raises(Refused):
            change_note(entry, text="周四", by=other)
    changed = change_note(entry, text="周四 @王磊", by=cast["handler"])
    change_note(entry, text="周四上午 @王磊", by=cast["handler"])

    assert (changed.facts["mentioned"], changed.facts["mended"]) == ([named.pk], True)
    assert Notice.objects.filter(kind="complaints.mentioned").count() == 1
    CaseEntry.objects.filter(pk=entry.pk).update(
        at=timezone.now() - EDIT_WITHIN - timedelta(seconds=1)
    )
    with pytest.raises(Refused):
        change_note(entry, text="周五", by=cast["handler"])
    assert notes_of(case).get().text == "周四上午 @王磊"


# --- variables ------------------------------------------------------------------------------------


def test_variables_are_replaced_and_nothing_is_evaluated():
    text = "尊敬的{owner}：{number}。{ owner }"
    assert fill(text, {"owner": "陈志远", "number": "TS1"}) == "尊敬的陈志远：TS1。陈志远"
    assert fill("{owner.pk}{0}{due}", {"owner": "陈"}) == "{owner.pk}{0}{due}"
    assert fill("{owner}", {"owner": "{number}", "number": "7"}) == "{number}"
    assert named_in("{a}{b}{a}") == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("".join(f"{{{name}}}" for name in VARIABLES), []),
        ("{ower}", ["ower"]),
        ("{owner.name}", ["owner.name"]),
        ("{owner", ["{"]),
        ("owner}", ["}"]),
        ("{}", [""]),
        ("没有变量", []),
    ],
)
def test_what_is_no_variable_is_found(text, unknown):
    assert unknown_in(text) == unknown


# --- templates ------------------------------------------------------------------------------------


def template(unit, name="安抚", **values):
    given = {"channel": "phone", "text": "{owner}您好，{number}由{handler}负责，{due}前答复。"}
    return save_template(None, by=None, unit=unit, name=name, **(given | values))


def test_a_template_with_an_unknown_variable_is_refused(world):
    with pytest.raises(Refused):
        template(world.group, text="{ower}您好")
    assert not AnswerTemplate.objects.exists()


def test_templates_come_from_the_line_of_the_unit_and_fit_the_category(world, case):
    leak, parking = (Category.objects.get(name=name) for name in ("渗漏", "停车"))
    everywhere, city = template(world.group, "集团"), template(world.n1, "城市")
    first_level = template(world.group, "工程", category=leak.parent)
    template(world.group, "停车", category=parking)
    template(world.n1b, "旁边")
    template(world.south, "南方")
    template(world.group, "旧的", is_active=False)
    case.category, case.top_category = leak, leak.parent

    assert templates_for(case) == [city, first_level, everywhere]
    case.category = case.top_category = None
    assert templates_for(case) == [city, everywhere]


def test_a_template_is_filled_with_what_the_case_says(world, case):
    text = filled(template(world.group), fresh(case), timezone.now())

    assert text.startswith(f"陈志远您好，{case.number}由handler负责，20")
    open_case = make_case(unit=world.n1a, kind="praise", assign=False)
    assert "{handler}" in filled(AnswerTemplate.objects.get(), open_case, timezone.now())


def test_who_may_write_templates_and_where(world, cast):
    keeper = make_user(unit=world.n1, role="section-administrator", no="M-1")
    group, beside = template(world.group, "集团"), template(world.south, "南方")
    own = save_template(
        None, by=keeper, unit=world.n1a, name="项目", channel="sms", text="{owner}您好"
    )

    assert set(shown_to(keeper)) == {own, group}
    assert set(shown_to(cast["admin"])) == {own, group, beside}
    for unit, row in ((world.group, None), (world.n1, group), (world.south, None)):
        with pytest.raises(Refused):
            save_template(row, by=keeper, unit=unit, name="x", channel="sms", text="x")
    with pytest.raises(Refused):
        save_template(None, by=cast["head"], unit=world.n1a, name="x", channel="sms", text="x")
    with pytest.raises(Refused):  # the name is taken for this channel
        save_template(None, by=keeper, unit=world.n1a, name="项目", channel="sms", text="x")
    changed = save_template(own, by=keeper, unit=world.n1a, text="新", name="项目", channel="sms")
    assert (changed.pk, changed.text, changed.changed_by) == (own.pk, "新", keeper)


# --- answers --------------------------------------------------------------------------------------


def test_an_answer_is_for_the_owner_and_the_first_contact(case, cast):
    entry = answer_owner(case, by=cast["handler"], channel="sms", text="已收到，两日内上门。")

    now = fresh(case)
    assert (entry.internal, entry.facts["way"], entry.facts["mailed"]) == (False, "sms", False)
    assert now.first_contact_at == entry.at
    assert Deadline.objects.get(case=case, kind="first_contact").met_at == entry.at
    assert now.version == case.version + 1
    answer_owner(case, by=cast["handler"], channel="sms", text="明日上门。")
    assert fresh(case).first_contact_at == entry.at


@pytest.mark.parametrize(
    ("rule", "channel", "counts"),
    [
        ("none", "phone", False),
        ("phone", "phone", True),
        ("phone", "letter", False),
        ("all", "letter", True),
    ],
)
def test_the_rule_says_which_answers_are_first_contacts(case, cast, rule, channel, counts):
    say(case.unit, "complaints.answers_count", rule)
    answer_owner(case, by=cast["handler"], channel=channel, text="已收到。")

    assert (fresh(case).first_contact_at is not None) is counts
    assert Deadline.objects.filter(case=case, met_at__isnull=False).exists() is counts


def test_pressed_twice_it_is_one_answer(case, cast):
    first = answer_owner(case, by=cast["handler"], channel="phone", text="已收到。")

    assert answer_owner(case, by=cast["handler"], channel="phone", text="已收到。") == first
    answer_owner(case, by=cast["handler"], channel="sms", text="已收到。")
    assert CaseEntry.objects.filter(case=case, kind="answer").count() == 2


def test_answers_that_cannot_be(case, cast):
    for values in (
        {"text": " "},
        {"text": "{due}前答复"},
        {"channel": "pigeon"},
        {"by": cast["bystander"]},
        {"by": cast["officer"]},
        {"by": cast["boss"]},
        {"by": cast["sibling"]},
    ):
        given = {"by": cast["handler"], "channel": "phone", "text": "已收到。"} | values
        with pytest.raises(Refused):
            answer_owner(case, **given)
    merged = stand(make_case(unit=case.unit, assign=False), "merged", cast["handler"])
    with pytest.raises(Refused):
        answer_owner(merged, by=cast["head"], channel="phone", text="已收到。")
    assert not CaseEntry.objects.filter(kind="answer").exists()
    assert not OutboxMessage.objects.exists()


def test_an_e_mail_goes_out_when_the_address_is_known(world, cast):
    firm = make_customer(unit=world.n1a, kind="organisation", name="北方实业有限公司")
    make_contact(customer=firm, email="w@example.cn")
    case = make_case(unit=world.n1a, customer=firm, assign=False)
    stand(case, "assigned", cast["handler"])

    entry = answer_owner(case, by=cast["handler"], channel="mail", text="您好：\n<已处理>")
    answer_owner(case, by=cast["handler"], channel="letter", text="您好：\n<已处理>")

    mail = OutboxMessage.objects.get()
    assert entry.facts["mailed"] is True
    assert (mail.to, mail.text) == ("w@example.cn", "您好：\n<已处理>")
    assert "&lt;已处理&gt;" in mail.html
    assert case.number in mail.subject
    assert "example.cn" not in str(list(CaseEntry.objects.values_list("facts", "text")))
