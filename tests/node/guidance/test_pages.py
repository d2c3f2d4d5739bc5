"""Advice and awareness material: every page is there, in every language, and leads on."""

import re

import pytest
from django.conf import settings
from django.test import Client

from rempart.node.guidance.advice import ADVICE
from rempart.node.guidance.awareness import AWARENESS

pytestmark = pytest.mark.django_db
PATHS = ["advice/", *(f"advice/{key}/" for key in ADVICE), *(f"awareness/{key}/" for key in AWARENESS), "help/"]
WORDS = 25
"""No sentence is longer: children read these pages, and forty languages follow them."""


def get(path: str, language: str = "en") -> str:
    answer = Client().get(f"/{language}/{path}")
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_the_visitors_of_the_first_page_are_all_thought_of():
    assert set(ADVICE) == {"child", "parent", "teacher", "victim", "platform", "host"}
    assert set(AWARENESS) == {"picture", "talk", "school"}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES][:5])
def test_a_page_is_whole_and_leads_on(path, language):
    text = get(path, language)
    assert text.count("<h1") == 1
    assert "<script" not in text
    assert f'href="/{language}/report/"' in text
    assert f'href="/{language}/help/"' in text
    for address in re.findall(r'href="(/[^"]*)"', text[text.index("<main") :]):
        if not address.startswith("/static/"):
            assert Client().get(address.partition("#")[0]).status_code == 200, address


@pytest.mark.parametrize("path", ["advice/nobody/", "awareness/nothing/", "advice/picture/"])
def test_nobody_elses_page(path):
    assert Client().get(f"/en/{path}").status_code == 404


@pytest.mark.parametrize("page", [*ADVICE.values(), *AWARENESS.values()], ids=lambda page: page.key)
def test_sentences_are_short(page):
    said = [page.lead, page.summary, *(line for part in page.parts for line in part.lines)]
    sentences = [each for text in said for each in re.split(r"(?<=[.!?:])\s", str(text))]
    assert [each for each in sentences if len(each.split()) > WORDS] == []


def test_children_are_led_to_the_form_for_them():
    assert 'href="/en/young/"' in get("advice/child/")
    assert 'href="/en/young/"' in get("awareness/picture/")


def test_the_first_page_leads_to_advice_and_to_help():
    text = get("")
    for path in ("advice/parent/", "advice/teacher/", "awareness/picture/", "advice/", "help/"):
        assert f'href="/en/{path}"' in text
