"""Notes on a case: sealed, for those who take cases, and no bias for a second look."""

import pytest

from rempart.core.errors import InputError, IntegrityError, NotPermitted
from rempart.node.audit import services as audit
from rempart.node.casework import notes
from rempart.node.casework.models import Content, Note


@pytest.fixture
def case(submit, work) -> int:
    submit(("url", "https://host.example/one"))
    work()
    return Content.objects.get().pk


def test_kept_newest_first_with_who_and_when(case, people, clock):
    notes.add(people["ana"], case, "  asked the host's desk  ")
    clock.advance(minutes=5)
    notes.add(people["ben"], case, "they answered")
    found = notes.of(people["sacha"], case)
    assert [(one.author, one.text) for one in found] == [
        ("Ben Analyst", "they answered"),
        ("Ana Analyst", "asked the host's desk"),
    ]
    assert found[0].at > found[1].at


def test_nothing_of_the_text_is_in_the_database_or_the_chain(case, people):
    notes.add(people["ana"], case, "a made-up person's name")
    row = Note.objects.get()
    assert b"made-up" not in bytes(row.sealed) + bytes(row.wrapped_key)
    [fact] = audit.events(actions=["case:noted"])
    assert (fact.actor, fact.subject, fact.data, fact.reason) == (people["ana"].actor, f"case:{case}", {}, "")


def test_a_note_is_bound_to_its_case_and_its_key(case, people, submit, work):
    submit(("url", "https://host.example/two"))
    work()
    other = Content.objects.exclude(pk=case).get().pk
    notes.add(people["ana"], case, "of the first case")
    notes.add(people["ana"], case, "of the first case too")
    first, second = Note.objects.order_by("pk")
    Note.objects.filter(pk=first.pk).update(content=other)
    with pytest.raises(IntegrityError):
        notes.of(people["ana"], other)
    Note.objects.filter(pk=second.pk).update(sealed=first.sealed)
    with pytest.raises(IntegrityError):
        notes.of(people["ana"], case)


def test_destroying_its_key_destroys_the_note(case, people):
    notes.add(people["ana"], case, "to be forgotten")
    Note.objects.update(wrapped_key=bytes(Note.objects.get().wrapped_key)[:-1] + b"\0")
    with pytest.raises(IntegrityError):
        notes.of(people["ana"], case)


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 4001])
def test_nothing_empty_or_overlong(case, people, text):
    with pytest.raises(InputError):
        notes.add(people["ana"], case, text)
    assert not Note.objects.exists()


@pytest.mark.parametrize("name", ["luis", "vera", "lin", "stan", "aude", "adam"])
def test_only_for_who_takes_cases(case, people, name):
    with pytest.raises(NotPermitted):
        notes.add(people[name], case, "curious")
    with pytest.raises(NotPermitted):
        notes.of(people[name], case)
