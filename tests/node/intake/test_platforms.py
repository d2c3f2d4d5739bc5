import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
