"""The rules of casework: what makes a decision consistent, and when a second person must look."""

from dataclasses import dataclass

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

BASELINE_AGES = frozenset({AgeBand.INFANT, AgeBand.PRE_PUBESCENT})


@dataclass(frozen=True, slots=True)
class Decision:
    """One analyst's assessment. `has_note`: a written reason is kept with it."""

    legality: Legality
    age_band: AgeBand = AgeBand.NOT_DETERMINED
    gender: Gender = Gender.NOT_DETERMINED
    offences: frozenset[Offence] = frozenset()
    characteristics: frozenset[Characteristic] = frozenset()
    site_type: SiteType = SiteType.NOT_APPLICABLE
    commerciality: Commerciality = Commerciality.NOT_DETERMINED
    has_note: bool = False


def check_decision(decision: Decision) -> None:
    """Raise InputError, naming the field, for the first contradiction or omission."""
    _check_legality(decision)
    if decision.legality is Legality.BASELINE:
        _check_baseline(decision)
    _check_flags(decision)


def needs_second_look(decision: Decision, known: bool) -> bool:
    """A first "baseline" on material that no list knows is signed only after a second analyst looked."""
    return decision.legality is Legality.BASELINE and not known


def resolve_second_look(first: Decision, second: Decision) -> SecondLook:
    """AGREED when both come to the same legality, the part that is signed and exchanged."""
    return SecondLook.AGREED if first.legality is second.legality else SecondLook.DISAGREED


def may_second(first_assessor_id: int | str, second_assessor_id: int | str) -> bool:
    """Nobody confirms their own assessment."""
    return first_assessor_id != second_assessor_id


def may_arbitrate(first_assessor_id: int | str, second_assessor_id: int | str, arbiter_id: int | str) -> bool:
    """A disagreement is settled by someone who was not part of it."""
    return arbiter_id not in (first_assessor_id, second_assessor_id)


def _check_legality(decision: Decision) -> None:
    if decision.legality is Legality.NOT_ILLEGAL and decision.offences:
        raise InputError(
            "content that is not illegal carries no offence.",
            where="offences",
            advice="Clear the offences, or choose another legality.",
        )
    if decision.legality.is_illegal and not decision.offences:
        raise InputError(
            "illegal content needs at least one kind of offence.",
            where="offences",
            advice="Choose what applies; 'distribution' is usual for content found online.",
        )
    if decision.legality is Legality.UNDETERMINED and not decision.has_note:
        raise InputError(
            "an undetermined legality needs a note.", where="note", advice="Write what would be needed to decide."
        )


def _check_baseline(decision: Decision) -> None:
    if decision.age_band not in BASELINE_AGES:
        raise InputError(
            "baseline means a child who is an infant or pre-pubescent.",
            where="age_band",
            advice="Choose that age band, or choose the legality 'national'.",
        )
    if Characteristic.VIRTUAL_OR_GENERATED in decision.characteristics:
        raise InputError(
            "baseline means a real child.",
            where="characteristics",
            advice="Clear 'virtual or generated', or choose the legality 'national'.",
        )


def _check_flags(decision: Decision) -> None:
    for offence, needed in (
        (Offence.LIVE_STREAMED_ABUSE, Characteristic.LIVE_STREAMED),
        (Offence.EXTORTION, Characteristic.SEXTORTION),
    ):
        if offence in decision.offences and needed not in decision.characteristics:
            raise InputError(
                f"the offence '{offence}' goes with the characteristic '{needed}'.",
                where="characteristics",
                advice="Set the characteristic, or clear the offence.",
            )
    if Characteristic.COMMERCIAL in decision.characteristics and decision.commerciality is Commerciality.NO:
        raise InputError(
            "commercial and not commercial contradict each other.",
            where="commerciality",
            advice="Clear the characteristic, or change the commerciality.",
        )
