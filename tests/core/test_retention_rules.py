import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import rempart.node
from rempart.core.errors import InputError
from rempart.core.retention import (
    AFTER_HOLD,
    LEAST_DAYS,
    Configuration,
    DataKind,
    HoldSpan,
    Outcome,
    Record,
    Rule,
    Version,
    due,
)
from rempart.core.vocabulary import Source

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def rule(**changes: object) -> dict[str, object]:
    return {"name": "reports", "kind": "report", "days": 365, "why": "It is so.", **changes}


def configuration(*versions: tuple[date, list[dict[str, object]]]) -> Configuration:
    return Configuration.from_mapping(
        {"format": 1, "version": [{"from": since, "rule": rules} for since, rules in versions]}
    )


def one(*rules: dict[str, object]) -> Configuration:
    return configuration((START.date(), list(rules)))


class TestReading:
    def test_the_rules_that_ship_can_be_used_and_explain_themselves(self) -> None:
        path = Path(rempart.node.__file__).parent / "retention" / "rules.toml"
        shipped = Configuration.from_mapping(tomllib.loads(path.read_text("utf-8")))
        (version,) = shipped.versions
        assert {rule.kind for rule in version.rules} == set(DataKind)
        assert all(len(rule.why) > 40 for rule in version.rules)
        # Whatever a report came to, it goes some day.
        assert {(DataKind.REPORT, source, outcome) for source in Source for outcome in Outcome} <= set(version.by_cell)

    @pytest.mark.parametrize(
        ("values", "told"),
        [
            ({"format": 2, "version": []}, "format"),
            ({"format": 1, "versions": []}, "not understood"),
            ({"format": 1}, "no version"),
            ({"format": 1, "version": 3}, "list of tables"),
            ({"format": 1, "version": [{"rule": []}]}, "no date"),
            ({"format": 1, "version": [{"from": START, "rule": []}]}, "no date"),
            ({"format": 1, "version": [{"from": START.date(), "rule": [3]}]}, "list of tables"),
        ],
    )
    def test_a_file_of_another_shape_is_refused(self, values: dict, told: str) -> None:
        with pytest.raises(InputError, match=told):
            Configuration.from_mapping(values)

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"days": 29}, "unsafe"),
            ({"days": True}, "not a number"),
            ({"days": "365"}, "not a number"),
            ({"days": 40_000}, "not a number"),
            ({"kind": "exposures", "days": 364}, "from 365"),
            ({"kind": "exposures", "outcomes": ["illegal"]}, "exposures has no outcomes"),
            ({"kind": "exposures", "sources": ["public"]}, "exposures has no sources"),
            ({"kind": "case_notes", "sources": ["public"]}, "case_notes has no sources"),
            ({"kind": "notice_messages", "outcomes": ["illegal"]}, "notice_messages has no outcomes"),
            ({"kind": "referral_files", "sources": ["public"]}, "referral_files has no sources"),
            ({"kind": "events"}, "never erased"),
            ({"kind": "audit"}, "never erased"),
            ({"kind": "cookies"}, "no such kind"),
            ({"kind": ["report"]}, "no such kind"),
            ({"why": " "}, "no `why`"),
            ({"name": ""}, "no name"),
            ({"name": 3}, "not a text"),
            ({"sources": []}, "known words"),
            ({"sources": "public"}, "known words"),
            ({"outcomes": ["guilty"]}, "known words"),
            ({"keep": 3}, "not understood"),
        ],
    )
    def test_a_rule_that_is_unsafe_or_unclear_is_refused_by_name(self, changes: dict, told: str) -> None:
        with pytest.raises(InputError, match=told) as refused:
            one(rule(**changes))
        assert "2026-01-01" in str(refused.value) or refused.value.where == "version"

    def test_two_rules_for_the_same_data_are_refused(self) -> None:
        with pytest.raises(InputError, match="both decide"):
            one(rule(), rule(name="others", outcomes=["illegal"]))
        with pytest.raises(InputError, match="two rules are named"):
            one(rule(outcomes=["illegal"]), rule(outcomes=["not_illegal"]))
        one(rule(outcomes=["illegal"]), rule(name="others", outcomes=["not_illegal", "undetermined"]))
        one(rule(sources=["public"]), rule(name="others", sources=["platform"]))

    def test_a_part_kept_beyond_its_report_is_refused(self) -> None:
        files = rule(name="files", kind="report_files", days=366)
        with pytest.raises(InputError, match="erases the whole report after 365"):
            one(rule(), files)
        one(rule(), {**files, "days": 365})
        one(rule(outcomes=["illegal"]), {**files, "outcomes": ["not_illegal"]})

    def test_versions_are_in_order_one_a_day(self) -> None:
        for second in (START.date(), START.date() - DAY):
            with pytest.raises(InputError, match="Order versions"):
                configuration((START.date(), [rule()]), (second, [rule()]))

    def test_a_later_version_shortens_only_with_a_word(self) -> None:
        later = START.date() + 100 * DAY
        for shorter in ([rule(days=364)], [rule(), rule(name="files", kind="report_files", days=90)]):
            with pytest.raises(InputError, match="shortens"):
                configuration((START.date(), [rule()]), (later, shorter))
            said = [{**each, "shortens": "The law changed."} for each in shorter]
            configuration((START.date(), [rule()]), (later, said))
        configuration((START.date(), [rule()]), (later, [rule(days=400)]))
        configuration((START.date(), [rule()]), (later, []))


kinds = st.sampled_from(DataKind)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


@st.composite
def versions(draw: st.DrawFn, since: date) -> Version:
    """Rules that do not contradict one another: for each kind at most one, parts no longer than reports."""
    whole = draw(st.integers(30, 3000))
    rules = []
    for kind in draw(st.sets(kinds)):
        days = whole if kind is DataKind.REPORT else draw(st.integers(LEAST_DAYS[kind], max(whole, 365)))
        days = min(days, whole) if kind is not DataKind.EXPOSURES else days
        rules.append(Rule(str(kind), kind, days, "why", shortens="said"))
    return Version(since, tuple(rules))


@st.composite
def configurations(draw: st.DrawFn) -> Configuration:
    days = sorted(draw(st.sets(st.dates(date(2019, 1, 1), date(2034, 1, 1)), min_size=1, max_size=4)))
    return Configuration(tuple(draw(versions(day)) for day in days))


records = st.builds(Record, kinds, moments, st.sampled_from(Source), st.sampled_from(Outcome))


@st.composite
def released_holds(draw: st.DrawFn) -> HoldSpan:
    placed = draw(moments)
    return HoldSpan(placed, placed + draw(st.timedeltas(timedelta(), timedelta(days=2000))))


class TestDue:
    @given(configurations(), records, moments, st.lists(released_holds(), max_size=3), moments)
    def test_while_a_hold_stands_nothing_is_due(self, rules, record, placed, others, now) -> None:
        found = due(rules, record, [*others, HoldSpan(placed)], now)
        assert found is None or (found.at is None and not found.has_come(datetime.max.replace(tzinfo=UTC)))

    @given(configurations(), records, moments)
    def test_nothing_goes_before_its_days_are_over(self, rules, record, now) -> None:
        found = due(rules, record, [], now)
        if found is None:
            return
        assert found.at == record.since + found.rule.keep
        assert found.rule.days >= LEAST_DAYS[record.kind]
        assert found.has_come(now) == (now - record.since >= found.rule.keep)
        assert rules.shortest(record.kind, now) <= found.at - record.since

    @given(configurations(), records, st.lists(released_holds(), min_size=1, max_size=3), moments)
    def test_a_hold_only_ever_lengthens(self, rules, record, holds, now) -> None:
        without, found = due(rules, record, [], now), due(rules, record, holds, now)
        assert (without is None) == (found is None)
        if found is not None:
            assert found.at >= without.at
            assert all(found.at >= hold.released_at + AFTER_HOLD for hold in holds)

    @given(configurations(), records, released_holds(), moments, st.data())
    def test_no_later_version_shortens_what_a_hold_kept(self, rules, record, hold, now, data) -> None:
        """What the rules in force said when the hold was placed is the least, whatever is configured afterwards."""
        promised = due(rules, record, [], hold.placed_at)
        assume(promised is not None)
        day = data.draw(st.dates(max(rules.versions[-1].since, hold.placed_at.date()) + DAY, date(2040, 1, 1)))
        changed = Configuration((*rules.versions, data.draw(versions(day))))
        found = due(changed, record, [hold], max(now, hold.placed_at))
        assert found is None or found.at >= promised.at

    @given(configurations(), records, moments, st.data())
    def test_a_version_to_come_changes_nothing_today(self, rules, record, now, data) -> None:
        day = data.draw(st.dates(max(rules.versions[-1].since, now.date()) + DAY, date(2041, 1, 1)))
        changed = Configuration((*rules.versions, data.draw(versions(day))))
        assert due(changed, record, [], now) == due(rules, record, [], now)

    def test_before_the_first_version_nothing_is_due(self) -> None:
        rules, record = one(rule()), Record(DataKind.REPORT, START - 1000 * DAY)
        assert due(rules, record, [], START - timedelta(seconds=1)) is None
        assert due(rules, record, [], START).has_come(START)

    def test_each_outcome_and_source_has_its_rule(self) -> None:
        rules = one(
            rule(name="long", days=1000, outcomes=["illegal"]),
            rule(name="short", days=100, outcomes=["not_illegal"], sources=["public"]),
        )
        record = Record(DataKind.REPORT, START, Source.PUBLIC, Outcome.ILLEGAL)
        assert due(rules, record, [], START).rule.name == "long"
        innocent = replace(record, outcome=Outcome.NOT_ILLEGAL)
        assert due(rules, innocent, [], START).rule.name == "short"
        assert due(rules, replace(innocent, source=Source.PLATFORM), [], START) is None
        assert due(rules, replace(record, kind=DataKind.REPORT_FILES), [], START) is None

    def test_a_line_tells_what_a_rule_is_limited_to(self) -> None:
        (found,) = one(rule(sources=["public", "member"], outcomes=["illegal"])).versions[0].rules
        assert found.told_scope == ", only member or public, only illegal"
        assert one(rule()).versions[0].rules[0].told_scope == ""
        assert found.to_json()["sources"] == ["member", "public"]
