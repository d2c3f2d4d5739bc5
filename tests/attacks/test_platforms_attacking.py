"""A malicious platform: what it tries with other platforms' reports, and what it learns."""

import base64
import json
import re

import pytest
from django.test import Client
from node.intake.test_api_fuzz import OPERATIONS
from node.stored import stored

from rempart.node.intake import platforms
from rempart.node.intake.models import Platform, Report

pytestmark = pytest.mark.django_db
OF_A_REPORT = [(path, method) for path, method in OPERATIONS if "{report_id}" in path]
ISPWS = ["upload", "finish", "retract"]


def strip(answer: bytes, number: int) -> bytes:
    """An answer without the number that was asked for, which may stand in it."""
    return re.sub(rb"(?<=[>: ])%d(?=[<,}])" % number, b"N", answer)


@pytest.mark.parametrize(("path", "method"), OF_A_REPORT, ids=[f"{method} {path}" for path, method in OF_A_REPORT])
@pytest.mark.parametrize("state", ["open", "finished", "retracted"])
def test_anothers_report_and_none_have_one_answer(platform_client, other_client, make_xml, path, method, state) -> None:
    """From the description of the API: a new call is tried without a line here."""
    theirs = other_client.submit(make_xml())
    if state == "finished":
        other_client.finish(theirs)
    elif state == "retracted":
        other_client.call("retract", {"id": str(theirs)})
    before = stored()
    ask = getattr(platform_client.client, method)
    answers = []
    for number in (theirs, 987_654_321):
        given = {"data": b"bytes", "content_type": "image/jpeg"} if method == "post" else {}
        answer = ask(path.replace("{report_id}", str(number)), headers=platform_client.headers, **given)
        answers.append((answer.status_code, strip(answer.content, number)))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404
    assert stored() == before


@pytest.mark.parametrize("call", ISPWS)
def test_the_same_by_the_older_face(platform_client, other_client, make_xml, call) -> None:
    theirs = other_client.submit(make_xml())
    before = stored()
    answers = [platform_client.call(call, {"id": str(number)})[1] for number in (theirs, 987_654_321)]
    assert strip(answers[0], theirs) == strip(answers[1], 987_654_321)
    assert stored() == before


def test_a_credential_opens_no_page_of_people_and_of_the_public(platform_client) -> None:
    for path in ("/staff/", "/staff/queue/", "/staff/audit/"):
        answer = platform_client.client.get(path, headers=platform_client.headers)
        assert answer.status_code in (302, 404)
        assert b"Queue" not in answer.content


def test_what_was_known_and_what_was_not_are_told_alike(platform_client, make_xml) -> None:
    """Right after a report nothing says whether its content was recognised."""
    answers = []
    for mark in ("first", "second"):
        report_id = platform_client.submit(make_xml(mark))
        platform_client.finish(report_id)
        answer = platform_client.get(f"/api/v1/reports/{report_id}").json()
        answers.append({name: value for name, value in answer.items() if name not in ("id", "reference")})
    assert set(answers[0]) == set(answers[1])
    told = json.dumps(answers).lower()
    assert not any(word in told for word in ("match", "distance", "known", "score", "pdq"))


def test_guessing_is_refused_alike_for_names_that_exist_and_not(platform_client) -> None:
    username = platform_client.platform.username
    answers = []
    for name in (username, "nobody-00000000", username[:-1]):
        token = base64.b64encode(f"{name}:guess".encode()).decode()
        answer = Client().get("/api/v1/lists", headers={"authorization": f"Basic {token}"})
        answers.append((answer.status_code, answer.content, answer["WWW-Authenticate"]))
    assert len(set(answers)) == 1
    assert answers[0][0] == 401


def test_a_revoked_platform_reads_and_writes_nothing_more(platform_client, make_xml) -> None:
    report_id = platform_client.submit(make_xml())
    platforms.revoke_platform(platform_client.platform.username)
    before = stored()
    for path, method in OF_A_REPORT:
        answer = getattr(platform_client.client, method)(
            path.replace("{report_id}", str(report_id)), headers=platform_client.headers
        )
        assert answer.status_code == 401
    assert (
        platform_client.client.post("/ispws/finish", {"id": report_id}, headers=platform_client.headers).status_code
        == 401
    )
    assert stored() == before
    assert Report.objects.get(pk=report_id).state == "received"
    assert Platform.objects.get().revoked_at is not None
