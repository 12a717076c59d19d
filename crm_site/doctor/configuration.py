"""Settings and secrets: what protects sessions, numbers of persons and the pages."""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import keys
from core.display import listed
from core.doctor import Finding, error, ok, register, warning

LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}
WEAK = 50  # characters; below this Django calls a secret key weak, too
KEY_COPY_AGES = 180  # days after which somebody should look whether the copy can still be read


@register("settings.secret_key", gettext_lazy("Secret key"))
def secret_key() -> Iterator[Finding]:
    """Sessions and signed addresses stand on it."""
    key = settings.SECRET_KEY
    if key == settings.NO_SECRET:
        advice = _("Run manage.py services start, or set SECRET_KEY.")
        yield error(_("There is no secret key, so nothing can be signed safely."), advice)
    elif len(key) < WEAK or len(set(key)) < 5:
        advice = _("Set SECRET_KEY to at least 50 random characters.")
        yield error(_("The secret key is short enough to be guessed."), advice)
    else:
        yield ok(_("The secret key is long and random enough."))


@register("settings.debug", gettext_lazy("Tracebacks in the browser"))
def debug() -> Iterator[Finding]:
    """Tracebacks show settings and rows to whoever causes an error."""
    if settings.DEBUG:
        advice = _("Take CRM_DEBUG out of the environment and start again.")
        yield error(_("Tracebacks are shown to visitors."), advice)
    else:
        yield ok(_("Visitors see no tracebacks."))


@register("settings.hosts", gettext_lazy("Host names and HTTPS"))
def hosts() -> Iterator[Finding]:
    """Behind a proxy, names, HTTPS and the number of proxies belong together."""
    public = sorted(set(settings.ALLOWED_HOSTS) - LOOPBACK)
    if "*" in public:
        advice = _("List the names in CRM_HOSTS.")
        yield error(_("Any host name is served, so links in mails can be forged."), advice)
    elif not public:
        yield ok(_("The product is served to this machine alone."))
    elif not settings.HTTPS:
        advice = _("Put a proxy with TLS in front and set CRM_HTTPS=1.")
        sentence = _("{hosts} is served without HTTPS, so passwords travel in clear.")
        yield error(sentence.format(hosts=listed(public)), advice)
    elif settings.CRM_TRUSTED_PROXIES < 1:
        advice = _("Set CRM_TRUSTED_PROXIES to the number of proxies in front, mostly 1.")
        yield warning(_("All visitors seem to come from the address of the proxy."), advice)
    else:
        yield ok(_("{hosts} is served by HTTPS.").format(hosts=listed(public)))


@register("settings.home", gettext_lazy("Folder of the installation"))
def home_folder() -> Iterator[Finding]:
    """Secrets and files must be readable by their owner alone."""
    wide = [path for path in _private_paths() if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if not wide:
        yield ok(_("Secrets and files can be read by their owner alone."))
    for path in wide:
        advice = _("Run: chmod go-rwx {path}").format(path=path)
        yield error(_("Others on this machine can read {path}.").format(path=path), advice)


def _private_paths() -> Iterator[Path]:
    """The folders and files of secrets, and the folder of files, as far as they exist."""
    folders = [settings.CRM_HOME / "secrets", Path(settings.PRIVATE_FILES)]
    files = [keys.key_file(), settings.CRM_HOME / "secrets" / "secret_key"]
    for path in (*folders, *files):
        if path.exists():
            yield path


@register("data.key", gettext_lazy("Master key of personal data"))
def master_key() -> Iterator[Finding]:
    """Without the key file all numbers are lost, and no backup of the database contains it."""
    if not keys.key_file().exists():
        advice = _("Copy the file you kept to {path}.").format(path=keys.key_file())
        yield error(_("The key file is missing: telephone numbers cannot be read."), advice)
    elif keys.backup_is_due():
        advice = _("Run: manage.py keys backup FILE, and keep the copy apart from the database.")
        yield warning(_("The present key was never copied; losing it loses all numbers."), advice)
    else:
        yield from _age_of_key_copy()


def _age_of_key_copy() -> Iterator[Finding]:
    made = keys.last_backup() or timezone.now()
    day = f"{timezone.localtime(made):%Y-%m-%d}"
    if (timezone.now() - made).days > KEY_COPY_AGES:
        advice = _("Look whether it can still be read, then run manage.py keys backup FILE anew.")
        yield warning(_("The last copy of the key was made on {day}.").format(day=day), advice)
    else:
        yield ok(_("The key was copied on {day}.").format(day=day))


@register("settings.time", gettext_lazy("Time zone data"))
def time_zone() -> Iterator[Finding]:
    """Due instants are wrong by hours where the zone is unknown."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        offset = datetime(2026, 1, 1, tzinfo=ZoneInfo(settings.TIME_ZONE)).utcoffset()
        utc = datetime(2026, 1, 1, tzinfo=UTC).utcoffset()
    except ZoneInfoNotFoundError:
        advice = _("Install the package tzdata of Python or of the system.")
        sentence = _("The time zone {zone} is not known here.")
        yield error(sentence.format(zone=settings.TIME_ZONE), advice)
        return
    hours = ((offset or utc) - utc).total_seconds() / 3600  # type: ignore[operator]
    sentence = _("{zone} is {hours} hours ahead of UTC.")
    yield ok(sentence.format(zone=settings.TIME_ZONE, hours=f"{hours:g}"))
