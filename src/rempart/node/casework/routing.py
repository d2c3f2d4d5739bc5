"""The step "route": who is competent for illegal content, and handing it to them.

Content at an address goes where it is hosted. A report that names a person is proposed to whoever is competent for the
person and waits for a decision; what has neither an address nor a person named with it goes to police as content.
"""

from rempart.core.routing import Route, route
from rempart.core.vocabulary import ItemKind, RouteKind
from rempart.node import runtime
from rempart.node.audit import services as audit
from rempart.node.casework import services as casework
from rempart.node.casework.origin import country_of_people
from rempart.node.hosting import services as hosting
from rempart.node.intake import services as intake
from rempart.node.intake.suspects import Suspects, suspects
from rempart.node.jobs import services as jobs
from rempart.node.notices import services as notices
from rempart.node.referrals import services as referrals
from rempart.node.register import services as register

REVERSED = "the content is not illegal by the decision that stands now"


@jobs.step("route")
def decide_route(subject: str) -> jobs.Effects:
    content_id = int(subject)
    # Outside the transaction: opening sealed originals and asking where an address lies take their time.
    people = {report.id: suspects(report.id) for report in intake.reports_with_content(content_id)}

    def effects() -> None:
        if casework.is_undoable(content_id):
            # An earlier decision's step; the step "act" asks for this one when the new decision is final.
            return
        content = casework.content(content_id)
        if not content.is_illegal:
            notices.hand_over(content_id, "")
            referrals.withdraw_for_content(content_id, REVERSED)
            return
        # An account or a text is about a person, whoever reported it: there is no content apart from the person.
        is_content = content.locator or casework.fingerprint_values(content_id)
        concerned = [report_id for report_id, found in people.items() if found.named or not is_content]
        for report_id in concerned:
            referrals.propose_person(report_id, _route_of_person(people[report_id]))
        # A file that a platform sent with the account it is about goes to whoever is competent for the person.
        if content.locator or not concerned:
            _hand_on(content)

    return effects


def _hand_on(content: casework.ContentFacts) -> None:
    held = casework.is_held(content.id)
    observed = hosting.latest(content.id) if content.locator else None
    decided = route(
        host_country=observed.place.country if observed else None,
        on=runtime.clock().now().date(),
        table=register.routing_table(),
        held=held,
        is_onion=content.kind == ItemKind.ONION,
    )
    _record(content.id, decided)
    if decided.notify_host:
        notices.queue(content.id, decided.country or "")
    elif held:
        notices.look_now(content.id)
    else:
        notices.hand_over(content.id, decided.country or "")
    if decided.kind is not RouteKind.OWN_HOST:
        referrals.propose_content(content.id, decided)


def _route_of_person(found: Suspects) -> Route:
    return route(
        host_country=country_of_people(found) or None,
        on=runtime.clock().now().date(),
        table=register.routing_table(),
        held=False,
        is_onion=False,
        about_person=True,
    )


def _record(content_id: int, decided: Route) -> None:
    """One event for each decision that differs from the last: asking again is not another decision."""
    subject = f"content:{content_id}"
    data: dict[str, audit.Value] = {
        "kind": str(decided.kind),
        "country": decided.country or "",
        "notify_host": decided.notify_host,
    }
    last = None
    for fact in audit.events(actions=["route:decided"], subject=subject):
        last = fact.data
    if last != data:
        audit.record("route:decided", subject, data=data, reason=decided.why)
