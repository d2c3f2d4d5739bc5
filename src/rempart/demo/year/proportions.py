"""How large each member's made-up year is, and of what. Drawn from the seed alone: nothing here says anything of a
real country, neither its size nor what is hosted there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rempart.core.vocabulary import Basis, ItemKind, Legality, Source

DEFAULT_SEED = 2012
SHARES_OF_SOURCES = {
    Source.PUBLIC: 0.42,
    Source.PLATFORM: 0.37,
    Source.MEMBER: 0.1,
    Source.POLICE: 0.05,
    Source.PROACTIVE: 0.05,
    Source.VICTIM_SELF: 0.01,
}
SHARES_OF_KINDS = {
    ItemKind.URL: 0.7,
    ItemKind.FILE: 0.2,
    ItemKind.HASH: 0.04,
    ItemKind.ONION: 0.03,
    ItemKind.ACCOUNT: 0.02,
    ItemKind.CHANNEL: 0.01,
}
SHARES_OF_RESULTS = {
    Legality.BASELINE: 0.2,
    Legality.NATIONAL: 0.3,
    Legality.NOT_ILLEGAL: 0.4,
    Legality.UNDETERMINED: 0.1,
}
SHARES_OF_BASES = {Basis.ANALYST: 0.5, Basis.LIST_MATCH: 0.35, Basis.PRIOR_ASSESSMENT: 0.15}
PROVIDERS = tuple(range(64496, 64512))
"""Networks that documents may name (RFC 5398); which is fast and which is slow, the seed says."""
NON_MEMBERS = ("AR", "BR", "IN", "SG", "ZA")
HOSTING_COUNTRIES = 12
SIZES_SPREAD = 1.1
TOGETHER = 60.0
"""How close a member's own proportions lie to those above: the greater, the closer."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One member's year. Probabilities add up to 1; `hosts` are countries, its own first; hours are medians.

    `providers` are shares of PROVIDERS, `slowness` a factor for each of them, the same for all members.
    """

    country: str
    place: int
    reports: int
    sources: np.ndarray
    kinds: np.ndarray
    results: np.ndarray
    bases: np.ndarray
    hosts: tuple[str, ...]
    hosting: np.ndarray
    is_new: float
    providers: np.ndarray
    slowness: np.ndarray
    hours_to_decide: float
    hours_to_remove: float
    spread_of_removal: float
    never_removed: float
    reappears: float


def profiles(members: Sequence[str], reports: int, seed: int = DEFAULT_SEED) -> tuple[Profile, ...]:
    """One profile for each country code; their reports add up to `reports`."""
    rng = np.random.default_rng(seed)
    sizes = _sizes(rng, len(members), reports)
    slowness = rng.lognormal(sigma=0.8, size=len(PROVIDERS))
    return tuple(
        _profile(np.random.default_rng([seed, place]), members, place, int(size), slowness)
        for place, size in enumerate(sizes)
    )


def _sizes(rng: np.random.Generator, members: int, reports: int) -> np.ndarray:
    weights = rng.lognormal(sigma=SIZES_SPREAD, size=members)
    ends = np.rint(np.cumsum(weights) / weights.sum() * reports).astype(np.int64)
    return np.diff(ends, prepend=0)


def _profile(
    rng: np.random.Generator, members: Sequence[str], place: int, reports: int, slowness: np.ndarray
) -> Profile:
    own = members[place]
    others = [code for code in (*members, *NON_MEMBERS) if code != own]
    hosts = (own, *rng.choice(others, HOSTING_COUNTRIES - 1, replace=False).tolist())
    return Profile(
        country=own,
        place=place,
        reports=reports,
        sources=_near(rng, SHARES_OF_SOURCES.values()),
        kinds=_near(rng, SHARES_OF_KINDS.values()),
        results=_near(rng, SHARES_OF_RESULTS.values()),
        bases=_near(rng, SHARES_OF_BASES.values()),
        hosts=hosts,
        hosting=rng.dirichlet([3.0, *[0.6] * (HOSTING_COUNTRIES - 1)]),
        providers=rng.dirichlet([0.5] * len(PROVIDERS)),
        slowness=slowness,
        is_new=rng.uniform(0.5, 0.8),
        hours_to_decide=rng.uniform(4, 30),
        hours_to_remove=rng.uniform(6, 70),
        spread_of_removal=rng.uniform(1.1, 1.8),
        never_removed=rng.uniform(0.02, 0.12),
        reappears=rng.uniform(0.02, 0.1),
    )


def _near(rng: np.random.Generator, shares: Iterable[float]) -> np.ndarray:
    return rng.dirichlet(np.array(list(shares)) * TOGETHER)
