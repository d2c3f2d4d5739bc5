"""Which language a visitor gets, and which one staff get."""

from datetime import date

import pytest
from babel.messages.catalog import Catalog
from django.test import Client
from django.utils import translation

from rempart.core.errors import InputError
from rempart.node import tongues
from rempart.node.audit.models import Event
from rempart.node.languages import po
from rempart.node.staff import services
from rempart.node.staff.language import language_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def every_language(settings, tmp_path) -> None:
    """All of them, each with a catalogue of one sentence: Django looks for a file."""
    catalog = Catalog(fuzzy=False)
    po.put(catalog, None, ("a sentence",), ("a sentence",), machine_made=False)
    for code in tongues.OFFICIAL:
        file = tongues.compiled(code, tmp_path)
        file.parent.mkdir(parents=True)
        file.write_bytes(po.compiled(catalog, code))
    settings.LOCALE_PATHS = [str(tmp_path)]
    settings.LANGUAGES = [(code, tongues.english_name(code)) for code in tongues.OFFICIAL]


def browser(*codes: str) -> Client:
    return Client(headers={"Accept-Language": ", ".join(codes)})


@pytest.mark.usefixtures("every_language")
@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        *((code, code) for code in tongues.OFFICIAL),
        ("de-CH", "de"),
        ("de-AT, en;q=0.5", "de"),
        ("sr-Latn-RS", "sr"),
        ("cnr-Latn-ME", "cnr"),
        ("no", "nb"),
        ("nb-NO, nn;q=0.9", "nb"),
        ("tl", "fil"),
        ("fil-PH", "fil"),
        ("iw", "he"),
        ("pt-BR", "pt"),
        ("ga-IE, en-IE;q=0.8", "ga"),
        ("zh-CN, uk;q=0.4", "uk"),
        ("ar", "en"),
        ("", "en"),
        ("*", "en"),
        ("nonsense;q=x", "en"),
    ],
)
def test_an_address_without_a_language_leads_to_the_browsers(accepted, language):
    for path in ("/", "/help/", "/report/"):
        answer = browser(accepted).get(path)
        assert (answer.status_code, answer["Location"]) == (302, f"/{language}{path}")
        assert "Accept-Language" in answer["Vary"]
        assert not answer.cookies


@pytest.mark.usefixtures("every_language")
@pytest.mark.parametrize("code", tongues.OFFICIAL)
def test_the_page_says_its_language_and_direction(code):
    text = browser("fr").get(f"/{code}/help/").content.decode()
    assert f'<html lang="{code}" dir="{tongues.direction(code)}">' in text
    assert text.count('aria-current="true"') == 1


@pytest.mark.parametrize("code", ["ja", "xx", "he"])
def test_a_language_that_is_not_offered_has_no_pages(code, settings):
    settings.LANGUAGES = [("en", "English"), ("fr", "French")]
    assert Client().get(f"/{code}/help/").status_code == 404


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        ("", "fr-FR, en;q=0.5", "fr"),
        ("", "de, fr;q=0.8, en;q=0.5", "fr"),
        ("", "de, ja", "en"),
        ("", "", "en"),
        ("fr", "en", "fr"),
        ("en", "fr", "en"),
        ("de", "fr", "fr"),
    ],
)
def test_the_workplace_speaks_english_and_french(chosen, accepted, language, settings):
    settings.STAFF_LANGUAGES = ["en", "fr"]
    assert language_for(chosen, accepted) == language


def test_without_its_catalogue_the_workplace_is_english(settings):
    settings.STAFF_LANGUAGES = ["en"]
    assert language_for("fr", "fr") == "en"


@pytest.mark.usefixtures("every_language")
def test_staff_pages_fall_back_to_english(people):
    client = browser("de")
    client.force_login(people["stan"])
    answer = client.get("/staff/account/")
    assert answer["Content-Language"] == "en"
    assert '<html lang="en" dir="ltr">' in answer.content.decode()


def test_a_person_chooses_the_language_of_the_workplace(people, settings):
    settings.STAFF_LANGUAGES = ["en", "fr"]
    client = browser("en")
    client.force_login(people["stan"])
    assert "Language of the workplace" in client.get("/staff/account/").content.decode()
    client.post("/staff/account/language", {"language": "fr"})
    assert client.get("/staff/account/")["Content-Language"] == "fr"
    event = Event.objects.get(action="staff:language_chosen")
    assert (event.actor, event.data) == (people["stan"].actor, '{"language":"fr"}')
    client.post("/staff/account/language", {"language": ""})
    assert client.get("/staff/account/")["Content-Language"] == "en"


def test_the_choice_is_one_of_the_list(people):
    with pytest.raises(InputError):
        services.choose_language(people["stan"], "ja")


def test_georgian_is_not_shouted():
    assert tongues.own_name("ka") == "ქართული"
    assert tongues.capital("čeština") == "Čeština"


def test_days_are_written_as_the_language_does():
    written = {}
    for code in ("en", "de", "cnr", "fil"):
        with translation.override(code):
            written[code] = tongues.day(date(2026, 11, 29))
    assert written["en"] == "November 29, 2026"
    assert written["de"] == "29. November 2026"
    assert "novembar 2026" in written["cnr"]
    assert written["fil"].startswith("Nobyembre")
