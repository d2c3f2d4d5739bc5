"""Each surface alone: what it serves, and how it refuses the rest in its own looks."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rempart.adapters.home import Home

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
