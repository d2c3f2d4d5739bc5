"""Made-up alliances: members' published documents over some years, as large or as patchy as a test needs."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from rempart.core.figures.document import FiguresDocument, PublishedFigure, PublishedPeriod
from rempart.core.figures.releases import Status, Value
from rempart.core.register.part import Commitment, Evidence, Part
from rempart.core.register.part import Status as State
from rempart.core.register.targets import Goal, Target
from rempart.core.routing import Membership
from rempart.node.observatory.alliance.shown import Alliance
from rempart.node.observatory.services import external_series

FOUNDERS = [
    *("AL", "AT", "AU", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GE", "GH", "GR", "HR"),
    *("HU", "IE", "IT", "JP", "KH", "KR", "LT", "LU", "LV", "MD", "ME", "MT", "NG", "NL", "NO", "NZ", "PH", "PL", "PT"),
    *("RO", "RS", "SE", "SI", "SK", "TH", "TR", "UA", "US", "VN"),
]
LATER = {"AM": 2013, "BA": 2013, "CA": 2013, "CR": 2014, "IL": 2013, "MX": 2014, "XK": 2014}
TODAY = date(2026, 11, 20)
_COUNTS = ("reports_received", "content_assessed", "illegal_content", "notices_sent", "content_removed")
_COUNTS += ("content_reappeared", "referrals_exported")


def alliance(members: int = 48, years: Sequence[int] = (2024, 2025, 2026), seed: int = 1) -> Alliance:
    """So many members publish, each seventh of them late; the rest of the founders are silent."""
    rng = random.Random(seed)
    documents = {code: document(code, years, rng) for code in FOUNDERS[:members]}
    for code in FOUNDERS[6:members:7]:
        late = documents[code]
        known = {name: one for name, one in late.published.items() if len(name) == 4 or name >= f"{years[-1]}-06"}
        documents[code] = replace(late, published=known)
    return Alliance(TODAY, documents, memberships(), external_series(), {code: part(code) for code in ("FR", "JP")})


def part(code: str) -> Part:
    """Four commitments: kept, over without an answer, under way, withdrawn."""
    states = (State.KEPT, State.UNDER_WAY, State.UNDER_WAY, State.WITHDRAWN)
    ends = (date(2025, 6, 1), date(2026, 1, 1), date(2027, 1, 1), None)
    proof = Evidence(date(2025, 6, 1), "A report", "https://hotline.example/report")
    made = tuple(
        Commitment(
            number,
            tuple(Target)[number - 1],
            Goal.OWN,
            f"Promise {number}",
            "",
            "",
            date(2024, 1, 1),
            end,
            state,
            date(2025, 6, 1),
            (proof,) if state is State.KEPT else (),
        )
        for number, (state, end) in enumerate(zip(states, ends, strict=True), start=1)
    )
    return Part(code, commitments=made)


def memberships() -> dict[str, Membership]:
    founded = date(2012, 12, 5)
    found = {code: Membership(code, None, founded, None) for code in FOUNDERS}
    found |= {code: Membership(code, None, date(year, 6, 1), None) for code, year in LATER.items()}
    return found | {"RU": Membership("RU", date(2012, 12, 5), None, None)}


def document(code: str, years: Sequence[int], rng: random.Random, threshold: int = 5) -> FiguresDocument:
    """Months up to October 2026, growing by about a third a year; years and all time add them up."""
    size, speed = rng.uniform(60, 900), rng.uniform(12, 90)
    months: dict[str, dict[str, PublishedFigure]] = {}
    for year in years:
        for month in range(1, 11 if year == TODAY.year else 13):
            grown = size * 1.35 ** (year - years[0] + month / 12) * rng.uniform(0.85, 1.15)
            months[f"{year}-{month:02}"] = _month(int(grown), speed * 0.9 ** (year - years[0]), rng)
    periods = {"all": _sum(list(months.values()))}
    periods |= {str(year): _sum([one for name, one in months.items() if name[:4] == str(year)]) for year in years}
    finals = {"all": False} | {str(year): year < TODAY.year for year in years} | dict.fromkeys(months, True)
    return FiguresDocument(
        code,
        f"Hotline {code}",
        datetime(2026, 11, 20, tzinfo=UTC),
        threshold,
        {name: PublishedPeriod(finals[name], figures) for name, figures in {**periods, **months}.items()},
    )


def shown(number: float, behind: int | None = None) -> Value:
    return Value(number, Status.SHOWN, behind)


def _month(reports: int, speed: float, rng: random.Random) -> dict[str, PublishedFigure]:
    assessed, told = int(reports * 0.9) + 5, int(reports * 0.5) + 5
    illegal = int(assessed * 0.6)
    counts = (reports, assessed, illegal, told, int(told * 0.8), int(told * 0.1), int(reports * 0.3))
    found = {key: PublishedFigure(shown(number, number)) for key, number in zip(_COUNTS, counts, strict=True)}
    places = ["NL", "US", *rng.sample(["FR", "DE", "RU", "JP", "CA", "LU", "MT", "VN", "BR"], 3)]
    cut = [illegal // 3, illegal // 4, illegal // 5, illegal // 40]
    split = dict(zip(places, (illegal - sum(cut), *cut), strict=True))
    found["illegal_content"] = PublishedFigure(shown(illegal, illegal), {k: shown(n, n) for k, n in split.items()})
    sent = counts[-1]
    parts = {"member": shown(sent // 2, sent // 2), "police": shown(sent - sent // 2, sent - sent // 2)}
    found["referrals_exported"] = PublishedFigure(shown(sent, sent), parts)
    day = min(0.85, 18 / speed)
    for key, share in (("24h", day), ("72h", day + 0.1), ("7d", day + 0.12)):
        found[f"share_removed_{key}"] = PublishedFigure(shown(int(share * told) / told, told))
    found["share_illegal"] = PublishedFigure(shown(illegal / assessed, assessed))
    hours = round(speed * rng.uniform(0.8, 1.2), 1)
    found["hours_notice_to_removal_median"] = PublishedFigure(shown(hours, told))
    found["hours_notice_to_removal_p90"] = PublishedFigure(shown(hours * 5, told))
    return found


def _sum(months: list[dict[str, PublishedFigure]]) -> dict[str, PublishedFigure]:
    """As a node adds up its months: counts by adding, shares by their denominators, times by the last month's."""
    found: dict[str, PublishedFigure] = dict(months[-1])
    for key in _COUNTS:
        number = sum(int(one[key].value.number or 0) for one in months)
        names = {part for one in months for part in one[key].parts}
        parts = {
            name: shown(sum(int(one[key].parts[name].number or 0) for one in months if name in one[key].parts))
            for name in sorted(names)
        }
        found[key] = PublishedFigure(shown(number, number), parts)
    for key in ("share_removed_24h", "share_removed_72h", "share_removed_7d", "share_illegal"):
        over = sum(one[key].value.behind or 0 for one in months)
        part = sum((one[key].value.number or 0) * (one[key].value.behind or 0) for one in months)
        found[key] = PublishedFigure(shown(part / over, over))
    return found
