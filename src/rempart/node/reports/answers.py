"""The one-page answer: what the published figures say of the four targets, by rules that the page names.

A target without comparable figures is answered with "cannot be told", never with a guess.
"""

from dataclasses import dataclass

from rempart.node.reports.figures import Figures, number_text, pair
from rempart.node.reports.paper import Cell, Line, Verdict


@dataclass(frozen=True, slots=True)
class Rule:
    """A target is being approached when `key` (of its `part`) is at least `ratio` times the year before, and more.

    `shown` are indicators that stand beside the answer.
    """

    target: str
    key: str
    part: str = ""
    ratio: float = 1.0
    shown: tuple[str, ...] = ()


RULES = (
    Rule("t1", "victims_identified", ratio=1.1, shown=("victims_identified",)),
    Rule("t2", "convictions", shown=("convictions", "referrals_exported")),
    Rule("t3", "reports_received", part="victim_self", shown=("reports_received",)),
    Rule("t4", "share_removed_72h", shown=("share_removed_72h", "hours_notice_to_removal_median")),
)


def verdicts(figures: Figures, year: int) -> tuple[Verdict, ...]:
    """One for each target, in their order."""
    return tuple(_verdict(figures, year, rule) for rule in RULES)


def mood_of(now: float, before: float, ratio: float) -> str:
    """ "yes" when the figure grew, and by the ratio where one is asked for; else "no"."""
    return "yes" if now > before and now >= round(before * ratio, 6) else "no"


def _verdict(figures: Figures, year: int, rule: Rule) -> Verdict:
    say, mood = figures.say, "unknown"
    because = say(f"answer.{rule.target}.unknown")
    found = pair(figures, year, rule.key, rule.part) if rule.key in figures.indicators else None
    if found is not None:
        now, before, members = found
        measure = figures.indicators[rule.key].measure
        mood = mood_of(now, before, rule.ratio)
        because = say(
            f"answer.{rule.target}.known",
            now=number_text(measure, now, say),
            before=number_text(measure, before, say),
            year=year,
            last=year - 1,
        )
        if figures.members > 1:
            because += " " + say("answer.members", count=members, of=figures.members)
    return Verdict(
        rule.target.upper(),
        say(f"answer.{rule.target}.target"),
        mood,
        say(f"answer.{mood}"),
        f"{because} {say(f'answer.{rule.target}.rule')}",
        _lines(figures, year, rule),
    )


def _lines(figures: Figures, year: int, rule: Rule) -> tuple[Line, ...]:
    say, names = (
        figures.say,
        {(key, ""): str(figures.indicators[key].name) for key in rule.shown if key in figures.indicators},
    )
    if rule.part and rule.key in figures.indicators:
        names[rule.key, rule.part] = say(f"parts.{rule.part}")
    lines = tuple(
        Line(
            name,
            figures.cell(str(year), key, part),
            note=say("words.before", number=figures.cell(str(year - 1), key, part).text),
        )
        for (key, part), name in names.items()
    )
    return lines or (Line(say("answer.nothing"), Cell(say("words.not_available"))),)
