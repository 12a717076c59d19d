"""Settings, one file. What differs between installations comes from the environment:

CRM_HOME            folder of everything this installation writes (default: var/ beside manage.py)
DATABASE_URL        PostgreSQL of yours; without it the embedded one under CRM_HOME is used
DATABASE_OWNER_URL  the role that migrates, when it differs from the one in DATABASE_URL
REDIS_URL           Redis or Valkey of yours; without it the embedded one is used
SECRET_KEY          else CRM_HOME/secrets/secret_key
SECRET_KEY_FALLBACKS former secret keys by commas, else CRM_HOME/secrets/secret_key.former
CRM_HOSTS           host names that may be served, separated by commas
CRM_HTTPS           1 when a proxy in front speaks HTTPS: secure cookies, HSTS
CRM_TRUSTED_PROXIES how many proxies of yours stand in front (X-Forwarded-For), default 0
CRM_OFFICE_NETWORKS networks whose people share an address, e.g. 10.1.0.0/16, by commas
CRM_URL             scheme and host of the product as links in mails name it
EMAIL_URL           mail server, e.g. smtp+tls://user:password@mail.example.cn:587
CRM_MAIL_FROM       sender of mails, e.g. 客户关系系统 <crm@example.cn>
CRM_MAILBOX_URL     mailbox of the hotline, e.g. imaps://user:password@imap.example.cn/INBOX
CRM_MAILBOX_UNITS   addresses of units in that mailbox, e.g. wuhan@example.cn:WH01, by commas
CRM_WEBHOOK_NETWORKS private networks that webhooks may reach, e.g. 10.2.0.0/16, by commas
CRM_STATEMENT_TIMEOUT, CRM_LOCK_TIMEOUT  seconds that a page waits for its database: 30, 3
CRM_DEBUG           1 for tracebacks in the browser, never in production
"""

from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import drf_spectacular_sidecar
import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from core.mailbox.account import account_of, units_of
from crm_site.services import endpoints

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
CRM_HOME = Path(env("CRM_HOME", default="") or BASE_DIR / "var").absolute()
DEBUG = env.bool("CRM_DEBUG", default=False)
HTTPS = env.bool("CRM_HTTPS", default=False)
ALLOWED_HOSTS = env.list("CRM_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if "." in host] if HTTPS else []


def _secret(name: str) -> str:
    """The text of a secret file under CRM_HOME, or an empty text before the first start."""
    try:
        return (CRM_HOME / "secrets" / name).read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return ""


# Commands that start the product run before any secret exists; crm_site.checks refuses to serve
# with this value (crm.E001), so it can never protect a session.
NO_SECRET = "no-secret-yet"  # noqa: S105
SECRET_KEY = env("SECRET_KEY", default="") or _secret("secret_key") or NO_SECRET
# Former secret keys: what they signed stays good until it expires, nothing new is signed with them.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
if _former := _secret("secret_key.former"):
    SECRET_KEY_FALLBACKS += _former.split()
MASTER_KEY_FILE = Path(
    env("CRM_MASTER_KEY_FILE", default="") or CRM_HOME / "secrets" / "master_key.json"
)

INSTALLED_APPS = [
    "core",
    "audit",
    "regions",
    "accounts",
    "approvals",
    "customers",
    "complaints",
    "satisfaction",
    "expenses",
    "compliance",
    "reports",
    "api",
    "core.admin_config.CrmAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django.contrib.postgres",
    "django_celery_beat",
    "guardian",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pgtrigger",
    "pghistory",
    "csp",
    "crm_site",
]

MIDDLEWARE = [
    "core.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.SessionMiddleware",
    "core.middleware.AccessMiddleware",
    "accounts.middleware.ObligationsMiddleware",
    "accounts.middleware.StepUpMiddleware",
    "accounts.middleware.FirstRequestOfTheDayMiddleware",
    "core.middleware.HistoryMiddleware",
    "core.middleware.RefusedMiddleware",
]

ROOT_URLCONF = "crm_site.urls"
WSGI_APPLICATION = "crm_site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context.shell",
            ],
            "builtins": ["core.templatetags.crm"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- database, broker ---------------------------------------------------------------------------

_embedded = endpoints(CRM_HOME)
_database_options = {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True, "ATOMIC_REQUESTS": False}
if _url := env("DATABASE_URL", default=""):
    DATABASES = {"default": env.db_url_config(_url) | _database_options}
    _owner_url = env("DATABASE_OWNER_URL", default="")
    DATABASE_OWNER = env.db_url_config(_owner_url) if _owner_url else {}
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _embedded.database if _embedded else "crm",
            "USER": _embedded.app if _embedded else "crm_app",
            # A folder that does not exist gives a plain refusal until the servers are started.
            "HOST": str(_embedded.socket_dir) if _embedded else str(CRM_HOME / "services" / "run"),
        }
        | _database_options
    }
    DATABASE_OWNER = {"USER": _embedded.owner if _embedded else "crm_owner"}
DATABASE_APP_ROLE = DATABASES["default"].get("USER", "")
# In web processes (crm_site.wsgi) nobody waits long for a lock or a statement, and no transaction
# is left open: whoever waited in vain gets a 503 with a sentence. In seconds.
WEB_TIMEOUTS = {
    "statement_timeout": env.int("CRM_STATEMENT_TIMEOUT", default=30),
    "lock_timeout": env.int("CRM_LOCK_TIMEOUT", default=3),
    "idle_in_transaction_session_timeout": 60,
}
_timeouts = WEB_TIMEOUTS if env("CRM_PROCESS", default="") == "web" else {"statement_timeout": 0}
_options = " ".join(f"-c {name}={seconds}s" for name, seconds in _timeouts.items())
DATABASES["default"].setdefault("OPTIONS", {}).update(
    {"options": f"-c jit=off -c random_page_cost=1.1 {_options}"}
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if _redis := env("REDIS_URL", default=""):
    # Celery's word for a socket; the client of /readyz understands both (core.health).
    BROKER_URL = _redis.replace("unix://", "redis+socket://", 1)
else:
    BROKER_URL = (
        _embedded.broker_url
        if _embedded
        else "redis+socket://" + quote(str(CRM_HOME / "services" / "run" / "valkey.sock"))
    )
CELERY_BROKER_URL = BROKER_URL
CELERY_RESULT_BACKEND = None  # results are rows of the Job table
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True  # a killed child's message goes back to the queue
# Messages are hints: one that cannot be sent at once is sent by the scheduler later.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Longer than any job may last (core.jobs.LIMITS). A second delivery does no harm, because the
    # first worker holds the lease; it only costs a look.
    "visibility_timeout": 3 * 3600,
    "queue_order_strategy": "priority",  # in the order of --queues
    "socket_connect_timeout": 2,
    # Well above the second for which a worker waits for the next message: a broker that is frozen,
    # or cut off without a word, must not hold up whoever rings for ever.
    "socket_timeout": 10,
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False  # with it the worker dies when the broker does
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "core.run_file_job": {"queue": "files"},
    "core.run_score_job": {"queue": "scores"},
    "core.run_report_job": {"queue": "reports"},
}
CELERY_BEAT_SCHEDULER = "crm_site.beat:LedgerScheduler"
CELERY_BEAT_SYNC_EVERY = 1  # what ran last is known after a crash as well
CELERY_TIMEZONE = "Asia/Shanghai"
DJANGO_CELERY_BEAT_TZ_AWARE = True

# Local memory only: nothing that must survive or be shared may live in a cache.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- people -------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.GrantBackend"]
ANONYMOUS_USER_NAME = None  # django-guardian: staff only, nobody is anonymous
GUARDIAN_MONKEY_PATCH_USER = False
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "accounts:login"
PASSWORD_HASHERS = [
    "accounts.hashers.Argon2idHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# So many password hashes (19 MiB each) are worked out at once in a process; who waits longer than
# CRM_HASH_WAIT seconds for room is asked to come again.
CRM_HASHES_AT_ONCE = env.int("CRM_HASHES_AT_ONCE", default=2)
CRM_HASH_WAIT = env.int("CRM_HASH_WAIT", default=5)
# "asvs" or "dengbao3" overrides the policy accounts.password_profile; empty: the policy decides.
PASSWORD_PROFILE = env("CRM_PASSWORD_PROFILE", default="")
AUTH_PASSWORD_VALIDATORS = [{"NAME": "accounts.passwords.PolicyValidator"}]
SESSION_ENGINE = "accounts.session_store"
# The longest that the policy accounts.absolute_hours allows; accounts.sessions ends them earlier.
SESSION_COOKIE_AGE = int(timedelta(hours=24).total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "core.errors_views.csrf_failure"
# Networks of offices whose staff share one address: their bucket of failed log-ins is larger.
CRM_OFFICE_NETWORKS = env.list("CRM_OFFICE_NETWORKS", default=[])
# How many proxies of ours stand in front and append to X-Forwarded-For; 0: nobody is believed.
CRM_TRUSTED_PROXIES = env.int("CRM_TRUSTED_PROXIES", default=0)

ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = "employee_no"
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False  # one lock-out only, ours in PostgreSQL
ACCOUNT_SESSION_REMEMBER = False
MFA_ADAPTER = "accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # clocks of telephones are half a minute off
MFA_RECOVERY_CODE_DIGITS = 10

# --- language and time --------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "crm_language"
USE_I18N = True
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
FORMAT_MODULE_PATH = ["crm_site.formats"]

# --- files --------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = CRM_HOME / "static"
# Swagger UI alone of what the package brings: its other viewer is larger than all our pages.
SWAGGER_UI = "static/drf_spectacular_sidecar/swagger-ui-dist"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("vendor/swagger-ui", Path(drf_spectacular_sidecar.__file__).parent / SWAGGER_UI),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
PRIVATE_FILES = CRM_HOME / "files"  # never served by address, only through a view that checks
MEDIA_ROOT = PRIVATE_FILES
IMPORT_MAX_BYTES = 50 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# --- notices ------------------------------------------------------------------------------------

_port = env("PORT", default="") or "8000"
CRM_URL = env("CRM_URL", default=f"http://127.0.0.1:{_port}").rstrip("/")
# Without a mail server notices are shown in the product only, and mails wait (core.notices).
CRM_HAS_MAIL_SERVER = bool(_mail := env("EMAIL_URL", default=""))
if CRM_HAS_MAIL_SERVER:
    vars().update(env.email_url_config(_mail))
EMAIL_TIMEOUT = 20
CRM_MAIL_FROM = env("CRM_MAIL_FROM", default="crm@localhost")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = CRM_MAIL_FROM
CRM_WEBHOOK_NETWORKS = env.list("CRM_WEBHOOK_NETWORKS", default=[])
# Mails of owners are fetched from here (complaints.services.mailbox); its repr has no password.
try:
    CRM_MAILBOX = account_of(env("CRM_MAILBOX_URL", default=""))
    CRM_MAILBOX_UNITS = units_of(env.list("CRM_MAILBOX_UNITS", default=[]))
except ValueError as _wrong:
    raise ImproperlyConfigured(f"CRM_MAILBOX_URL, CRM_MAILBOX_UNITS: {_wrong}") from None
NOTICES_KEPT_DAYS = 396  # read notices; thirteen months, as log-in records
OUTBOX_KEPT_DAYS = 90  # settled messages

# --- programs (api) ---------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["api.authentication.Asked"],
    "DEFAULT_THROTTLE_CLASSES": ["api.authentication.PerMinute"],
    "DEFAULT_PARSER_CLASSES": ["api.parsers.StrictJson"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.negotiation.AlwaysJson",
    "DEFAULT_SCHEMA_CLASS": "api.schema.Described",
    "EXCEPTION_HANDLER": "api.errors.problem",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CRM",
    "DESCRIPTION": "What a property group keeps of its customers, for other programs.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    # Both are fields named `kind`.
    "ENUM_NAME_OVERRIDES": {
        "CustomerKind": "customers.models.CustomerKind",
        "CaseKind": "complaints.models.CaseKind",
        "UnitKind": "regions.models.Kind",
        "ActivityKind": "customers.models.ActivityKind",
        "ActivityState": "customers.models.ActivityState",
        "MetricKind": "api.resources.metrics.KINDS",
    },
    "SORT_OPERATIONS": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "api.schema.refuse_empty_queries",
        "api.schema.add_problems",
    ],
}

# --- protection of pages ------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"

# --- history, logs ------------------------------------------------------------------------------

PGHISTORY_APPEND_ONLY = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"personal": {"()": "core.logs.PersonalDataFilter"}},
    "formatters": {"json": {"()": "core.logs.JsonFormatter"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "filters": ["personal"],
        }
    },
    "root": {"handlers": ["stderr"], "level": env("CRM_LOG_LEVEL", default="WARNING")},
    # Statements come with values, which are personal data: whatever the level, not these.
    "loggers": {"django.db.backends": {"level": "INFO"}},
}
# guardian.W001: object rights are asked through core.sharing and `visible_to`, not a backend.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]
if not HTTPS:
    SILENCED_SYSTEM_CHECKS += ["security.W004", "security.W008", "security.W012", "security.W016"]
