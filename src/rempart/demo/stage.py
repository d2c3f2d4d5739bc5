"""The play itself, on a node that runs. Import only once Django is set up for the demonstration's folder."""

import time
from contextlib import closing
from dataclasses import dataclass, field

from rich.console import Console

from rempart.adapters.home import Home
from rempart.demo.abroad import STORIES, Abroad
from rempart.demo.browser import Browser
from rempart.demo.cast import Person
from rempart.demo.checks import figures, referral_files, wrong_with
from rempart.demo.client_platform import PlatformClient
from rempart.demo.console import Screen, screen
from rempart.demo.crew import Crew
from rempart.demo.journeys import JOURNEYS
from rempart.demo.members import Place
from rempart.demo.submissions import Submitter
from rempart.demo.watch import Watch
from rempart.demo.year import showing as year
from rempart.demo.year.showing import MadeUpYear

LONGEST_SECONDS = 120.0
IDLE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Stage:
    """What a play needs; `platform` is its user name and secret, `places` are the Netherlands and Germany."""

    console: Console
    base: str
    home: Home
    cast: tuple[Person, ...]
    platform: tuple[str, str] = field(repr=False)
    places: tuple[Place, Place]
    analyst_abroad: Person
    made_up: MadeUpYear | None


def play(stage: Stage) -> bool:
    """Play every journey and tell how each ended; True if all ended as they should."""
    watch = Watch(JOURNEYS)
    with (
        closing(PlatformClient(stage.base, *stage.platform)) as platform,
        closing(Browser(stage.base)) as browser,
        closing(Crew(stage.base, stage.cast, watch)) as crew,
        closing(Abroad(*stage.places, stage.analyst_abroad, watch, crew)) as abroad,
    ):
        submitter = Submitter(browser, platform, stage.home.run, lambda: watch.now)
        with screen(stage.console) as shown:
            _perform(submitter, crew, abroad, watch, shown)
        return _conclude(stage, watch, abroad, submitter)


def _perform(submitter: Submitter, crew: Crew, abroad: Abroad, watch: Watch, shown: Screen) -> None:
    """Submit everything, and let people work beside it and after it until every journey has ended or time is up."""
    for keys in submitter.all():
        watch.carry(keys)
        crew.step()
        shown.show([*watch.rows(), *abroad.rows()], watch.now)
    deadline = time.monotonic() + LONGEST_SECONDS
    while (watch.missing() or abroad.missing()) and time.monotonic() < deadline:
        worked = crew.step()
        watch.refresh()
        worked = abroad.step() or worked
        shown.show([*watch.rows(), *abroad.rows()], watch.now)
        if not worked:
            time.sleep(IDLE_SECONDS)


def _conclude(stage: Stage, watch: Watch, abroad: Abroad, submitter: Submitter) -> bool:
    missing, total = {**watch.missing(), **abroad.missing()}, len(JOURNEYS) + len(STORIES)
    wrong = wrong_with(stage.base, stage.home, submitter, watch.counted())
    past = []
    if stage.made_up:
        shown = year.shown_at(stage.made_up, stage.base)
        wrong += year.wrong_with(stage.made_up, shown)
        past = year.told(stage.made_up, stage.base, shown)
    lacks = [f"{title}: {lack}" for title, found in missing.items() for lack in found]
    mails = len(list((stage.home.run / "mail").glob("*.eml")))
    lines = [
        "",
        *(f"NOT AS IT SHOULD BE: {sentence}" for sentence in [*lacks, *wrong]),
        f"{total - len(missing)} of {total} journeys ended as they should.",
        f"  The alliance's list has the SHA-256 {', '.join(sorted(set(abroad.digests)))} at all three nodes.",
        f"  {mails} notices were mailed to hosts: {stage.home.run / 'mail'}",
        f"  {len(referral_files(stage.home))} signed referrals were exported: {stage.home.referrals}",
        *_figures(stage.base),
        *past,
    ]
    stage.console.print("\n".join(lines), highlight=False, markup=False)
    return not (missing or wrong)


def _figures(base: str) -> list[str]:
    shown = figures(base)

    def number(name: str) -> str:
        value = shown[name]["value"]
        return "(too few to tell)" if value is None else f"{value:g}"

    return [
        f"  The public figures: {number('reports_received')} reports, {number('illegal_content')} illegal contents, "
        f"{number('content_removed')} of them removed;",
        f"  the median is {number('hours_report_to_notice_median')} h to the notice and "
        f"{number('hours_notice_to_removal_median')} h from there to the removal, by the compressed clock.",
    ]
