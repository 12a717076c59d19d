"""The words that agencies write into files of answers, and what they mean here."""

import re
import unicodedata

from customers.models import OwnerStage
from satisfaction.models import AskedBy

_NOISE = re.compile(r"[\s()\[\]【】《》“”\"'·.。,，、:;_\-—/\\]+")  # noqa: RUF001
_POINTS = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*(?:分|星|级)?(?:\s*[(:、.．]?\s*\D*)?\Z")  # noqa: RUF001

# What says that somebody gave no answer.
NO_ANSWER = frozenset(
    "|-|--|/|无|空|null|none|nan|n/a|na|不清楚|不知道|不了解|不适用|未使用|没有用过|未接触|拒答|拒绝回答|"
    "说不清|无法评价|未回答|97|98|99|977|988|999|dk|#n/a".split("|")
)
_STAGES = (
    (
        OwnerStage.OWNER_TO_BE,
        "准业主 准业主期 签约未交付 签约未入住 未交付 待交付 未收房 owner_to_be",
    ),
    (
        OwnerStage.SETTLING_IN,
        "磨合期 磨合期业主 新业主 交付一年内 交付1年内 入住一年内 一年以内 1年以内 settling_in",
    ),
    (
        OwnerStage.STABLE,
        "稳定期 稳定期业主 交付一至两年 交付1-2年 一到两年 1到2年 1至2年 入住一至两年 stable",
    ),
    (
        OwnerStage.LONG_STANDING,
        "老业主 老业主期 交付两年以上 交付2年以上 两年以上 2年以上 入住两年以上 long_standing",
    ),
)
_ASKED = (
    (AskedBy.LINK, "链接 短信 短信链接 网络 网络问卷 线上 在线 微信 小程序 app 邮件 link online"),
    (AskedBy.QR, "二维码 扫码 qr"),
    (AskedBy.ON_SITE, "现场 入户 面访 拦访 上门 线下 纸质 现场填写 on_site onsite"),
    (AskedBy.PHONE, "电话 电话访问 电访 400 回访 phone"),
)
_RATINGS = (
    (5, "非常满意 很满意 十分满意 极满意 非常重要 很重要 十分重要 非常同意 完全同意 远超预期 五星"),
    (4, "满意 比较满意 较满意 重要 比较重要 较重要 同意 比较同意 超出预期 四星"),
    (3, "一般 基本满意 中立 尚可 普通 说不上 符合预期 三星"),
    (
        2,
        "不满意 较不满意 比较不满意 不太满意 不重要 不太重要 较不重要 不同意 不太同意 "
        "低于预期 两星",
    ),
    (
        1,
        "非常不满意 很不满意 极不满意 十分不满意 非常不重要 很不重要 完全不重要 "
        "非常不同意 完全不同意 远低于预期 一星",
    ),
)


def plain(word: str) -> str:
    """A word as it is compared: half-width, lower case, without blanks and marks."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", word)).lower()


def _table(lines: tuple) -> dict:
    return {plain(word): meaning for meaning, words in lines for word in words.split()}


STAGES: dict[str, OwnerStage] = _table(_STAGES)
ASKED: dict[str, AskedBy] = _table(_ASKED)
RATINGS: dict[str, int] = _table(_RATINGS)


def stage_of(word: str) -> OwnerStage | None:
    """The owner stage that a word means; None for a word that nobody knows."""
    return STAGES.get(plain(word))


def asked_by_of(word: str) -> AskedBy:
    """The channel that a word means; answers of a file come from an agency otherwise."""
    return ASKED.get(plain(word), AskedBy.AGENCY)


def rating_of(text: str) -> float | None:
    """The number of a rating: `4`, `4分`, `4 满意`, `满意`; None for other words."""
    word = plain(text)
    if word in RATINGS:
        return float(RATINGS[word])
    found = _POINTS.match(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    rest = plain(text[found.end(1) :])
    if rest and rest not in ("分", "星", "级") and rest not in RATINGS:
        return None
    return float(found[1])
