"""Step: link a report to contents, settle what is known without anyone viewing it, queue the rest."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Sum

from rempart.core import priority
from rempart.core.vocabulary import Basis, ItemKind, Legality, ReportState
from rempart.node.casework import queue
from rempart.node.casework.assessing import reopen, settle
from rempart.node.casework.content import (
    ask_for_action,
    bare_hash,
    content_for,
    content_key,
    is_undoable,
    keep_fingerprints,
    link,
    target_of,
)
from rempart.node.casework.models import Content
from rempart.node.casework.origin import country_of_people
from rempart.node.casework.recognition import Found, keep_matches, look_up, settlement
from rempart.node.intake import services as intake
from rempart.node.intake.services import ItemFacts, ReportFacts
from rempart.node.intake.suspects import Suspects, suspects
from rempart.node.jobs import services as jobs
from rempart.node.lists import services as lists
from rempart.node.runtime import clock

_ALARMS = ("child_in_danger", "live_stream", "sextortion", "solicitation", "escalated_by_platform")


@jobs.step("triage")
def triage(subject: str) -> jobs.Effects:
    """Subject: a report's id. Waits until each of its files has its fingerprints: that step asks for this one."""
    report_id = int(subject)
    try:
        items = intake.items(report_id)
    except ObjectDoesNotExist:
        return jobs.nothing
    if any(item.kind is ItemKind.FILE and item.content_id is None for item in items):
        return jobs.nothing
    lists_version = lists.version()
    hits = _hits(items)
    about = suspects(report_id)
    accounts = _accounts(items, about)
    country = country_of_people(about)

    def effects() -> datetime | None:
        if lists.version() != lists_version:
            # Lists changed since the look-up: their new entries would be missed, so look again.
            return clock().now()
        intake.keep_accounts(report_id, accounts)
        _triage(intake.report(report_id), items, hits, country)
        return None

    return effects


def _hits(items: Iterable[ItemFacts]) -> dict[int, list[Found]]:
    recogniser = lists.recogniser()
    return {
        item.id: look_up(recogniser, item.content_id, bare_hash(item) if item.kind is ItemKind.HASH else None)
        for item in items
        if item.kind in (ItemKind.FILE, ItemKind.HASH)
    }


def _accounts(items: Iterable[ItemFacts], about: Suspects) -> set[bytes]:
    """Keyed digests of the accounts that a report names, and of those whom it is about."""
    named = {content_key(item.kind, item.value) for item in items if item.kind in (ItemKind.ACCOUNT, ItemKind.CHANNEL)}
    return named | {content_key(ItemKind.ACCOUNT, account) for account in about.accounts}


def _triage(report: ReportFacts, items: list[ItemFacts], hits: Mapping[int, list[Found]], country: str) -> None:
    content_of = {item.id: _linked(item, report.reference) for item in items}
    found: defaultdict[int, list[Found]] = defaultdict(list)
    for item_id, content_id in content_of.items():
        found[content_id] += hits.get(item_id, [])
    is_first = report.state is ReportState.RECEIVED
    if is_first:
        _act_again(found)
    _settle_listed(found)
    _settle_addresses(items, content_of)
    unknown = list(Content.objects.filter(pk__in=list(found), legality="").values_list("pk", flat=True))
    score = priority.score(_facts(report, items, list(found), bool(unknown)), settings.PRIORITY_RULES, clock().now())
    for content_id in unknown:
        queue.enter(content_id, score, country)
    if is_first:
        reasons = score.to_json()["reasons"]
        intake.set_priority(report.id, score.points, reasons)
        told = {"priority": score.points, "level": priority.level(score.points)}
        intake.move(report.id, ReportState.TRIAGED, told)
    jobs.wake("follow", report.id)


def _linked(item: ItemFacts, reference: str) -> int:
    if item.content_id is not None:
        return item.content_id
    content_id = content_for(target_of(item, reference))
    if item.kind is ItemKind.HASH:
        keep_fingerprints(content_id, [bare_hash(item)])
    link(item, content_id)
    return content_id


def _act_again(content_ids: Iterable[int]) -> None:
    """What was decided illegal before and is reported anew may have come back: its host is looked up again.

    Not where that decision can still be undone: its own step acts.
    """
    final = Content.objects.filter(case__undo_until__isnull=True)
    for content in final.filter(pk__in=list(content_ids), legality__in=_illegal()):
        ask_for_action(content)


def _settle_listed(found: Mapping[int, list[Found]]) -> None:
    settling = lists.settling_lists()
    undecided = set(Content.objects.filter(pk__in=list(found), legality="").values_list("pk", flat=True))
    for content_id, hits in found.items():
        keep_matches(content_id, hits)
        legality = settlement(hits, settling)
        if legality is not None and content_id in undecided:
            settle(content_id, legality, Basis.LIST_MATCH, intake.first_received(content_id))


def _settle_addresses(items: Iterable[ItemFacts], content_of: Mapping[int, int]) -> None:
    """An address where a known illegal file was found is illegal on the same ground.

    A platform's statement does not overrule a person: what an analyst decided otherwise waits for an analyst again.
    """
    for item in items:
        if item.found_at_id is None or item.found_at_id not in content_of:
            continue
        file = Content.objects.get(pk=content_of[item.id])
        address = Content.objects.get(pk=content_of[item.found_at_id])
        if file.legality not in _illegal() or address.legality in _illegal() or is_undoable(file.pk):
            continue
        if address.basis == Basis.ANALYST:
            reopen(address.pk)
        else:
            basis = Basis.LIST_MATCH if file.basis == Basis.LIST_MATCH else Basis.PRIOR_ASSESSMENT
            settle(address.pk, Legality(file.legality), basis, intake.first_received(address.pk))


def _facts(report: ReportFacts, items: list[ItemFacts], content_ids: list[int], is_unknown: bool) -> priority.Facts:
    alarms = {name: bool(report.facts.get(name)) for name in _ALARMS}
    alarms["live_stream"] |= any(item.kind is ItemKind.LIVE_STREAM for item in items)
    has_material = any(item.kind is not ItemKind.TEXT for item in items)
    reported = Content.objects.filter(pk__in=content_ids).values_list("times_reported", flat=True)
    return priority.Facts(
        source=report.source,
        known_match=has_material and not is_unknown,
        material_present=has_material,
        occurred_at=report.occurred_at,
        times_site_reported=_earlier_reports_of_site(content_ids),
        quality=report.quality or 0,
        second_report_of_same=max((times - 1 for times in reported), default=0),
        **alarms,
    )


def _earlier_reports_of_site(content_ids: list[int]) -> int:
    """How often the most reported of this report's sites was named before, counted by its contents."""
    ours = Content.objects.filter(pk__in=content_ids).exclude(site="").values_list("site", flat=True)
    sites = list(ours)
    totals = Content.objects.filter(site__in=sites).order_by().values_list("site").annotate(n=Sum("times_reported"))
    return max((total - sites.count(site) for site, total in totals), default=0)


def _illegal() -> list[str]:
    return [str(legality) for legality in Legality if legality.is_illegal]
