"""Confirming, correcting and undoing; what visitors read then; the mark of machines; export."""

import json

import pytest
from django.test import Client
from django.utils import translation
from node.languages.made_up import made_up

from rempart.core.errors import Conflict, InputError, NotFound, NotPermitted
from rempart.node.audit.models import Event
from rempart.node.languages import catalogue, corrections, po, reviewing, services
from rempart.node.languages.reviewing import Standing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("german")]
MARK = "was made by a machine"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch) -> None:
    """No transaction of these tests is ever committed; a browser test shows that the commit starts it."""
    monkeypatch.setattr(corrections, "changed", corrections._renew)


def key(english: str) -> str:
    return next(one.key for one in catalogue.sentences().values() if one.english[0].startswith(english))


def page(path: str) -> str:
    return Client().get(f"/de/{path}").content.decode()


def test_a_machine_made_language_says_so_until_somebody_has_read_all_of_it(people):
    assert MARK in page("")
    assert 'lang="en" hreflang="en">Read this page in English' in page("advice/")
    assert 'href="/en/advice/"' in page("advice/")
    first, *others = reviewing.entries("de")
    for entry in others:
        reviewing.say(people["stan"], "de", entry.sentence.key, entry.text, 0)
    assert MARK in page(""), "one unread sentence keeps the mark"
    [german] = [one for one in reviewing.progress() if one.language == "de"]
    assert german.percent_read == 99
    reviewing.say(people["stan"], "de", first.sentence.key, first.text, 0)
    assert MARK not in page("")
    [german] = [one for one in reviewing.progress() if one.language == "de"]
    assert (german.unread, german.confirmed, german.percent_read) == (0, german.total, 100)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_people_wrote_carries_no_mark(language):
    assert "machine" not in Client().get(f"/{language}/").content.decode()


def test_a_correction_is_read_by_visitors_at_once_and_can_be_undone(people):
    assert made_up("Report it") in page("")
    word = reviewing.say(people["stan"], "de", key("Report it"), ["Jetzt melden"], 0)
    assert "Jetzt melden" in page("")
    assert made_up("Report it") not in page("")
    reviewing.undo(people["sacha"], word.pk)
    assert made_up("Report it") in page("")


def test_another_process_notices_within_seconds(people):
    reviewing.say(people["stan"], "de", key("Report it"), ["Jetzt melden"], 0)
    corrections.forget()
    corrections.look(now=1000.0)
    with translation.override("de"):
        assert translation.gettext("Report it") == "Jetzt melden"
    services.forget()
    corrections.look(now=2000.0)
    reviewing.say(people["stan"], "de", key("What to do"), ["Was tun"], 0)
    with translation.override("de"):
        assert translation.gettext("What to do") == "Was tun"


def test_it_looks_no_more_often_than_it_should(people, django_assert_num_queries):
    corrections.look(now=1000.0)
    with django_assert_num_queries(0):
        corrections.look(now=1000.0 + corrections.LOOK_EVERY - 1)
    with django_assert_num_queries(1):
        corrections.look(now=1000.0 + corrections.LOOK_EVERY + 1)


def test_plural_forms_are_corrected_together(people):
    plural = key("You have added")
    one, many = "%(number)s Nachricht", "%(number)s Nachrichten"
    reviewing.say(people["stan"], "de", plural, [one, many], 0)
    english = catalogue.sentences()[plural].english
    with translation.override("de"):
        assert translation.ngettext(*english, 1) == one
        assert translation.ngettext(*english, 5) == many
    with pytest.raises(InputError, match="empty"):
        reviewing.say(people["stan"], "de", plural, [one], reviewing.entry("de", plural).word.pk)


def test_undoing_gives_back_what_was_said_before(people):
    first = reviewing.say(people["stan"], "de", key("Report it"), ["Jetzt melden"], 0)
    second = reviewing.say(people["vera"], "de", key("Report it"), ["Melden"], first.pk)
    with pytest.raises(Conflict, match="last word"):
        reviewing.undo(people["vera"], first.pk)
    reviewing.undo(people["vera"], second.pk)
    assert reviewing.entry("de", key("Report it")).text == ("Jetzt melden",)
    with pytest.raises(Conflict):
        reviewing.undo(people["vera"], second.pk)
    assert [(word.by.username, word.undone_at is None) for word in reviewing.history("de", key("Report it"))] == [
        ("vera", False),
        ("stan", True),
    ]


def test_who_was_slower_looks_again(people):
    reviewing.say(people["stan"], "de", key("Report it"), ["Jetzt melden"], 0)
    with pytest.raises(Conflict, match="meanwhile"):
        reviewing.say(people["vera"], "de", key("Report it"), ["Melden"], 0)


@pytest.mark.parametrize("text", ["Wählen Sie", "Wählen Sie %(zahl)s", "", "   "])
def test_a_text_that_lost_a_placeholder_is_refused(people, text):
    with pytest.raises(InputError):
        reviewing.say(people["stan"], "de", key("Call %(number)s"), [text], 0)


def test_what_was_confirmed_and_corrected_are_told_apart(people):
    entry = reviewing.entry("de", key("Report it"))
    assert entry.standing is Standing.MACHINE
    word = reviewing.say(people["stan"], "de", entry.sentence.key, entry.text, 0)
    assert reviewing.entry("de", key("Report it")).standing is Standing.CONFIRMED
    reviewing.say(people["stan"], "de", entry.sentence.key, ["Melden"], word.pk)
    assert reviewing.entry("de", key("Report it")).standing is Standing.CORRECTED


def test_each_step_is_on_record(people):
    word = reviewing.say(people["stan"], "de", key("Report it"), ["Melden"], 0)
    reviewing.say(people["vera"], "de", key("What to do"), [made_up("What to do")], 0)
    reviewing.undo(people["sacha"], word.pk)
    events = Event.objects.filter(action__startswith="translation:").order_by("seq")
    assert [(event.action, event.actor) for event in events] == [
        ("translation:corrected", people["stan"].actor),
        ("translation:confirmed", people["vera"].actor),
        ("translation:undone", people["sacha"].actor),
    ]
    assert json.loads(events[0].data) == {"language": "de", "sentence": key("Report it")}


def test_only_some_roles_may(people):
    with pytest.raises(NotPermitted):
        reviewing.say(people["ana"], "de", key("Report it"), ["Melden"], 0)


def test_a_language_without_translation_cannot_be_read(people):
    for language in ("en", "ja", "nonsense"):
        with pytest.raises(NotFound):
            reviewing.entries(language)


def test_a_word_on_another_english_text_does_not_count(people):
    word = reviewing.say(people["stan"], "de", key("Report it"), ["Melden"], 0)
    type(word).objects.update(key="0" * 16)
    assert reviewing.entry("de", key("Report it")).standing is Standing.MACHINE
    corrections.forget()
    assert made_up("Report it") in page("")


def test_the_export_holds_what_people_said_and_marks_the_rest(people):
    reviewing.say(people["stan"], "de", key("Report it"), ["Melden"], 0)
    catalog = po.read(services.exported("de"))
    assert catalog.get("Report it").string == "Melden"
    assert not po.is_machine_made(catalog.get("Report it"))
    assert po.is_machine_made(catalog.get("What to do"))
    assert len(list(po.sentences_of(catalog))) == len(catalogue.sentences())
