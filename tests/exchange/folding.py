"""Words of made-up members, drawn."""

from hypothesis import strategies as st

from rempart.core.vocabulary import FingerprintType as F
from rempart.exchange.fold import Ruling
from rempart.exchange.policy import KINDS, Policy, Vetoes
from rempart.exchange.signals import CATEGORIES, Action, Reason, Signal, SignalBasis

COUNTRIES = {
    "hotline-a1.example/log": "FR",
    "hotline-a2.example/log": "FR",
    "hotline-b.example/log": "BE",
    "hotline-c.example/log": "SE",
    "hotline-d.example/log": "PT",
    "hotline-e.example/log": "CZ",
}
ORIGINS = tuple(COUNTRIES)
A1, A2, B, C, D, E = ORIGINS
SIZES = {F.MD5: 16, F.SHA1: 20, F.SHA256: 32, F.PDQ: 32}
VALUES = [(kind, bytes([number] * size)) for kind, size in SIZES.items() for number in (1, 2)]
VALUES += [(F.PHOTODNA, b"1," * 20 + b"7"), (F.PHOTODNA, b"no known spelling!")]
"""Few, so that members meet; `sha256` and `pdq` share bytes."""

Said = list[tuple[str, int, Signal]]
"""Signals, each with its member and its place in that member's log."""


def listing(value: tuple[F, bytes] = VALUES[0], category: str = "baseline", **more: object) -> Signal:
    given = {"action": Action.ADD, "basis": SignalBasis.OWN_ANALYSIS, "verifiers": 2, "content": 1, "at": 2} | more
    return Signal(kind=value[0], value=value[1], category=category, **given)  # type: ignore[arg-type]


def speaking(action: Action, reason: Reason, value: tuple[F, bytes] = VALUES[0]) -> Signal:
    return Signal(action, *value, content=1, at=3, reason=reason)


@st.composite
def signals(draw: st.DrawFn) -> Signal:
    value = draw(st.sampled_from(VALUES))
    action = draw(st.sampled_from([Action.ADD, Action.ADD, *Action]))
    if not action.lists:
        return speaking(action, draw(st.sampled_from(Reason)), value)
    category, basis = draw(st.sampled_from(CATEGORIES)), draw(st.sampled_from([*SignalBasis, SignalBasis.OWN_ANALYSIS]))
    return listing(value, category, action=action, basis=basis)


@st.composite
def said(draw: st.DrawFn) -> Said:
    """Some members' logs, in the order of each log."""
    spoken = draw(st.lists(st.tuples(st.sampled_from(ORIGINS), signals()), max_size=60))
    size = dict.fromkeys(ORIGINS, 0)
    found = []
    for origin, signal in spoken:
        found.append((origin, size[origin], signal))
        size[origin] += 1
    return found


@st.composite
def rulings(draw: st.DrawFn) -> Ruling:
    members = draw(st.one_of(st.just(set[str]()), st.sets(st.sampled_from(ORIGINS))))
    vetoes = draw(st.sampled_from(Vetoes))
    policy = Policy.of(
        "drawn",
        governments=draw(st.integers(1, 3)),
        bases=draw(st.sets(st.sampled_from(SignalBasis), min_size=1)),
        categories=draw(st.one_of(st.just(set(CATEGORIES)), st.sets(st.sampled_from(CATEGORIES), min_size=1))),
        kinds=draw(st.one_of(st.just(set(KINDS)), st.sets(st.sampled_from(KINDS), min_size=1))),
        members=members,
        excluded=draw(st.sets(st.sampled_from(ORIGINS), max_size=2)) - members,
        vetoes=vetoes,
        vetoers=draw(st.sets(st.sampled_from(ORIGINS), min_size=1)) if vetoes is Vetoes.NAMED else (),
    )
    active = draw(st.sets(st.sampled_from(ORIGINS)))
    return Ruling(policy, {origin: COUNTRIES[origin] for origin in active or ORIGINS})
