"""Keys, targets and the race for a first sight."""

import threading

import pytest
from django.db import connections, transaction
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import NotFound
from rempart.core.vocabulary import FingerprintType, ItemKind
from rempart.node.audit import services as audit
from rempart.node.casework import services
from rempart.node.casework.content import Target, bare_hash, content_for, content_key, target_of
from rempart.node.casework.models import Content
from rempart.node.intake.services import ItemFacts


def item(kind: ItemKind, value: str, position: int = 0) -> ItemFacts:
    return ItemFacts(
        id=1,
        report_id=1,
        position=position,
        kind=kind,
        value=value,
        details={},
        content_id=None,
        file=None,
        found_at_id=None,
    )


@given(st.tuples(st.sampled_from(ItemKind), st.text()), st.tuples(st.sampled_from(ItemKind), st.text()))
def test_keys_differ_exactly_when_kind_or_canonical_form_do(one, other):
    assert (content_key(*one) == content_key(*other)) is (one == other)
    assert len(content_key(*one)) == 32


def test_a_key_cannot_be_computed_without_the_nodes_secret(home):
    import hashlib

    assert content_key("url", "https://host.example/") != hashlib.sha256(b"url\nhttps://host.example/").digest()


@pytest.mark.parametrize(
    ("given_item", "target"),
    [
        (item(ItemKind.URL, "https://h.example/"), Target(ItemKind.URL, "https://h.example/", "https://h.example/")),
        (
            item(ItemKind.LIVE_STREAM, "https://h.example/live"),
            Target(ItemKind.LIVE_STREAM, "https://h.example/live", "https://h.example/live"),
        ),
        (item(ItemKind.ACCOUNT, "account:chat/name"), Target(ItemKind.ACCOUNT, "account:chat/name")),
        (item(ItemKind.TEXT, "hello", 3), Target(ItemKind.TEXT, "R26-ABC/3")),
        (item(ItemKind.HASH, "sha256:" + "ab" * 32), Target(ItemKind.FILE, "ab" * 32)),
        (item(ItemKind.HASH, "md5:" + "ab" * 16), Target(ItemKind.HASH, "md5:" + "ab" * 16)),
        (item(ItemKind.FILE, "ab" * 32), Target(ItemKind.FILE, "ab" * 32)),
    ],
)
def test_targets(given_item, target):
    assert target_of(given_item, "R26-ABC") == target


def test_bare_hashes():
    assert bare_hash(item(ItemKind.HASH, "pdq:" + "0f" * 32)) == (FingerprintType.PDQ, b"\x0f" * 32)
    assert bare_hash(item(ItemKind.HASH, "photodna:AAECAw==")) == (FingerprintType.PHOTODNA, b"AAECAw==")


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_many_at_once_make_one_content_and_one_event(clock):
    target = Target(ItemKind.URL, "https://host.example/", "https://host.example/")
    found, ready = [], threading.Barrier(6)

    def first_sight() -> None:
        ready.wait()
        try:
            with transaction.atomic():
                found.append(content_for(target))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=first_sight) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1
    assert Content.objects.count() == 1
    assert len(list(audit.events(actions=["content:first_seen"]))) == 1


@pytest.mark.django_db
def test_what_does_not_exist_is_not_found():
    for ask in (services.content, services.case_facts, services.illegal_category):
        with pytest.raises(NotFound):
            ask(4711)
