"""Every catalogue is complete, agrees with its source and is what its `.po` file says; files keep what they hold."""

import json
import re
import subprocess
import sys

import pytest
from babel.messages.catalog import Catalog
from django.conf import settings
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from rempart.node import tongues
from rempart.node.languages import catalogue, checking, po

TRANSLATED = [code for code, _name in settings.LANGUAGES if code != "en"]


def source_of(code: str) -> Catalog:
    return po.read(tongues.compiled(code).with_suffix(".po").read_bytes())


def test_french_is_always_there():
    assert "fr" in TRANSLATED


@pytest.mark.parametrize("code", TRANSLATED)
class TestEachCatalogue:
    def test_has_every_sentence_in_every_form(self, code):
        texts = catalogue.shipped(code).texts
        assert texts.keys() == catalogue.sentences().keys()
        forms = tongues.plural_of(code)[0]
        for key, sentence in catalogue.sentences().items():
            assert len(texts[key]) == (forms if len(sentence.english) > 1 else 1), sentence.english
            assert all(text.strip() for text in texts[key]), sentence.english

    def test_keeps_placeholders_and_tags(self, code):
        texts = catalogue.shipped(code).texts
        sentences = catalogue.sentences().values()
        assert [one.english for one in sentences if not checking.agrees(one.english, texts[one.key])] == []

    def test_is_compiled_from_its_source(self, code):
        assert tongues.compiled(code).read_bytes() == po.compiled(source_of(code), code)

    def test_has_nothing_fuzzy(self, code):
        assert not [one.id for one in source_of(code) if one.id and one.fuzzy]

    def test_is_what_django_says(self, code):
        sentence = next(one for one in catalogue.sentences().values() if one.english == ("Report it",))
        with translation.override(code):
            assert translation.gettext("Report it") == catalogue.shipped(code).texts[sentence.key][0]

    def test_speaks_for_itself(self, code):
        """Not English under another name: few sentences of several words are alike."""
        texts = catalogue.shipped(code).texts
        long = [one for one in catalogue.sentences().values() if len(one.english[0].split()) > 3]
        same = [one.english[0] for one in long if texts[one.key][0] == one.english[0]]
        assert len(same) <= len(long) // 50, same


def test_the_list_of_sentences_is_that_of_the_pages(repository):
    """`scripts/messages.py` wrote it: whoever changes a page runs it."""
    script = (
        "import json, sys; sys.path.insert(0, 'scripts'); import messages; "
        "from django.conf import settings; settings.configure(); "
        "public, _staff = messages.collected(); "
        "print(json.dumps([[one.context, list(one.english)] for one in public.values()]))"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=repository, capture_output=True, text=True, check=True)
    listed = [[one.context, list(one.english)] for one in catalogue.sentences().values()]
    assert json.loads(run.stdout) == listed


def test_machine_made_sentences_are_marked_in_both_files():
    catalog = Catalog(fuzzy=False)
    po.put(catalog, None, ("One",), ("Eins",), machine_made=True)
    po.put(catalog, "place", ("Two",), ("Zwei",), machine_made=False)
    po.put(catalog, None, ("%(n)s day", "%(n)s days"), ("%(n)s Tag", "%(n)s Tage"), machine_made=True)
    text = po.written(catalog, "de")
    assert text.count(b"#. machine") == 2
    again = po.read(text)
    texts, machine = po.read_compiled(po.compiled(again, "de"))
    assert texts[po.key_of("place", ("Two",))] == ("Zwei",)
    assert machine == {po.key_of(None, ("One",)), po.key_of(None, ("%(n)s day", "%(n)s days"))}
    assert po.written(again, "de") == text


def test_a_whole_language_made_by_a_machine_is_marked_by_one_word():
    catalog = Catalog(fuzzy=False)
    po.put(catalog, None, ("One",), ("Eins",), machine_made=True)
    assert po.read_compiled(po.compiled(catalog, "de"))[1] is None


@pytest.mark.parametrize("code", tongues.OFFICIAL)
def test_every_language_has_a_name_a_rule_and_a_locale(code):
    assert tongues.own_name(code)[0] == tongues.own_name(code)[0].title()
    assert tongues.direction(code) == ("rtl" if code == "he" else "ltr")
    forms, rule = tongues.plural_of(code)
    assert 1 <= forms <= 6
    assert re.fullmatch(r"[n0-9%&|()<>=!?:\s]+", rule)
    assert tongues.locale(code).territories["FR"]
    catalog = Catalog(fuzzy=False)
    po.put(catalog, None, ("a %(n)s", "b %(n)s"), tuple(f"{n} %(n)s" for n in range(forms)), machine_made=False)
    assert po.read_compiled(po.compiled(po.read(po.written(catalog, code)), code))[0]


def test_names_differ():
    names = {tongues.own_name(code) for code in tongues.OFFICIAL}
    assert len(names) == len(tongues.OFFICIAL) == 42


@pytest.mark.parametrize(
    ("source", "text", "missing", "added"),
    [
        ("Call {number}", "Appeler", ["{number}"], []),
        ("<code>a</code>", "<code>b</code>", [], []),
        ("a", "b %(x)s", [], ["%(x)s"]),
        ("%(a)s of %(b)s", "%(b)s / %(a)s", [], []),
        ("a &amp; b", "a b", ["&amp;"], []),
    ],
)
def test_what_a_translation_keeps(source, text, missing, added):
    assert checking.missing_or_added(source, text) == (missing, added)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\x04\r"), min_size=1), st.booleans())
def test_any_text_survives_both_files(text, machine):
    catalog = Catalog(fuzzy=False)
    po.put(catalog, None, (f"x{text}",), (f"y{text}",), machine_made=machine)
    po.put(catalog, None, ("other",), ("andere",), machine_made=False)
    read = po.read(po.written(catalog, "de"))
    texts, made = po.read_compiled(po.compiled(read, "de"))
    key = po.key_of(None, (f"x{text}",))
    assert texts[key] == (f"y{text}",)
    assert (key in made) is machine
