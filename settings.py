"""All settings of the server, Django's and our own, read from top to bottom.

Everything comes from the environment; a value that makes no sense is refused by the name of its variable.
"""

import base64
import binascii
import json
import os
import secrets
import socket
import tomllib
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

import psutil

from classroom.attendance.rules import RulesError, rules_from


class SettingsError(ValueError):
    """A variable of the environment is missing or makes no sense; the text names it, never its value."""


def _text(name: str, default: str) -> str:
    return os.environ.get(name, "").strip() or default


def _flag(name: str, default: bool = False) -> bool:
    raw = _text(name, "1" if default else "0").lower()
    if raw not in {"0", "1", "true", "false", "yes", "no"}:
        raise SettingsError(f"{name}: expected 0 or 1")
    return raw in {"1", "true", "yes"}


def _number(name: str, default: int, low: int, high: int) -> int:
    raw = _text(name, str(default))
    if not raw.isascii() or not raw.isdigit() or not low <= int(raw) <= high:
        raise SettingsError(f"{name}: expected a whole number from {low} to {high}")
    return int(raw)


def _names(name: str, default: str) -> list[str]:
    return [part.strip() for part in _text(name, default).split(",") if part.strip()]


def _objects(name: str) -> list[dict[str, object]]:
    try:
        value = json.loads(_text(name, "[]"))
    except ValueError:
        raise SettingsError(f"{name}: expected JSON") from None
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise SettingsError(f"{name}: expected a JSON list of objects")
    return value


def _endpoint(name: str) -> tuple[str, int] | None:
    host, _, port = _text(name, "").rpartition(":")
    if not host and not port:
        return None
    if not host or not port.isdigit() or int(port) > 65535:
        raise SettingsError(f"{name}: expected HOST:PORT, such as 127.0.0.1:9100")
    return host, int(port)


def _networks(name: str) -> list[IPv4Network | IPv6Network]:
    try:
        return [ip_network(one) for one in _names(name, "")]
    except ValueError:
        raise SettingsError(f"{name}: expected networks such as 10.0.0.0/8, separated by commas") from None


def _addresses(name: str, *schemes: str) -> list[str]:
    found = _names(name, "")
    if not all(one.startswith(schemes) and not one.endswith(":") for one in found):
        raise SettingsError(f"{name}: expected addresses that begin with {' or '.join(schemes)}, separated by commas")
    return found


def _secret(name: str, fresh: str | None) -> str:
    """The environment's value, else the file {SECRETS}/NAME; only the demo makes a missing one by itself."""
    if value := os.environ.get(name, "").strip():
        return value
    file = SECRETS / name
    if not file.exists() and DEMO and fresh is not None:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_name(f"{name}.{os.getpid()}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(fresh)
        try:
            os.link(draft, file)  # the first of two processes wins, whole; the other reads what is there
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    if not file.exists():
        raise SettingsError(f"{name}: missing; set it, or put it into {file}")
    return file.read_text().strip()


def _optional_secret(name: str, *schemes: str) -> str:
    """An address that may hold a password, from where secrets come; empty where there is none."""
    given = os.environ.get(name, "").strip() or (SECRETS / name).exists()
    value = _secret(name, None) if given else ""
    if value and not value.startswith(schemes):
        raise SettingsError(f"{name}: expected an address that begins with {' or '.join(schemes)}")
    return value


def _passphrase(name: str, *, shared: bool = False) -> str:
    value = _secret(name, None if shared else secrets.token_urlsafe(48))  # a shared one comes from who else has it
    if len(value) < 32 or len(set(value)) < 10:
        raise SettingsError(f"{name}: too short or too simple; at least 32 random characters")
    return value


def _ring(name: str) -> dict[str, bytes]:
    """Key ids to 32-byte keys, "id:base64,…"; the first is the one in use, the others still open what they closed."""
    ring: dict[str, bytes] = {}
    fresh = f"{secrets.token_hex(4)}:{base64.b64encode(secrets.token_bytes(32)).decode()}"
    for entry in _secret(name, fresh).split(","):
        key_id, _, encoded = entry.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if (
            not (key_id.isalnum() and 1 <= len(key_id) <= 16 and key_id not in ring)
            or len(key) != 32
            or len(set(key)) < 8
        ):
            raise SettingsError(f"{name}: expected id:base64 of 32 random bytes, separated by commas")
        ring[key_id] = key
    return ring


# ---------------------------------------------------------------- where things are
ROOT = Path(__file__).resolve().parent
VERSION = str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])
DATA = Path(_text("ANXUE_DATA", str(ROOT / "var"))).expanduser().resolve()  # everything that is written
SECRETS = Path(_text("ANXUE_SECRETS", str(DATA / "secrets"))).expanduser().resolve()  # a file each, by its name
DEMO = _flag("ANXUE_DEMO")  # demo accounts, secrets made at random
MEDIA_ROOT = DATA / "courses"  # renditions
WORKSHOP = _flag("ANXUE_WORKSHOP", default=True)  # this process has courseware worked on, one file at a time a machine
UPLOAD_BYTES_AT_MOST = _number("ANXUE_UPLOAD_BYTES_AT_MOST", 2 << 30, 1 << 20, 64 << 30)  # of one file of courseware
UI_ROOT = ROOT / "web" / "ui" / "dist"  # the built page

# ---------------------------------------------------------------- what is outside
DATABASE = _optional_secret("ANXUE_DATABASE", "sqlite://", "postgres://") or f"sqlite://{DATA}/classroom.sqlite3"
REDIS_URL = _optional_secret("ANXUE_REDIS_URL", "redis://", "rediss://", "unix://")  # with it several control processes
if REDIS_URL and DATABASE.startswith("sqlite://"):
    raise SettingsError(
        "ANXUE_REDIS_URL: several control processes need PostgreSQL; set ANXUE_DATABASE to postgres://…"
    )
REDIS_PREFIX = _text("ANXUE_REDIS_PREFIX", "anxue")  # of the channels' names
DRAIN_S = _number("ANXUE_DRAIN_S", 90, 0, 3_600)  # how long an open check keeps a process that was asked to end
DATABASE_PATIENCE_S = _number("ANXUE_DATABASE_PATIENCE_S", 20, 2, 600)  # without it, until pages are sent away to wait
HOST = _text("ANXUE_HOST", "127.0.0.1")
PORT = _number("ANXUE_PORT", 8900, 0, 65535)
MEDIA_URLS = _names("ANXUE_MEDIA_URL", "http://127.0.0.1:8901")  # media processes (verify/), separated by commas
if len({one for one in MEDIA_URLS if one.startswith(("http://", "https://"))}) != max(len(MEDIA_URLS), 1):
    raise SettingsError("ANXUE_MEDIA_URL: expected http://… or https://…, each once, separated by commas")
METRICS = _endpoint("ANXUE_METRICS")  # where Prometheus asks; never an address that learners reach
ICE_SERVERS = _objects("ANXUE_ICE_SERVERS")
TURN_URLS = _addresses("ANXUE_TURN_URLS", "turn:", "turns:")  # for networks that let no other UDP through
TURN_LIFETIME_S = _number("ANXUE_TURN_LIFETIME_S", 3600, 120, 86_400)  # of the credentials that are given out
HTTPS = _flag("ANXUE_HTTPS")  # the page is reached over TLS: cookies are marked secure, browsers told to stay
PROXIES = _networks("ANXUE_PROXIES")  # whose X-Forwarded-For and -Proto are believed; nobody's by default

SECOND_FACTOR = _flag("ANXUE_SECOND_FACTOR", default=not DEMO)  # staff sign in with an authenticator's code, too

# ---------------------------------------------------------------- secrets, never logged
SECRET_KEY = _passphrase("ANXUE_SECRET_KEY")  # CSRF
JOURNAL_KEY = _passphrase("ANXUE_JOURNAL_KEY")  # MAC of the journal's heads
MEDIA_SECRET = _passphrase("ANXUE_MEDIA_SECRET")  # shared with the media process; signs course tickets too
INDEX_KEY = _passphrase("ANXUE_INDEX_KEY")  # blind indexes of names
TURN_SECRET = _passphrase("ANXUE_TURN_SECRET", shared=True) if TURN_URLS else ""  # coturn's static-auth-secret
FACE_KEKS = _ring("ANXUE_FACE_KEK")  # wrap the data key of each person

# ---------------------------------------------------------------- the rules of attendance
# ANXUE_RULES_IDLE_MS=600000 and so on: every field of Rules, in its own unit; what the law forbids is refused here.
_PREFIX = "ANXUE_RULES_"
try:
    RULES = rules_from(
        {name[len(_PREFIX) :].lower(): text for name, text in os.environ.items() if name.startswith(_PREFIX)}
    )
except RulesError as refused:
    raise SettingsError(f"{_PREFIX}…: {refused.code}: {refused}") from None

# ---------------------------------------------------------------- the declared design load (row 25: alarm at 70 %)
MACHINE = _text("ANXUE_MACHINE", socket.gethostname())[:40]  # its name on the operators' page
DESIGN_LEARNERS = _number("ANXUE_DESIGN_LEARNERS", 5_000, 1, 10_000_000)  # at once, in all processes
DESIGN_CHECKS = _number("ANXUE_DESIGN_CHECKS", 0, 0, 1_000_000)  # at once; 0: all slots of the media processes
DESIGN_CPU_CORES = _number("ANXUE_DESIGN_CPU_CORES", os.cpu_count() or 1, 1, 4_096)  # a machine
DESIGN_MEMORY_MIB = _number("ANXUE_DESIGN_MEMORY_MIB", psutil.virtual_memory().total // 2**20, 1, 2**30)  # a machine
DESIGN_DATABASE_MIB = _number("ANXUE_DESIGN_DATABASE_MIB", 100 * 1024, 1, 2**30)
DESIGN_DISK_MIB = _number("ANXUE_DESIGN_DISK_MIB", 0, 0, 2**30)  # 0: the whole disk that ANXUE_DATA is on

# ---------------------------------------------------------------- for whoever can't do as a check asks
# A check asks three different actions: of 5 there are 60 orders, of 4 24, of 3 6 (docs/verification.md).
ACTIONS_AT_LEAST = _number("ANXUE_ACTIONS_AT_LEAST", 3, 3, 5)  # remain whatever staff set for a learner
APPEAL_HOURS = _number("ANXUE_APPEAL_HOURS", 48, 1, 720)  # until an appeal should be decided; later ones are marked
PERSON_REQUESTS_A_DAY = _number("ANXUE_PERSON_REQUESTS_A_DAY", 3, 1, 20)  # of one learner

# ---------------------------------------------------------------- Django: HTTP only, no ORM, no auth, no admin
DEBUG = False
ALLOWED_HOSTS = _names("ANXUE_ALLOWED_HOSTS", f"127.0.0.1,localhost,{HOST}")
ROOT_URLCONF = "web.urls"
INSTALLED_APPS = ["web"]  # its checks
MIDDLEWARE = [
    "web.middleware.security_headers",
    "web.middleware.errors_as_codes",
    "web.middleware.sessions",
    "web.operations.operations",
    "web.middleware.Csrf",
]
SESSION_ENGINE = "web.sessions"
SESSION_COOKIE_NAME = "anxue_session"
SESSION_COOKIE_AGE = 12 * 3600  # seconds; one login outlasts a day's cap of study, GB/T 22239 8.1.4.1 b asks for an end
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "web.errors.csrf_failure"
TEMPLATES: list[dict[str, object]] = []
LOGGING_CONFIG = None  # the launcher sets logging up
LANGUAGE_CODE = "zh-hans"
USE_I18N = False  # sentences are made by the page
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024  # bytes; the largest honest body is a login
APPEND_SLASH = False
