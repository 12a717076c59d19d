"""What a password must be: the policy as data, the block-list, the former passwords, the age.

Two profiles, because assessors and science disagree: `dengbao3` (GB/T 22239 level 3: classes of
characters, a new password every 90 days) and `asvs` (OWASP: length, no other composition, no
forced change). The policy `accounts.password_profile` chooses, unless `settings.PASSWORD_PROFILE`
does; docs/adr says why the first is the default.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import FormerPassword, User
from core.chinese import has_han, pinyin_of
from regions.models import OrgUnit
from regions.policies import policy

LONGEST = 256  # characters; bounds the work of one hash, far beyond any passphrase
REMEMBERED = 5
OWN_LETTERS = 4  # what must remain of a password after everything guessable is taken out
COMMON_WORDS = Path(__file__).parent / "data" / "common_words.txt"
# Words that every company's units share; what remains of a name is what people type.
GENERIC = re.compile(
    "集团|股份|有限|责任|公司|地产|置业|物业|房地产|控股|区域|城市|项目|事业部|中心|部"
)
LEET = str.maketrans("@4031!5$7", "aaoeiisst")
LEET_TOO = str.maketrans("@4031!5$7|", "aaoellsstl")  # 1 and ! stand for an l as well
LONGEST_END = 10  # digits and signs hung on a word that are looked behind
LONGEST_WORD = 60  # characters; no entry of the list is half as long
SHORTEST_COMMON = 4  # letters; shorter entries of the list are parts of everything
RUNS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
)


@dataclass(frozen=True, slots=True)
class Profile:
    """One policy. `classes` of lower case, upper case, digits and others; `max_age` None: never."""

    min_length: int
    classes: int
    max_age: timedelta | None


PROFILES = {
    "dengbao3": Profile(min_length=12, classes=3, max_age=timedelta(days=90)),
    "asvs": Profile(min_length=15, classes=1, max_age=None),
}


# No profile forces a change earlier than this.
SHORTEST_AGE = min(one.max_age for one in PROFILES.values() if one.max_age is not None)


def profile() -> Profile:
    """The profile in force. Raises KeyError for a name that is none."""
    return PROFILES[settings.PASSWORD_PROFILE or policy("accounts.password_profile")]


def must_change_password(user: User) -> bool:
    """Whether the password has outlived the profile; one of unknown age has.

    Asked at every request, so the profile is read only for passwords that may be too old.
    """
    changed = user.password_changed_at
    if changed is not None and timezone.now() - changed <= SHORTEST_AGE:
        return False
    max_age = profile().max_age
    return max_age is not None and (changed is None or timezone.now() - changed > max_age)


class PolicyValidator:
    """The one entry of AUTH_PASSWORD_VALIDATORS."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raises ValidationError with every sentence that applies."""
        problems = [*_composition(password)]
        if _leftover(password, user) < OWN_LETTERS or is_common(password):
            problems.append(
                _(
                    "This password is easy to guess: beside common words, years, your own data and"
                    " names of the organisation too little is left. Add words of your own."
                )
            )
        if not problems and user is not None and user.pk and _was_used(password, user):
            problems.append(
                _("This is one of your last %(count)s passwords. Choose a new one.")
                % {"count": REMEMBERED}
            )
        if problems:
            raise ValidationError(problems)

    def password_changed(self, password: str, user: User | None = None) -> None:
        """Called by Django after a new password was stored: keep its hash, drop old ones."""
        if user is None or user.pk is None or not user.has_usable_password():
            return
        FormerPassword.objects.create(user=user, password=user.password)
        kept = FormerPassword.objects.filter(user=user).order_by("-pk")[:REMEMBERED]
        FormerPassword.objects.filter(user=user).exclude(pk__in=kept.values("pk")).delete()

    def get_help_text(self) -> str:
        """The rules in one sentence, shown above the field."""
        now = profile()
        if now.classes > 1:
            return _(
                "At least %(length)s characters, with %(classes)s of these: lower case, capital"
                " letters, digits, other characters. No names of the organisation, no own data."
            ) % {"length": now.min_length, "classes": now.classes}
        return _("At least %(length)s characters. No names of the organisation, no own data.") % {
            "length": now.min_length
        }


def _composition(password: str) -> list[str]:
    """What is wrong with length and classes of characters."""
    rules, problems = profile(), []
    if len(password) < rules.min_length:
        problems.append(
            ngettext(
                "The password needs at least %(count)s character.",
                "The password needs at least %(count)s characters.",
                rules.min_length,
            )
            % {"count": rules.min_length}
        )
    if len(password) > LONGEST:
        problems.append(_("A password has at most %(count)s characters.") % {"count": LONGEST})
    if len(_classes(password)) < rules.classes:
        problems.append(
            _(
                "Use at least %(count)s of these: lower case, capital letters, digits,"
                " other characters."
            )
            % {"count": rules.classes}
        )
    return problems


def _classes(password: str) -> set[str]:
    """Chinese characters count as "other", because they have no case."""
    return {
        "lower" if c.islower() else "upper" if c.isupper() else "digit" if c.isdigit() else "other"
        for c in password
    }


def _was_used(password: str, user: User) -> bool:
    hashes = FormerPassword.objects.filter(user=user).order_by("-pk")[:REMEMBERED]
    encoded = {user.password, *(former.password for former in hashes)}
    return any(check_password(password, one) for one in encoded)


# --- the block-list -----------------------------------------------------------------------------


def _leftover(password: str, user: User | None) -> int:
    """How many different letters and digits remain when everything guessable is taken out.

    "Yuanan@2026" leaves nothing: the company, a year, a sign. A list of whole passwords would
    have to hold every company with every year and every sign.
    """
    plain = unicodedata.normalize("NFKC", password).casefold()
    words = _common_words() | _words_of_organisation() | _words_of(user)
    rest = _blank_out(plain, words)
    rest = re.sub(r"(.)\1{2,}", " ", rest)  # aaaa
    rest = re.sub(r"(?:19|20)\d\d(?:[01]\d(?:[0-3]\d)?)?", " ", rest)  # years and dates
    for run in _runs():
        rest = rest.replace(run, " ")
    return len(set(re.sub(r"[\W_]", "", rest)))


def is_common(password: str) -> bool:
    """Whether the password is one of the 20,000 commonest, dressed up.

    Compared without case, without what hangs on at both ends, with letters for the digits and signs
    that stand for them, and once for a word that is repeated. The list is Django's own.
    """
    plain = unicodedata.normalize("NFKC", password).casefold()
    return any(form in _commonest() for form in _undressed(plain))


def _undressed(plain: str) -> Iterator[str]:
    """The words that a password may be made of, most of them alike."""
    for word in _without_ends(plain):
        if len(word) > LONGEST_WORD:
            continue
        for form in (word, word.translate(LEET), word.translate(LEET_TOO)):
            bare = re.sub(r"[\W_]", "", form)
            for one in (form, bare, re.sub(r"\d", "", bare)):
                repeated = re.fullmatch(r"(.+?)\1+", one)
                yield repeated[1] if repeated else one


def _without_ends(text: str) -> Iterator[str]:
    """The text without none, some and all of the digits and signs at its beginning and end.

    All of them are tried, because the last digit may stand for a letter: m1ch3ll3-1314.
    """
    letters = [place for place, letter in enumerate(text) if letter.isalpha()]
    first, last = (letters[0], letters[-1] + 1) if letters else (0, len(text))
    for begin in range(min(first, LONGEST_END) + 1):
        for end in range(last, min(len(text), last + LONGEST_END) + 1):
            yield text[begin:end]


@cache
def _commonest() -> frozenset[str]:
    words = CommonPasswordValidator().passwords
    return frozenset(word for word in words if len(word) >= SHORTEST_COMMON)


def _blank_out(text: str, words: Iterable[str]) -> str:
    """Replace every word by blanks, also where signs stand for letters (p@ssw0rd)."""
    unveiled = text.translate(LEET)  # sign by sign, so that places agree
    left = list(text)
    for word in words:
        for version in {text, unveiled}:
            at = version.find(word)
            while at >= 0:
                left[at : at + len(word)] = " " * len(word)
                at = version.find(word, at + 1)
    return "".join(left)


@cache
def _runs() -> tuple[str, ...]:
    """Pieces of four to eight neighbours on the keyboard or in the alphabet, longest first."""
    both = [line for run in RUNS for line in (run, run[::-1])]
    return tuple(
        sorted(
            {
                line[i : i + n]
                for line in both
                for n in range(3, 9)
                for i in range(len(line) - n + 1)
            },
            key=lambda piece: (-len(piece), piece),
        )
    )


@cache
def _common_words() -> frozenset[str]:
    lines = COMMON_WORDS.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _words_of_organisation() -> set[str]:
    """Names and codes of all units, as written and in pinyin. A thousand take milliseconds."""
    words: set[str] = set()
    for name, code in OrgUnit.objects.values_list("name", "code"):
        words |= _spellings(name, True)
        if len(code) >= OWN_LETTERS:
            words.add(code.casefold())
    return words


def _words_of(user: User | None) -> set[str]:
    if user is None:
        return set()
    digits = re.sub(r"\D", "", user.phone)
    own = {user.employee_no.casefold(), user.email.partition("@")[0].casefold(), digits}
    if digits:
        own |= {digits[-11:], digits[-8:], digits[-6:]}
    return {word for word in own if len(word) >= 3} | _spellings(user.name, False)


@lru_cache(maxsize=20_000)
def _spellings(name: str, organisation: bool) -> frozenset[str]:
    """A name as people type it: Chinese, pinyin, initials; whole, and without generic words."""
    words = {name.casefold()}
    short = GENERIC.sub("", name)
    for part in {name, short, short[:2]} if organisation else {name}:
        if not has_han(part):
            words.add(part.casefold())
            continue
        words.add(part)
        reading = pinyin_of(part, organisation=organisation)
        words |= {reading.full, reading.initials}
        words |= {full for full, _initials in reading.alternatives}
    return frozenset(word for word in words if len(word) >= (2 if has_han(word) else 3))
