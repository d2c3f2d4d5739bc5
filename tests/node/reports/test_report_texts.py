"""What reports say is complete in both languages, and nothing of it is left unused."""

import re
from pathlib import Path

import pytest

from rempart.node.reports import legal_templates, texts
from rempart.node.reports.texts import FOLDER, LANGUAGES, read

EN, FR = (read(FOLDER / f"{language}.toml") for language in LANGUAGES)
PLACEHOLDER = re.compile(r"\{(\w+)\}")
TEMPLATES = [each for kind in legal_templates.KINDS for each in legal_templates.every(kind)]


def holes(sentence: str) -> set[str]:
    return set(PLACEHOLDER.findall(sentence))


def test_both_languages_say_the_same_things_with_the_same_placeholders() -> None:
    assert EN.keys() == FR.keys()
    assert {key: holes(text) for key, text in EN.items()} == {key: holes(text) for key, text in FR.items()}
    assert all(text.strip() for text in [*EN.values(), *FR.values()])


def test_french_is_french() -> None:
    same = {key for key in EN if EN[key] == FR[key]}
    words = {"contact.title", "words.page", "decade.source", "definitions.source", "legal.source"}
    assert same == words | {"legal.total"}


def test_every_sentence_named_in_the_code_exists_and_none_is_left_over(repository: Path) -> None:
    folder = repository / "src/rempart/node/reports"
    source = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    named = set(re.findall(r'say\(\s*"([a-z0-9_.]+)"', source))
    assert named <= EN.keys()
    families = ("parts.", "words.", "months.", "definitions.", "answer.", "commitments.", "decade.", "cover.")
    assert {key for key in EN.keys() - named if not key.startswith(families)} == set()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda each: f"{each.kind}-{each.since}")
def test_templates_say_the_same_in_both_languages(template: legal_templates.Template) -> None:
    one, other = (template.say(language).sentences for language in LANGUAGES)
    assert one.keys() == other.keys()
    assert {key: holes(text) for key, text in one.items()} == {key: holes(text) for key, text in other.items()}


def test_numbers_are_written_as_the_language_does() -> None:
    english, french = texts.texts("en"), texts.texts("fr")
    assert (english.number(1234567), english.percent(0.725), english.duration(30.5)) == (
        "1,234,567",
        "72.5%",
        "30.5 hours",
    )
    assert french.percent(0.725) == "72,5\u00a0%"
    assert french.number(1234.5).replace("\u202f", " ") == "1 234,5"
    assert english.duration(132) == "5.5 days"
    assert (english.country("NL"), french.country("NL"), english.country("??")) == ("Netherlands", "Pays-Bas", "??")


def test_another_language_is_refused_by_name() -> None:
    with pytest.raises(Exception, match="Use en or fr"):
        texts.texts("de")
