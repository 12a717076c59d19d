"""Message catalogues without gettext's programs: collect, compile and check them with Babel.

Source sentences are English and stand in Python and in templates. ``update`` collects them into
``locale/<language>/LC_MESSAGES/django.po`` and keeps the translations that still fit exactly;
nothing is guessed. The file is sorted and names files but no lines, so that a difference between
two versions shows changed sentences and nothing else.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po
from django.utils.translation.template import templatize

LANGUAGE = "zh_Hans"
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
# Folders without sentences of the product; hidden ones are left out as well.
SKIPPED = {"tests", "migrations", "node_modules", "var", "static", "locale"}
HEADER = """\
# Simplified Chinese of every sentence a person reads.
# Written by `manage.py catalogue update`; translations are edited here."""

_PLACEHOLDER = re.compile(r"%\((\w+)\)|%[sd]|\{(\w*)\}")
_HAN = re.compile(r"[\u3400-\u9fff]")
Key = tuple[str, str | None]  # source sentence (the singular) and context


@dataclass(frozen=True)
class Problem:
    """Something wrong with one sentence."""

    kind: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.sentence!r}"


def catalogue_path(root: Path) -> Path:
    """The file with the translations."""
    return root / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"


def key_of(message: Message) -> Key:
    """What identifies a message."""
    return (message.id if isinstance(message.id, str) else message.id[0], message.context)


def forms_of(message: Message) -> list[str]:
    """The translations of a message, one per plural form; empty texts where there are none."""
    if message.string is None or isinstance(message.string, str):
        return [message.string or ""]
    return [form or "" for form in message.string]


def is_translated(message: Message) -> bool:
    """Whether every form has a text that nobody doubts."""
    return all(forms_of(message)) and not message.fuzzy


def read(path: Path) -> Catalog:
    """A catalogue from its file; an empty one when there is no file.

    Raises:
        babel.messages.pofile.PoFileError: the file is malformed.
    """
    if not path.exists():
        return Catalog(locale=LANGUAGE)
    text = path.read_bytes()
    _refuse_open_quotes(text)
    return read_po(BytesIO(text), abort_invalid=True)  # its header decides the number of plurals


def _refuse_open_quotes(text: bytes) -> None:
    """Refuse a line whose text is not closed, which Babel would silently read as empty."""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith(b"#") and not stripped.endswith(b'"'):
            raise PoFileError("The text is not closed", Catalog(), stripped.decode(), number)


def messages(catalogue: Catalog) -> Iterator[Message]:
    """All messages but the header."""
    return (message for message in catalogue if message.id)


# --- collecting ---------------------------------------------------------------------------------


def sources(root: Path) -> Iterator[Path]:
    """The files with sentences: Python, and templates in folders of that name."""
    for folder, names, files in os.walk(root):
        names[:] = sorted(n for n in names if n not in SKIPPED and not n.startswith("."))
        in_templates = "templates" in Path(folder).relative_to(root).parts
        for name in sorted(files):
            suffix = Path(name).suffix
            if suffix == ".py" or (in_templates and suffix in {".html", ".txt"}):
                yield Path(folder, name)


def collect(root: Path) -> Catalog:
    """Every sentence in the sources under ``root``, with the files it stands in."""
    catalogue = Catalog(locale=LANGUAGE)
    for path in sources(root):
        place = (path.relative_to(root).as_posix(), 1)
        for _line, sentence, notes, context in extract_file(path):
            catalogue.add(sentence, locations=[place], auto_comments=notes, context=context)
    return catalogue


def extract_file(
    path: Path,
) -> Iterator[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    """Line, sentence(s), translators' notes and context of each call in one file."""
    text = path.read_text("utf-8")
    if path.suffix != ".py":
        # Django turns a template into calls between filler of any indentation; inside brackets
        # Python's tokenizer does not mind indentation.
        text = f"({templatize(text, origin=str(path))}\n)"
    yield from extract(
        "python",
        BytesIO(text.encode("utf-8")),
        keywords=KEYWORDS,
        comment_tags=["Translators:"],
        options={"encoding": "utf-8"},
        strip_comment_tags=True,
    )


# --- writing ------------------------------------------------------------------------------------


def update(root: Path, others: Iterable[Path] = ()) -> Path:
    """Write the catalogue anew: today's sentences with the translations known for them.

    A translation comes from the catalogue itself, else from the first of the ``others`` (files of
    a translator) that has one. Sentences that are no longer used drop out.
    """
    path = catalogue_path(root)
    old = read(path)
    known: dict[Key, Message] = {}
    for catalogue in [old, *(read(other) for other in others)]:
        for message in messages(catalogue):
            # A translator's file may lack the header that says "one form"; the first one counts.
            if forms_of(message)[0] and not message.fuzzy:
                known.setdefault(key_of(message), message)
    new = collect(root)
    for message in messages(new):
        if (former := known.get(key_of(message))) is not None:
            _translate(message, forms_of(former)[0])
    new.header_comment = HEADER
    new.fuzzy = False
    # Dates of their own would make every update a change.
    new.creation_date, new.revision_date = old.creation_date, old.revision_date
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".po.new")
    with draft.open("wb") as file:
        write_po(file, new, width=0, sort_output=True, include_lineno=False)
    os.replace(draft, path)
    return path


def _translate(message: Message, text: str) -> None:
    """Put the text in; Chinese has one form, whatever the number."""
    message.string = text if isinstance(message.id, str) else (text,)


def compile_all(root: Path) -> list[Path]:
    """Compile the catalogues under ``root/locale`` that changed; returns the files written."""
    written = []
    for po in sorted((root / "locale").glob("*/LC_MESSAGES/*.po")):
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.stat().st_mtime_ns < po.stat().st_mtime_ns:
            compile_one(po, mo)
            written.append(mo)
    return written


def compile_one(po: Path, mo: Path) -> None:
    """Compile one catalogue; sentences without translation stay out and are shown in English."""
    catalogue = read(po)
    for message in list(messages(catalogue)):
        if not is_translated(message):
            catalogue.delete(message.id, message.context)
    draft = mo.with_suffix(".mo.new")
    with draft.open("wb") as file:
        write_mo(file, catalogue)
    os.replace(draft, mo)


# --- checking -----------------------------------------------------------------------------------


def check(root: Path) -> list[Problem]:
    """What is wrong with the catalogue: untranslated, unused, or with other placeholders."""
    used = {key_of(message): message for message in messages(collect(root))}
    present = {key_of(message): message for message in messages(read(catalogue_path(root)))}
    problems = [
        Problem("not translated", key[0])
        for key in used
        if key not in present or not is_translated(present[key])
    ]
    problems += [Problem("no longer used", key[0]) for key in present if key not in used]
    problems += [Problem("source is not English", key[0]) for key in used if _HAN.search(key[0])]
    for message in present.values():
        if is_translated(message) and not _placeholders_agree(message):
            problems.append(Problem("other placeholders", key_of(message)[0]))
    return sorted(problems, key=lambda problem: (problem.kind, problem.sentence))


def _placeholders_agree(message: Message) -> bool:
    """Whether each translation fills in what its source does.

    A translation with fewer forms than English stands for any number, as the plural does.
    """
    source = message.id if isinstance(message.id, str) else message.id[-1]
    wanted = _placeholders(source)
    return all(_placeholders(form) == wanted for form in forms_of(message))


def _placeholders(text: str) -> list[str]:
    """The places that are filled in, in alphabetical order."""
    return sorted(match.group(0) for match in _PLACEHOLDER.finditer(text.replace("%%", "")))
