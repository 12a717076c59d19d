"""The kinds of notices. Apps register theirs in `<app>/notices.py`, found when Django starts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

from core.models import MailChoice

KEY = re.compile(r"[a-z_]+(\.[a-z][a-z0-9_]*)+")


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """A kind of event that people are told about.

    `mail` says whether it also comes as mail unless its reader chose otherwise; a `mandatory` one
    always comes as mail, at once, also in the night. `sample` is an invented context with which
    the tests and the preferences page render the words.
    """

    key: str
    title: str | Promise
    mail: bool = False
    mandatory: bool = False
    sample: Mapping[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """Where its templates lie."""
        return f"notices/{self.key.replace('.', '/')}"

    @property
    def habit(self) -> MailChoice:
        """What holds for people who chose nothing."""
        return MailChoice.ONCE if self.mail or self.mandatory else MailChoice.OFF


KINDS: dict[str, NoticeKind] = {}


def register_kind(kind: NoticeKind) -> NoticeKind:
    """Make a kind known. Raises ValueError for a bad or a taken key."""
    if not KEY.fullmatch(kind.key):
        raise ValueError(f"{kind.key!r} must read app.event, in small letters")
    if kind.key in KINDS and KINDS[kind.key] != kind:
        raise ValueError(f"{kind.key!r} is registered twice")
    KINDS[kind.key] = kind
    return kind


def kind_named(key: str) -> NoticeKind:
    """The kind with this key. Raises LookupError."""
    try:
        return KINDS[key]
    except KeyError:
        raise LookupError(f"{key!r} is not a registered kind of notice") from None
