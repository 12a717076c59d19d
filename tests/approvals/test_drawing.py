"""The drawing of a flow: where things stand, which way is lit, what is said in words."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from approvals.definitions import parse
from approvals.drawing import Shown, draw, fitted, shown_steps
from approvals.wording import Names

FLOW = {
    "steps": [
        {
            "key": "commerce",
            "name": "商务核签",
            "who": [{"kind": "post", "name": "商务核签", "level": "group"}],
            "opinion_only": True,
            "limit": {"amount": "2", "unit": "working_days"},
        },
        {
            "key": "manager",
            "name": "总经理",
            "who": [{"kind": "head", "up": 1}, {"kind": "person", "name": "E7"}],
            "how": "all",
            "condition": {"all": [{"field": "amount", "is": "gt", "policy": "a.ceiling"}]},
        },
        {
            "key": "board",
            "name": "董事会",
            "who": [{"kind": "body", "name": "board"}],
            "how": "share",
            "share": 60,
        },
    ]
}
NAMES = Names(
    bodies={"board": "公司董事会"}, people={"E7": "宋涛"}, policies={"a.ceiling": Decimal(3000)}
)


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def steps():
    return shown_steps(parse(FLOW), NAMES)


def test_steps_are_said_in_words():
    commerce, manager, board = steps()

    assert (commerce.who, commerce.limit) == (
        "商务核签 (Group)",
        "within 2 working days, then a reminder",
    )
    assert (manager.who, manager.how, manager.condition) == (
        "Head (1 level up), 宋涛",
        "All sign",
        "if Amount above ¥3,000",
    )
    assert (board.who, board.how, board.condition) == ("公司董事会", "At least 60% of them", "")


@pytest.mark.parametrize("upright", [False, True])
def test_nothing_overlaps_and_nothing_leaves_the_drawing(upright):
    drawing = draw(steps(), applicant="周敏", at="11-20 09:40", upright=upright)

    assert [box.labels[0].text for box in drawing.boxes] == [
        "Apply",
        "商务核签",
        "总经理",
        "董事会",
        "End",
    ]
    for box in drawing.boxes:
        assert 0 <= box.x <= box.x + box.width <= drawing.width
        assert 0 <= box.y <= box.y + box.height <= drawing.height
        assert all(box.y < label.y < box.y + box.height for label in box.labels)
    for one, other in zip(drawing.boxes, drawing.boxes[1:], strict=False):
        apart_x = other.x >= one.x + one.width
        apart_y = other.y >= one.y + one.height
        assert apart_y if upright else apart_x
    main = [box.x if upright else box.y for box in drawing.boxes]
    assert main[0] == main[1] == main[3] == main[4]
    assert main[2] > main[0]  # the conditional step stands beside the line
    assert [label.text for label in drawing.labels][0].startswith("if Amount")


def test_a_running_case_shows_where_it_is():
    done, skipped, waiting = (
        replace(step, state=state)
        for step, state in zip(steps(), ("done", "skipped", "open"), strict=True)
    )
    done = replace(done, people=("赵琳",), said="Agreed 11:02")
    drawing = draw([done, skipped, replace(waiting, marked=True)], applicant="周敏", at="09:40")

    assert [box.css for box in drawing.boxes] == [
        "is-done",
        "is-done",
        "is-skipped",
        "is-open is-marked",
        "is-plan",
    ]
    assert [line.css for line in drawing.lines] == ["", "is-by", "is-by", "", ""]
    assert drawing.boxes[1].title == "商务核签 · 赵琳 · Agreed 11:02"
    assert "✓ Agreed 11:02" in [label.text for label in drawing.boxes[1].labels]
    went_up = draw([done, replace(skipped, state="done"), waiting])
    assert [line.css for line in went_up.lines] == ["", "", "", "is-by", ""]


def test_the_way_past_a_step_is_dim_when_the_case_goes_through_it():
    only = Shown("a", "甲", condition="if x", state="done")

    assert [line.css for line in draw([only]).lines] == ["", "", "is-by"]


def test_long_words_are_cut():
    assert fitted("客户关系费用管理负责人审批", 70, 2) == ["客户关系费", "用管理负…"]
    assert fitted("short", 70, 1) == ["short"]
    assert fitted("general manager decides", 110, 2) == ["general manager", "decides"]
    assert fitted("金额大于50,000元时", 80, 2) == ["金额大于", "50,000元时"]
    assert fitted("1234567890123", 30, 2)[0] != ""
    assert fitted("", 70, 2) == []


def test_the_markup_names_the_steps_twice_and_escapes():
    nasty = replace(steps()[0], name="<script>", state="open", people=("赵琳",))
    html = render_to_string(
        "approvals/_drawing.html", {"drawing": draw([nasty]), "drawing_title": "Flow"}
    )

    assert html.count("&lt;script&gt;") == 3  # title and words of the box, and the list
    assert "<script>" not in html
    assert 'aria-current="step"' in html
    assert "style=" not in html
    assert 'aria-describedby="flow-steps"' in html
