import base64
import hashlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.clients import Scope
from rempart.core.errors import Conflict, InputError, NotFound
from rempart.node.audit import services as audit
from rempart.node.intake import platforms
from rempart.node.intake.models import Platform

pytestmark = pytest.mark.django_db


def header(username: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{secret}".encode()).decode()


def test_a_credential_is_shown_once_and_only_its_digest_is_kept():
    username, secret = platforms.add_platform("Example Chat")
    row = Platform.objects.get()
    assert len(base64.urlsafe_b64decode(secret + "=")) == 32
    assert bytes(row.secret_digest) == hashlib.sha256(secret.encode()).digest()
    assert username.startswith("example-chat-")
    assert platforms.authenticate(header(username, secret)) == row


def test_adding_and_revoking_are_events():
    username, _ = platforms.add_platform("Example Chat")
    platforms.revoke_platform(username)
    platforms.revoke_platform(username)
    subject = f"platform:{Platform.objects.get().pk}"
    assert [fact.action for fact in audit.events(subject=subject)] == ["platform:added", "platform:revoked"]


def test_wrong_secrets_and_names_are_refused():
    username, secret = platforms.add_platform("Example Chat")
    for attempt in (
        header(username, secret + "x"),
        header(username, ""),
        header("nobody", secret),
        header(username.upper(), secret),
        f"Bearer {secret}",
        "Basic",
        "Basic !!!!",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Basic " + base64.b64encode(b"a\0b:x").decode(),
        "",
    ):
        assert platforms.authenticate(attempt) is None


@given(st.text(max_size=200))
def test_no_header_is_an_error(text: str):
    assert platforms._read_basic(text) is None or ":" in "".join(platforms._read_basic(text)) + ":"


def test_a_revoked_credential_is_refused_at_once_here():
    username, secret = platforms.add_platform("Example Chat")
    assert platforms.authenticate(header(username, secret))
    platforms.revoke_platform(username)
    assert platforms.authenticate(header(username, secret)) is None


def test_a_credential_revoked_elsewhere_is_refused_when_the_cache_has_run_out(monkeypatch):
    username, secret = platforms.add_platform("Example Chat")
    moment = 1000.0
    monkeypatch.setattr(platforms.time, "monotonic", lambda: moment)
    assert platforms.authenticate(header(username, secret))
    Platform.objects.update(revoked_at="2026-03-02T00:00Z")
    moment += platforms.CACHE_SECONDS - 0.1
    assert platforms.authenticate(header(username, secret))
    moment += 0.2
    assert platforms.authenticate(header(username, secret)) is None


def test_a_known_credential_costs_no_query(django_assert_num_queries):
    username, secret = platforms.add_platform("Example Chat")
    platforms.authenticate(header(username, secret))
    with django_assert_num_queries(0):
        assert platforms.authenticate(header(username, secret))


def test_a_revoked_platform_gets_a_new_secret_and_keeps_its_identity():
    username, secret = platforms.add_platform("Example Chat")
    with pytest.raises(Conflict):
        platforms.add_platform(" Example  Chat ")
    platforms.revoke_platform(username)
    renewed, new_secret = platforms.add_platform("Example Chat")
    assert platforms.authenticate(header(renewed, new_secret)) == Platform.objects.get()
    assert platforms.authenticate(header(username, secret)) is None


def test_names_are_checked():
    with pytest.raises(InputError):
        platforms.add_platform("   ")
    with pytest.raises(InputError):
        platforms.add_platform("x" * 121)
    with pytest.raises(NotFound):
        platforms.revoke_platform("nobody")


def test_the_list_holds_no_secret():
    _username, secret = platforms.add_platform("Example Chat")
    assert secret not in repr(platforms.list_platforms())
    assert [facts.name for facts in platforms.list_platforms()] == ["Example Chat"]


class TestRotation:
    """A platform changes over without a moment in which neither secret is right."""

    @pytest.fixture
    def credential(self, clock) -> tuple[str, str]:
        return platforms.add_platform("Example Chat")

    def test_both_secrets_are_right_until_the_overlap_ends(self, credential, clock):
        username, first = credential
        second, until = platforms.rotate_secret(username, timedelta(hours=24))
        assert until == clock.now() + timedelta(hours=24)
        for secret in (first, second):
            assert platforms.authenticate(header(username, secret)) is not None
        clock.advance(hours=23, minutes=59)
        assert platforms.authenticate(header(username, first)) is not None
        clock.advance(minutes=1)
        assert platforms.authenticate(header(username, first)) is None
        assert platforms.authenticate(header(username, second)) is not None

    def test_without_an_overlap_the_former_ends_at_once(self, credential):
        username, first = credential
        second, until = platforms.rotate_secret(username, timedelta(0))
        assert until is None
        assert platforms.authenticate(header(username, first)) is None
        assert platforms.authenticate(header(username, second)) is not None
        assert bytes(Platform.objects.get().former_digest) == b""

    def test_two_secrets_count_at_most(self, credential):
        username, first = credential
        second, _ = platforms.rotate_secret(username, timedelta(hours=24))
        third, _ = platforms.rotate_secret(username, timedelta(hours=24))
        right = [platforms.authenticate(header(username, secret)) is not None for secret in (first, second, third)]
        assert right == [False, True, True]

    def test_nobody_rotates_what_is_not_there_or_for_ever(self, credential):
        username, first = credential
        with pytest.raises(InputError):
            platforms.rotate_secret(username, timedelta(days=31))
        with pytest.raises(NotFound):
            platforms.rotate_secret("nobody", timedelta(0))
        platforms.revoke_platform(username)
        with pytest.raises(NotFound):
            platforms.rotate_secret(username, timedelta(0))
        assert platforms.authenticate(header(username, first)) is None

    def test_a_revoked_former_secret_is_refused_too(self, credential):
        username, first = credential
        second, _ = platforms.rotate_secret(username, timedelta(hours=24))
        platforms.revoke_platform(username)
        renewed, third = platforms.add_platform("Example Chat")
        for name in (username, renewed):
            for secret in (first, second):
                assert platforms.authenticate(header(name, secret)) is None
        assert platforms.authenticate(header(renewed, third)) is not None

    def test_rotating_and_scoping_are_events_without_a_secret(self, credential):
        username, first = credential
        second, _ = platforms.rotate_secret(username, timedelta(hours=1))
        platforms.set_scopes(username, [Scope.LISTS])
        facts = list(audit.events(subject=f"platform:{Platform.objects.get().pk}"))
        assert [fact.action for fact in facts] == ["platform:added", "platform:rotated", "platform:scoped"]
        assert "former_until" in facts[1].data
        assert not any(secret in repr(facts) for secret in (first, second))

    def test_a_secret_that_nobody_gave_is_never_the_former(self, credential):
        """The stand-in that unknown names are compared with must not be a password."""
        username, _ = credential
        row = Platform.objects.get()
        assert platforms._former_digest(row) == platforms._former_digest(None) == bytes(32)
        assert platforms.authenticate(header(username, "")) is None


class TestScopes:
    LISTS = "/api/v1/lists"
    REPORT = "/api/v1/reports"

    def calls(self, client) -> tuple[int, int, bytes]:
        made = client.post(self.REPORT, b"{}", content_type="application/json").status_code
        return made, client.get(self.LISTS).status_code, client.get("/ispws/status").content

    def test_a_credential_is_for_everything_unless_said(self, platform_client):
        made, lists, status = self.calls(platform_client)
        assert (made, lists) == (201, 200)
        assert b"<responseCode>0</responseCode>" in status

    def test_what_it_is_not_for_is_refused_on_every_face(self, platform_client):
        platforms.set_scopes(platform_client.platform.username, [Scope.LISTS])
        made, lists, status = self.calls(platform_client)
        assert (made, lists) == (403, 200)
        assert b"<responseCode>3300</responseCode>" in status
        assert platform_client.call("submit", b"<report/>", content_type="text/xml")[0] == 3300
        platforms.set_scopes(platform_client.platform.username, [Scope.REPORT])
        made, lists, status = self.calls(platform_client)
        assert (made, lists) == (201, 403)

    def test_the_refusal_says_what_to_do_and_stores_nothing(self, platform_client):
        from rempart.node.intake.models import Report

        platforms.set_scopes(platform_client.platform.username, [Scope.LISTS])
        answer = platform_client.post(self.REPORT, b"{}", content_type="application/json").json()
        assert answer["error"]["where"] == "Authorization"
        assert "operator" in answer["error"]["advice"]
        assert not Report.objects.exists()


class TestRate:
    @pytest.fixture(autouse=True)
    def _slow(self, settings, monkeypatch):
        settings.PLATFORM_RATE = 5.0
        self.moment = 1000.0
        platforms.allowances.forget()
        monkeypatch.setattr(platforms.time, "monotonic", lambda: self.moment)
        yield
        platforms.allowances.forget()

    def test_a_client_that_is_too_fast_is_told_when_to_come_back(self, platform_client):
        answers = [platform_client.get("/api/v1/lists") for _ in range(11)]
        assert [answer.status_code for answer in answers] == [200] * 10 + [429]
        assert answers[-1]["Retry-After"] == "1"
        assert "same call again" in answers[-1].json()["error"]["advice"]
        self.moment += 1
        assert platform_client.get("/api/v1/lists").status_code == 200

    def test_both_faces_count_together_and_platforms_apart(self, platform_client, other_client):
        for _ in range(10):
            platform_client.get("/api/v1/lists")
        busy = platform_client.get("/ispws/status")
        assert (busy.status_code, busy["Retry-After"]) == (429, "1")
        assert b"<responseCode>1000</responseCode>" in busy.content
        assert other_client.get("/ispws/status").status_code == 200

    def test_a_new_secret_is_no_new_allowance(self, platform_client):
        for _ in range(10):
            platform_client.get("/api/v1/lists")
        username = platform_client.platform.username
        secret, _ = platforms.rotate_secret(username, timedelta(0))
        platform_client.headers["authorization"] = header(username, secret)
        assert platform_client.get("/api/v1/lists").status_code == 429

    def test_strangers_cost_a_platform_nothing(self, platform_client):
        right = platform_client.headers["authorization"]
        platform_client.headers["authorization"] = header(platform_client.platform.username, "guess")
        assert {platform_client.get("/api/v1/lists").status_code for _ in range(20)} == {401}
        platform_client.headers["authorization"] = right
        assert platform_client.get("/api/v1/lists").status_code == 200


def test_when_a_credential_was_last_used_is_known_to_a_quarter_of_an_hour(clock, django_assert_num_queries):
    username, secret = platforms.add_platform("Example Chat")
    assert platforms.list_platforms()[0].last_used_at is None
    first = clock.now()
    platforms.authenticate(header(username, secret))
    assert platforms.list_platforms()[0].last_used_at == first
    clock.advance(minutes=14)
    with django_assert_num_queries(0):
        platforms.authenticate(header(username, secret))
    clock.advance(minutes=2)
    platforms.authenticate(header(username, secret))
    assert platforms.list_platforms()[0].last_used_at == clock.now()


def test_a_wrong_secret_is_no_use(clock):
    username, _ = platforms.add_platform("Example Chat")
    platforms.authenticate(header(username, "guess"))
    assert platforms.list_platforms()[0].last_used_at is None
