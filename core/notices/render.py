"""Words of notices: three templates a kind, in the language of who reads.

`subject.txt` is one line, `body.txt` plain text, `body.html` the same for mail programs that show
HTML; where a kind has none, its text is shown in paragraphs. Text is not escaped, HTML always is.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.template import Context, Engine, TemplateDoesNotExist, engines
from django.template.loader import select_template
from django.utils import translation
from django.utils.translation import gettext as _

from core.models import Notice
from core.notices.facts import unpack
from core.notices.kinds import KINDS, NoticeKind

SUBJECT_LENGTH = 200
CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Words:
    """A notice as one reader reads it."""

    subject: str
    text: str
    html: str = ""


@cache
def text_engine() -> Engine:
    """Django's template engine without the escaping that belongs to HTML."""
    html = engines["django"].engine  # type: ignore[attr-defined]
    return Engine(
        dirs=html.dirs,
        app_dirs=html.app_dirs,
        libraries=html.libraries,
        builtins=["core.templatetags.crm"],
        autoescape=False,
    )


def one_line(text: str) -> str:
    """The text as a single line without control characters: nothing that could begin a header."""
    return CONTROL.sub(" ", text).strip()[:SUBJECT_LENGTH]


def text_of(template: str, context: dict[str, Any]) -> str:
    """A text template rendered, blank lines at its ends taken off."""
    return text_engine().get_template(template).render(Context(context, autoescape=False)).strip()


def words_of(kind: NoticeKind, facts: dict[str, Any], language: str) -> Words:
    """Subject and text in a language. `facts` are as stored (core.notices.facts.pack)."""
    context = unpack(facts)
    with translation.override(language or settings.LANGUAGE_CODE):
        subject = one_line(text_of(f"{kind.folder}/subject.txt", context))
        return Words(subject, text_of(f"{kind.folder}/body.txt", context))


def mail_of(kind: NoticeKind, facts: dict[str, Any], language: str, link: str = "") -> Words:
    """The whole mail in a language; `link` is an address with scheme and host, or empty."""
    language = language or settings.LANGUAGE_CODE
    words = words_of(kind, facts, language)
    with translation.override(language):
        context = unpack(facts) | _frame(words.subject, link)
        context["body"] = words.text
        text = text_of("notices/mail.txt", context)
        own = f"{kind.folder}/body.html"
        inner = select_template([own, "notices/plain.html"], using="django").render(context)
        html = framed(inner, context)
    return Words(words.subject, text, html)


def _frame(subject: str, link: str) -> dict[str, Any]:
    """What the frame of a mail needs beside the facts."""
    language = "zh-Hans" if translation.get_language() == "zh-hans" else "en"
    return {
        "subject": subject,
        "link": link,
        "language": language,
        "preferences": f"{settings.CRM_URL}/account/notifications/",
    }


def framed(inner: str, context: dict[str, Any]) -> str:
    """The body of a mail, as a template rendered it (so marked safe), in the frame of all mails."""
    return engines["django"].get_template("notices/frame.html").render(context | {"inner": inner})


def frame(subject: str, link: str = "") -> dict[str, Any]:
    """The frame of a mail that is not of one kind (the daily mail), in the present language."""
    return _frame(subject, link)


def words_of_notice(notice: Notice) -> Words:
    """A notice in the present language; one whose kind is gone still says that it was there."""
    kind = KINDS.get(notice.kind)
    try:
        if kind is not None:
            return words_of(kind, notice.context, translation.get_language() or "")
    except TemplateDoesNotExist:
        pass
    return Words(_("A notification that this version can no longer show."), "")
