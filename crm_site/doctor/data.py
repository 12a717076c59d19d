"""The data: files and rows that belong together, places in the tree, keys that open."""

from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import keys
from core.attachments import store as attachments
from core.doctor import Finding, error, ok, register, warning
from core.models import ImportRun, Job
from core.personal_data import Erased, unwrap
from crm_site.backup import store

YOUNG = 3600  # seconds: a file may be written before its row
SAMPLE = 200
BACKUP_HOURS = 48
DRILL_DAYS = 35


def import_names() -> set[str]:
    """Names of files that imports know."""
    pairs = ImportRun.objects.values_list("stored_name", "rejected_name").iterator()
    return {name for pair in pairs for name in pair if name}


def export_names() -> set[str]:
    """Names of files that exports wrote."""
    return set(Job.objects.filter(payload__has_key="file").values_list("payload__file", flat=True))


# Folder under PRIVATE_FILES → names that rows know. A missing export is no fault: it may be made
# again at any time, while the file of an import waits for its reader.
STORES: tuple[tuple[str, Callable[[], set[str]], bool], ...] = (
    ("imports", import_names, True),
    ("exports", export_names, False),
    (attachments.FOLDER, attachments.known_names, True),
)


@register("data.files", gettext_lazy("Files and rows"), quick=False, needs_database=True)
def files() -> Iterator[Finding]:
    """No file without a row (nobody would ever delete it), no row without its file."""
    well = True
    for name, known, must_exist in STORES:
        folder = Path(settings.PRIVATE_FILES) / name
        there = _settled_files(folder)
        rows = known()
        words = {"folder": folder}
        if lost := there - rows:
            well = False
            sentence = _("Files in {folder} that belong to no record: {count}.")
            advice = _("Look at them and delete them: they may hold personal data.")
            yield warning(sentence.format(count=len(lost), **words), advice)
        if must_exist and (missing := rows - _names(folder)):
            well = False
            sentence = _("Files that records name and {folder} lacks: {count}.")
            advice = _("Restore the folder from the latest backup.")
            yield error(sentence.format(count=len(missing), **words), advice)
    if well:
        yield ok(_("Every file has its record, and every record its file."))


def _paths(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []


def _names(folder: Path) -> set[str]:
    """What lies in a folder, as rows name it."""
    return {str(path.relative_to(folder)) for path in _paths(folder)}


def _settled_files(folder: Path) -> set[str]:
    """Names of the files that are old enough to have their row."""
    now = timezone.now().timestamp()
    return {
        str(path.relative_to(folder))
        for path in _paths(folder)
        if now - path.stat().st_mtime > YOUNG
    }


@register("data.scope", gettext_lazy("Places in the tree"), quick=False, needs_database=True)
def scope_columns() -> Iterator[Finding]:
    """Rows stand where the tree says; counted by mending them and taking that back."""
    from regions.services import mend_scope_columns

    with transaction.atomic():
        wrong = mend_scope_columns()
        transaction.set_rollback(True)
    if wrong:
        advice = _("The nightly job mends them; find what wrote rows past the services.")
        sentence = _("Rows that stand at another place than the tree says: {count}.")
        yield warning(sentence.format(count=wrong), advice)
    else:
        yield ok(_("All rows stand where the tree says."))


@register("data.keys", gettext_lazy("Keys of persons"), quick=False, needs_database=True)
def subject_keys() -> Iterator[Finding]:
    """The master key of this machine opens the keys of this database, old and new ones."""
    if not keys.key_file().exists():
        return  # said by the check of the key file
    closed = 0
    samples = keys.sample(SAMPLE)
    for wrapped in samples:
        try:
            unwrap(wrapped)
        except Erased:
            closed += 1
    if closed:
        advice = _("Copy the master key file that belongs to this database to {path}.")
        sentence = _("Keys of persons that cannot be opened: {count} of {total}.")
        sentence = sentence.format(count=closed, total=len(samples))
        yield error(sentence, advice.format(path=keys.key_file()))
    elif waiting := keys.waiting():
        sentence = _("Keys of persons still wrapped with an old master key: {count}.")
        yield warning(sentence.format(count=waiting), _("Run: manage.py keys rotate"))
    else:
        yield ok(_("The master key opens the keys of persons."))


@register("data.backup", gettext_lazy("Backup"))
def backup() -> Iterator[Finding]:
    """A backup exists, is young, and was tried."""
    made = store.newest()
    if made is None:
        advice = _("Run manage.py backup every night, see docs/backup.md.")
        yield warning(_("No backup was ever made here."), advice)
        return
    hours = int((timezone.now() - made.made_at).total_seconds() // 3600)
    made_at = timezone.localtime(made.made_at)
    words = {"made_at": f"{made_at:%Y-%m-%d %H:%M}", "folder": made.folder}
    if hours > BACKUP_HOURS:
        advice = _("Look why the nightly backup does not run, see docs/backup.md.")
        sentence = _("The latest backup is of {made_at} ({folder}).")
        yield warning(sentence.format(**words), advice)
    else:
        yield ok(_("The latest backup is of {made_at} ({folder}).").format(**words))
    tried = store.last_drill()
    if tried is None or (timezone.now() - tried).days > DRILL_DAYS:
        advice = _("Run: manage.py drill")
        yield warning(_("No backup was tried in the last five weeks."), advice)
    else:
        day = f"{timezone.localtime(tried):%Y-%m-%d}"
        yield ok(_("A backup was restored on trial on {day}.").format(day=day))
