"""What somebody typed into a search box: a name, a reading, a room, a number, a code.

One text can mean several things (`lilan` is a reading and could be initials), so a search is a
list of *forms*: conditions on places, each served by an index. They are united, never ORed,
because an OR of two indexed conditions is served by neither.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.bigrams import containing
from core.chinese import SURNAMES, has_han, pinyin_of
from core.personal_data import blind_index
from core.values.base import BadValue, cell_text
from core.values.identity import parse_identity
from core.values.phones import parse_phone, without_extension
from core.values.rooms import parse_room_label
from customers.models import Contact, Customer, CustomerMerge, NameReading, Ownership

Form = Callable[[QuerySet], QuerySet]

# Words of the trade for "customer" (CUS-12): they say what is looked for, not which one.
CUSTOMER_WORDS = ("建设单位", "业主", "甲方", "顾客", "客户")
CODE = re.compile(r"[A-Za-z]{1,6}[-_]?\d{4,}")
LEGAL_FORMS = frozenset({"有限公司", "有限", "公司", "限公", "集团", "股份", "责任"})


@dataclass(frozen=True, slots=True)
class Term:
    """A search text understood. `problem` says what to type instead when it finds nothing by rule.

    `of_place` says that a form holds for one place of a customer, not for all of his places.
    `personal` marks a full phone or identity number, which must not stand in an address.
    """

    text: str
    forms: list[Form] = field(default_factory=list)
    problem: str | Promise = ""
    personal: bool = False
    mark: tuple[tuple[str, str], ...] = ()
    of_place: bool = False

    @property
    def everything(self) -> bool:
        """An empty text, or only a word for customer: no condition at all."""
        return not self.forms and not self.problem


def understand(text: str) -> Term:
    """Read a search text. Never raises: what cannot be searched comes back with a `problem`."""
    text = " ".join(cell_text(text).split())
    bare = _without_customer_words(text)
    if not bare:
        return Term(text)
    for reader in (_number, _room, _code, _letters, _name):
        term = reader(bare)
        if term is not None:
            return term
    return Term(bare, problem=_("Please type at least two characters."))


def _without_customer_words(text: str) -> str:
    for word in CUSTOMER_WORDS:
        if text == word:
            return ""
        if text.startswith(f"{word} "):
            return text.removeprefix(word).strip()
    return text


def _of_customers(customers: QuerySet) -> Form:
    return lambda places: places.filter(customer__in=customers.values("pk"))


def _number(text: str) -> Term | None:
    compact = re.sub(r"[\s\-()]", "", text).upper()
    if re.fullmatch(r"\d{3}[\dX]", compact):
        return Term(
            compact,
            [
                _of_customers(Customer.objects.filter(phone_last4=compact)),
                _of_customers(Customer.objects.filter(other_phone_last4=compact)),
                _of_customers(Customer.objects.filter(identity_last4=compact)),
            ],
        )
    if not re.fullmatch(r"\+?\d{7,17}[\dX]", compact):
        return None
    mark: list[list[str]] = []
    # A text that is no telephone number may be an identity number, and the other way round.
    with suppress(BadValue):
        mark.append(["phone", blind_index("phone", without_extension(parse_phone(text))).hex()])
    with suppress(BadValue):
        mark.append(["identity", blind_index("identity", parse_identity(compact)).hex()])
    if not mark:
        problem = _("This is neither a full telephone number nor a full identity number.")
        return Term(text, problem=problem, personal=True)
    return from_mark(mark)


def from_mark(mark: list[list[str]]) -> Term:
    """A search by blind indexes, as the address of a search for a full number carries them.

    `mark` is a list of [kind, hexadecimal index]. Raises ValueError or TypeError for nonsense.
    """
    forms: list[Form] = []
    for kind, digits in mark:
        forms += _by_index(kind, bytes.fromhex(digits))
    if not forms:
        problem = _("This is neither a full telephone number nor a full identity number.")
        return Term("", problem=problem, personal=True)
    return Term("", forms, personal=True, mark=tuple((kind, digits) for kind, digits in mark))


def mark_of(term: Term) -> list[list[str]]:
    """The mark of a personal term, for an address."""
    return [list(pair) for pair in term.mark]


def _by_index(kind: str, key: bytes) -> list[Form]:
    if kind == "identity":
        return [_of_customers(Customer.objects.filter(identity_index=key))]
    if kind != "phone":
        raise ValueError(kind)
    return [
        _of_customers(Customer.objects.filter(phone_index=key)),
        _of_customers(Customer.objects.filter(other_phone_index=key)),
        lambda places: places.filter(
            customer__in=Contact.objects.filter(phone_index=key).values("customer")
        ),
    ]


def _room(text: str) -> Term | None:
    room = parse_room_label(text)
    if room is None:
        return None
    owned = Ownership.objects.filter(property__label=room.label, valid_until=None)
    if room.project:
        owned = owned.filter(unit__name__contains=room.project)
    # The flat must lie in the unit of the place, or a search would tell of flats elsewhere.
    here = owned.filter(customer=OuterRef("customer"), unit=OuterRef("unit"))
    return Term(text, [lambda places: places.filter(Exists(here))], of_place=True)


def _code(text: str) -> Term | None:
    if not CODE.fullmatch(text):
        return None
    # The code of a record that was merged finds the customer it became.
    merged = CustomerMerge.objects.filter(code=text.upper())
    return Term(
        text,
        [
            _of_customers(Customer.objects.filter(code=text.upper())),
            lambda places: places.filter(customer__in=merged.values("survivor")),
        ],
    )


def _letters(text: str) -> Term | None:
    letters = re.sub(r"[\s']", "", text).lower()
    if not re.fullmatch(r"[a-z]{2,40}", letters):
        return None
    other = NameReading.objects.filter(pinyin__startswith=letters)
    forms: list[Form] = [
        lambda places: places.filter(pinyin__startswith=letters),
        lambda places: places.filter(customer__in=other.values("customer")),
        # Firms write letters in their names.
        lambda places: containing(places, "name", text),
    ]
    if len(letters) <= 6:
        initials = {"initials": letters} if len(letters) == 2 else {"initials__startswith": letters}
        forms += [
            lambda places: places.filter(**initials),
            lambda places: places.filter(
                customer__in=NameReading.objects.filter(**initials).values("customer")
            ),
        ]
    return Term(text, forms)


def _name(text: str) -> Term | None:
    compact = text.replace(" ", "") if has_han(text) else text
    if len(compact) == 1:
        return _surname(text, compact)
    if compact in LEGAL_FORMS:
        problem = _("Too many names contain this. Please add a part of the name.")
        return Term(text, problem=problem)
    return Term(text, [lambda places: containing(places, "name", compact)])


def _surname(text: str, character: str) -> Term:
    """Names that begin with one character. Its readings lead to their place in the name index;
    the name alone would be compared with every row of the branch."""
    if character not in SURNAMES:
        problem = _("Please type at least two characters, or a surname.")
        return Term(text, problem=problem)
    person, firm = pinyin_of(character), pinyin_of(character, organisation=True)
    readings = sorted({person.full, firm.full})
    return Term(text, [_beginning_with(character, reading) for reading in readings])


def _beginning_with(character: str, reading: str) -> Form:
    return lambda places: places.filter(pinyin__startswith=reading, name__startswith=character)
