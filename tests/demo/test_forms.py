"""Forms are sent as a browser without script sends them."""

import pytest
from lxml import html

from rempart.core.errors import NotFound
from rempart.demo.browser import Page
from rempart.demo.forms import controls, filled

PAGE = """<!doctype html><title>A page</title>
<form id="one" method="post" action="/first">
  <input type="hidden" name="ticket" value="t">
  <input name="line" value="typed"><textarea name="prose">
kept</textarea>
  <input type="radio" name="yes_no" value="yes"><input type="radio" name="yes_no" value="" checked>
  <input type="checkbox" name="several" value="a" checked><input type="checkbox" name="several" value="b">
  <select name="one_of"><option value="x">X</option><option value="y" selected>Y</option></select>
  <select name="none_chosen"><option value="first">F</option><option value="second">S</option></select>
  <input name="off" value="off" disabled>
  <button disabled>not this</button><button name="action" value="next">Next</button>
</form>
<input type="hidden" name="elsewhere" value="e" form="one">
<button form="one" formaction="/second/show" name="level" value="1">Show</button>
<form action="/other"><input name="foreign" value="f"><button>Other</button></form>"""


@pytest.fixture
def page() -> Page:
    return Page("http://node.example/here", 200, html.document_fromstring(PAGE))


def sent(page: Page, values: dict, action: str = "/first") -> dict[str, list[str]]:
    data: dict[str, list[str]] = {}
    for name, text in filled(controls(page.document, page.button(action).form), values):
        data.setdefault(name, []).append(text)
    return data


UNTOUCHED = {
    "ticket": ["t"],
    "line": ["typed"],
    "prose": ["kept"],
    "yes_no": [""],
    "several": ["a"],
    "one_of": ["y"],
    "none_chosen": ["first"],
    "elsewhere": ["e"],
}


def test_a_form_is_sent_as_it_stands(page: Page) -> None:
    assert sent(page, {}) == UNTOUCHED


def test_answers_replace_what_stands_there(page: Page) -> None:
    given = {"line": "new", "prose": "told", "yes_no": "yes", "several": ["b"], "one_of": "x"}
    assert sent(page, given) == {
        **UNTOUCHED,
        **{name: value if isinstance(value, list) else [value] for name, value in given.items()},
    }


def test_several_boxes_and_none(page: Page) -> None:
    assert sent(page, {"several": ["a", "b"]})["several"] == ["a", "b"]
    assert "several" not in sent(page, {"several": []})


@pytest.mark.parametrize(
    "values",
    [{"yes_no": "perhaps"}, {"several": ["c"]}, {"one_of": "z"}, {"unknown": "x"}, {"foreign": "x"}, {"off": "on"}],
    ids=str,
)
def test_an_answer_that_is_not_offered_is_refused(page: Page, values: dict) -> None:
    with pytest.raises(NotFound):
        sent(page, values)


def test_buttons_are_found_by_target_and_value(page: Page) -> None:
    assert page.button("/first", "next").target == "http://node.example/first"
    assert page.button("/show", "1").target == "http://node.example/second/show"
    assert page.find("/nowhere") is None
    with pytest.raises(NotFound, match="nowhere"):
        page.button("/nowhere")
