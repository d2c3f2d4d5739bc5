"""Settings of one node, read from the environment; an unsafe combination refuses to start.

`REMPART_HOME`      data folder (see `rempart.adapters.home`)
`REMPART_KEYS`      folder with this process's secrets; empty: `keys/` of the data folder
`REMPART_MODE`      production (default) | dev | demo | test
`REMPART_SURFACE`   public | staff | machine: which URL map this process serves, and which secrets it reads;
                    all: workers and commands, and web processes outside production
`REMPART_DATABASE`  postgresql://user:password@host:port/name; empty for the embedded database
`REMPART_HOSTS`     comma-separated host names this node answers to (required in production)
`REMPART_COUNTRY`   ISO 3166-1 alpha-2 code of this member (default FR)
`REMPART_PRIORITY_RULES`  JSON file with this node's weights (see `rempart.core.priority.Rules`); empty for the defaults
`REMPART_RETENTION_RULES` TOML file with this node's rules (see `rempart.core.retention`); empty for those that ship
`REMPART_EXPOSURE_RULES`  JSON file with this node's budget of viewing (see `rempart.core.exposure.Rules`)
`REMPART_CLAIM_MINUTES`   how long a claimed case stays with a person who does not act (default 30)
`REMPART_UNDO_SECONDS`    how long a decision can be undone before anything follows from it (default 60)
`REMPART_SESSION_IDLE_MINUTES`, `REMPART_SESSION_HOURS`   when a login ends: without any request, and in all
`REMPART_CONFIRM_MINUTES`   how long a proof of identity counts as recent for sensitive steps
`REMPART_ENROLMENT_HOURS`   how long a one-time link to an account works
`REMPART_STAFF_ADDRESS`     where staff reach this node, for the links that commands print
`REMPART_ORIGIN`            name of this node's log among the members (default: first of `REMPART_HOSTS`, then `/log`)
`REMPART_SECRETARIAT`       1: this node keeps the register of members for all; or the log of the node that does
`REMPART_SIGNAL_SECONDS`    how often what was decided is signed into the log (default 10)
`REMPART_FOLLOW_SECONDS`    how often the other members' logs are looked at, if they do not hint before (default 10)
`REMPART_CHECKPOINT_MINUTES`, `REMPART_CHECKPOINT_COPY`   signed checkpoints of the chain: how often; a second folder

What the node asks outside itself (see `rempart.node.hosting.outside`):
`REMPART_SMTP`           host:port of the mail relay; empty: notices by mail wait
`REMPART_SMTP_STARTTLS`  1 (default in production) or 0
`REMPART_SMTP_USER`, `REMPART_SMTP_PASSWORD_FILE`   login at the relay
`REMPART_RDAP`           empty: registries are not asked; iana: by IANA's bootstrap; or a service's URL
`REMPART_MMDB_COUNTRY`, `REMPART_MMDB_ASN`          MMDB files that replace the bundled country data
`REMPART_TOR_PROXY`      socks5h://host:port, to check onion addresses
`REMPART_NOTICE_PLAN`    JSON: {"check_every": "PT6H", "max_sends": 3, ...}, ISO 8601 durations (`core.deadlines`)
`REMPART_DNS_TABLE`      dev, demo, test: JSON file of host to addresses, instead of DNS
`REMPART_NETWORKS`       dev, demo, test: JSON file of network to country, asn, provider, cdn
`REMPART_CONNECT_TABLE`  dev, demo, test: JSON file of host to [ip, port] that is dialled for it
"""

import os
from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from rempart.adapters.clock import clock_from_environment
from rempart.adapters.home import Home
from rempart.core.accounts import LoginLimits
from rempart.core.errors import UnsafeStart
from rempart.node import environment

MODE = os.environ.get("REMPART_MODE", "production")
if MODE not in {"production", "dev", "demo", "test"}:
    raise UnsafeStart(f"REMPART_MODE is {MODE!r}.", where="REMPART_MODE", advice="Use production, dev, demo or test.")
LOOPBACK_ONLY = MODE != "production"
SURFACE = os.environ.get("REMPART_SURFACE", "all")
if SURFACE not in {"all", "public", "staff", "machine"}:
    raise UnsafeStart(
        f"REMPART_SURFACE is {SURFACE!r}.", where="REMPART_SURFACE", advice="Use all, public, staff or machine."
    )

# Compressed time is for demonstrations; anywhere else this refuses to start.
clock_from_environment()
HOME = Home.from_environment()
HOME.check()
SECRET_KEY = HOME.keys.django
DEBUG = False


def _hosts() -> list[str]:
    named = [host.strip() for host in os.environ.get("REMPART_HOSTS", "").split(",") if host.strip()]
    if LOOPBACK_ONLY:
        return [*named, "127.0.0.1", "localhost", "testserver"]
    if not named or "*" in named:
        raise UnsafeStart(
            "production needs the host names this node answers to.",
            where="REMPART_HOSTS",
            advice="Set it to a comma-separated list without a wildcard.",
        )
    return named


ALLOWED_HOSTS = _hosts()

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    # Second factors. None of their pages is mounted: `rempart.node.staff` has its own.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rempart.node.jobs",
    "rempart.node.audit",
    "rempart.node.staff",
    "rempart.node.register",
    "rempart.node.lists",
    "rempart.node.intake",
    "rempart.node.casework",
    "rempart.node.hosting",
    "rempart.node.notices",
    "rempart.node.referrals",
    "rempart.node.observatory",
    "rempart.node.retention",
    "rempart.node.roster",
    "rempart.node.exchange",
]

_COMMON = [
    "rempart.node.surface.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.common.CommonMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
if LOOPBACK_ONLY:
    _COMMON.insert(0, "rempart.node.surface.LoopbackMiddleware")
# The machine surface answers hundreds of requests a second in XML and JSON: it knows neither sessions nor languages,
# and has no pages for which styles or scripts would matter.
_PAGES_ONLY = {"whitenoise.middleware.WhiteNoiseMiddleware", "csp.middleware.CSPMiddleware"}
MIDDLEWARE = (
    [name for name in _COMMON if name not in _PAGES_ONLY]
    if SURFACE == "machine"
    else [
        *_COMMON,
        "rempart.node.surface.StaffReferrerMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "rempart.node.staff.middleware.LoginMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ]
)
# What nobody logs in to keeps no session and knows nobody.
_STAFF_ONLY = {
    "rempart.node.surface.StaffReferrerMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "rempart.node.staff.middleware.LoginMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
}
if SURFACE == "public":
    MIDDLEWARE = [name for name in MIDDLEWARE if name not in _STAFF_ONLY]

ROOT_URLCONF = f"rempart.node.urls_{SURFACE}"
WSGI_APPLICATION = "rempart.node.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [os.path.join(os.path.dirname(__file__), "templates")],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["rempart.node.tags"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "rempart.node.surface.template_context",
            ],
        },
    }
]


def _database() -> dict[str, object]:
    address = os.environ.get("REMPART_DATABASE", "")
    if not address:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": HOME.database,
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                # A writer takes its lock at BEGIN, so a transaction never fails half-way for a stale read.
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                # FULL: what was acknowledged survives a power cut, not only a killed process.
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=30000;",
            },
        }
    parts = urlsplit(address)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise UnsafeStart(
            "only postgresql:// addresses with a database name are understood.",
            where="REMPART_DATABASE",
            advice="Leave it empty for the embedded database.",
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.strip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        # A `host` in the query is a folder with a Unix socket, as libpq writes it.
        "HOST": unquote(parts.hostname or "") or parse_qs(parts.query).get("host", [""])[0],
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
    }


DATABASES = {"default": _database()}

AUTH_USER_MODEL = "staff.StaffMember"
LOGIN_URL = "staff:login"
LOGIN_REDIRECT_URL = "staff:home"
LOGOUT_REDIRECT_URL = "staff:login"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
MFA_ADAPTER = "rempart.node.staff.adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
# Clocks of devices differ: the code before and the one after count, too, each once.
MFA_TOTP_TOLERANCE = 1
# People have no mail address here, and attempts are counted by `rempart.node.staff.attempts`.
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_RATE_LIMITS = False


LOGIN_LIMITS = LoginLimits(
    idle=timedelta(minutes=environment.whole("REMPART_SESSION_IDLE_MINUTES", 30, "minutes", 480)),
    longest=timedelta(hours=environment.whole("REMPART_SESSION_HOURS", 10, "hours", 24)),
    recent=timedelta(minutes=environment.whole("REMPART_CONFIRM_MINUTES", 10, "minutes", 120)),
)
ENROLMENT_TIME = timedelta(hours=environment.whole("REMPART_ENROLMENT_HOURS", 48, "hours", 336))
STAFF_ADDRESS = os.environ.get("REMPART_STAFF_ADDRESS", "").strip().rstrip("/")

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [os.path.join(os.path.dirname(__file__), "locale")]

STATIC_URL = "/static/"
STATICFILES_DIRS = [os.path.join(os.path.dirname(__file__), "static")]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_PATH = "/staff/"
# The row of each login is what ends it; the cookie and its session only must not live longer.
SESSION_COOKIE_AGE = int(LOGIN_LIMITS.longest.total_seconds())
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_PATH = "/staff/"
CSRF_FAILURE_VIEW = "rempart.node.surface.refused"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = MODE == "production"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
if MODE == "production":
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # Health probes reach the node without the proxy in front of it.
    SECURE_REDIRECT_EXEMPT = [r"^health$"]

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 300
FILE_UPLOAD_MAX_MEMORY_SIZE = 0
VAULT_MAX_FILE_BYTES = int(os.environ.get("REMPART_MAX_FILE_BYTES", str(1024**3)))

# A platform's client repeats a submit whose answer it missed; within these hours the same body is the same report.
SUBMISSION_REPEAT_HOURS = float(os.environ.get("REMPART_SUBMISSION_REPEAT_HOURS", "24"))


def _platform_rate() -> float:
    text = os.environ.get("REMPART_PLATFORM_RATE", "300")
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 100_000:
        raise UnsafeStart(
            "it is not a number of calls a second.", where="REMPART_PLATFORM_RATE", advice="Set it to 1 up to 100000."
        )
    return float(text)


# Calls a second that one platform may make of one web process, and twice as many at once.
PLATFORM_RATE = _platform_rate()

COUNTRY = os.environ.get("REMPART_COUNTRY", "FR").upper()
# Countries whose hosts are never told directly: police decide first.
POLICE_FIRST = [code.strip().upper() for code in os.environ.get("REMPART_POLICE_FIRST", "").split(",") if code.strip()]


PRIORITY_RULES = environment.priority_rules()
RETENTION_RULES = environment.retention_rules()
EXPOSURE_RULES = environment.exposure_rules()
CLAIM_MINUTES = environment.whole("REMPART_CLAIM_MINUTES", 30, "minutes", 1440)
UNDO_SECONDS = environment.whole("REMPART_UNDO_SECONDS", 60, "seconds", 3600, least=0)
ORIGIN = environment.origin(COUNTRY)
SECRETARIAT = environment.secretariat()
FOLLOW_SECONDS = environment.whole("REMPART_FOLLOW_SECONDS", 10, "seconds", 3600)
SIGNAL_SECONDS = environment.whole("REMPART_SIGNAL_SECONDS", 10, "seconds", 3600)
CHECKPOINT_MINUTES = environment.whole("REMPART_CHECKPOINT_MINUTES", 15, "minutes", 1440)
# A folder on another disk or machine that gets a copy of the signed checkpoints of the chain of events.
CHECKPOINT_COPY = os.environ.get("REMPART_CHECKPOINT_COPY", "").strip()
ORGANISATION = os.environ.get("REMPART_ORGANISATION", "Rempart hotline")
# Where the quick exit leads: a page that gives nothing away. Numbers are those of the node's country.
EXIT_ADDRESS = os.environ.get("REMPART_EXIT_ADDRESS", "https://www.wikipedia.org/")
EMERGENCY_NUMBER = os.environ.get("REMPART_EMERGENCY_NUMBER", "112")
CHILD_HELPLINE = os.environ.get("REMPART_CHILD_HELPLINE", "116 111")
NOTICE_SENDER = os.environ.get("REMPART_NOTICE_SENDER", "notices@hotline.example")
if MODE == "production" and (NOTICE_SENDER.endswith(".example") or "REMPART_ORGANISATION" not in os.environ):
    raise UnsafeStart(
        "notices would leave in the name of a made-up organisation.",
        where="REMPART_ORGANISATION, REMPART_NOTICE_SENDER",
        advice="Set both to this hotline's own name and mail address.",
    )


def _outside_production(name: str) -> str:
    """A setting that makes the node believe in a made-up network."""
    value = os.environ.get(name, "").strip()
    if value and MODE == "production":
        raise UnsafeStart("made-up networks are for dev, demo and test.", where=name, advice="Unset it.")
    return value


SMTP = os.environ.get("REMPART_SMTP", "").strip()
SMTP_STARTTLS = os.environ.get("REMPART_SMTP_STARTTLS", "0" if LOOPBACK_ONLY else "1") != "0"
SMTP_USER = os.environ.get("REMPART_SMTP_USER", "").strip()
SMTP_PASSWORD_FILE = os.environ.get("REMPART_SMTP_PASSWORD_FILE", "").strip()
RDAP = os.environ.get("REMPART_RDAP", "").strip()
MMDB_COUNTRY = os.environ.get("REMPART_MMDB_COUNTRY", "").strip()
MMDB_ASN = os.environ.get("REMPART_MMDB_ASN", "").strip()
TOR_PROXY = os.environ.get("REMPART_TOR_PROXY", "").strip()
NOTICE_PLAN = os.environ.get("REMPART_NOTICE_PLAN", "").strip()
DNS_TABLE = _outside_production("REMPART_DNS_TABLE")
NETWORKS = _outside_production("REMPART_NETWORKS")
CONNECT_TABLE = _outside_production("REMPART_CONNECT_TABLE")

# No request line, query or form value is ever logged: only levels, codes and counts written by our own loggers.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": True,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "plain"},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "loggers": {
        "rempart": {"handlers": ["stderr"], "level": os.environ.get("REMPART_LOG", "WARNING"), "propagate": False},
        "django": {"handlers": ["nowhere"], "level": "CRITICAL", "propagate": False},
        "django.request": {"handlers": ["nowhere"], "propagate": False},
        "django.security": {"handlers": ["nowhere"], "propagate": False},
        "django.server": {"handlers": ["nowhere"], "propagate": False},
    },
}
