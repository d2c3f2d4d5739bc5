"""Each surface alone: what it serves, and how it refuses the rest in its own looks."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.urls import Resolver404, resolve
from url_maps import SURFACES, addresses

from rempart.adapters.home import HELD, Home

PROGRAM = """
import django, json, sys
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.test import Client
answers = {}
for path in sys.argv[1:]:
    answer = Client(headers={"accept": "text/html"}).get(path, follow=True)
    answers[path] = [answer.status_code, answer.headers.get("Content-Type", "").split(";")[0]]
print(json.dumps(answers))
"""
PATHS = ("/health", "/en/", "/staff/login", "/api/v1/openapi.json", "/ispws/status", "/nothing/here", "/staff/nothing")
HTML = "text/html"
EXPECTED = {
    "public": {"/health": 200, "/en/": 200, "/staff/login": 404, "/api/v1/openapi.json": 404, "/ispws/status": 404},
    "staff": {"/health": 200, "/en/": 404, "/staff/login": 200, "/api/v1/openapi.json": 404, "/ispws/status": 404},
    "machine": {"/health": 200, "/en/": 404, "/staff/login": 404, "/api/v1/openapi.json": 200, "/ispws/status": 401},
    "all": {"/health": 200, "/en/": 200, "/staff/login": 200, "/api/v1/openapi.json": 200, "/ispws/status": 401},
}


@pytest.mark.parametrize("surface", EXPECTED)
def test_a_surface_serves_its_own_and_refuses_the_rest(tmp_path: Path, surface: str) -> None:
    home = Home(tmp_path / "home")
    home.create()
    environment = {
        "PATH": os.environ["PATH"],
        "REMPART_HOME": str(home.path),
        "REMPART_MODE": "test",
        "REMPART_SURFACE": surface,
        "DJANGO_SETTINGS_MODULE": "rempart.node.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *PATHS], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    expected = {**EXPECTED[surface], "/nothing/here": 404, "/staff/nothing": 404}
    assert {path: status for path, (status, _) in answers.items()} == expected
    kind_of_refusal = answers["/nothing/here"][1]
    assert kind_of_refusal == ("text/plain" if surface in {"staff", "machine"} else HTML)
    assert answers["/staff/nothing"][1] == (HTML if surface != "machine" else "text/plain")


@pytest.mark.parametrize("surface", SURFACES)
def test_no_address_of_another_surface_leads_anywhere(surface: str) -> None:
    """Generated over all three maps; only the probe of health is everybody's."""
    own = set(addresses(surface))
    for other in set(SURFACES) - {surface}:
        foreign = [path for path in addresses(other) if path not in own]
        assert len(foreign) > 5
        for path in foreign:
            with pytest.raises(Resolver404):
                resolve(path, f"rempart.node.urls_{surface}")
        assert set(addresses(other)) & own <= {"/health"}


PRODUCTION = {
    "REMPART_MODE": "production",
    "REMPART_HOSTS": "hotline.example",
    "REMPART_ORGANISATION": "Made-up hotline",
    "REMPART_NOTICE_SENDER": "notices@hotline.invalid",
}


def run(home: Home, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {
        "PATH": os.environ["PATH"],
        "REMPART_HOME": str(home.path),
        "DJANGO_SETTINGS_MODULE": "rempart.node.settings",
    }
    return subprocess.run(
        [sys.executable, *command], env={**known, **environment}, capture_output=True, text=True, timeout=120
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.create()
    return made


@pytest.mark.parametrize("surface", ["", "all"])
def test_in_production_no_process_serves_everything(home: Home, surface: str) -> None:
    environment = {**PRODUCTION, **({"REMPART_SURFACE": surface} if surface else {})}
    done = run(home, "-m", "rempart.cli", "run", "--port", "1", **environment)
    assert done.returncode == 1
    assert "REMPART_SURFACE" in done.stderr
    assert "public, staff, machine" in done.stderr
    assert "Traceback" not in done.stderr
    # A server started without our command is refused as well.
    done = run(home, "-c", "import rempart.node.wsgi", **environment)
    assert done.returncode == 1
    assert "UnsafeStart" in done.stderr


@pytest.mark.parametrize("surface", SURFACES)
def test_in_production_a_named_surface_is_served(home: Home, surface: str) -> None:
    assert run(home, "-c", "import rempart.node.wsgi", **PRODUCTION, REMPART_SURFACE=surface).returncode == 0


MIDDLEWARE = """
import django
django.setup()
from django.conf import settings
print("\\n".join(settings.MIDDLEWARE))
"""


def test_each_surface_loads_its_own_middleware(home: Home) -> None:
    """What is not loaded cannot be attacked: nobody logs in to the public pages or the machines' calls."""
    loaded = {
        surface: set(run(home, "-c", MIDDLEWARE, REMPART_MODE="test", REMPART_SURFACE=surface).stdout.split())
        for surface in SURFACES
    }
    assert loaded["machine"] == {
        "rempart.node.surface.HeadersMiddleware",
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "allauth.account.middleware.AccountMiddleware",  # without it the package refuses to start
        "rempart.node.surface.LoopbackMiddleware",  # outside production alone
    }
    assert loaded["public"] == loaded["machine"] | {
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "csp.middleware.CSPMiddleware",
        "rempart.node.languages.middleware.CorrectionsMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    }
    assert "django.contrib.auth.middleware.AuthenticationMiddleware" in loaded["staff"]


PUBLIC = """
import django, sys
django.setup()
from django.test.utils import setup_test_environment
setup_test_environment()
from django.conf import settings
from rempart.core.errors import NotPermitted
from rempart.node.intake import services
from node.intake.public_walk import SAME_ORIGIN, reported
from node.intake.public_walk import Client
from rempart.node.intake.models import Report
code = reported("https://pictures.example/a").code
visitor = Client(headers=SAME_ORIGIN)
page = visitor.post("/en/receipt/", {"code": code})
ticket = page.context["ticket"]
page = visitor.post("/en/receipt/", {"code": code, "action": "message", "ticket": ticket, "text": "More to say."})
assert page.status_code == 200, page.status_code
assert settings.HOME.keys.vault is None
report = Report.objects.get()
for attempt in (services.items, services.read_messages, lambda pk: services.original(pk, "form")):
    try:
        attempt(report.pk)
    except NotPermitted:
        continue
    raise AssertionError("a public process opened a report")
print(report.pk)
"""
MACHINE = """
import django
django.setup()
from django.test.utils import setup_test_environment
setup_test_environment()
from node.intake.conftest import new_platform, xml_report
platform = new_platform("Example Chat")
report_id = platform.submit(xml_report())
platform.upload(report_id, b"benign bytes")
assert platform.finish(report_id) == 0
print(report_id)
"""
STAFF = """
import django
django.setup()
from django.test import Client
assert Client().get("/staff/", follow=True).status_code == 200
print(0)
"""
INSIDE = """
import django, sys
django.setup()
from rempart.node.intake import services
[public, machine] = map(int, sys.argv[1:])
assert [text for _, text in services.read_messages(public)] == ["More to say."]
assert services.items(public)[0].value == "https://pictures.example/a"
assert services.items(machine)
assert b"".join(services.file_bytes(services.items(machine)[-1].file.id)) == b"benign bytes"
"""


def test_each_surface_does_its_work_with_its_own_secrets_and_the_public_one_opens_nothing(
    home: Home, tmp_path: Path, repository: Path
) -> None:
    tests = str(repository / "tests")
    common = {"REMPART_MODE": "test", "PYTHONPATH": tests}
    assert run(home, "-m", "rempart.cli", "migrate", **common).returncode == 0
    made = {}
    for surface, program in (("public", PUBLIC), ("machine", MACHINE), ("staff", STAFF)):
        keys = tmp_path / surface
        keys.mkdir(mode=0o700)
        for name in HELD[surface]:
            shutil.copy(home.keys_directory / name, keys / name)
        done = run(home, "-c", program, **common, REMPART_SURFACE=surface, REMPART_KEYS=str(keys))
        assert done.returncode == 0, done.stderr
        made[surface] = done.stdout.strip()
    done = run(home, "-c", INSIDE, made["public"], made["machine"], **common)
    assert done.returncode == 0, done.stderr
