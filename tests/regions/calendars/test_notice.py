"""The State Council's notices as they were published, read into days."""

import datetime as dt

import pytest

from regions.calendars.notice import exchanged_days, is_notice, read_notice, read_text
from regions.models import PublicDay
from regions.seeds import known_public_days

TEXT_2025 = """国务院办公厅关于2025年部分节假日安排的通知
国办发明电〔2024〕12号
各省、自治区、直辖市人民政府，国务院各部委、各直属机构：
一、元旦：1月1日（周三）放假1天，不调休。
二、春节：1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）放假调休，共8天。1月26日（周日）、2月8日（周六）上班。
三、清明节：4月4日（周五）至6日（周日）放假，共3天。
四、劳动节：5月1日（周四）至5日（周一）放假调休，共5天。4月27日（周日）上班。
五、端午节：5月31日（周六）至6月2日（周一）放假，共3天。
六、国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。9月28日（周日）、10月11日（周六）上班。
节假日期间，各地区、各部门要妥善安排好值班和安全、保卫、疫情防控等工作。
国务院办公厅
2024年11月12日
"""
TEXT_2026 = """国务院办公厅关于2026年部分节假日安排的通知
一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
国务院办公厅
2025年11月4日
"""


def facts(days: list[PublicDay]) -> list[tuple[str, str, int | None]]:
    return sorted((str(one.day), str(one.kind), one.hours_as) for one in days)


@pytest.mark.parametrize(("year", "text"), [(2025, TEXT_2025), (2026, TEXT_2026)])
def test_a_notice_says_what_is_known_of_its_year(year, text):
    days, problems = read_notice(text)

    assert problems == []
    known = facts([one for one in known_public_days() if one.day.year == year])
    assert facts(days) == known


@pytest.mark.parametrize("text", [TEXT_2025, TEXT_2026])
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", ""),
        lambda text: text.replace("（", "(").replace("）", ")").replace("：", ":"),
        lambda text: text.replace("至", "—").replace("周", "星期"),
        lambda text: text.replace("。1月", "，1月").replace("。2月", "，2月"),
        lambda text: text.replace("1月", "1 月 ").replace("日（", " 日 （"),
    ],
)
def test_a_notice_is_read_however_it_was_copied(text, change):
    assert facts(read_notice(change(text))[0]) == facts(read_notice(text)[0])
    assert read_notice(change(text))[1] == []


def test_names_are_those_of_the_notice():
    days, _problems = read_notice(TEXT_2025)
    assert {one.day: one.name for one in days}[dt.date(2025, 10, 11)] == "国庆节、中秋节"
    assert {one.name for one in read_notice(TEXT_2026)[0]} == set(
        "元旦 春节 清明节 劳动节 端午节 中秋节 国庆节".split()
    )


def test_new_year_may_begin_in_december():
    days, problems = read_notice("关于2018年部分节假日安排的通知\n一、元旦：12月30日至1月1日放假。")
    assert problems == []
    assert [str(one.day) for one in days] == ["2017-12-30", "2017-12-31", "2018-01-01"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("一、元旦：1月1日（周四）放假。", 1),  # which year?
        ("2027年放假安排\n一、元旦：1月1日（周四）放假。", 1),  # a Friday in 2027
        ("2027年放假安排\n一、元旦：1月1日至3日放假，共4天。", 1),
        ("2027年放假安排\n一、元旦：1月1日放假。二、春节：2月30日放假。", 2),
        ("2027年放假安排\n一、元旦：1月1日放假。二、春节：1月1日放假。", 2),
        ("2027年放假安排\n一、国庆节：10月1日至30日放假。", 1),
        ("2027年放假安排\n一、国庆节：10月1日至7日。", 1),
    ],
)
def test_a_notice_that_contradicts_itself_is_not_believed(text, number):
    _days, problems = read_notice(text)
    assert [one.number for one in problems] == [number]
    assert problems[0].message


@pytest.mark.parametrize(
    ("name", "first", "length", "count", "found"),
    [
        ("劳动节", "2025-05-01", 5, 1, ["2025-05-05"]),
        ("清明节", "2022-04-03", 3, 1, ["2022-04-04"]),
        ("中秋节", "2021-09-19", 3, 1, ["2021-09-20"]),
        ("端午节", "2023-06-22", 3, 1, ["2023-06-23"]),
        ("国庆节", "2026-10-01", 7, 2, ["2026-10-06", "2026-10-07"]),
        ("国庆节", "2026-10-01", 7, 0, []),
    ],
)
def test_a_make_up_day_pays_for_a_day_that_is_no_holiday_by_law(name, first, length, count, found):
    begins = dt.date.fromisoformat(first)
    free = [begins + dt.timedelta(days=n) for n in range(length)]
    assert [str(day) for day in exchanged_days(name, free, count)] == found


def test_lines_and_notices_are_told_apart():
    assert is_notice(TEXT_2026)
    assert not is_notice("2027-02-05 至 2027-02-13 春节 放假\n2027-02-14 春节 上班 周五")
    assert facts(read_text(TEXT_2026)[0]) == facts(read_notice(TEXT_2026)[0])
    days, problems = read_text("2027-02-14 春节 上班 周五")
    assert (facts(days), problems) == ([("2027-02-14", "make_up", 4)], [])
