"""Several nodes in one process: each has its keys, its name and its rows; commands run at one after the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from django.test import Client
from typer.testing import CliRunner

from rempart.adapters.home import Home
from rempart.cli.main import app
from rempart.exchange.roster import Roster, read_roster
from rempart.exchange.roster_entries import RosterFacts
from rempart.node.jobs import services as jobs
from rempart.node.jobs.steps import load_steps
from rempart.node.roster import fetching, services
from rempart.node.roster.models import PendingChange, RosterVersion

_TABLES = (RosterVersion, PendingChange)


class Alliance:
    """Nodes by country. Files lie in one folder, as if everyone had mailed them to everyone."""

    def __init__(self, settings: Any, clock: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._settings, self.clock, self._folder = settings, clock, folder
        self._rows: dict[str, list[list[dict[str, Any]]]] = {}
        self._here = ""
        self.unreachable: set[str] = set()
        self.asked: list[str] = []
        monkeypatch.setattr(fetching, "getting", lambda http: self._get)

    def home(self, country: str) -> Home:
        return Home(self._folder / country)

    def path(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    @contextmanager
    def at(self, country: str) -> Iterator[None]:
        """As the node of that country, which is made when it is first named."""
        before = self._here
        self._leave(before)
        self._enter(country)
        try:
            yield
        finally:
            self._leave(country)
            self._enter(before)

    def run(self, country: str, *words: object, given: str = "y\n") -> Result:
        """`rempart roster …` at that node; it answers yes."""
        with self.at(country):
            return CliRunner().invoke(app, ["roster", *map(str, words)], input=given)

    def does(self, country: str, *words: object) -> str:
        """What a command that must succeed printed."""
        done = self.run(country, *words)
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output

    def fails(self, country: str, *words: object) -> str:
        """What is wrong with a command that must fail."""
        done = self.run(country, *words)
        assert done.exit_code == 1, done.output
        return str(done.exception)

    def states(self, country: str, name: str = "") -> Path:
        path = self.path(f"statement-{name or country}")
        self.does(country, "statement", "--machine-url", f"https://api.{country}.example", "--out", path)
        return path

    def found(self, *countries: str) -> None:
        """Version 1, signed and adopted by all."""
        first, *others = countries
        self.does(first, "init", *map(self.states, countries), "--out", self.path("roster-1"))
        self.sign_and_adopt("roster-1", others, countries)

    def decide(self, by: str, signing: str, *words: object, adopting: str = "") -> Path:
        """The next version, proposed by the first named, signed and adopted by these (by all who signed)."""
        proposer, *others = by.split()[0], *signing.split()
        name = f"roster-{self.facts(proposer).version + 1}"
        self.does(proposer, "propose", *words, "--out", self.path(name))
        self.sign_and_adopt(name, others, adopting.split() or [proposer, *others])
        return self.path(name)

    def sign_and_adopt(self, name: str, signing: list[str], adopting: Any) -> None:
        parts = []
        for country in signing:
            part = self.path(f"{name}-{country}")
            self.does(country, "sign", self.path(name), "--out", part)
            parts.append(part)
        self.does(adopting[0], "merge", self.path(name), *parts, "--out", self.path(name))
        for country in adopting:
            self.does(country, "adopt", self.path(name))

    def facts(self, country: str) -> RosterFacts:
        with self.at(country):
            found = services.current()
        assert found
        return found

    def read(self, name: str) -> Roster:
        return read_roster(self.path(name).read_bytes())

    def learns(self, country: str) -> int:
        """The version that a node has after its worker asked the others."""
        load_steps()
        with self.at(country):
            jobs.wake("roster", "members")
            for held in jobs.claim(kinds=["roster"]):
                assert jobs.perform(held)
            facts = services.current()
            return facts.version if facts else 0

    def new_keys(self, country: str) -> Home:
        """The node gets other keys; the former ones are returned."""
        home, former = self.home(country), Home(self._folder / f"{country}-former")
        self._folder.joinpath(country).rename(former.path)
        home.create()
        return former

    def _get(self, url: str) -> bytes | None:
        self.asked.append(url)
        host, _, path = url.removeprefix("https://").partition("/")
        country = host.split(".")[1]
        if country in self.unreachable:
            raise fetching.OutsideFailure("the host could not be asked.", where="HTTP")
        with self.at(country):
            answer = Client().get(f"/{path}")
        return answer.content if answer.status_code == 200 else None

    def _enter(self, country: str) -> None:
        self._here = country
        if not country:
            return
        self.home(country).create()
        self._settings.HOME = self.home(country)
        self._settings.ORIGIN, self._settings.COUNTRY = f"hotline.{country}.example/log", country.upper()
        self._settings.ORGANISATION = f"Hotline of {country.upper()}"
        for table, rows in zip(_TABLES, self._rows.get(country, [[], []]), strict=True):
            table.objects.bulk_create(table(**row) for row in rows)

    def _leave(self, country: str) -> None:
        self._rows[country] = [list(table.objects.values()) for table in _TABLES]
        for table in _TABLES:
            table.objects.all().delete()
