"""Drafts, submissions and publications: who may do what, what is on record, and what stays."""

from dataclasses import replace
from datetime import date

import pytest
from core.register.made_up import commitment, commitments, contact
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from node.register.conftest import PART

from rempart.core.errors import Conflict, InputError, NotFound, NotPermitted
from rempart.core.register.part import Part, part_fields, with_commitment
from rempart.core.register.rounds import Answer
from rempart.core.register.whole import Register, read_register
from rempart.node.audit.models import Event
from rempart.node.exchange import declaring as exchange_declaring
from rempart.node.exchange import services as exchange
from rempart.node.register import answering, editing, facts, services, stated
from rempart.node.register.models import Revision

pytestmark = pytest.mark.django_db


def events(*actions: str) -> list[tuple[str, str, str]]:
    rows = Event.objects.filter(action__startswith="register:").order_by("seq")
    return [(row.action, row.actor, row.subject) for row in rows if not actions or row.action in actions]


def test_each_step_is_attributed(publish) -> None:
    editing.edit(PART, actor="staff:1", what="commitment 1")
    editing.submit("FR", "2014-progress", actor="staff:2")
    editing.take_back("FR", actor="staff:3")
    editing.submit("FR", "2014-progress", actor="staff:4")
    assert editing.publish("FR", actor="staff:5") == 1
    steps = ("edited", "submitted", "taken_back", "submitted", "published")
    assert events() == [
        (f"register:{step}", f"staff:{number}", "member:FR") for number, step in enumerate(steps, start=1)
    ]
    [published] = stated.revisions("FR")
    assert (published.published_by, published.source, published.part.round) == ("staff:5", "own", "2014-progress")


def test_a_draft_changes_nothing_until_it_is_published(publish) -> None:
    publish()
    editing.edit(with_commitment(PART, commitment(3)), actor="staff:1", what="commitment 3")
    assert services.part("FR") == PART
    assert services.parts() == {"FR": PART}
    editing.discard("FR", actor="staff:1")
    assert stated.draft("FR") is None
    assert stated.working_part("FR") == PART


def test_steps_out_of_turn_are_refused(db) -> None:
    for step in (editing.discard, editing.take_back, editing.publish):
        with pytest.raises(NotFound):
            step("FR", actor="staff:1")
    editing.edit(PART, actor="staff:1", what="contacts")
    for step in (editing.take_back, editing.publish):
        with pytest.raises(Conflict):
            step("FR", actor="staff:1")
    with pytest.raises(InputError):
        editing.submit("FR", "2013-progress", actor="staff:1")
    editing.submit("FR", "", actor="staff:1")
    with pytest.raises(Conflict):
        editing.edit(PART, actor="staff:1", what="contacts")
    with pytest.raises(Conflict):
        editing.submit("FR", "", actor="staff:1")
    with pytest.raises(Conflict):
        editing.discard("FR", actor="staff:1")


def test_what_was_published_stays_and_nothing_committed_is_left_out(publish) -> None:
    publish()
    publish(replace(PART, commitments=(commitment(1, title="Other words"), commitment(2))))
    assert [each.number for each in stated.revisions("FR")] == [2, 1]
    assert stated.revisions("FR")[1].part == PART
    with pytest.raises(Conflict, match="commitment 2"):
        publish(replace(PART, commitments=(commitment(1),)))
    assert Revision.objects.count() == 2


def test_a_node_edits_its_own_country_only(db, publish) -> None:
    for country in ("DE", "RU"):
        with pytest.raises(NotPermitted):
            editing.edit(Part(country), actor="staff:1", what="contacts")
    with pytest.raises(NotFound):
        editing.edit(Part("BR"), actor="staff:1", what="contacts")
    with pytest.raises(NotPermitted):
        editing.set_facts(facts.get("DE"), actor="staff:1")


def test_the_secretariat_edits_all_but_those_who_speak_for_themselves(secretariat, publish) -> None:
    assert publish(replace(PART, country="DE")) == 1
    assert stated.revisions("DE")[0].source == "secretariat"
    stated.keep(replace(PART, country="IT"), "declared", "hotline.it.example/log")
    with pytest.raises(NotPermitted, match="declares its own"):
        editing.edit(replace(PART, country="IT"), actor="staff:1", what="contacts")


def test_the_secretariat_sets_facts_and_they_hold_together(secretariat, log_folder) -> None:
    canada = facts.get("CA")
    assert editing.set_facts(replace(canada, left=date(2020, 1, 1)), actor="staff:1")
    assert not editing.set_facts(replace(canada, left=date(2020, 1, 1)), actor="staff:1")
    assert facts.get("CA").left == date(2020, 1, 1)
    assert not services.routing_table().memberships["CA"].is_member(date(2020, 1, 2))
    with pytest.raises(InputError, match="number"):
        editing.set_facts(replace(canada, number=1), actor="staff:1")
    assert events("register:facts_set") == [("register:facts_set", "staff:1", "member:CA")]


def test_what_is_published_is_declared(publish) -> None:
    publish()
    exchange_declaring.sign("all")()
    found = exchange.declarations("register")["FR"]
    assert read_register(found.body) == Register((), (PART,))


def test_the_secretariat_declares_the_whole(secretariat, publish) -> None:
    publish(replace(PART, country="DE"))
    publish()
    exchange_declaring.sign("all")()
    whole = read_register(exchange.declarations("register")["FR"].body)
    assert [part.country for part in whole.parts] == ["DE", "FR"]
    assert len(whole.members) == 56


def test_rounds_show_who_has_not_answered(publish, clock) -> None:
    today = clock.now().date()
    publish(PART, "2014-progress")
    editing.edit(PART, actor="staff:1", what="commitments")
    rounds = {state.round.key: state for state in services.round_states()}
    assert len(rounds["2013-commitments"].answers) == 48
    assert len(rounds["2014-progress"].answers) == 55
    assert rounds["2014-progress"].answered == 1
    own = dict((round_.key, each) for round_, each in answering.of_member("FR"))
    assert own["2014-progress"].answer is Answer.LATE
    assert own["2014-progress"].published == today
    assert own["2014-progress"].reminded is None
    assert own["2013-commitments"].answer is Answer.MISSING
    assert own["2013-commitments"].reminded is not None
    coming = services.rounds_now()[-1]
    assert rounds[coming.key].round == coming
    assert {each.answer for each in rounds[coming.key].answers if each.member.code != "FR"} == {Answer.AWAITED}
    assert [each.member.code for each in rounds["2013-commitments"].answers if each.answer is Answer.PUBLISHED] == []


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.integers(1, 3).flatmap(commitments), min_size=1, max_size=4))
def test_the_working_part_is_what_was_edited_last(db, found: list) -> None:
    part = Part("FR", contacts=(contact(),))
    for each in found:
        part = with_commitment(part, each)
        editing.edit(part, actor="staff:1", what="commitments")
    assert stated.working_part("FR") == part
    assert part_fields(stated.working_part("FR")) == part_fields(part)
    editing.discard("FR", actor="staff:1")


def test_an_empty_register_says_so(db) -> None:
    assert services.part("FR") is None
    assert services.parts() == {}
    assert services.country_name("DE", "fr") == "Allemagne"
    assert services.country_name("DE", "de") == "Deutschland"
    assert services.country_name("DE", "ja") == "Germany"
    assert services.country_name("BR") == "BR"
