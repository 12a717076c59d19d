"""What a mail says: sender, subject, text and files, whatever its programs did to them.

Mails come from anybody. Nothing in them is believed: sizes are bounded, names of files are names
and no paths, HTML becomes plain text, encodings are tried until one fits, and a mail that cannot
be taken apart is refused as a whole with a reason.
"""

import email
import hashlib
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime
from typing import Final

MOST_PARTS: Final = 200
MOST_FILES: Final = 20
FILE_BYTES: Final = 20 * 1024 * 1024
TEXT_LENGTH: Final = 20_000
HTML_LENGTH: Final = 200_000
TITLE_LENGTH: Final = 200
NAME_LENGTH: Final = 60
ADDRESS = re.compile(r"[^\s<>()\[\],;:\\\"@]{1,64}@[A-Za-z0-9.-]{1,190}")
MESSAGE_ID = re.compile(r"<[^<>\s]{1,240}>")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_BLANKS = re.compile(r"[ \t\u00a0]+")
_GAPS = re.compile(r"\n{3,}")
# Headers that tell where a mail went, not what it is: a second delivery has others.
_TRACES: Final = ("from", "date", "subject", "message-id")
# The old names mean their successor, which holds all characters of theirs.
_CHARSETS: Final = {"gb2312": "gb18030", "gbk": "gb18030", "cp936": "gb18030", "x-gbk": "gb18030"}


class Unreadable(Exception):
    """The mail is no mail, or built to harm whoever reads it."""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file that came with a mail. Without `content` it was left out, for the reason `left_out`:
    "too_large" or "too_many"."""

    name: str
    content_type: str
    content: bytes = field(repr=False)
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail in plain words. `automatic` is empty for mails of people, else "bounce",
    "auto_reply" or "bulk". `fingerprint` is the same for every delivery of one mail."""

    sender: str
    sender_name: str
    recipients: tuple[str, ...]
    title: str
    text: str = field(repr=False)
    message_id: str
    sent_at: datetime | None
    automatic: str
    fingerprint: bytes
    files: tuple[Enclosed, ...] = ()


def read_letter(raw: bytes, *, whole: bool = True) -> Letter:
    """Take a mail apart; with `whole` False `raw` is its header alone. Raises Unreadable."""
    try:
        message = email.message_from_bytes(raw, policy=compat32)
        parts = list(_parts(message)) if whole else []
        text, files = _text_of(parts), tuple(_files_of(parts))
        return _letter(message, raw, text, files)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        # The parser of the standard library has many ways to stumble over a hostile mail.
        raise Unreadable(type(error).__name__) from error


def _letter(message: Message, raw: bytes, text: str, files: tuple[Enclosed, ...]) -> Letter:
    name, sender = _sender(message)
    named = MESSAGE_ID.search(_header(message, "Message-ID"))
    return Letter(
        sender=sender,
        sender_name=_one_line(name)[:NAME_LENGTH],
        recipients=tuple(_recipients(message)),
        title=_one_line(_header(message, "Subject"))[:TITLE_LENGTH],
        text=text,
        message_id=named[0] if named else "",
        sent_at=_sent_at(message),
        automatic=_automatic(message, sender),
        fingerprint=_fingerprint(message, raw),
        files=files,
    )


def _fingerprint(message: Message, raw: bytes) -> bytes:
    """Message-ID and content: a number alone could be chosen to make another mail vanish."""
    head = "\n".join(str(message.get(name, "")) for name in _TRACES)
    body = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[1:]
    known = hashlib.sha256(head.encode("utf-8", "surrogateescape"))
    known.update(b"\0" + (body[0].strip() if body else b""))
    return known.digest()


# --- headers --------------------------------------------------------------------------------------


def _raw(message: Message, name: str) -> list[str]:
    """All headers of a name as they came; the library would replace what is not ASCII."""
    return [str(value) for key, value in message.raw_items() if key.lower() == name.lower()]


def _header(message: Message, name: str) -> str:
    """The first header of a name in words, empty without one."""
    return _words(next(iter(_raw(message, name)), None))


def _words(value: object) -> str:
    """A header in words, also when it breaks the rules and holds plain GBK."""
    if value is None:
        return ""
    text = str(value)
    if any("\udc80" <= char <= "\udcff" for char in text):
        return decoded(text.encode("ascii", "surrogateescape"), "")
    try:
        pieces = decode_header(text)
    except (HeaderParseError, ValueError):
        return text
    return "".join(
        piece if isinstance(piece, str) else decoded(piece, charset or "ascii")
        for piece, charset in pieces
    )


def decoded(raw: bytes, charset: str) -> str:
    """Bytes as text: by the charset they claim, else UTF-8, else GB 18030; never fails."""
    claimed = charset.strip().strip('"').lower()
    for name in (_CHARSETS.get(claimed, claimed), "utf-8", "gb18030"):
        try:
            text = raw.decode(name)
        except (UnicodeDecodeError, LookupError, ValueError):
            continue
        return text
    return raw.decode("utf-8", "replace")


def _clean(text: str) -> str:
    """Without what a database refuses or a page would act on."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROL.sub("", text)
    return text.encode("utf-8", "replace").decode("utf-8")


def _one_line(text: str) -> str:
    return " ".join(_clean(text).split())


def _sender(message: Message) -> tuple[str, str]:
    """Name and address of whoever wrote it; the address is empty when there is none."""
    for name in ("From", "Sender", "Reply-To"):
        # The name before it may look like an address too, of somebody else.
        shown, _sign, rest = _header(message, name).rpartition("<")
        address = rest.partition(">")[0].strip()
        if ADDRESS.fullmatch(address):
            return shown.strip(' "'), address.lower()
        for shown, address in getaddresses([_header(message, name)]):
            if ADDRESS.fullmatch(address):
                return shown, address.lower()
    return _header(message, "From")[:NAME_LENGTH], ""


def _recipients(message: Message) -> Iterator[str]:
    """All addresses the mail went to, the one it was delivered for first."""
    for name in ("Delivered-To", "X-Original-To", "To", "Cc"):
        values = [_words(value) for value in _raw(message, name)[:50]]
        for _shown, address in getaddresses(values)[:100]:
            if ADDRESS.fullmatch(address):
                yield address.lower()


def _sent_at(message: Message) -> datetime | None:
    try:
        moment = parsedate_to_datetime(_header(message, "Date"))
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else None


_AUTO_SUBJECTS = re.compile(
    r"^(自动回复|自动答复|auto(matic)? ?(reply|response)|out of (the )?office)", re.IGNORECASE
)
_BOUNCE_SUBJECTS = re.compile(
    r"^(退信|系统退信|undeliver|delivery (status|failure)|mail delivery|returned mail)",
    re.IGNORECASE,
)
_BOUNCERS = re.compile(r"^(mailer-daemon|postmaster)@", re.IGNORECASE)


def _automatic(message: Message, sender: str) -> str:
    """Whether a program wrote this: nobody waits for an answer, and none must be given."""
    title = _one_line(_header(message, "Subject"))
    if (
        message.get_content_type() == "multipart/report"
        or str(message.get("Return-Path", "x")).strip() == "<>"
        or _BOUNCERS.match(sender)
        or _BOUNCE_SUBJECTS.match(title)
    ):
        return "bounce"
    said = _header(message, "Auto-Submitted").strip().lower()
    if (said and not said.startswith("no")) or message.get("X-Autoreply") is not None:
        return "auto_reply"
    if _AUTO_SUBJECTS.match(title):
        return "auto_reply"
    precedence = _header(message, "Precedence").strip().lower()
    if precedence == "auto_reply":
        return "auto_reply"
    if precedence in ("bulk", "junk", "list") or message.get("List-Unsubscribe") is not None:
        return "bulk"
    return ""


# --- text and files -------------------------------------------------------------------------------


def _parts(message: Message) -> Iterator[Message]:
    """The leaves of the mail. Raises Unreadable when there are more than anybody writes."""
    for seen, part in enumerate(message.walk(), start=1):
        if seen > MOST_PARTS:
            raise Unreadable("too many parts")
        if not part.is_multipart():
            yield part


def _is_file(part: Message) -> bool:
    if part.get_content_disposition() == "attachment" or part.get_filename():
        return True
    return part.get_content_maintype() not in ("text", "multipart", "message")


def _text_of(parts: list[Message]) -> str:
    """The plain text; of a mail that has only HTML, its words."""
    texts = [part for part in parts if not _is_file(part)]
    plain = [_content(part) for part in texts if part.get_content_type() != "text/html"]
    found = "\n".join(one for one in plain if one.strip())
    if not found:
        pages = [_content(part) for part in texts if part.get_content_type() == "text/html"]
        found = "\n".join(words_of_html(page) for page in pages)
    lines = (_BLANKS.sub(" ", line).rstrip() for line in _clean(found).split("\n"))
    return _GAPS.sub("\n\n", "\n".join(lines)).strip()[:TEXT_LENGTH]


def _content(part: Message) -> str:
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return ""
    return decoded(raw[: 4 * HTML_LENGTH], part.get_content_charset() or "")[:HTML_LENGTH]


def _files_of(parts: list[Message]) -> Iterator[Enclosed]:
    files = [part for part in parts if _is_file(part)]
    for number, part in enumerate(files, start=1):
        name = file_name(_words(part.get_filename()), number)
        kind = part.get_content_type()
        if number > MOST_FILES:
            yield Enclosed(name, kind, b"", "too_many")
            continue
        raw = part.get_payload(decode=True)
        content = raw if isinstance(raw, bytes) else b""
        if len(content) > FILE_BYTES:
            yield Enclosed(name, kind, b"", "too_large")
        else:
            yield Enclosed(name, kind, content)


def file_name(name: str, number: int) -> str:
    """A name to show and to save under: no folders, nothing that hides its ending."""
    last = re.split(r"[\\/:]", _one_line(name))[-1].strip(". ")
    last = re.sub(r'[<>:"|?*\x00-\x1f]', "", last)
    if len(last) > 120:
        stem, dot, ending = last.rpartition(".")
        last = f"{stem[:100]}{dot}{ending[:10]}" if dot else last[:110]
    return last or f"{number}"


_SILENT: Final = frozenset({"script", "style", "title", "template", "noscript"})
_BREAKS: Final = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "hr"})
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,20})|<[!?/]")


def words_of_html(page: str) -> str:
    """The words of an HTML page as plain text; scripts, styles and addresses are left out.

    Python's own parser takes minutes for pages built against it; this one passes once.
    """
    page = page[:HTML_LENGTH]
    lower, found, at = page.lower(), list[str](), 0
    while (start := page.find("<", at)) >= 0:
        found.append(_said(page[at:start]))
        tag = _TAG.match(page, start)
        if tag is None:
            found.append("<")
            at = start + 1
            continue
        name = (tag[2] or "").lower()
        if name in _BREAKS:
            found.append("\n")
        elif name in ("td", "th"):
            found.append(" ")
        end, length = _end_of_tag(lower, start, "" if tag[1] else name)
        if end < 0:
            break  # never closed: what follows is no text
        at = end + length
    else:
        found.append(_said(page[at:]))
    lines = "".join(found).split("\n")
    return "\n".join(line.strip() for line in lines)


def _end_of_tag(page: str, start: int, opened: str) -> tuple[int, int]:
    """Where the tag ends and how long its end is; of a comment or script, its closing."""
    if page.startswith("<!--", start):
        return page.find("-->", start + 4), 3
    if opened in _SILENT:
        start = page.find(f"</{opened}", start)
    return (page.find(">", start) if start >= 0 else -1), 1


def _said(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(text))


_QUOTE = re.compile(
    r"^\s*(-{2,}\s*(原始邮件|original message|forwarded message|转发邮件)"
    r"|发件人[:：]|on .{5,120} wrote:$|.{0,80}(写道|来信)[:：]$)",
    re.IGNORECASE,
)


def without_quote(text: str) -> str:
    """An answer without the mail it answers; the whole text when nothing else would be left."""
    kept: list[str] = []
    for line in text.split("\n"):
        if _QUOTE.match(line):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line)
    return "\n".join(kept).strip() or text
