"""How names are read: surnames by their own table, every reading findable."""

import pytest

from core.chinese import COMPOUND_SURNAMES, SURNAMES, has_han, is_surname, pinyin_of


@pytest.mark.parametrize(
    ("name", "full", "initials"),
    [
        ("张三", "zhangsan", "zs"),
        ("单丽", "shanli", "sl"),
        ("仇英", "qiuying", "qy"),
        ("解晓东", "xiexiaodong", "xxd"),
        ("曾志伟", "zengzhiwei", "zzw"),
        ("查良镛", "zhaliangyong", "zly"),
        ("区明", "ouming", "om"),
        ("盖叫天", "gejiaotian", "gjt"),
        ("任重", "renzhong", "rz"),
        ("朴树", "piaoshu", "ps"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("万俟雪", "moqixue", "mqx"),
        ("欧阳娜娜", "ouyangnana", "oynn"),
        ("司马光", "simaguang", "smg"),
        ("单于静", "chanyujing", "cyj"),
        ("吕布", "lvbu", "lb"),
        ("李单", "lidan", "ld"),
        ("王长生", "wangchangsheng", "wcs"),
        ("阿卜杜拉·买买提", "abodulamaimaiti", "abdlmmt"),
        ("John Smith", "johnsmith", "js"),
        ("", "", ""),
    ],
)
def test_persons(name, full, initials):
    assert pinyin_of(name)[:2] == (full, initials)


@pytest.mark.parametrize(
    ("name", "full", "initials"),
    [
        ("重庆银行", "chongqingyinhang", "cqyh"),
        ("长城汽车", "changchengqiche", "ccqc"),
        ("TCL科技(集团)", "tclkejijituan", "tclkjjt"),
        ("360公司", "360gongsi", "360gs"),
        # No surname rule: 单 is Dan in the name of a company.
        ("单元科技", "danyuankeji", "dykj"),
    ],
)
def test_organisations(name, full, initials):
    assert pinyin_of(name, organisation=True) == (full, initials, ())


def test_every_reading_of_the_surname_is_an_alternative():
    assert pinyin_of("单丽").alternatives == (("danli", "dl"), ("chanli", "cl"))
    assert pinyin_of("尉迟恭").alternatives == (("weichigong", "wcg"),)
    assert pinyin_of("吕布").alternatives == (("lyubu", "lb"),)
    assert pinyin_of("张三").alternatives == ()


def test_surnames():
    assert {"单", "仇", "欧", "覃"} <= SURNAMES
    assert {"欧阳", "司马", "尉迟", "万俟"} <= COMPOUND_SURNAMES
    assert all(len(name) == 2 for name in COMPOUND_SURNAMES)
    assert is_surname("张")
    assert is_surname("欧阳")
    assert not is_surname("张三")


def test_has_han():
    assert has_han("a张")
    assert has_han("𠮷")
    assert not has_han("zhang")
    assert not has_han("ａ·：")
