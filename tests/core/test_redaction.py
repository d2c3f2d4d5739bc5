import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import InputError
from rempart.core.redaction import MARK, redacted, redacted_within

words = st.text(st.characters(exclude_characters="▇\r", exclude_categories=["Cs"]), max_size=40)
passages = words.filter(lambda text: len(text.strip("\n").strip()) >= 2)


@given(st.lists(words, min_size=2, max_size=5), passages)
def test_nothing_of_the_passage_is_left_and_the_rest_stays(parts, passage):
    wanted = passage.strip("\n")
    text = wanted.join(parts)
    after = redacted(text, passage)
    assert wanted not in after
    assert after.replace(MARK, wanted) == text


@given(words, passages)
def test_a_text_without_the_passage_is_left_alone(text, passage):
    if passage.strip("\n") in text:
        return
    with pytest.raises(InputError, match="does not hold"):
        redacted(text, passage)


@pytest.mark.parametrize("passage", ["", " ", "a", "\n\n", MARK, f"a{MARK}b"])
def test_what_means_nothing_or_is_a_mark_is_refused(passage):
    with pytest.raises(InputError, match="cannot be redacted"):
        redacted(f"a {MARK} b", passage)


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_line_ends_of_browsers_make_no_difference(ends):
    assert redacted(f"one{ends}two{ends}three", "two\r\nthree") == f"one\n{MARK}"


@given(st.recursive(words, lambda inner: st.lists(inner) | st.dictionaries(words, inner)), passages)
def test_within_a_document_no_text_holds_it(document, passage):
    holding = {"kept": document, "text": f"before {passage} after", "number": 3, "none": None}
    after = redacted_within(holding, passage)
    assert after["number"] == 3
    assert after["none"] is None
    assert set(after) == set(holding)
    assert not any(passage.strip("\n") in text for text in _texts(after))


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _texts(one)]
