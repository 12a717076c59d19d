"""How numbers, money, dates and personal data are written on a page; one rule for all templates.

Pure functions, no markup: core.templatetags.crm turns them into filters and tags. Values that are
missing give DASH, which templates accompany with a hidden word.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from django.utils import timezone
from django.utils.translation import gettext, ngettext, pgettext, pgettext_lazy

DASH = "—"
SHORT_MONEY_FROM = Decimal(100_000)
TEN_THOUSAND = Decimal(10_000)
# Django's own short names are the long ones in Chinese.
WEEKDAYS = (
    pgettext_lazy("day of the week", "Mon"),
    pgettext_lazy("day of the week", "Tue"),
    pgettext_lazy("day of the week", "Wed"),
    pgettext_lazy("day of the week", "Thu"),
    pgettext_lazy("day of the week", "Fri"),
    pgettext_lazy("day of the week", "Sat"),
    pgettext_lazy("day of the week", "Sun"),
)

Number = int | float | Decimal
KILO = 1024


def fixed(value: Number, places: int) -> str:
    """`value` with thousands commas and exactly `places` decimals, halves rounded up."""
    step = Decimal(1).scaleb(-places)
    # Through str, so that 2.675 means what was typed and not its binary neighbour.
    rounded = Decimal(str(value)).quantize(step, rounding=ROUND_HALF_UP)
    return f"{rounded:,f}" if rounded else f"{abs(rounded):,f}"


def thousands(value: Number | None) -> str:
    """A count, 1,284; decimals the value has are kept."""
    # Templates give an empty text for what a report does not hold yet.
    return DASH if value in (None, "") else f"{value:,}"


def capped(value: int | None, cap: int) -> str:
    """A count up to `cap`, and 1000+ above it, because nothing counts a million rows."""
    if value is not None and value > cap:
        return f"{cap}+"
    return thousands(value)


def file_size(count: int) -> str:
    """A number of bytes in the largest unit that leaves a whole: 340 KB, 1.5 MB, 20 MB."""
    amount, unit = Decimal(count), "B"
    for larger in ("KB", "MB", "GB"):
        if amount < KILO:
            break
        amount, unit = amount / KILO, larger
    shown = amount.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    whole = shown == shown.to_integral_value()
    return f"{shown:.0f} {unit}" if whole else f"{shown} {unit}"


def share(value: Number | None) -> str:
    """A share given as a fraction of one, 0.93 → 93.0%."""
    return DASH if value is None else f"{fixed(Decimal(str(value)) * 100, 1)}%"


def score(value: Number | None) -> str:
    """A satisfaction figure, 3.86."""
    return DASH if value is None else fixed(value, 2)


def signed(value: Number | None) -> str:
    """A net promoter score or a difference with its sign, +7.7; ASCII minus, pastes as a number."""
    if value is None:
        return DASH
    text = fixed(value, 1)
    return text if text.startswith("-") or not text.strip("0.,") else f"+{text}"


def money(value: Number | None, *, symbol: bool = True) -> str:
    """Yuan with two places, ¥1,234.50; without the symbol below a head that says (yuan)."""
    if value is None:
        return DASH
    text = fixed(value, 2)
    sign = "-" if text.startswith("-") else ""
    return f"{sign}{'¥' if symbol else ''}{text.removeprefix('-')}"


def money_short(value: Number | None) -> str:
    """Yuan for a tile: from 100,000 in units of ten thousand. Forms never shorten."""
    if value is None or abs(Decimal(str(value))) < SHORT_MONEY_FROM:
        return money(value)
    tens = money(Decimal(str(value)) / TEN_THOUSAND)
    return pgettext("sum in units of ten thousand", "%(amount)s×10k") % {"amount": tens}


def masked_phone(value: str | None) -> str:
    """138****5507; an area code stays readable, 027-****4321."""
    text = re.sub(r"^(\+86|0086)[\s-]*", "", (value or "").strip())
    if not text:
        return DASH
    area = re.match(r"0\d{2,3}-", text)
    digits = re.sub(r"\D", "", text)
    if area:
        return f"{area.group()}****{digits[-4:]}"
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 10 else f"****{digits[-2:]}"


def masked_identity(value: str | None) -> str:
    """420***********123X: three in front, four at the end, the length kept."""
    text = (value or "").strip()
    if not text:
        return DASH
    if len(text) < 9:
        return text[:1] + "*" * (len(text) - 1)
    return f"{text[:3]}{'*' * (len(text) - 7)}{text[-4:]}"


def masked_email(value: str | None) -> str:
    """z***@example.cn."""
    name, _, host = (value or "").strip().partition("@")
    return f"{name[:1]}***@{host}" if name and host else DASH


def listed(words: Iterable[object]) -> str:
    """Words in a row, as a sentence of the reader's language lists them: A、B in Chinese."""
    return pgettext("between the items of a list", ", ").join(str(word) for word in words)


def local(value: datetime) -> datetime:
    """An aware instant in the reader's time zone; a naive one stays as it is."""
    return timezone.localtime(value) if timezone.is_aware(value) else value


def when(value: date | datetime | None, style: str = "") -> str:
    """A date or an instant as text.

    `style`: "" 2026-11-20 or 2026-11-20 15:20 · "date" 2026-11-20 · "short" 11-20 or 11-20 15:20 ·
    "clock" 15:20 · "weekday" 11-20 Fri, with the year unless it is this one · "month" 2026-11.
    Raises LookupError for another style.
    """
    if value is None:
        return DASH
    moment = local(value) if isinstance(value, datetime) else value
    hours = " %H:%M" if isinstance(moment, datetime) else ""
    if style == "weekday":
        other_year = moment.year != timezone.localdate().year
        day = f"{moment.year:04}-{moment:%m-%d}" if other_year else f"{moment:%m-%d}"
        return f"{day} {WEEKDAYS[moment.weekday()]}"
    patterns = {
        "": f"%Y-%m-%d{hours}",
        "date": "%Y-%m-%d",
        "short": f"%m-%d{hours}",
        "clock": "%H:%M",
        "month": "%Y-%m",
    }
    if style not in patterns:
        raise LookupError(f"{style!r} is not a style of dates")
    return moment.strftime(patterns[style])


def ago(value: datetime, *, now: datetime) -> str:
    """How long ago, for timelines; an empty text from 24 hours on, where only the date helps."""
    minutes = int((now - value).total_seconds() // 60)
    if minutes < 0 or minutes >= 24 * 60:
        return ""
    if minutes < 1:
        return gettext("Just now")
    if minutes < 60:
        return ngettext("%(count)s minute ago", "%(count)s minutes ago", minutes) % {
            "count": minutes
        }
    hours = minutes // 60
    return ngettext("%(count)s hour ago", "%(count)s hours ago", hours) % {"count": hours}
