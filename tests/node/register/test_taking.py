"""What other members declare of the register: each for itself, the secretariat for those who are silent."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from node.register.conftest import PART

from rempart.core.register.members import read_members
from rempart.core.register.part import Part
from rempart.core.register.whole import Register, register_fields
from rempart.exchange.declarations import Declaration
from rempart.node.exchange import services as exchange
from rempart.node.register import facts, services, stated, taking

pytestmark = pytest.mark.django_db
SECRETARIAT = "secretariat.example/log"


@pytest.fixture
def hear(monkeypatch: pytest.MonkeyPatch, log_folder) -> Callable[..., None]:
    """Take in these bodies, by country; the origin is made of it."""

    def run(bodies: Mapping[str, Any]) -> None:
        found = {
            country: Declaration("register", origin(country), country, 7, datetime(2026, 3, 1, tzinfo=UTC), body)
            for country, body in bodies.items()
        }
        monkeypatch.setattr(exchange, "declarations", lambda kind: found)
        taking.take("all")()

    return run


def origin(country: str) -> str:
    return SECRETARIAT if country == "CH" else f"hotline.{country.lower()}.example/log"


def part(country: str, language: str = "en") -> Part:
    return replace(PART, country=country, language=language)


def whole(*parts: Part, members: tuple = ()) -> Mapping[str, Any]:
    return register_fields(Register(members, tuple(sorted(parts, key=lambda each: each.country))))


def sources() -> dict[str, tuple[str, str]]:
    return {country: (stated.revisions(country)[0].source, each.language) for country, each in stated.parts().items()}


def test_a_member_speaks_for_itself_alone(hear) -> None:
    hear({"DE": whole(part("DE"), part("IT"), part("FR"))})
    assert sources() == {"DE": ("declared", "en")}
    assert stated.revisions("DE")[0].published_by == origin("DE")


def test_the_same_again_is_no_revision(hear) -> None:
    for language in ("en", "en", "fr", "fr"):
        hear({"DE": whole(part("DE", language))})
    assert [each.part.language for each in stated.revisions("DE")] == ["fr", "en"]


def test_the_secretariat_speaks_for_the_silent(hear, settings) -> None:
    settings.SECRETARIAT = SECRETARIAT
    bodies = {"CH": whole(part("CH"), part("DE", "fr"), part("IT", "fr")), "DE": whole(part("DE"))}
    hear(bodies)
    assert sources() == {"CH": ("declared", "en"), "DE": ("declared", "en"), "IT": ("secretariat", "fr")}
    hear(bodies | {"IT": whole(part("IT"))})
    assert sources()["IT"] == ("declared", "en")
    hear(bodies)
    assert sources()["IT"] == ("declared", "en"), "who spoke once is not spoken for"


def test_nobody_else_speaks_for_others(hear) -> None:
    hear({"CH": whole(part("CH"), part("IT"))})
    assert set(sources()) == {"CH"}


def test_this_nodes_own_part_is_nobody_elses(hear, settings, publish) -> None:
    settings.SECRETARIAT = SECRETARIAT
    hear({"CH": whole(part("FR", "en"))})
    assert sources() == {"FR": ("secretariat", "en")}
    publish()
    hear({"CH": whole(part("FR", "en")), "FR": whole(part("FR", "en"))})
    assert sources() == {"FR": ("own", "fr")}


def test_facts_are_the_secretariats(hear, settings) -> None:
    changed = tuple(replace(each, left=date(2020, 1, 1)) if each.code == "CA" else each for each in services.members())
    hear({"CH": whole(members=changed)})
    assert facts.get("CA").left is None
    settings.SECRETARIAT = SECRETARIAT
    hear({"CH": whole(members=changed)})
    assert facts.get("CA").left == date(2020, 1, 1)


def test_what_cannot_be_read_changes_nothing(hear, settings) -> None:
    settings.SECRETARIAT = SECRETARIAT
    canada = facts.get("CA")
    clash = (replace(canada, code="BR", alpha3="BRA", numeric="076"),)
    hear({"DE": {"format": "other"}, "IT": whole(part("IT")), "CH": whole(members=clash)})
    assert set(sources()) == {"IT"}
    assert facts.find("BR") is None


def test_parts_of_unknown_countries_are_left_out(hear) -> None:
    hear({"BR": whole(part("BR"))})
    assert sources() == {}
    assert read_members([]) == ()
