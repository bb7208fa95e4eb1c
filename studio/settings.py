"""All settings. What an operator may choose comes from the environment: docs/configuration.md."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from studio.env import (
    env,
    env_bind,
    env_bool,
    env_choice,
    env_int,
    env_list,
    env_networks,
    env_secret,
    env_url,
    env_zone,
)
from studio.logs import configuration
from studio.services import archive, broker, caches, database, origins

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where it listens and where it keeps things -------------------------------------------------

STUDIO_BIND = env_bind("STUDIO_BIND", "127.0.0.1:8000")
STUDIO_DATA_DIR = Path(env("STUDIO_DATA_DIR", str(BASE_DIR / "data"))).resolve()
STUDIO_PUBLIC_URL = env_url("STUDIO_PUBLIC_URL")
STUDIO_SANDBOX = env_bool("STUDIO_SANDBOX", default=True)
STUDIO_ALLOW_PRIVATE_HOSTS = env_networks("STUDIO_ALLOW_PRIVATE_HOSTS")
STUDIO_WORKERS = env_int("STUDIO_WORKERS", 3, least=2)
STUDIO_SHARDS = env_int("STUDIO_SHARDS", 1, least=1)
STUDIO_WEB_THREADS = env_int("STUDIO_WEB_THREADS", 16, least=1)
STUDIO_MIN_FREE_MB = env_int("STUDIO_MIN_FREE_MB", 1024)
STUDIO_TRUSTED_PROXIES = env_int("STUDIO_TRUSTED_PROXIES", 0)
STUDIO_MASTER_KEYS = env("STUDIO_MASTER_KEYS")
DEBUG = env_bool("STUDIO_DEBUG", default=False)

SECRETS_DIR = STUDIO_DATA_DIR / "secrets"
RUN_DIR = STUDIO_DATA_DIR / "run"
SECRET_KEY = env_secret("STUDIO_SECRET_KEY", SECRETS_DIR / "django.key")


def loopback_url(host: str, port: int) -> str:
    """How the workers reach our own web server, whatever address it is bound to."""
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"


STUDIO_LOCAL_URL = loopback_url(*STUDIO_BIND)
STUDIO_INTERNAL_URL = env_url("STUDIO_INTERNAL_URL") or STUDIO_LOCAL_URL
STUDIO_SANDBOX_URL = f"{STUDIO_INTERNAL_URL}/sandbox"


def allowed_hosts() -> list[str]:
    """Our public name and this machine's own names; any name when bound to the network unnamed."""
    named = env_list("STUDIO_ALLOWED_HOSTS")
    public = urlsplit(STUDIO_PUBLIC_URL).hostname
    try:
        is_local = ip_address(STUDIO_BIND[0]).is_loopback
    except ValueError:
        is_local = STUDIO_BIND[0] == "localhost"
    if not (named or public or is_local):
        return ["*"]
    return [*named, *([public] if public else []), "localhost", "127.0.0.1", "[::1]"]


ALLOWED_HOSTS = allowed_hosts()

# --- Django -------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "django_q",
    "studio.accounts",
    "studio.vault",
    "studio.jobs",
    "studio.engine",
    "studio.upkeep",
    "studio.sandbox",
]

MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",
    "studio.compression.PageGZipMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "studio.accounts.middleware.MemberLocaleMiddleware",
    "studio.accounts.middleware.SignedInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "studio.urls"
WSGI_APPLICATION = "studio.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "studio.markup"],
            "libraries": {"django_htmx": "django_htmx.templatetags.django_htmx"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "studio.accounts.context.studio",
                "studio.engine.context.on_hold",
            ],
        },
    }
]
FORM_RENDERER = "studio.forms.Renderer"

DATABASE_URL = env("DATABASE_URL")
DATABASES = {"default": database(DATABASE_URL, STUDIO_DATA_DIR / "darkroom.sqlite3")}
REDIS_URL = env("REDIS_URL")
CACHES = caches(REDIS_URL, STUDIO_DATA_DIR / "sandbox")

# Rows are the queue and tasks are hints, so nothing is ever run again by the broker: `retry` lies
# beyond any task's life (docs/architecture.md).
STUDIO_LANES = env_choice("STUDIO_LANES", "TOGETHER", ("TOGETHER", "SPLIT"))
Q_CLUSTER = {
    "name": "darkroom",
    **broker(REDIS_URL),
    "workers": STUDIO_WORKERS,
    "queue_limit": STUDIO_WORKERS,
    "poll": 0.05,
    "timeout": 2400,
    "retry": 7200,
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": -1,
    # Never: the supervisor takes a worker that is gone for a wedged cluster.
    "recycle": 1_000_000_000,
    "catch_up": False,
    "label": "Darkroom",
}

# --- Who ----------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "studio.accounts.backends.EmailBackend",
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "studio"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "studio.accounts.passwords.LengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_AGE = int(timedelta(days=30).total_seconds())

# Failed tries and the time in which they count, for an account and an address (promise 38).
LOGIN_LIMITS = {
    "username": (5, timedelta(minutes=5)),
    "ip_address": (10, timedelta(minutes=1)),
}
AXES_HANDLER = "studio.accounts.throttle.LoginThrottle"
AXES_LOCKOUT_CALLABLE = "studio.accounts.throttle.lockout_response"
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]
AXES_CLIENT_IP_CALLABLE = "studio.accounts.requests.client_address"
AXES_USERNAME_FORM_FIELD = "username"
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

# --- Languages ----------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "studio" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env_zone("STUDIO_TIME_ZONE", "UTC")

# --- Files --------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = STUDIO_DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STUDIO_STORAGE_URL = env("STUDIO_STORAGE_URL")
STUDIO_STORAGE_PUBLIC_URL = env_url("STUDIO_STORAGE_PUBLIC_URL")
STORAGES = {
    "default": archive(
        STUDIO_STORAGE_URL, STUDIO_DATA_DIR / "pictures", public_url=STUDIO_STORAGE_PUBLIC_URL
    ),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILE_UPLOAD_TEMP_DIR = None
FILE_UPLOAD_HANDLERS = [
    "studio.jobs.uploads.Gate",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
# The gate says kindly what is too much; this is for what no browser sends.
DATA_UPLOAD_MAX_NUMBER_FILES = 100

# --- Mail ---------------------------------------------------------------------------------------

EMAIL_HOST = env("STUDIO_EMAIL_HOST")
EMAIL_PORT = env_int("STUDIO_EMAIL_PORT", 587, least=1)
EMAIL_HOST_USER = env("STUDIO_EMAIL_USER")
EMAIL_HOST_PASSWORD = env("STUDIO_EMAIL_PASSWORD")
EMAIL_USE_TLS = env_bool("STUDIO_EMAIL_TLS", default=True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("STUDIO_EMAIL_FROM", "Darkroom <darkroom@localhost>")

# --- Security -----------------------------------------------------------------------------------

IS_HTTPS = STUDIO_PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SECURE_SSL_REDIRECT = False  # the proxy that holds the certificate redirects
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if STUDIO_TRUSTED_PROXIES else None
SILENCED_SYSTEM_CHECKS = ["auth.W004", "security.W005", "security.W008", "security.W021"]
CSRF_TRUSTED_ORIGINS = [STUDIO_PUBLIC_URL] if STUDIO_PUBLIC_URL else []
CSRF_FAILURE_VIEW = "studio.errors.csrf_failed"
DEFAULT_EXCEPTION_REPORTER_FILTER = "studio.reports.ReportFilter"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *origins(STUDIO_STORAGE_PUBLIC_URL)],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Logs and figures ----------------------------------------------------------------------------

STUDIO_METRICS_TOKEN = env("STUDIO_METRICS_TOKEN")
LOG_LEVEL = env_choice("STUDIO_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = configuration(LOG_LEVEL, env_choice("STUDIO_LOG_FORMAT", "TEXT", ("TEXT", "JSON")))
