"""The one-page answer: what the published figures say of the four targets, by rules that the page names.

A target without comparable figures is answered with "cannot be told", never with a guess.
"""

from dataclasses import dataclass

from rempart.node.reports.figures import Figures, number_text, pair
from rempart.node.reports.paper import Line, Verdict


@dataclass(frozen=True, slots=True)
class Rule:
    """A target is being approached when `key` is more than the year before, and at least `ratio` times as much.

    `shown` are the indicators that stand beside the answer.
    """

    target: str
    key: str
    ratio: float = 1.0
    shown: tuple[str, ...] = ()


RULES = (
    Rule("t1", "victims_identified", 1.1, ("victims_identified", "victims_referred_to_support")),
    Rule("t2", "convictions", 1.0, ("convictions", "referrals_exported")),
    Rule("t3", "self_reports", 1.0, ("self_reports", "campaigns")),
    Rule("t4", "share_removed_72h", 1.0, ("share_removed_72h", "hours_notice_to_removal_median")),
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
    found = pair(figures, year, rule.key)
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
    return tuple(
        Line(
            str(figures.indicators[key].name),
            figures.cell(str(year), key),
            note=figures.say("words.before", number=figures.cell(str(year - 1), key).text),
        )
        for key in rule.shown
    )
