"""Settings of the tests: the same product, with cheap hashes of files and no manifest."""

from crm_site.settings import *  # noqa: F403

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
# Test names differ from worker to worker (gw0, gw1), and so must the folders they write to.
import os  # noqa: E402

_worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
PRIVATE_FILES = CRM_HOME / "files" / _worker  # noqa: F405
MEDIA_ROOT = PRIVATE_FILES
# And the queues: a bell rung in one test database must not be answered in another one, nor by the
# product itself, whose queues are in number 0.
if BROKER_URL.startswith("redis+socket"):  # noqa: F405
    _number = 15 if _worker == "main" else 1 + int(_worker.removeprefix("gw")) % 14
    CELERY_BROKER_URL = f"{BROKER_URL}?virtual_host={_number}"  # noqa: F405
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "accounts.hashers.Argon2idHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
