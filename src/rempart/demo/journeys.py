"""What is reported, how it is decided, and how each journey has to end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from rempart.demo.browser import Value
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
    {**NATIONAL, "offences": ["live_streamed_abuse"], "characteristics": ["live_streamed"], "site_type": "not_applicable"}
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
    """How a journey ends. `viewed`: an image was shown to somebody; `purposes`: of its notices, in order.

    `referral` is "target country", or empty for none; `removed` counts confirmed removals.
    """

    legality: str
    basis: str = "analyst"
    state: str = "closed"
    viewed: bool = False
    country: str = ""
    purposes: tuple[str, ...] = ()
    removed: int = 0
    referral: str = ""
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Journey:
    """One thing reported. Found in its report by `url`, or by `kind` where it has none.

    `by` names the way it comes in; `answers` are the analyst's; `looks` asks for the blurred image once.
    """

    key: str
    title: str
    by: str
    end: End
    url: str = ""
    kind: str = ""
    answers: Answers = field(default_factory=lambda: NATIONAL)
    looks: bool = False
    hold: bool = False


_TOLD_ONCE = ("first",)
PUBLIC, TIP, JSON, BULK = "public form", "CyberTipline call", "JSON API", "import"

JOURNEYS = (
    Journey(
        "stubborn",
        "Unknown, baseline, a second person looks; the host answers only to the escalation",
        PUBLIC,
        End(
            "baseline",
            country="FR",
            purposes=("first", "reminder", "reminder", "escalation"),
            removed=1,
            referral="police FR",
            events=("case:second_look", "notice:escalated"),
        ),
        url=STUBBORN.url("board/12"),
        answers=BASELINE,
    ),
    Journey(
        "slow",
        "Unknown picture at an address; the host ignores the first notice",
        TIP,
        End("national", country="FR", purposes=("first", "reminder"), removed=1),
        url=SLOW.url("album/3"),
    ),
    Journey(
        "slow-file",
        "The unknown picture itself, shown once, grey and blurred",
        TIP,
        End("national", viewed=True, referral="police FR"),
        kind="file",
        looks=True,
    ),
    Journey(
        "again",
        "A host removes, brings it back once, and removes again",
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
        "Police hold: nothing is sent until its owner releases it",
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
        "A listed picture in an account: settled unseen; a person decides on the account",
        TIP,
        End("national", basis="list_match", referral="police FR", events=("content:matched",)),
        kind="file",
    ),
    Journey(
        "near",
        "A smaller, re-encoded copy of a listed picture at an address",
        TIP,
        End("baseline", basis="list_match", country="FR", purposes=_TOLD_ONCE, removed=1),
        url=PROMPT.url("copy/1"),
    ),
    Journey(
        "repeat",
        "The same submission sent twice is one report",
        TIP,
        End("national", country="FR", purposes=_TOLD_ONCE, removed=1),
        url=PROMPT.url("twice/2"),
    ),
    Journey(
        "broken",
        "A broken file stops nothing; it stays undetermined",
        TIP,
        End("undetermined"),
        kind="file",
        answers=UNREADABLE,
    ),
    Journey(
        "far",
        "Hosted in a country that is no member",
        PUBLIC,
        End("national", country="BR", purposes=_TOLD_ONCE, removed=1, referral="non_member BR"),
        url=FAR.url("page/4"),
    ),
    Journey(
        "member",
        "Hosted in another member's country: referred, not told",
        PUBLIC,
        End("national", country="NL", referral="member NL"),
        url=MEMBER.url("page/6"),
    ),
    Journey(
        "onion",
        "An onion address, reported in French",
        PUBLIC,
        End("national", referral="police FR"),
        url=ONION,
    ),
    Journey(
        "live",
        "A live stream: account, session, payment",
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
        "A young person reports threats, with a link",
        PUBLIC,
        End("national", country="FR", purposes=_TOLD_ONCE, removed=1),
        url=PROMPT.url("shared/9"),
        answers=THREATENED,
    ),
    Journey(
        "bulk",
        "A new address from a bulk import",
        BULK,
        End("national", country="FR", purposes=_TOLD_ONCE, removed=1),
        url=PROMPT.url("list/7"),
    ),
    Journey(
        "harmless",
        "An address from a bulk import that is not illegal",
        BULK,
        End("not_illegal"),
        url=FAR.url("harmless/1"),
        answers=HARMLESS,
    ),
)
