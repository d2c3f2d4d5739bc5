"""Members of an alliance on one machine: where each has its folder and its port, and how they found it.

Everything is done by the commands that operators use, each on the member's own node.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations
from pathlib import Path

from rempart.demo.cast import Person
from rempart.demo.clerk import Clerk, side_by_side

ANY = "any government"
"""The list of whatever one government confirmed."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A member's node. `address`: where the others reach it, if that is not its own port."""

    country: str
    organisation: str
    home: Path
    port: int
    address: str = ""

    @property
    def code(self) -> str:
        return self.country.lower()

    @property
    def origin(self) -> str:
        return f"hotline.{self.code}.example/log"

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def known_as(self) -> str:
        return self.address or self.base

    @property
    def settings(self) -> dict[str, str]:
        """What makes a node this member's."""
        return {
            "DJANGO_SETTINGS_MODULE": "rempart.node.settings",
            "REMPART_HOME": str(self.home),
            "REMPART_COUNTRY": self.country,
            "REMPART_ORGANISATION": self.organisation,
            "REMPART_ORIGIN": self.origin,
        }


def found_alliance(clerks: Sequence[tuple[Seat, Clerk]], folder: Path) -> None:
    """Nodes that were set up become an alliance: everyone states who it is, signs the roster and adopts it.

    `folder` takes what they would send one another by mail.
    """
    statements = [folder / f"statement-{seat.code}.json" for seat, _ in clerks]
    orders = [(clerk, _statement(seat, path)) for (seat, clerk), path in zip(clerks, statements, strict=True)]
    side_by_side(orders)
    (_, founder), *others = clerks
    roster = folder / "roster-1.json"
    founder.does("roster", "init", *statements, "--out", roster, "--yes")
    parts = [folder / f"roster-1-{seat.code}.json" for seat, _ in others]
    signing = zip(others, parts, strict=True)
    side_by_side([(clerk, ("roster", "sign", roster, "--out", part, "--yes")) for (_, clerk), part in signing])
    founder.does("roster", "merge", roster, *parts, "--out", roster)
    side_by_side([(clerk, ("roster", "adopt", roster, "--yes")) for _, clerk in clerks])


def admit_one_another(clerks: Sequence[tuple[Seat, Clerk]]) -> None:
    """Everyone gives each other member a credential for its openings."""
    for (giver, giving), (taker, taking) in permutations(clerks, 2):
        told = json.loads(giving.does("platform", "add", taker.organisation, "--scope", "exchange", "--json").out)
        taking.does("exchange", "credential", giver.origin, given=f"{told['username']}:{told['secret']}\n")


@dataclass(frozen=True, slots=True)
class Place:
    """Another member's node, with the command line and the platform it has."""

    seat: Seat
    clerk: Clerk = field(repr=False)
    credential: tuple[str, str] = field(repr=False)

    @property
    def listed_file(self) -> Path:
        """Where its list is exported to."""
        return self.seat.home / "run" / "listed.csv"


def set_up_abroad(netherlands: tuple[Seat, Clerk], germany: tuple[Seat, Clerk]) -> tuple[Place, Place]:
    """A list of what any government confirmed, which settles in Germany; and a platform each."""
    clerks = [clerk for _, clerk in (netherlands, germany)]
    rule = ("lists", "policy", ANY, "--governments", 1)
    side_by_side([(clerks[0], (*rule, "--no-settle")), (clerks[1], (*rule, "--settle"))])
    side_by_side([(clerk, ("lists", "terms", ANY, "--may-share")) for clerk in clerks])
    added = side_by_side([(clerk, ("platform", "add", "Example Platform", "--json")) for clerk in clerks])
    first, second = ((told["username"], told["secret"]) for told in (json.loads(each.out) for each in added))
    return Place(*netherlands, first), Place(*germany, second)


def invited(clerk: Clerk, person: Person) -> Person:
    """The person with the link to an account of that node."""
    added = clerk.does("staff", "add", person.username, "--name", person.name, "--role", person.role)
    return replace(person, link=added.out.split()[-1])


def _statement(seat: Seat, path: Path) -> tuple[object, ...]:
    return (
        *("roster", "statement", "--machine-url", seat.known_as, "--log-url", f"{seat.known_as}/log"),
        *("--name", seat.organisation, "--out", path),
    )
