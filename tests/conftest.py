"""What every test stands on: a data folder of its own, no network but loopback, warnings as errors."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings
from pytest_socket import socket_allow_hosts

# Before Django reads its settings: the node under test lives in a folder of this run.
_HOME = tempfile.TemporaryDirectory(prefix="rempart-test-")
os.environ["REMPART_HOME"] = _HOME.name
os.environ["REMPART_MODE"] = "test"
os.environ["REMPART_SURFACE"] = "all"
os.environ["REMPART_COUNTRY"] = "FR"
# Decisions are final at once, but where a test is about undoing them.
os.environ["REMPART_UNDO_SECONDS"] = "0"
os.environ["DJANGO_SETTINGS_MODULE"] = "rempart.node.settings"
os.environ["REMPART_DATABASE"] = os.environ.get("REMPART_TEST_DATABASE", "")
# The synchronous browser driver runs a loop of its own in the thread that also talks to the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

import django  # noqa: E402

from rempart.adapters.home import Home  # noqa: E402

Home.from_environment().create()
# Test modules import models while they are collected, whatever folder comes first.
django.setup()

# Time says nothing about correctness on a shared machine; benchmarks measure it.
hypothesis_settings.register_profile("rempart", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("rempart")


def pytest_xdist_setupnodes() -> None:
    """Parallel processes inherit this one's environment: without these each makes a data folder of its own."""
    for name in ("DJANGO_SETTINGS_MODULE", "REMPART_HOME"):
        os.environ.pop(name, None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: their driver's event loop gives what follows in the process other connections."""
    items.sort(key=lambda item: "browser" in item.path.parts)


@pytest.fixture(autouse=True)
def _loopback_only() -> None:
    socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def home() -> Home:
    """The data folder of this test run."""
    return Home.from_environment()


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture
def from_elsewhere(settings: Settings) -> None:
    """Visitors may come from other machines, as in production: other modes answer their own machine only."""
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if not each.endswith(".LoopbackMiddleware")]
