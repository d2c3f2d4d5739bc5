"""French as the French write it; refusals in the visitor's language; colours that can be read."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.utils import translation

from rempart.core.content import canonical_account, canonical_url
from rempart.core.errors import InputError
from rempart.node.intake.public.errors import sentence
from rempart.node.intake.receipts import read_code


@pytest.fixture(scope="module")
def node() -> Path:
    import rempart.node

    return Path(rempart.node.__file__).parent


@pytest.fixture(scope="module")
def french(node) -> Catalog:
    with (node / "locale/fr/LC_MESSAGES/django.po").open("rb") as file:
        return read_po(file, locale="fr")


def test_french_uses_its_own_spaces_and_apostrophes(french):
    wrong = []
    for message in french:
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id:
            wrong += [text for text in strings if re.search(r" [;:?!»]|« |\w'\w", text)]
    assert not wrong


REFUSED = [
    lambda: canonical_url(""),
    lambda: canonical_url("two words.example"),
    lambda: canonical_url("someone@mail.example"),
    lambda: canonical_url("http://exa mple"),
    lambda: canonical_url("http://[::1"),
    lambda: canonical_url("http://a..example/"),
    lambda: canonical_url("http://expyuzz4wqqyqhjn.onion/"),
    lambda: canonical_url("http://short.onion/"),
    lambda: canonical_url("javascript:x"),
    lambda: canonical_url("word"),
    lambda: canonical_url("http://site.example/" + "a" * 9000),
    lambda: canonical_account("", "name"),
    lambda: canonical_account("Example Chat", ""),
    lambda: canonical_account("Example Chat", "n" * 300),
    lambda: read_code("0000"),
]


@pytest.mark.parametrize("refused", REFUSED)
def test_every_refusal_of_the_rules_is_said_in_french(refused):
    with pytest.raises(InputError) as caught:
        refused()
    with translation.override("fr"):
        french = sentence(caught.value)
        assert translation.gettext(caught.value.what) != caught.value.what
        assert translation.gettext(caught.value.advice) != caught.value.advice
    with translation.override("en"):
        assert sentence(caught.value).lower() == f"{caught.value.what} {caught.value.advice}".lower()
    assert french[0].isupper()


def test_the_stylesheet_keeps_seven_to_one_for_text(node):
    sheet = (node / "static/rempart.css").read_text()
    light, dark = re.search(r":root \{(.*?)\}", sheet, re.S), re.search(r"dark\) \{\s*:root \{(.*?)\}", sheet, re.S)
    pairs = [
        (ink, ground)
        for ink in ("ink", "soft", "petrol", "amber", "brick", "green")
        for ground in ("paper", "raised", "sunken")
    ]
    pairs += [("on-petrol", "petrol"), ("on-petrol", "petrol-deep"), ("on-brick", "brick"), ("ink", "petrol-wash")]
    pairs += [(name, f"{name}-wash") for name in ("petrol", "amber", "brick", "green")]
    for theme in (light, dark):
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", theme[1]))
        for ink, ground in pairs:
            assert contrast(colours[ink], colours[ground]) >= 7, (ink, ground)
        for ground in ("paper", "raised", "sunken"):
            assert contrast(colours["control"], colours[ground]) >= 3


def contrast(first: str, second: str) -> float:
    """WCAG 2 contrast ratio of two #rrggbb colours."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
