"""Views that people keep: their own, shared only when they say so."""

import pytest

from rempart.core.errors import InputError, NotFound, NotPermitted
from rempart.node.casework import saved_views
from rempart.node.casework.models import SavedView

URGENT = {"level": "urgent", "kind": "url"}


def names(person) -> list[tuple[str, str]]:
    return [(view.name, view.owner) for view in saved_views.of(person)]


def test_kept_for_oneself_and_replaced_by_the_same_name(people, clock, told):
    saved_views.save(people["ana"], " Mornings ", URGENT | {"state": ""})
    assert [(view.name, view.query) for view in saved_views.of(people["ana"])] == [
        ("Mornings", "kind=url&level=urgent")
    ]
    saved_views.save(people["ana"], "Mornings", {"kind": "file"})
    [view] = saved_views.of(people["ana"])
    assert view.query == "kind=file"
    assert names(people["ben"]) == []
    assert told("view:") == [("view:saved", f"view:{view.id}", {})] * 2


def test_shared_when_its_owner_says_so_and_no_longer_when_not(people, clock, told):
    saved_views.save(people["ana"], "Mornings", URGENT)
    saved_views.save(people["ben"], "Afternoons", URGENT)
    [view] = saved_views.of(people["ana"])
    saved_views.share(people["ana"], view.id, True)
    assert names(people["ben"]) == [("Afternoons", ""), ("Mornings", "Ana Analyst")]
    saved_views.share(people["ana"], view.id, False)
    assert names(people["ben"]) == [("Afternoons", "")]
    assert [action for action, _, _ in told("view:")][2:] == ["view:shared", "view:unshared"]


def test_nobody_changes_a_colleagues(people, clock):
    saved_views.save(people["ana"], "Mornings", URGENT)
    [view] = saved_views.of(people["ana"])
    saved_views.share(people["ana"], view.id, True)
    with pytest.raises(NotFound):
        saved_views.share(people["ben"], view.id, False)
    with pytest.raises(NotFound):
        saved_views.remove(people["ben"], view.id)
    saved_views.remove(people["ana"], view.id)
    assert not SavedView.objects.exists()
    with pytest.raises(NotFound):
        saved_views.remove(people["ana"], view.id)


@pytest.mark.parametrize(
    ("name", "filters"),
    [("", URGENT), ("x" * 61, URGENT), ("All", {}), ("All", {"kind": ""}), ("Long", {"kind": "x" * 300})],
)
def test_not_without_a_name_and_a_filter(people, clock, name, filters):
    with pytest.raises(InputError):
        saved_views.save(people["ana"], name, filters)
    assert not SavedView.objects.exists()


def test_not_without_end(people, clock):
    for number in range(saved_views.MOST):
        saved_views.save(people["ana"], f"View {number}", URGENT)
    with pytest.raises(InputError):
        saved_views.save(people["ana"], "One more", URGENT)
    saved_views.save(people["ana"], "View 3", {"kind": "file"})


def test_only_who_sees_the_queue_keeps_views(people, clock):
    with pytest.raises(NotPermitted):
        saved_views.save(people["aude"], "Mornings", URGENT)
