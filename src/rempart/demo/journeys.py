"""What is reported, how it is decided, and how each journey has to end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from rempart.demo.forms import Value
from rempart.demo.world import AGAIN, FAR, MEMBER, ONION, PROMPT, SLOW, STUBBORN

Answers = Mapping[str, Value]

NATIONAL: Answers = MappingProxyType(
    {
        "legality": "national",
        "age_band": "pubescent",
        "gender": "not_determined",
        "offences": ["distribution"],
        "site_type": "image_host",
        "commerciality": "no",
        "note": "Made-up decision of the demonstration.",
    }
)
BASELINE: Answers = MappingProxyType({**NATIONAL, "legality": "baseline", "age_band": "pre_pubescent"})
SOLICITED: Answers = MappingProxyType({**NATIONAL, "offences": ["solicitation"], "site_type": "not_applicable"})
STREAMED: Answers = MappingProxyType(
    {
        **NATIONAL,
        "offences": ["live_streamed_abuse"],
        "characteristics": ["live_streamed"],
        "site_type": "not_applicable",
    }
)
THREATENED: Answers = MappingProxyType(
    {**NATIONAL, "offences": ["extortion", "distribution"], "characteristics": ["sextortion", "self_generated"]}
)
HARMLESS: Answers = MappingProxyType({**NATIONAL, "legality": "not_illegal", "offences": []})
UNREADABLE: Answers = MappingProxyType(
    {
        **NATIONAL,
        "legality": "undetermined",
        "offences": [],
        "age_band": "not_determined",
        "note": "The file cannot be decoded; a whole copy is needed to decide.",
    }
)


@dataclass(frozen=True, slots=True)
class End:
    """How a journey ends.

    `recognised`: its best match on a list, exact or near. `viewed`: an image was shown to somebody. `purposes`: of its
    notices, in order, reminders in a row told once. `removed` counts confirmed removals. `referral` is
    "target country", or empty for none.
    """

    legality: str
    basis: str = "analyst"
    state: str = "closed"
    recognised: str = ""
    viewed: bool = False
    country: str = ""
    purposes: tuple[str, ...] = ()
    removed: int = 0
    referral: str = ""
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Journey:
    """One thing reported. Found in its report by `url`, or by `kind` where it has none.

    `by` names the way it comes in; `answers` are the analyst's; `looks` asks for the blurred image once. `more` are
    further addresses that come in with it and are decided alike.
    """

    key: str
    title: str
    by: str
    end: End
    url: str = ""
    more: tuple[str, ...] = ()
    kind: str = ""
    answers: Answers = field(default_factory=lambda: NATIONAL)
    looks: bool = False
    hold: bool = False


_TOLD_ONCE = ("first",)
PUBLIC, TIP, JSON, BULK = "public", "platform", "JSON API", "import"

JOURNEYS = (
    Journey(
        "stubborn",
        "Two people decide; host needs escalation",
        PUBLIC,
        End(
            "baseline",
            country="FR",
            purposes=("first", "reminder", "escalation"),
            removed=1,
            referral="police FR",
            events=("case:second_look", "notice:escalated"),
        ),
        url=STUBBORN.url("board/12"),
        answers=BASELINE,
    ),
    Journey(
        "slow",
        "Host ignores the first notice",
        TIP,
        End("national", country="FR", purposes=("first", "reminder"), removed=1),
        url=SLOW.url("album/3"),
    ),
    Journey(
        "slow-file",
        "Unknown picture, shown once, grey, blurred",
        TIP,
        End("national", viewed=True, referral="police FR"),
        kind="file",
        looks=True,
    ),
    Journey(
        "mistaken",
        "Picture confirmed by mistake, recalled",
        TIP,
        End("national", referral="police FR", events=("signal:recalled",)),
        kind="file",
    ),
    Journey(
        "again",
        "Host removes, brings back, removes again",
        JSON,
        End(
            "national",
            country="FR",
            purposes=("first", "reappeared"),
            removed=2,
            events=("notice:reappeared",),
        ),
        url=AGAIN.url("gallery/5"),
    ),
    Journey(
        "hold",
        "Police hold placed and released",
        PUBLIC,
        End(
            "national",
            country="FR",
            purposes=_TOLD_ONCE,
            removed=1,
            referral="police FR",
            events=("hold:placed", "hold:released"),
        ),
        url=PROMPT.url("held/8"),
        hold=True,
    ),
    Journey(
        "listed",
        "Listed picture in somebody's account",
        TIP,
        End("national", basis="list_match", recognised="exact", referral="police FR"),
        kind="file",
    ),
    Journey(
        "near-file",
        "Near-duplicate of a listed picture",
        TIP,
        End("baseline", basis="list_match", recognised="near", referral="police FR"),
        kind="file",
    ),
    Journey(
        "near",
        "The address where it was found",
        TIP,
        End("baseline", basis="list_match", country="FR", purposes=_TOLD_ONCE, removed=1),
        url=PROMPT.url("copy/1"),
    ),
    Journey(
        "repeat",
        "Same submission sent twice",
        TIP,
        End("national", country="FR", purposes=_TOLD_ONCE, removed=1),
        url=PROMPT.url("twice/2"),
    ),
    Journey(
        "broken",
        "Broken file, left undetermined",
        TIP,
        End("undetermined"),
        kind="file",
        answers=UNREADABLE,
    ),
    Journey(
        "far",
        "Host in a country that is no member",
        PUBLIC,
        End("national", country="BR", purposes=_TOLD_ONCE, removed=1, referral="non_member BR"),
        url=FAR.url("page/4"),
    ),
    Journey(
        "member",
        "Host in another member's country",
        PUBLIC,
        End("national", country="NL", referral="member NL"),
        url=MEMBER.url("page/6"),
    ),
    Journey(
        "onion",
        "Onion address, reported in French",
        PUBLIC,
        End("national", referral="police FR"),
        url=ONION,
    ),
    Journey(
        "live",
        "Live stream",
        PUBLIC,
        End("national", referral="police FR"),
        kind="live_stream",
        answers=STREAMED,
    ),
    Journey(
        "text",
        "Text only: an adult writes to a child",
        PUBLIC,
        End("national", referral="police FR"),
        kind="text",
        answers=SOLICITED,
    ),
    Journey(
        "young",
        "A young person's own report",
        PUBLIC,
        End("national", country="FR", purposes=_TOLD_ONCE, removed=1, referral="police FR"),
        url=PROMPT.url("shared/9"),
        answers=THREATENED,
    ),
    Journey(
        "bulk",
        "Address of a bulk import",
        BULK,
        End("national", country="FR", purposes=_TOLD_ONCE, removed=1),
        url=PROMPT.url("list/7"),
    ),
    Journey(
        "harmless",
        "Addresses of an import, not illegal",
        BULK,
        End("not_illegal"),
        url=FAR.url("harmless/1"),
        # Enough of them that the share of illegal content may be published.
        more=tuple(FAR.url(f"harmless/{number}") for number in range(2, 6)),
        answers=HARMLESS,
    ),
)
