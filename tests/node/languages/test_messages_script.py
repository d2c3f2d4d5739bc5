"""`scripts/messages.py`: what it takes, what it refuses, and that nothing incomplete is compiled."""

import importlib.util
import json
import sys
from types import ModuleType

import pytest

from rempart.node import tongues
from rempart.node.languages import po

NUMBERED = [
    {"n": 1, "where": "x", "context": None, "en": "Report it", "fr": "Signaler"},
    {
        "n": 2,
        "where": "x",
        "context": None,
        "en": ["%(number)s day", "%(number)s days"],
        "fr": ["%(number)s jour", "%(number)s jours"],
    },
]
ONE, DAYS = (None, ("Report it",)), (None, ("%(number)s day", "%(number)s days"))


@pytest.fixture(scope="module")
def messages(repository) -> ModuleType:
    spec = importlib.util.spec_from_file_location("messages", repository / "scripts" / "messages.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["messages"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "source-1.json").write_text(json.dumps(NUMBERED))
    return tmp_path


def test_three_forms_of_json_say_the_same(messages, folder):
    source, given = folder / "source-1.json", folder / "given.json"
    found = []
    for text in (
        {"1": "Melden", "2": ["%(number)s Tag", "%(number)s Tage"]},
        [{"n": 1, "text": "Melden"}, {"n": 2, "text": ["%(number)s Tag", "%(number)s Tage"]}],
    ):
        given.write_text(json.dumps(text))
        found.append(messages.read_taken(given, source, by_people=False))
    assert found[0] == found[1]
    assert found[0][ONE].forms == ("Melden",)
    assert found[0][ONE].machine_made
    given.write_text(json.dumps({"Report it": "Melden", "No page says this": "x"}))
    by_english = messages.read_taken(given, None, by_people=True)
    assert {key: text.forms for key, text in by_english.items()} == {ONE: ("Melden",)}
    assert not by_english[ONE].machine_made


def test_a_folder_is_taken_whole_and_french_carries_no_mark(messages, folder):
    for language in ("de", "fr", "xx"):
        (folder / f"{language}-1.json").write_text(json.dumps({"1": language}))
    taken = messages.read_folder(folder, by_people=False)
    assert taken.keys() == {"de", "fr"}
    assert taken["de"][ONE].machine_made
    assert not taken["fr"][ONE].machine_made


@pytest.mark.parametrize(
    ("language", "english", "forms", "fits"),
    [
        ("de", ("Call {n}",), ("Ruf {n}",), True),
        ("de", ("Call {n}",), ("Ruf",), False),
        ("de", ("Call",), ("",), False),
        ("de", DAYS[1], ("%(number)s Tag", "%(number)s Tage"), True),
        ("de", DAYS[1], ("ein Tag", "%(number)s Tage"), True),
        ("de", DAYS[1], ("%(number)s Tage",), False),
        ("pl", DAYS[1], ("%(number)s dzień", "%(number)s dni", "%(number)s dni"), True),
        ("ja", DAYS[1], ("%(number)s 日",), True),
    ],
)
def test_what_does_not_fit_is_not_taken(messages, language, english, forms, fits):
    assert messages.fits(language, english, forms) is fits


def test_only_a_whole_language_is_compiled(messages, tmp_path):
    wanted = {key: messages.Found(*key, "x") for key in (ONE, DAYS)}
    half = {ONE: messages.Text(("Melden",), machine_made=True)}
    whole = half | {DAYS: messages.Text(("%(number)s Tag", "%(number)s Tage"), machine_made=False)}
    compiled = tongues.compiled("de", tmp_path)
    assert [found.key for found in messages.store("de", tmp_path, wanted, half)] == [DAYS]
    assert not compiled.exists()
    assert messages.store("de", tmp_path, wanted, whole) == []
    assert po.read_compiled(compiled.read_bytes())[1] == {po.key_of(*ONE)}
    messages.store("de", tmp_path, wanted, half)
    assert not compiled.exists()


def test_nothing_is_both_public_and_of_the_workplace(messages):
    public, staff = messages.collected()
    assert not public.keys() & staff.keys()
    assert ONE in public
    places = {found.place for found in public.values()}
    assert "tags.py" not in places
    assert not [place for place in places if "staff" in place]
    assert (None, ("Queue",)) in staff
