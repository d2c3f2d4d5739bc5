"""examples/fastapi_uploads on a real server: every upload is answered alike, and what is listed is seen by nobody."""

import re

import pytest

pytest.importorskip("fastapi", reason="the example needs fastapi and python-multipart")
pytest.importorskip("python_multipart", reason="the example needs python-multipart")

TARGET = ("fastapi_uploads.app:app", "asgi")


def shape(answer):
    """What an uploader sees, without what differs from one request to the next anyway."""
    headers = {name: value for name, value in answer.headers.items() if name != "date"}
    return answer.status_code, headers, re.sub(rb"[0-9a-f]{32}", b"ID", answer.content)


def sent(client, data):
    answer = client.post("/uploads", files={"file": ("holiday.png", data, "image/png")})
    return answer, client.get(f"/uploads/{answer.json()['id']}")


@pytest.fixture
def client(serving, environment):
    with serving(*TARGET, environment, "/openapi.json") as client:
        yield client


def test_a_listed_picture_is_kept_and_its_uploader_sees_no_difference(client, listed, other, kept):
    (answer, shown), (other_answer, other_shown) = sent(client, listed), sent(client, other)
    assert shape(answer) == shape(other_answer)
    assert (answer.status_code, list(answer.json())) == (202, ["id"])
    assert other_shown.content == other
    assert shape(shown) == shape(client.get("/uploads/" + "0" * 32))
    assert shown.status_code == 404
    assert kept("quarantine") == [listed]
    assert kept("waiting") == []


def test_what_is_too_large_or_no_form_is_refused_before_it_is_screened(client, kept):
    assert client.post("/uploads", files={"file": ("big", bytes((20 << 20) + 1))}).status_code == 413
    assert client.post("/uploads", content=b"bytes").status_code == 422
    assert kept("waiting") == []


@pytest.mark.parametrize(("undecided", "seen"), [("hold", 404), ("publish", 200)])
def test_without_the_service_the_choice_counts_and_the_answer_stays(serving, environment, other, kept, undecided, seen):
    without = environment | {"SCREEN_URL": "http://127.0.0.1:9", "SCREEN_UNDECIDED": undecided}
    with serving(*TARGET, without, "/openapi.json") as client:
        answer, shown = sent(client, other)
    assert answer.status_code == 202
    assert shown.status_code == seen
    assert kept("waiting") == [other]


def test_what_waited_is_settled(environment, listed, other, tmp_path, kept):
    """Published unscreened, then screened: the listed one is taken down."""
    from types import SimpleNamespace

    from fastapi_uploads import app as example
    from screening import Desk, Screening, Undecided, Verdict, desk_of

    class Gone:
        def screen(self, data):
            return Screening(Verdict.UNDECIDED)

    published = tmp_path / "published"
    published.mkdir()
    desk = Desk(Gone(), tmp_path / "screening", Undecided.PUBLISH)
    app = SimpleNamespace(state=SimpleNamespace(desk=desk_of(environment), published=published))
    for name, data in (("listed", listed), ("other", other)):
        assert desk.admit(name, data)
        example.publish(app, name, data)
    example.settle(app)
    assert {path.name: path.read_bytes() for path in published.iterdir()} == {"other": other}
    assert kept("quarantine") == [listed]
    assert kept("waiting") == []
