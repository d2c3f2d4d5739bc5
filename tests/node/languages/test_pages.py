"""The pages on which staff read translations."""

import pytest
from django.test import Client
from django.urls import reverse

from rempart.node.languages import catalogue, reviewing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("german")]


@pytest.fixture
def stan(people) -> Client:
    client = Client()
    client.force_login(people["stan"])
    return client


def address(english: str) -> str:
    found = next(one for one in catalogue.sentences().values() if one.english == (english,))
    return reverse("languages:sentence", args=["de", found.key])


def test_the_overview_tells_how_far_each_language_is(stan):
    text = stan.get(reverse("languages:list")).content.decode()
    assert "German" in text
    assert "Deutsch" in text
    assert "By a machine" in text
    assert "By people" in text


def test_sentences_stand_beside_english_and_french(stan):
    text = stan.get(address("Report it")).content.decode()
    assert "Signaler" in text
    assert "‹Report it›" in text


def test_confirming_goes_on_to_the_next_unread(stan):
    first, second, *_others = reviewing.entries("de")
    where = reverse("languages:sentence", args=["de", first.sentence.key])
    answer = stan.post(where, {"text": list(first.text), "seen": "0"})
    assert answer.status_code == 302
    assert answer["Location"] == reverse("languages:sentence", args=["de", second.sentence.key])


def test_a_wrong_text_comes_back_with_what_is_wrong(stan):
    found = next(one for one in catalogue.sentences().values() if one.english[0] == "Call %(number)s")
    answer = stan.post(reverse("languages:sentence", args=["de", found.key]), {"text": ["Rufen Sie"], "seen": "0"})
    assert answer.status_code == 422
    assert "%(number)s" in answer.content.decode()
    assert "Rufen Sie" in answer.content.decode()


def test_filters(stan):
    where = reverse("languages:language", args=["de"])
    stan.post(address("Report it"), {"text": ["Melden"], "seen": "0"})
    assert "1 sentence" in stan.get(where, {"show": "corrected"}).content.decode()
    assert "Melden" in stan.get(where, {"text": "melden"}).content.decode()
    assert "No sentence fits" in stan.get(where, {"text": "nothing says this"}).content.decode()


def test_undoing_from_the_page(stan):
    stan.post(address("Report it"), {"text": ["Melden"], "seen": "0"})
    found = next(one for one in catalogue.sentences().values() if one.english == ("Report it",))
    word = reviewing.entry("de", found.key).word
    assert stan.post(reverse("languages:undo", args=[word.pk])).status_code == 302
    assert "‹Report it›" in stan.get(address("Report it")).content.decode()
    again = stan.post(reverse("languages:undo", args=[word.pk]), follow=True)
    assert "not the last word" in again.content.decode()


@pytest.mark.parametrize("path", ["translations/ja/", "translations/en/", "translations/de/0000000000000000/"])
def test_what_is_not_there_is_not_found(stan, path):
    assert stan.get(f"/staff/{path}").status_code == 404
