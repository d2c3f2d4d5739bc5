"""The form from the first question to the stored report, and everything that may go wrong between."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, connection
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st
from node.intake.public_walk import Walk, reported

from rempart.core.priority import Facts
from rempart.core.vocabulary import ItemKind, Source
from rempart.node.audit import services as audit
from rempart.node.intake import receipts, services
from rempart.node.intake.models import Original, Report
from rempart.node.intake.public import accept as accepting
from rempart.node.intake.public.flows import FLOWS, Filling
from rempart.node.jobs.models import Job

pytestmark = pytest.mark.django_db
ONION = "http://2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion/board"


def only_report() -> Report:
    return Report.objects.get()


def items() -> list:
    return services.items(only_report().pk)


def test_addresses_become_items_and_the_report_is_received(clock):
    walk = reported(
        f"https://Pictures.example/a#top\nhxxps://pictures[.]example/b {ONION}\n\nhttps://pictures.example/a"
    )
    report = only_report()
    assert report.source == Source.PUBLIC
    assert report.language == "en"
    assert [(item.kind, item.value) for item in items()] == [
        (ItemKind.URL, "https://pictures.example/a"),
        (ItemKind.URL, "https://pictures.example/b"),
        (ItemKind.ONION, ONION),
    ]
    (event,) = audit.events(actions=["report:received"])
    assert (event.subject, event.actor) == (f"report:{report.pk}", "public")
    assert event.data == {"source": "public", "items": 3, "kinds": ["onion", "url"]}
    assert Job.objects.get().kind == "triage"
    assert walk.page.status_code == 200
    assert " ".join(receipts.grouped(walk.code)) in " ".join(
        walk.text.replace("<span>", "").replace("</span>", "").split()
    )


def test_what_is_known_goes_with_the_report(clock):
    reported(danger="yes", threat="no", seen_on="2026-02-27", channel="messaging", comment="On the second page.")
    report = only_report()
    assert report.facts == {"child_in_danger": True, "sextortion": False}
    assert report.occurred_at == datetime(2026, 2, 27, tzinfo=UTC)
    assert items()[0].details == {"channel": "messaging", "comment": "On the second page."}


def test_facts_are_the_names_priority_knows(clock):
    Walk().go_on(what="live").go_on(service="Example Live", room="7").go_on(danger="yes", threat="yes").go_on().send()
    report = only_report()
    assert report.facts == {"child_in_danger": True, "sextortion": True, "live_stream": True}
    assert Facts(source=Source(report.source), **report.facts).live_stream


def test_an_account_and_its_address():
    walk = Walk().go_on(what="account")
    walk.go_on(service="Example Chat", account_kind="account", name="@Some One", link="chat.example/u/7")
    walk.go_on().go_on().send()
    account, link = items()
    assert (account.kind, account.value) == (ItemKind.ACCOUNT, "account:example chat/Some One")
    assert account.details == {"service": "Example Chat", "name": "@Some One", "link": "chat.example/u/7"}
    assert (link.kind, link.value) == (ItemKind.URL, "http://chat.example/u/7")


def test_a_channel_is_told_from_an_account():
    Walk().go_on(what="account").go_on(
        service="Example Chat", account_kind="channel", name="Room 5"
    ).go_on().go_on().send()
    assert [(item.kind, item.value) for item in items()] == [(ItemKind.CHANNEL, "channel:example chat/Room 5")]


def test_a_live_stream_keeps_session_account_and_payment():
    walk = Walk().go_on(what="live")
    walk.go_on(
        service="Example Live", room="99", name="host9", payment="wallet 12", live_when="now"
    ).go_on().go_on().send()
    (stream,) = items()
    assert (stream.kind, stream.value) == (ItemKind.LIVE_STREAM, "channel:example live/99")
    assert stream.details == {
        "service": "Example Live",
        "room": "99",
        "name": "host9",
        "payment": "wallet 12",
        "live_when": "now",
    }


def test_text_alone_is_a_report():
    walk = Walk().go_on(what="written").go_on(story="  An adult asks a child to meet.\r\nTwice.  ")
    walk.go_on().go_on().send()
    (text,) = items()
    assert (text.kind, text.value) == (ItemKind.TEXT, "An adult asks a child to meet.\r\nTwice.")
    assert only_report().facts == {"solicitation": True}


def test_about_me_is_reported_by_the_victim():
    reported(address="/fr/me/")
    report = only_report()
    assert (report.source, report.language) == (Source.VICTIM_SELF, "fr")


@pytest.mark.parametrize(
    ("happening", "fact"), [("threat", "sextortion"), ("asked", "solicitation"), ("live", "live_stream")]
)
def test_the_childrens_path_is_three_pages(happening, fact):
    walk = Walk("/en/young/").go_on(happening=happening, danger="no").go_on(story="They want more pictures")
    assert walk.page.context["filling"].position == walk.page.context["flow"].last == 3
    walk.send()
    report = only_report()
    assert report.source == Source.VICTIM_SELF
    assert report.facts == {"child_in_danger": False, fact: True}
    assert [item.kind for item in items()] == [ItemKind.TEXT]


def test_a_child_may_give_a_name_or_a_link_and_nothing_else():
    walk = Walk("/en/young/").go_on(happening="picture")
    walk.go_on(service="Example Chat", name="someone", addresses="https://pictures.example/me").send()
    assert [item.kind for item in items()] == [ItemKind.ACCOUNT, ItemKind.URL]


def test_the_language_asked_for_is_the_reports_language():
    walk = (
        Walk().go_on(what="addresses").go_on(addresses="https://pictures.example/a").go_on().go_on(spoken="uk").send()
    )
    assert walk.page.status_code == 200
    assert only_report().language == "uk"


def test_a_way_to_be_reached_stays_in_the_sealed_original(clock):
    walk = Walk().go_on(what="addresses").go_on(addresses="https://pictures.example/a").go_on()
    walk.go_on(contact_wish="yes", contact="someone@mail.example").send()
    assert items()[0].details == {}
    assert b"someone@mail.example" in services.original(only_report().pk, "form")


def test_the_original_is_exactly_what_was_typed():
    typed = " https://Pictures.example/a \r\nhxxp://pictures[.]example/b"
    reported(typed, comment="é 日本語 🙂")
    original = json.loads(services.original(only_report().pk, "form"))
    assert original["form"] == "report"
    assert original["answers"]["addresses"] == typed
    assert original["answers"]["comment"] == "é 日本語 🙂"


def test_a_way_that_was_left_again_is_not_sent():
    walk = Walk().go_on(what="account").go_on(service="Example Chat", account_kind="account", name="left-again")
    walk.press("back").press("back").go_on(what="addresses").go_on(addresses="https://pictures.example/a")
    walk.go_on().go_on().send()
    assert [item.kind for item in items()] == [ItemKind.URL]
    assert b"left-again" not in services.original(only_report().pk, "form")


def test_back_and_change_keep_everything_typed():
    walk = Walk().go_on(what="addresses").go_on(addresses="https://pictures.example/a").go_on(comment="first")
    walk.press("back")
    assert walk.controls["comment"] == "first"
    walk.press("next", comment="second").go_on().press("go-2")
    assert walk.controls["addresses"] == "https://pictures.example/a"
    assert walk.controls["comment"] == "second"


def test_a_change_of_language_keeps_page_and_answers():
    walk = Walk().go_on(what="addresses").press("stay", at="/fr/report/", addresses="not yet finished")
    assert walk.page.status_code == 200
    assert 'lang="fr"' in walk.text
    assert walk.controls["addresses"] == "not yet finished"
    assert walk.controls["step"] == "2"


def test_nonsense_keeps_what_was_typed_and_says_what_is_wrong_per_line():
    typed = "https://pictures.example/a\r\nthis is no address\r\nabc\r\nhttp://short.onion/"
    walk = Walk().go_on(what="addresses").go_on(addresses=typed)
    assert walk.page.status_code == 422
    assert walk.controls["addresses"] == typed
    errors = walk.page.context["form"].errors["addresses"]
    assert [error.split(" ", 2)[:2] for error in errors] == [["Line", "2"], ["Line", "3"], ["Line", "4"]]
    assert "onion" in errors[2]
    assert 'role="alert"' in walk.text
    assert 'href="#id_addresses"' in walk.text


@pytest.mark.parametrize(
    ("what", "typed", "field"),
    [
        ("addresses", {}, "addresses"),
        ("addresses", {"addresses": " \r\n "}, "addresses"),
        ("addresses", {"addresses": "\r\n".join(f"https://pictures.example/{n}" for n in range(101))}, "addresses"),
        ("account", {"service": "Example Chat", "account_kind": "account"}, "name"),
        ("account", {"service": "a/b", "account_kind": "account", "name": "x"}, "service"),
        ("account", {"service": "Example Chat", "account_kind": "channel", "name": "@"}, "name"),
        ("account", {"service": "Example Chat", "account_kind": "account", "name": "x", "link": "no link"}, "link"),
        ("live", {"service": "Example Live"}, "name"),
        ("live", {"room": "7"}, "service"),
        ("written", {}, "story"),
        ("written", {"story": "x" * 20_001}, "story"),
        ("written", {"story": "words", "name": "someone"}, "service"),
        ("written", {"story": "words\x00"}, "story"),
    ],
)
def test_what_is_missing_or_wrong_is_said_at_its_question(what, typed, field):
    walk = Walk().go_on(what=what).go_on(**typed)
    assert walk.page.status_code == 422
    assert field in walk.page.context["form"].errors
    assert walk.controls["step"] == "2"


def test_the_first_question_is_needed_and_everything_of_the_third_and_fourth_may_be_skipped():
    walk = Walk().go_on()
    assert walk.page.status_code == 422
    walk.go_on(what="addresses").go_on(addresses="https://pictures.example/a").go_on().go_on()
    assert walk.page.context["filling"].is_last


@pytest.mark.parametrize(("shift", "status"), [(0, 200), (1, 200), (2, 422)])
def test_a_day_ahead_is_another_time_zone_and_two_are_a_mistake(clock, shift, status):
    day = (clock.now() + timedelta(days=shift)).date()
    walk = Walk().go_on(what="addresses").go_on(addresses="https://pictures.example/a").go_on(seen_on=day.isoformat())
    assert walk.page.status_code == status
    if status == 200:
        walk.go_on().send()
        assert only_report().occurred_at <= clock.now()


def test_a_yes_to_contact_needs_an_address():
    walk = (
        Walk().go_on(what="addresses").go_on(addresses="https://pictures.example/a").go_on().go_on(contact_wish="yes")
    )
    assert "contact" in walk.page.context["form"].errors


def test_the_same_page_sent_again_is_the_same_report_and_receipt():
    walk = reported()
    first = walk.code
    assert walk.send_again().code == first
    assert Report.objects.count() == 1
    assert len(list(audit.events(actions=["report:received"]))) == 1
    assert Job.objects.count() == 1


def test_a_changed_page_sent_from_the_same_ticket_is_not_lost():
    walk = reported()
    first = walk.code
    walk.sent["comment"] = "I forgot to say"
    assert walk.send_again().code != first
    assert Report.objects.count() == 2


def test_the_slower_half_of_a_double_click_finds_the_report(monkeypatch):
    walk = Walk().go_on(what="addresses").go_on(addresses="https://pictures.example/a").go_on().go_on()
    faster = []
    build = accepting.new_report

    def faster_half_first(*known):
        # The slower request has looked for the report and found none; now the faster one is accepted whole.
        monkeypatch.setattr(accepting, "new_report", build)
        faster.append(accepting.accept(*known[:3]))
        return build(*known)

    monkeypatch.setattr(accepting, "new_report", faster_half_first)
    assert walk.send().code == faster[0]
    assert Report.objects.count() == 1
    assert len(list(audit.events(actions=["report:received"]))) == 1


def test_a_real_failure_is_no_repeat(monkeypatch):
    walk = Walk().go_on(what="addresses").go_on(addresses="https://pictures.example/a").go_on().go_on()

    def full(report, actor):
        raise IntegrityError("the disk is full")

    monkeypatch.setattr(accepting, "receive", full)
    with pytest.raises(IntegrityError):
        walk.send()
    assert Report.objects.count() == 0


def _query(values):
    query = QueryDict(mutable=True)
    query.update(values)
    return query


def test_nothing_stored_tells_the_code_or_the_ticket(home):
    walk = reported()
    code, ticket = walk.code, walk.sent["ticket"]
    nonce = receipts.open_ticket(settings.HOME.keys.receipt, ticket)
    assert receipts.digest(settings.HOME.keys.lookup, code) == bytes(only_report().receipt_digest)
    opened = services.original(only_report().pk, "form")
    for secret in (code.encode(), ticket.encode(), nonce, nonce.hex().encode()):
        assert secret not in opened
        assert not _database_holds(secret)


def _database_holds(secret: bytes) -> bool:
    """Whether any column of any row holds the bytes."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                for value in row:
                    data = (
                        value.encode()
                        if isinstance(value, str)
                        else bytes(value)
                        if isinstance(value, bytes | memoryview)
                        else b""
                    )
                    if secret in data:
                        return True
    return False


def test_what_was_typed_is_sealed_at_rest():
    reported("https://pictures.example/very-particular", comment="particular words")
    assert not _database_holds(b"very-particular")
    assert not _database_holds(b"particular words")
    assert Original.objects.get().part == "form"


@pytest.mark.parametrize("ticket", ["", "x", "A" * 48])
def test_a_ticket_of_ones_own_is_replaced_and_nothing_is_sent(ticket):
    walk = Walk().go_on(what="addresses").go_on(addresses="https://pictures.example/a").go_on().go_on()
    walk.press("send", ticket=ticket)
    assert Report.objects.count() == 0
    assert "Nothing is lost" in walk.text
    assert walk.send().code
    assert Report.objects.count() == 1


def test_send_with_a_hidden_answer_made_wrong_leads_back_to_its_question():
    walk = Walk().go_on(what="addresses").go_on(addresses="https://pictures.example/a").go_on().go_on()
    walk.press("send", addresses="nonsense")
    assert walk.page.status_code == 422
    assert walk.controls["step"] == "2"
    assert Report.objects.count() == 0


@pytest.mark.parametrize("step", ["", "0", "-1", "99", "x", "²", "9" * 5000])
def test_a_strange_step_still_shows_a_page(step):
    page = Walk().press("stay", step=step).page
    assert page.status_code == 200


@given(answers=st.dictionaries(st.sampled_from(sorted(FLOWS["report"].names)), st.text(max_size=60)))
def test_any_typing_is_carried_and_never_breaks_a_page(answers):
    for number in range(1, 6):
        filling = Filling.read(FLOWS["report"], _query({**answers, "step": str(number)}))
        assert filling.position == number
        carried = dict(filling.hidden())
        asked = {} if filling.is_last else filling.form_class(number).base_fields
        assert {**carried, **{name: value for name, value in answers.items() if value and name in asked}} == {
            name: value for name, value in answers.items() if value
        }
        if not filling.is_last:
            filling.checked(number).is_valid()


def test_danger_shows_the_emergency_number_first_on_every_later_page():
    walk = Walk().go_on(what="addresses").go_on(addresses="https://pictures.example/a").go_on(danger="yes")
    assert "please call first" in walk.text
    walk.go_on()
    assert "please call first" in walk.text
    assert "please call first" in walk.send().text


def test_the_check_page_reads_back_words_not_codes(clock):
    walk = Walk().go_on(what="addresses").go_on(addresses="https://pictures.example/a")
    walk.go_on(channel="messaging", seen_on=date(2026, 2, 27).isoformat()).go_on()
    answers = dict(pair for section in walk.page.context["sections"] for pair in section.answers)
    assert "In a messaging app" in answers.values()
    assert "February 27, 2026" in answers.values()


def test_the_whole_form_leaves_no_file_behind(home):
    before = sorted(path for path in Path(home.vault).rglob("*"))
    reported()
    assert sorted(path for path in Path(home.vault).rglob("*")) == before
