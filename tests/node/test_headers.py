"""What every answer of every surface carries: generated over the URL maps, refusals and failures included."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from url_maps import SURFACES, addresses

from rempart.node import surface as surfaces

pytestmark = pytest.mark.django_db
PAGES = [(surface, path) for surface in SURFACES for path in addresses(surface)]
ALWAYS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
SHARED = "Cross-Origin-Resource-Policy"
UNSAFE = re.compile(r"unsafe|\*|https?:|data:|blob:")


@pytest.fixture(autouse=True)
def _as_in_production(settings) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True


def wrong(answer, path: str) -> Iterator[str]:
    """What is missing or too wide in an answer's headers."""
    for name, value in ALWAYS.items():
        # Others' pages may read the public files of the log and the open data alone, for anybody to verify and use.
        is_shared = name == SHARED and path.startswith(("/log/", "/open-data/"))
        allowed = {value, "cross-origin"} if is_shared else {value}
        if answer.headers.get(name) not in allowed:
            yield f"{name}: {answer.headers.get(name)}"
    if answer.headers.get("Strict-Transport-Security") != "max-age=31536000":
        yield "HSTS"
    policy = dict(
        part.strip().partition(" ")[::2] for part in answer.headers.get("Content-Security-Policy", "").split(";")
    )
    if policy.get("default-src") != "'none'" or policy.get("frame-ancestors") != "'none'":
        yield f"policy {policy}"
    if policy.get("base-uri") != "'none'" or any(UNSAFE.search(sources) for sources in policy.values()):
        yield f"policy {policy}"
    if not {"camera=()", "microphone=()", "geolocation=()"} <= set(
        answer.headers.get("Permissions-Policy", "").split(", ")
    ):
        yield "Permissions-Policy"
    own = "same-origin" if path.startswith("/staff/") else "no-referrer"
    if answer.headers.get("Referrer-Policy") not in (own, "no-referrer"):
        yield f"Referrer-Policy: {answer.headers.get('Referrer-Policy')}"
    if "Cache-Control" not in answer.headers:
        yield "Cache-Control"
    yield from wrong_cookies(answer, path)


def wrong_cookies(answer, path: str) -> Iterator[str]:
    for cookie in answer.cookies.values():
        if not path.startswith("/staff/"):
            yield f"the cookie {cookie.key} beyond the staff pages"
        flags = (bool(cookie["secure"]), cookie["samesite"], cookie["path"])
        if cookie.value and flags != (True, "Strict", "/staff/"):
            yield f"the cookie {cookie.key}: {flags}"
        if "session" in cookie.key and cookie.value and not cookie["httponly"]:
            yield f"the cookie {cookie.key} is open to scripts"


def test_there_are_pages_of_every_surface() -> None:
    assert {"/en/report/", "/en/receipt/file/"} <= set(addresses("public"))
    assert {"/staff/", "/staff/login"} <= set(addresses("staff"))
    assert {"/ispws/submit", "/api/v1/reports"} <= set(addresses("machine"))


@pytest.mark.parametrize(("surface", "path"), PAGES, ids=[f"{surface}:{path}" for surface, path in PAGES])
def test_every_answer_to_a_stranger(surface: str, path: str, settings) -> None:
    settings.ROOT_URLCONF, settings.SURFACE = f"rempart.node.urls_{surface}", surface
    client = Client(raise_request_exception=False)
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "NONSENSE"):
        answer = client.generic(method, path, secure=True)
        assert answer.status_code < 500, method
        assert list(wrong(answer, path)) == [], f"{method}: {answer.status_code}"


@pytest.mark.parametrize("path", addresses("staff"))
def test_every_answer_to_people(path: str, settings, people) -> None:
    settings.ROOT_URLCONF, settings.SURFACE = "rempart.node.urls_staff", "staff"
    for person in people.values():
        client = Client(raise_request_exception=False)
        client.force_login(person)
        for answer in (client.get(path, secure=True), client.post(path, secure=True)):
            assert answer.status_code < 500
            assert list(wrong(answer, path)) == [], f"{person}: {answer.status_code}"
            if "Cache-Control" in answer.headers and "static" not in path:
                assert "no-store" in answer["Cache-Control"] or "no-cache" in answer["Cache-Control"]


@pytest.mark.parametrize("surface", SURFACES)
def test_refusals_and_failures(surface: str, settings, monkeypatch) -> None:
    settings.ROOT_URLCONF, settings.SURFACE = f"rempart.node.urls_{surface}", surface
    client = Client(raise_request_exception=False)
    settings.ALLOWED_HOSTS = ["testserver"]
    for path in ("/nothing/here", "/staff/nothing", "/%00", "/static/nothing.css"):
        answer = client.get(path, secure=True)
        assert answer.status_code == 404
        assert list(wrong(answer, path)) == []
    other = client.get("/health", secure=True, headers={"host": "elsewhere.example"})
    assert other.status_code == 400
    assert list(wrong(other, "/health")) == []
    assert b"elsewhere" not in other.content
    monkeypatch.setattr(surfaces.connection, "cursor", lambda: 1 / 0)
    failed = client.get("/health", secure=True)
    assert failed.status_code == 500
    assert list(wrong(failed, "/health")) == []


@pytest.mark.parametrize("surface", SURFACES)
def test_a_request_in_the_clear_is_led_away_with_the_same_headers(surface: str, settings) -> None:
    settings.ROOT_URLCONF, settings.SURFACE = f"rempart.node.urls_{surface}", surface
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^health$"]
    answer = Client().get("/somewhere")
    assert answer.status_code == 301
    assert answer["Location"] == "https://testserver/somewhere"
    assert list(wrong(answer, "/somewhere")) == []


def test_only_figures_the_log_and_styles_may_be_kept(settings) -> None:
    """Everything else says no-store: a shared computer's caches hold nothing of a report or a case."""
    kept = {path for surface, path in PAGES if "no-store" not in Client().get(path, secure=True)["Cache-Control"]}
    named = ("figures", "data", "observatory", "/members/", "/reports/", "/log/")
    assert kept <= {path for path in addresses("public") if any(part in path for part in named)}


def test_pages_hold_no_inline_script_or_style() -> None:
    for surface, path in PAGES:
        answer = Client().get(path, secure=True)
        if not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        text = answer.content.decode()
        assert not re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(?!\s*</script>)|<style|\bon[a-z]+=\"|\bstyle=\"", text), (
            surface,
            path,
        )
