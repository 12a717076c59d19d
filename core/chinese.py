"""How Chinese names are read: surnames, pinyin and initials, for search and for sorting.

Readings are written without tones and without blanks, ü as v, as input methods take them:
``欧阳娜娜`` is ``ouyangnana`` with the initials ``oynn``. A surname has its own reading (单 Shan,
仇 Qiu, 解 Xie); its everyday readings come back as alternatives, because people type both.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

#: The Hundred Family Surnames and those that are common today beside them.
SURNAMES: Final = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎"
    "鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄"
    "和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭"
    "梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚"
    "程嵇邢滑裴陆荣翁荀羊於惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫"
    "宁仇栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴鬱胥能苍双"
    "闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍郤璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容"
    "向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空"
    "曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公仉督岳帅缑亢况郈有琴商牟佘佴伯赏墨哈谯笪年爱阳佟"
    "言福百家姓续肖闫兰初付代涂岩覃区冼占苑位朴旦揭盘官母原郇楼仝鹿米耶昂邸伟丘贠员原粟郄由敬贵战褟隋"
    "但撒庹睢牙闭幺菅来种逢逄折晋楚佐字佘苟候尧宾哀仙普青院展亓油信门者訚帖迟才丛茆漆银衣衷冮郎农卿湛"
    "覃邝邬闪岐巨过麦冒矫邝辜鄢檀琚蹇海玄律妥虎缴剧答撖"
)

#: Compound surnames.
COMPOUND_SURNAMES: Final = frozenset(
    re.findall(
        "..",
        "万俟司马上官欧阳夏侯诸葛闻人东方赫连皇甫尉迟公羊澹台公冶宗政濮阳淳于单于太叔申屠"
        "公孙仲孙轩辕令狐钟离宇文长孙慕容鲜于闾丘司徒司空亓官司寇子车颛孙端木巫马公西漆雕"
        "乐正壤驷公良拓跋夹谷宰父谷梁段干百里东郭南门呼延羊舌微生梁丘左丘东门西门南宫第五"
        "独孤纳兰完颜叶赫那拉贺兰屈突纥干豆卢哥舒南荣即墨达奚褚师",
    )
)

#: Compound surnames that are not read like their characters.
_COMPOUND_READINGS: Final = {
    "万俟": "mo qi", "尉迟": "yu chi", "澹台": "tan tai", "单于": "chan yu", "长孙": "zhang sun",
    "子车": "zi ju", "乐正": "yue zheng", "纥干": "he gan",
}  # fmt: skip

#: Surnames that are not read like the character elsewhere, the usual reading first.
_SURNAME_READINGS: Final = {
    "单": "shan", "仇": "qiu", "解": "xie", "曾": "zeng", "查": "zha", "区": "ou", "盖": "ge gai",
    "朴": "piao pu", "缪": "miao mou", "乐": "yue le", "翟": "zhai di", "覃": "qin tan",
    "折": "she", "种": "chong", "秘": "bi mi", "洗": "xian", "员": "yun", "贠": "yun", "繁": "po",
    "召": "shao", "卜": "bu", "薄": "bo bao", "逢": "pang", "乜": "nie", "佴": "nai",
    "黑": "he hei", "阚": "kan", "祭": "zhai ji", "谌": "chen shen", "郇": "xun huan",
    "隗": "wei kui", "藏": "zang", "重": "chong", "便": "pian", "句": "gou", "省": "xing",
    "粘": "nian", "番": "pan fan", "角": "jue jiao", "费": "fei bi", "都": "du", "能": "nai neng",
    "蔚": "yu wei", "适": "kuo shi",
}  # fmt: skip

#: Characters of given names whose usual reading there is not the library's first.
_GIVEN_READINGS: Final = {
    "长": "chang", "晟": "sheng", "曾": "zeng", "泊": "bo", "藏": "zang", "莞": "wan", "翟": "zhai",
    "都": "du", "𠮷": "ji",
}  # fmt: skip

_HAN: Final = re.compile(
    r"[\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_PIECES: Final = re.compile(rf"({_HAN.pattern})|([A-Za-z]+)|(\d+)", re.ASCII)


class Pinyin(NamedTuple):
    """How a name is read."""

    #: The usual reading, letters and digits only: ``shanli``.
    full: str
    #: The first letters of its syllables: ``sl``.
    initials: str
    #: Every other reading of the surname as ``(full, initials)``: ``(("danli", "dl"), …)``.
    alternatives: tuple[tuple[str, str], ...] = ()


def has_han(text: str) -> bool:
    """Tell whether a text contains a Chinese character."""
    return not text.isascii() and _HAN.search(text) is not None


def is_surname(text: str) -> bool:
    """Tell whether a text is exactly one surname, simple or compound."""
    return text in SURNAMES or text in COMPOUND_SURNAMES


def pinyin_of(name: str, *, organisation: bool = False) -> Pinyin:
    """Return the readings of a person's or an organisation's name.

    Persons are read character by character with the surname's own reading first. Organisations
    have no surname; they are read by words (``重庆银行`` is ``chongqingyinhang``). Characters
    without a reading are left out; Latin letters and digits stay, in lower case.
    """
    return _organisation(name) if organisation else _person(name)


@lru_cache(maxsize=131_072)
def _person(name: str) -> Pinyin:
    surname = name[:2] if name[:2] in COMPOUND_SURNAMES else name[:1]
    if not has_han(surname):
        return Pinyin(*_joined([(piece, _first(piece)) for piece in _latin_and_han(name)]))
    rest = _latin_and_han(name[len(surname) :])
    full, initials = _joined([(piece, _first(piece)) for piece in rest])
    readings = [
        ("".join(syllables) + full, "".join(s[0] for s in syllables) + initials)
        for syllables in _surname_readings(surname)
    ]
    if not readings:
        return Pinyin(full, initials)
    return Pinyin(*readings[0], tuple(dict.fromkeys(readings[1:])))


@lru_cache(maxsize=16_384)
def _organisation(name: str) -> Pinyin:
    # Imported here: its dictionary of phrases takes 40 MB, which processes that never read
    # a name should not pay.
    from pypinyin import Style, lazy_pinyin

    pieces: list[tuple[str, str]] = []
    for run in re.findall(rf"{_HAN.pattern}+|[A-Za-z]+|\d+", name, re.ASCII):
        if has_han(run):
            syllables = lazy_pinyin(run, style=Style.NORMAL, errors="ignore")
            pieces += [(syllable, syllable[0]) for syllable in syllables if syllable]
        else:
            pieces.append((run.lower(), _first(run)))
    return Pinyin(*_joined(pieces))


def _latin_and_han(text: str) -> list[str]:
    """Return the syllables of Han characters and the runs of letters and digits, in order."""
    pieces: list[str] = []
    for han, letters, digits in _PIECES.findall(text):
        piece = _syllable(han) if han else letters or digits
        if piece:
            pieces.append(piece)
    return pieces


_SYLLABLE: dict[str, str] = dict(_GIVEN_READINGS)


def _syllable(character: str) -> str:
    """Return the reading of one character, remembered for the life of the process."""
    found = _SYLLABLE.get(character)
    if found is None:
        from pypinyin import Style, lazy_pinyin  # see _organisation

        found = "".join(lazy_pinyin(character, style=Style.NORMAL, errors="ignore"))
        _SYLLABLE[character] = found
    return found


@lru_cache(maxsize=8192)
def _surname_readings(surname: str) -> tuple[tuple[str, ...], ...]:
    """Return the readings of a surname as syllables, the usual one first."""
    from pypinyin import Style, pinyin  # see _organisation

    if len(surname) == 2:
        return _compound_readings(surname)
    every = pinyin(surname, style=Style.NORMAL, heteronym=True, errors="ignore")
    known = _SURNAME_READINGS.get(surname, "").split()
    readings = list(dict.fromkeys([*known, *(every[0] if every else [])]))
    # Passports write ü as yu (Lyu); input methods write v.
    readings += [r.replace("v", "yu") for r in readings if "v" in r]
    return tuple((reading,) for reading in readings if reading)


def _compound_readings(surname: str) -> tuple[tuple[str, ...], ...]:
    """Return a compound surname's own reading, then what its characters read apart."""
    apart = tuple(_syllable(character) for character in surname)
    own = tuple(_COMPOUND_READINGS.get(surname, " ".join(apart)).split())
    return (own,) if own == apart else (own, apart)


def _joined(pieces: list[tuple[str, str]]) -> tuple[str, str]:
    return "".join(p.lower() for p, _ in pieces), "".join(first for _, first in pieces)


def _first(piece: str) -> str:
    """Return what a piece adds to the initials: short abbreviations and digits stay whole."""
    if piece.isdecimal() or (piece.isupper() and len(piece) <= 5):
        return piece.lower()
    return piece[0].lower()
