"""Every call of the JSON face, made from its own OpenAPI description: what it says, and anything else.

The description tells which calls, parameters and bodies there are, so a new call is tested without a line here.
"""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from node.stored import stored

from rempart.node.intake.api.views import api

pytestmark = pytest.mark.django_db
DESCRIPTION = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), default=str))
OPERATIONS = [
    (path, method, operation) for path, methods in DESCRIPTION["paths"].items() for method, operation in methods.items()
]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
LINES = ["", "\0", "https://media.example/a", "192.0.2.7", "2026-03-01T12:00:00Z", "fr", "sha1:" + "a9" * 20, "A" * 600]
lines = st.sampled_from(LINES) | st.text(max_size=20)


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = DESCRIPTION["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def values_of(schema: dict[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that mostly follow a schema: the kinds it names, with lengths, patterns and limits left to chance."""
    schema = resolved(schema)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "const" in schema:
        return st.just(schema["const"])
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return st.one_of([values_of(each, depth) for each in schema[key]])
    kind = schema.get("type")
    if kind == "array":
        return st.lists(values_of(schema.get("items", {}), depth + 1), max_size=2 if depth < 3 else 0)
    if kind == "object" and "properties" in schema:
        needed = schema.get("required", [])
        parts = {name: values_of(each, depth + 1) for name, each in schema["properties"].items()}
        return st.fixed_dictionaries(
            {name: parts[name] for name in needed},
            optional={name: part for name, part in parts.items() if name not in needed},
        )
    if kind == "object":
        return st.dictionaries(st.sampled_from(["x_a", "x_b", "y"]), lines, max_size=2)
    simple = {"string": lines, "integer": st.integers(), "number": st.floats(allow_nan=False), "boolean": st.booleans()}
    return simple.get(kind, st.none())


@st.composite
def request(draw: st.DrawFn, path: str, operation: dict[str, Any], report_id: int) -> tuple[str, dict[str, Any]]:
    """An address and the rest of a request: as described, or one part of it anything at all."""
    given: dict[str, Any] = {"headers": {}, "QUERY_STRING": ""}
    query = []
    for parameter in operation.get("parameters", []):
        value = draw(values_of(parameter["schema"]) | lines)
        text = value if isinstance(value, str) else json.dumps(value)
        if parameter["in"] == "path":
            known = [str(report_id), "0", "1", "9" * 30, "x", "-1", "%00"]
            path = path.replace(f"{{{parameter['name']}}}", draw(st.sampled_from(known)))
        elif parameter["in"] == "header":
            given["headers"][parameter["name"]] = text.encode("ascii", "ignore").decode().replace("\0", "")
        elif draw(st.booleans()):
            query.append((parameter["name"], text.encode("utf-8", "replace").decode()))
    given["query_params"] = query
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    described = values_of(body["schema"]) if body else st.none()
    sent = draw(st.one_of(described, described, described, anything))
    raw = draw(st.sampled_from([False] * 9 + [True]))
    given["data"] = draw(st.binary(max_size=200)) if raw else json.dumps(sent).encode()
    return path, given


def validated(operation: dict[str, Any], answer: Any) -> None:
    """The answer's status is described, and its JSON body is as described."""
    described = operation["responses"].get(str(answer.status_code))
    assert described is not None, f"{answer.status_code} is not in the description"
    schema = described.get("content", {}).get("application/json", {}).get("schema")
    if schema and answer.headers["Content-Type"].startswith("application/json"):
        whole = {**schema, "components": DESCRIPTION["components"]}
        Draft202012Validator(whole).validate(json.loads(answer.content))


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=[f"{m} {p}" for p, m, _ in OPERATIONS])
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
    ],
)
@given(data=st.data())
def test_every_call_answers_as_described_and_refuses_without_a_trace(
    platform_client, settings, path, method, operation, data
) -> None:
    settings.PLATFORM_RATE = 1e9
    platform_client.client.raise_request_exception = False
    opened = platform_client.post("/api/v1/reports", b'{"language": "en"}', content_type="application/json").json()[
        "id"
    ]
    address, given = data.draw(request(path, operation, opened))
    query = given.pop("query_params")
    before = stored()
    ask = getattr(platform_client.client, method)
    headers = {**platform_client.headers, **given["headers"]}
    if method == "get":
        answer = ask(address, query, headers=headers)
    else:
        answer = ask(address, given["data"], content_type="application/json", headers=headers, query_params=query)
    assert answer.status_code < 500
    if answer.status_code != 404 or answer.headers["Content-Type"].startswith("application/json"):
        validated(operation, answer)
    if answer.status_code >= 400 or method == "get":
        assert {name: count for name, count in stored().items() if name != "audit_event"} == {
            name: count for name, count in before.items() if name != "audit_event"
        }


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=[f"{m} {p}" for p, m, _ in OPERATIONS])
def test_every_call_needs_a_credential_and_says_so(db, client, path, method, operation) -> None:
    before = stored()
    address = path.replace("{report_id}", "1").replace("{list_id}", "1").replace("{name}", "x")
    for header in ({}, {"authorization": "Basic bm9ib2R5OnNlY3JldA=="}, {"authorization": "Bearer x"}):
        answer = getattr(client, method)(address, headers=header)
        assert answer.status_code == 401
        assert "WWW-Authenticate" in answer.headers
        validated(operation, answer)
    assert stored() == before
