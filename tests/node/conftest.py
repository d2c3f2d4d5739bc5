"""The node's cast, clock and worker for tests."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import django
import pytest

# Named on the command line, this folder is collected before pytest-django sets the node up.
django.setup()

from allauth.mfa.models import Authenticator  # noqa: E402
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value  # noqa: E402
from allauth.mfa.utils import encrypt  # noqa: E402
from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402

from rempart.adapters.home import Home  # noqa: E402
from rempart.core.vocabulary import Role  # noqa: E402
from rempart.node import runtime  # noqa: E402
from rempart.node.audit import checkpoints  # noqa: E402
from rempart.node.casework import similar  # noqa: E402
from rempart.node.intake import platforms  # noqa: E402
from rempart.node.jobs import services as jobs  # noqa: E402
from rempart.node.jobs.steps import load_steps  # noqa: E402
from rempart.node.languages import services as languages  # noqa: E402
from rempart.node.lists import services as lists  # noqa: E402
from rempart.node.staff import factors, logins  # noqa: E402


@dataclass
class SettableClock:
    """A clock that moves only when told to."""

    moment: datetime = field(default_factory=lambda: datetime(2026, 3, 2, 9, 0, tzinfo=UTC))

    def now(self) -> datetime:
        return self.moment

    def advance(self, **duration: float) -> datetime:
        self.moment += timedelta(**duration)
        return self.moment


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SettableClock:
    """The node's clock, standing at 2 March 2026, 09:00 UTC."""
    settable = SettableClock()
    runtime.clock.cache_clear()
    monkeypatch.setattr(runtime, "clock_from_environment", lambda: settable)
    yield settable
    runtime.clock.cache_clear()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(home: Home, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """SQLite in a file of this run's folder, as in use: threads and processes cannot share one in memory.

    PostgreSQL in a database for each parallel process.
    """
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database.setdefault("TEST", {})["NAME"] = str(home.path / "test.sqlite3")


@pytest.fixture(autouse=True)
def _read_anew() -> None:
    """Each test has a database of its own; what a process keeps of lists and images belongs to the last one.

    So do the signed checkpoints: they stand for the last test's chain.
    """
    checkpoints.own_file().path.unlink(missing_ok=True)
    lists.forget_recogniser()
    similar.forget()
    platforms.allowances.forget()
    languages.forget()


CAST = {
    "ana": ("Ana Analyst", [Role.ANALYST]),
    "ben": ("Ben Analyst", [Role.ANALYST]),
    "sacha": ("Sacha Senior", [Role.SENIOR_ANALYST]),
    "luis": ("Luis Liaison", [Role.LE_LIAISON]),
    "vera": ("Vera Victim-Specialist", [Role.VICTIM_SPECIALIST]),
    "lin": ("Lin List-Manager", [Role.LIST_MANAGER]),
    "stan": ("Stan Statistician", [Role.STATISTICIAN]),
    "aude": ("Aude Auditor", [Role.AUDITOR]),
    "adam": ("Adam Administrator", [Role.ADMINISTRATOR]),
}
PASSWORD = "correct horse battery staple"
APP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""What the app of each of the cast computes its codes from."""


def next_code(username: str) -> str:
    """The next code of this person's app that was not used yet: three in a row count within half a minute."""
    from rempart.node.staff.models import StaffMember

    used = StaffMember.objects.get(username=username).code_step
    return str(format_hotp_value(hotp_value(APP_SECRET, max(used + 1, min(factors.yield_hotp_counters_from_time())))))


@pytest.fixture(autouse=True)
def _codes_of_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same codes count throughout a test: an app's next half minute may begin between writing and asking one."""
    steps = tuple(factors.yield_hotp_counters_from_time())
    monkeypatch.setattr(factors, "yield_hotp_counters_from_time", lambda: steps)


@pytest.fixture(autouse=True)
def _logins_with_both_factors(monkeypatch: pytest.MonkeyPatch) -> None:
    """`Client.force_login` opens what a login with both factors opens; `factor=""`: with the password alone."""
    bare = Client.force_login

    def force_login(client: Client, person, backend: str | None = None, factor: str = "totp") -> None:
        bare(client, person, backend)
        session = client.session
        session[logins.KEY] = logins.start(person, factor, "Firefox on Linux").pk
        session.save()

    monkeypatch.setattr(Client, "force_login", force_login)


@pytest.fixture
def people(db, settings) -> dict:
    """One person per role (and a second analyst), by first name."""
    # Tests log in often and check no password strength: the slow hash would only cost time.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    from rempart.node.staff.models import StaffMember

    cast = {
        name: StaffMember.objects.create_user(name, PASSWORD, roles, display_name)
        for name, (display_name, roles) in CAST.items()
    }
    Authenticator.objects.bulk_create(
        Authenticator(user=person, type="totp", data={"secret": encrypt(APP_SECRET)}) for person in cast.values()
    )
    return cast


@pytest.fixture
def drain() -> Callable[[], int]:
    """Do every step that is due now, until none is; returns how many were done."""
    load_steps()

    def run() -> int:
        done = 0
        while count := jobs.run_due(16):
            done += count
            assert done < 5000, "steps keep asking for one another"
        return done

    return run


@pytest.fixture
def as_(people):
    """A browser in which somebody is logged in."""

    def log_in(name: str) -> Client:
        client = Client()
        client.force_login(people[name])
        return client

    return log_in
