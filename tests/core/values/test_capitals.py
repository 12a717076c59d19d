"""Sums in Chinese capital letters: how they are written, and which are read."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.values import BadValue, capital_sum, parse_capital_sum, parse_money

WRITTEN = [
    ("0", "零圆整"),
    ("0.05", "伍分"),
    ("0.10", "壹角整"),
    ("0.95", "玖角伍分"),
    ("1", "壹圆整"),
    ("10", "壹拾圆整"),
    ("10.05", "壹拾圆零伍分"),
    ("18", "壹拾捌圆整"),
    ("105", "壹佰零伍圆整"),
    ("325.04", "叁佰贰拾伍圆零肆分"),
    ("1409.50", "壹仟肆佰零玖圆伍角整"),
    ("1680.32", "壹仟陆佰捌拾圆叁角贰分"),
    ("6007.14", "陆仟零柒圆壹角肆分"),
    ("10001.10", "壹万零壹圆壹角整"),
    ("16409.02", "壹万陆仟肆佰零玖圆零贰分"),
    ("100500", "壹拾万零伍佰圆整"),
    ("107000.53", "壹拾万柒仟圆伍角叁分"),
    ("1000000", "壹佰万圆整"),
    ("1000001", "壹佰万零壹圆整"),
    ("20300400", "贰仟零叁拾万零肆佰圆整"),
    ("100000000", "壹亿圆整"),
    ("100000010", "壹亿零壹拾圆整"),
    ("100010000", "壹亿零壹万圆整"),
    ("123456789.01", "壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖圆零壹分"),
    ("999999999999.99", "玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖圆玖角玖分"),
    ("1000000000000", "壹万亿圆整"),
    ("1200000000000", "壹万贰仟亿圆整"),
    ("-50", "负伍拾圆整"),
    ("-0.001", "零圆整"),
    ("0.005", "壹分"),
]


@pytest.mark.parametrize(("amount", "letters"), WRITTEN)
def test_a_sum_in_capital_letters(amount, letters):
    assert capital_sum(Decimal(amount)) == letters


def test_what_has_no_agreed_name_is_not_written():
    with pytest.raises(ValueError, match="too large"):
        capital_sum(Decimal(10) ** 16)


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("人民币壹仟零伍拾元整", "1050.00"),
        ("人民币(大写): 叁仟圆正", "3000.00"),
        ("壹拾万零柒仟圆零伍角叁分", "107000.53"),  # the noughts that are free
        ("拾万圆整", "100000.00"),
        ("一百二十元", "120.00"),
        ("两千元", "2000.00"),
        ("伍角", "0.50"),
        ("壹角整", "0.10"),
        ("壹 佰 圆 整", "100.00"),
        ("貳萬圓整", "20000.00"),
    ],
)
def test_letters_as_people_write_them_are_read(typed, amount):
    assert parse_money(typed) == Decimal(amount)


@pytest.mark.parametrize(
    "typed",
    [
        "壹仟伍拾圆整",  # the nought lacks
        "壹仟零贰佰圆整",
        "壹佰圆零伍角整整",
        "壹万亿万圆整",
        "壹佰贰拾拾圆",
        "佰圆整",
        "圆整",
        "零壹圆",
        "壹圆贰角零分",
        "壹圆3角",
    ],
)
def test_letters_that_say_no_sum_are_refused(typed):
    with pytest.raises(BadValue) as caught:
        parse_money(typed)
    assert caught.value.code == "money"


@given(st.decimals(min_value=0, max_value=Decimal("9999999999999999.99"), places=2))
def test_what_was_written_is_read_as_the_same_sum(amount):
    assert parse_capital_sum(capital_sum(amount)) == amount


@given(st.text(alphabet="零壹贰玖拾佰仟万亿圆角分整", max_size=12))
def test_any_letters_are_one_sum_or_refused(letters):
    try:
        amount = parse_capital_sum(letters)
    except BadValue:
        return
    assert parse_capital_sum(capital_sum(amount)) == amount
