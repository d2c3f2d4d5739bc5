"""Every call of the JSON face, made by schemathesis from the OpenAPI description: right, wrong and absurd.

The description tells which calls, parameters and bodies there are, so a new call is tested without a line here. After
every call that was refused, all tables and the vault are counted.
"""

import json
from datetime import timedelta

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from node.stored import stored
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi

from rempart.node.intake import platforms
from rempart.node.intake.api.views import api

pytestmark = pytest.mark.django_db
OPERATIONS = [
    (path, method)
    for path, methods in api.get_openapi_schema(path_prefix="/api/v1/")["paths"].items()
    for method in methods
]
CHECKS = [
    checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
]
schema = schemathesis.openapi.from_dict(
    json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), default=str))
)
fuzzed = hypothesis_settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[*HealthCheck],
)


def sent(case, client) -> httpx.Response:
    """The call as it would stand on the wire, inside this test's own transaction."""
    wire = requests.Request(**case.as_transport_kwargs(base_url="http://testserver")).prepare()
    body = wire.body.encode("utf-8", "surrogatepass") if isinstance(wire.body, str) else wire.body or b""
    headers = {
        name: value for name, value in wire.headers.items() if name.lower() not in ("content-type", "content-length")
    }
    kind = wire.headers.get("Content-Type", "")
    given = {"content_type": kind, "headers": {**headers, **client.headers}}
    answer = client.client.generic(wire.method, wire.path_url, body, **given)
    # Any address will do: the client refuses some that are longer than what it would send, and nothing is sent here.
    asked = httpx.Request(wire.method, "http://testserver/")
    response = httpx.Response(
        answer.status_code, headers=dict(answer.headers), content=answer.getvalue(), request=asked
    )
    response.elapsed = timedelta(0)
    return response


def answered(case, client) -> None:
    """As described, no failure of the node, and nothing left behind by a refusal or by a question."""
    before = stored()
    response = sent(case, client)
    case.validate_response(response, checks=CHECKS)
    if response.status_code >= 400 or case.method.upper() == "GET":
        after = stored()
        # That a platform asked for a file of a list is an event, also when there is none.
        assert {**after, "audit_event": 0} == {**before, "audit_event": 0}


@pytest.fixture
def caller(platform_client, settings):
    settings.PLATFORM_RATE = 1e9
    platform_client.client.raise_request_exception = False
    return platform_client


@schema.parametrize()
@fuzzed
def test_any_call_is_answered_as_described(case, caller) -> None:
    answered(case, caller)


@schema.include(path_regex="report_id").parametrize()
@fuzzed
def test_any_call_about_a_report_that_is_there(case, caller) -> None:
    opened = caller.post("/api/v1/reports", b'{"language": "en"}', content_type="application/json").json()
    case.path_parameters["report_id"] = opened["id"]
    answered(case, caller)


def test_every_call_of_the_description_is_tried() -> None:
    assert {(found.ok().path, found.ok().method) for found in schema.get_all_operations()} == set(OPERATIONS)
    assert len(OPERATIONS) > 8


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=[f"{method} {path}" for path, method in OPERATIONS])
def test_every_call_needs_a_credential_and_says_so(client, path, method) -> None:
    before = stored()
    address = path.replace("{report_id}", "1").replace("{list_id}", "1").replace("{name}", "x")
    for header in ({}, {"authorization": "Basic bm9ib2R5OnNlY3JldA=="}, {"authorization": "Bearer x"}):
        answer = getattr(client, method)(address, headers=header)
        assert answer.status_code == 401
        assert "WWW-Authenticate" in answer.headers
        assert set(answer.json()["error"]) == {"what", "where", "advice"}
    assert stored() == before
    assert platforms.list_platforms() == []
