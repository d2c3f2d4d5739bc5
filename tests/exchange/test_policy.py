"""A policy has one spelling and one digest, and what is none is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import InputError
from rempart.core.vocabulary import FingerprintType as F
from rempart.exchange.policy import ALLIANCE, KINDS, MAX_REVISION, Policy, Vetoes, own, policy_from
from rempart.exchange.signals import CATEGORIES, SignalBasis

ORIGINS = st.sampled_from([f"hotline-{letter}.example/log" for letter in "abcdefgh"])


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    members = draw(st.sets(ORIGINS, max_size=4))
    vetoes = draw(st.sampled_from(Vetoes))
    return Policy.of(
        draw(st.from_regex(r"[a-z][a-z0-9-]{0,20}[a-z]", fullmatch=True)),
        governments=draw(st.integers(1, 1000)),
        bases=draw(st.sets(st.sampled_from(SignalBasis), min_size=1)),
        categories=draw(st.sets(st.sampled_from(CATEGORIES), min_size=1)),
        kinds=draw(st.sets(st.sampled_from(KINDS), min_size=1)),
        members=members,
        excluded=draw(st.sets(ORIGINS, max_size=4)) - members,
        vetoes=vetoes,
        vetoers=draw(st.sets(ORIGINS, min_size=1)) if vetoes is Vetoes.NAMED else (),
        revision=draw(st.integers(1, MAX_REVISION)),
    )


@given(policies())
def test_a_policy_is_read_back_from_its_canonical_json(policy: Policy) -> None:
    assert policy_from(json.loads(policy.canonical)) == policy


@given(policies(), policies())
def test_different_policies_have_different_digests(first: Policy, second: Policy) -> None:
    assert (first.sha256 == second.sha256) == (first == second)


def test_the_digest_of_the_alliances_policy_is_the_published_one() -> None:
    """A second implementation computes the same; it changes with the format alone."""
    assert ALLIANCE.canonical.decode() == (
        '{"bases":["own_analysis"],"categories":["baseline","national","A1","A2","B1","B2"],"excluded":[],'
        '"governments":2,"kinds":["md5","sha1","sha256","pdq","photodna"],"members":[],"name":"alliance",'
        '"revision":1,"vetoers":[],"vetoes":"any"}'
    )
    assert ALLIANCE.sha256 == "02e77cfcfc797bad58270374d344dc61449520686e5422e748dbe8792afe1db3"


def test_choices_in_any_order_make_one_policy() -> None:
    one = Policy.of("x", categories=["A1", "baseline"], members=["b.example/log", "a.example/log"])
    other = Policy.of("x", categories=["baseline", "A1"], members=["a.example/log", "b.example/log"])
    assert one.canonical == other.canonical


def test_a_change_moves_the_revision_and_no_change_does_not() -> None:
    assert ALLIANCE.revised(governments=3).revision == 2
    assert ALLIANCE.revised(governments=2) is ALLIANCE


def test_the_own_list_counts_one_member_and_obeys_no_dispute() -> None:
    policy = own("hotline.example/log")
    assert (policy.members, policy.governments, policy.vetoes) == (("hotline.example/log",), 1, Vetoes.NONE)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "two\nlines"},
        {"governments": 0},
        {"governments": True},
        {"governments": 1.0},
        {"categories": ()},
        {"categories": ("A1", "baseline")},
        {"categories": ("unheard",)},
        {"kinds": (F.VPDQ,)},
        {"members": ("b", "a")},
        {"members": ("a", "a")},
        {"members": ("with space",)},
        {"members": ("a",), "excluded": ("a",)},
        {"vetoes": Vetoes.NAMED},
        {"vetoes": "any"},
        {"vetoers": ("a",)},
        {"revision": MAX_REVISION + 1},
    ],
)
def test_what_is_no_policy_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Policy(**{"name": "x"} | wrong)


@pytest.mark.parametrize("lacking", sorted(ALLIANCE.document))
def test_a_document_that_leaves_a_field_to_chance_is_refused(lacking: str) -> None:
    document = ALLIANCE.document
    del document[lacking]
    with pytest.raises(InputError):
        policy_from(document)
    with pytest.raises(InputError):
        policy_from(ALLIANCE.document | {"more": 1})
    for value in ("?", ["? ?"], [["x"]], None, 3.5, {}):
        with pytest.raises(InputError):
            policy_from(ALLIANCE.document | {lacking: value} if lacking != "name" else {"name": value})
