from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.assessment import (
    Decision,
    check_decision,
    may_arbitrate,
    may_second,
    needs_second_look,
    resolve_second_look,
)
from rempart.core.errors import InputError
from rempart.core.vocabulary import (
    AgeBand,
    Characteristic,
    Commerciality,
    Gender,
    Legality,
    Offence,
    SecondLook,
    SiteType,
)

BASELINE = Decision(Legality.BASELINE, AgeBand.INFANT, offences=frozenset({Offence.DISTRIBUTION}))
decisions = st.builds(
    Decision,
    legality=st.sampled_from(Legality),
    age_band=st.sampled_from(AgeBand),
    gender=st.sampled_from(Gender),
    offences=st.frozensets(st.sampled_from(Offence), max_size=3),
    characteristics=st.frozensets(st.sampled_from(Characteristic), max_size=3),
    site_type=st.sampled_from(SiteType),
    commerciality=st.sampled_from(Commerciality),
    has_note=st.booleans(),
)


@given(decisions)
def test_what_passes_is_consistent(decision: Decision) -> None:
    try:
        check_decision(decision)
    except InputError:
        return
    if decision.legality is Legality.BASELINE:
        assert decision.age_band in (AgeBand.INFANT, AgeBand.PRE_PUBESCENT)
        assert Characteristic.VIRTUAL_OR_GENERATED not in decision.characteristics
    assert decision.legality is not Legality.NOT_ILLEGAL or not decision.offences
    assert not decision.legality.is_illegal or decision.offences
    assert decision.legality is not Legality.UNDETERMINED or decision.has_note


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"age_band": AgeBand.PRE_PUBESCENT},
        {"legality": Legality.NATIONAL, "age_band": AgeBand.PUBESCENT},
        {"legality": Legality.NATIONAL, "characteristics": frozenset({Characteristic.VIRTUAL_OR_GENERATED})},
        {"legality": Legality.NOT_ILLEGAL, "offences": frozenset()},
        {"legality": Legality.UNDETERMINED, "offences": frozenset(), "has_note": True},
        {
            "offences": frozenset({Offence.LIVE_STREAMED_ABUSE, Offence.EXTORTION}),
            "characteristics": frozenset({Characteristic.LIVE_STREAMED, Characteristic.SEXTORTION}),
        },
        {"characteristics": frozenset({Characteristic.COMMERCIAL}), "commerciality": Commerciality.YES},
    ],
)
def test_sound_decisions_pass(change: dict[str, Any]) -> None:
    check_decision(replace(BASELINE, **change))


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"legality": Legality.NOT_ILLEGAL}, "offences"),
        ({"offences": frozenset()}, "offences"),
        ({"legality": Legality.NATIONAL, "offences": frozenset()}, "offences"),
        ({"legality": Legality.UNDETERMINED}, "note"),
        ({"age_band": AgeBand.PUBESCENT}, "age_band"),
        ({"age_band": AgeBand.NOT_DETERMINED}, "age_band"),
        ({"characteristics": frozenset({Characteristic.VIRTUAL_OR_GENERATED})}, "characteristics"),
        ({"offences": frozenset({Offence.LIVE_STREAMED_ABUSE})}, "characteristics"),
        ({"offences": frozenset({Offence.EXTORTION})}, "characteristics"),
        (
            {"characteristics": frozenset({Characteristic.COMMERCIAL}), "commerciality": Commerciality.NO},
            "commerciality",
        ),
    ],
)
def test_contradictions_name_the_field(change: dict[str, Any], where: str) -> None:
    with pytest.raises(InputError) as caught:
        check_decision(replace(BASELINE, **change))
    assert caught.value.where == where
    assert caught.value.advice


@given(decisions, st.booleans())
def test_only_a_first_baseline_on_unknown_material_needs_a_second_look(decision: Decision, known: bool) -> None:
    assert needs_second_look(decision, known) == (decision.legality is Legality.BASELINE and not known)


@given(decisions, decisions)
def test_agreement_is_about_legality_and_symmetric(first: Decision, second: Decision) -> None:
    outcome = resolve_second_look(first, second)
    assert outcome is resolve_second_look(second, first)
    assert (outcome is SecondLook.AGREED) == (first.legality == second.legality)


def test_nobody_confirms_or_arbitrates_their_own_assessment() -> None:
    assert may_second(1, 2)
    assert not may_second(1, 1)
    assert may_arbitrate(1, 2, 3)
    assert not may_arbitrate(1, 2, 1)
    assert not may_arbitrate(1, 2, 2)
