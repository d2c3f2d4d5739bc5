"""What follows on decisions: where content lies, who is told and when it is gone, what others get and say."""

import numpy as np

from rempart.core.vocabulary import Availability, ItemKind, Legality
from rempart.demo.year.columns import DAY, HOUR, Contents, Pile, in_hours, same
from rempart.demo.year.proportions import PROVIDERS, Profile

_TOLD_ABROAD = 0.45
_WITHOUT_COUNTRY = 0.04
_MOVED = 0.05
_REFERRED_ABROAD = 0.7
_TO_POLICE = 0.25
_TO_NON_MEMBERS = 0.1
_REFUSED = 0.01
_UNKNOWN_PROVIDER = 0.03
_ESCALATED_AFTER = 72 * HOUR
_GONE_AGAIN = 0.85
_SPOKEN_OF = 0.02
_WRONG = 0.04
_RECALLED = 0.004


def put_journeys(rng: np.random.Generator, pile: Pile, profile: Profile, contents: Contents) -> None:
    """Where illegal content lies, who is told, and until it is gone."""
    illegal = np.isin(contents.results, [str(each) for each in Legality if each.is_illegal])
    found = contents.of(illegal & np.isin(contents.kinds, [ItemKind.URL.value, ItemKind.FILE.value]))
    size = len(found.numbers)
    countries = rng.choice(np.array(profile.hosts, object), size, p=profile.hosting)
    countries[rng.random(size) < _WITHOUT_COUNTRY] = None
    looked = found.decided + rng.integers(30, 600, size)
    pile.put("hosting:observed", looked, found.numbers, country=countries)
    moved = rng.random(size) < _MOVED
    later = looked[moved] + (rng.uniform(1, 30, moved.sum()) * DAY).astype(np.int64)
    elsewhere = rng.choice(np.array(profile.hosts, object), moved.sum(), p=profile.hosting)
    pile.put("hosting:observed", later, found.numbers[moved], country=elsewhere)
    is_own = countries == profile.country
    told = is_own | (rng.random(size) < _TOLD_ABROAD)
    _notices(rng, pile, profile, found.reported[told], looked[told])
    _referrals(rng, pile, ~is_own, looked)


def _referrals(rng: np.random.Generator, pile: Pile, is_abroad: np.ndarray, looked: np.ndarray) -> None:
    size, numbered = len(looked), 0
    for target, chosen in {
        "member": is_abroad & (rng.random(size) < _REFERRED_ABROAD),
        "police": rng.random(size) < _TO_POLICE,
        "non_member": is_abroad & (rng.random(size) < _TO_NON_MEMBERS),
    }.items():
        at = looked[chosen] + rng.integers(60, 4 * HOUR, chosen.sum())
        numbers = np.arange(numbered + 1, numbered + len(at) + 1)
        pile.put("referral:exported", at, numbers, target=np.full(len(at), target, object))
        numbered += len(at)


def _notices(rng: np.random.Generator, pile: Pile, profile: Profile, reported: np.ndarray, looked: np.ndarray) -> None:
    size = len(looked)
    numbers = np.arange(1, size + 1)
    sent = looked + (rng.exponential(0.5, size) * HOUR).astype(np.int64) + 1
    at_provider = rng.choice(len(PROVIDERS), size, p=profile.providers)
    providers = np.array(PROVIDERS, object)[at_provider]
    providers[rng.random(size) < _UNKNOWN_PROVIDER] = None
    typical = profile.hours_to_remove * profile.slowness[at_provider]
    taken = (typical * rng.lognormal(sigma=profile.spread_of_removal, size=size) * HOUR).astype(np.int64) + 2
    removed = rng.random(size) >= profile.never_removed
    pile.put("notice:sent", sent, numbers, hours_since_report=in_hours(sent - reported), asn=providers)
    pile.put("notice:checked", sent + 1, numbers, availability=same(size, Availability.REACHABLE))
    slow = ~removed | (taken > DAY)
    pile.put(
        "notice:sent", sent[slow] + DAY, numbers[slow], hours_since_report=in_hours(sent[slow] + DAY - reported[slow])
    )
    refused = rng.random(size) < _REFUSED
    pile.put("notice:refused", sent[refused] + 6 * HOUR, numbers[refused])
    late = ~removed | (taken > _ESCALATED_AFTER)
    pile.put("notice:escalated", sent[late] + _ESCALATED_AFTER, numbers[late])
    at, gone = (sent + taken)[removed], numbers[removed]
    pile.put("notice:checked", at - 1, gone, availability=same(len(gone), Availability.GONE))
    since = {"hours_since_report": in_hours(at - reported[removed]), "hours_since_notice": in_hours(taken[removed])}
    pile.put("notice:removed", at, gone, **since)
    _returns(rng, pile, profile, at, gone, sent[removed], reported[removed])


def _returns(
    rng: np.random.Generator,
    pile: Pile,
    profile: Profile,
    gone_at: np.ndarray,
    numbers: np.ndarray,
    sent: np.ndarray,
    reported: np.ndarray,
) -> None:
    back = rng.random(len(numbers)) < profile.reappears
    at = gone_at[back] + (rng.exponential(10, back.sum()) * DAY).astype(np.int64) + 1
    pile.put("notice:reappeared", at, numbers[back])
    again = rng.random(len(at)) < _GONE_AGAIN
    end = at[again] + (rng.exponential(3, again.sum()) * DAY).astype(np.int64) + 1
    since = {
        "hours_since_report": in_hours(end - reported[back][again]),
        "hours_since_notice": in_hours(end - sent[back][again]),
    }
    pile.put("notice:removed", end, numbers[back][again], **since)


def put_signals(rng: np.random.Generator, pile: Pile, contents: Contents) -> None:
    """What was found illegal is listed a day at a time; platforms say what entries are worth; a few are recalled."""
    listed = contents.of(np.isin(contents.results, [str(each) for each in Legality if each.is_illegal]))
    days, batches = np.unique(listed.decided // DAY, return_counts=True)
    pile.put("log:signed", (days + 1) * DAY, np.arange(1, len(days) + 1), signals=batches)
    spoken = rng.random(len(listed.numbers)) < _SPOKEN_OF
    later = listed.decided[spoken] + (rng.uniform(1, 40, spoken.sum()) * DAY).astype(np.int64)
    is_useful = rng.random(len(later)) >= _WRONG
    pile.put("list:feedback", later, np.ones(len(later), np.int64), entry=listed.numbers[spoken], is_useful=is_useful)
    taken_back = rng.random(len(listed.numbers)) < _RECALLED
    at = listed.decided[taken_back] + (rng.uniform(2, 20, taken_back.sum()) * DAY).astype(np.int64)
    reasons = rng.choice(np.array(["mistake", "lawful", "other"], object), len(at))
    pile.put("signal:recalled", at, listed.numbers[taken_back], reason=reasons)
