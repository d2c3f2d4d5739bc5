"""What goes on around the cases of a busy node: views kept, evidence asked for, holds, erasure, a closed case."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace

from playwright.sync_api import Page

from rempart.core.retention import LegalBasis
from rempart.core.vocabulary import Role
from rempart.node.casework import access, release, saved_views
from rempart.node.intake.models import Report
from rempart.node.retention import holds, redaction, requests
from rempart.node.retention.models import ErasureRequest
from rempart.node.staff import services as staff

BASIS = "Code of criminal procedure, article 1"


def add_house(made: SimpleNamespace, people, clock) -> None:
    sacha, luis, vera = people["sacha"], people["luis"], people["vera"]
    saved_views.save(people["ana"], "Addresses, urgent first", {"kind": "url", "level": "high"})
    saved_views.save(sacha, "Waiting for a day", {"age": "day"})
    saved_views.share(sacha, saved_views.of(sacha)[0].id, True)
    made.release = release.request(sacha, [made.image], "Police of Examplia, 7/26", BASIS, "the request of 2 March")
    taken = release.request(luis, [made.known], "Police of Examplia, 8/26", BASIS, "the request of 3 March")
    release.decide(sacha, taken, True, release.get(sacha, taken).digest, "it names the file and the law")
    made.release_ready = taken
    access.restrict(sacha, made.account, "it concerns somebody of the house", [people["ana"].pk])
    access.break_glass(luis, made.account, "the police asked within the hour")
    reports = Report.objects.order_by("pk").filter(state__in=("triaged", "received"))
    first, second = reports[0].reference, reports[1].reference
    holds.place(sacha, clock.now() + timedelta(days=20), "Request 31 of a court", reference=first)
    made.erasure = requests.ask(
        vera,
        ErasureRequest.Subject.SUSPECT,
        requests.Named(reference=second),
        LegalBasis.GDPR_17,
        "asked for by the person",
    )
    refused = requests.ask(
        vera,
        ErasureRequest.Subject.SUSPECT,
        requests.Named(reference=first),
        LegalBasis.GDPR_17,
        "asked for by the person",
    )
    requests.refuse(sacha, refused, "a court keeps it for now")
    written = Report.objects.get(messages__isnull=False)
    made.text_of, made.text_at = written.reference, redaction.texts(sacha, written.reference)[1]
    made.link = staff.add_person("nina", [Role.ANALYST], "Nina New").path


def house_visits(made: SimpleNamespace, place: Callable, then: Callable) -> Iterator[tuple[str, str, Callable]]:
    """The pages around the cases. `place` opens one, `then` opens one and goes on from there."""
    yield "ana", "search-found", then(place("casework:search"), lambda page: looked_for(page, "pictures.host.example"))
    yield "ana", "search-nothing", then(place("casework:search"), lambda page: looked_for(page, "nobody.example"))
    yield "ana", "care", place("care:own")
    yield "sacha", "queue-opened", place("casework:queue")
    yield "sacha", "case-restriction", place("casework:case", made.account)
    yield "sacha", "team", place("care:team")
    yield "sacha", "releases", place("evidence:list")
    yield "sacha", "release-own", place("evidence:detail", made.release)
    yield "luis", "release-to-decide", place("evidence:detail", made.release)
    yield "luis", "release-ready", place("evidence:detail", made.release_ready)
    yield "vera", "case-restricted", place("casework:case", made.account)
    yield "serge", "case-break-glass", then(place("casework:case", made.account), lambda page: page.click("summary"))
    yield "sacha", "retention", place("retention:overview")
    yield "sacha", "erasures", place("retention:requests")
    yield "sacha", "erasure", place("retention:request", made.erasure)
    yield "vera", "erasure-own", place("retention:request", made.erasure)
    yield "sacha", "holds", place("retention:holds")
    yield "sacha", "texts-none", place("retention:texts")
    yield "sacha", "texts", place("retention:texts", query=f"?report={made.text_of}")
    yield "sacha", "text-ask", place("retention:text", made.text_at.kind, made.text_at.id)
    yield "sacha", "text", then(place("retention:text", made.text_at.kind, made.text_at.id), asked_to_read)
    yield "aude", "retention-audit", place("retention:overview")
    yield "aude", "audit-verified", then(place("audit:list"), lambda page: page.click("text=Verify the whole chain"))
    yield "adam", "people", place("staff:people")
    yield "adam", "retention-admin", place("retention:overview")
    yield "adam", "not-found", lambda page: page.goto("/staff/nowhere/")
    yield "stan", "start", place("staff:home")


def looked_for(page: Page, words: str) -> None:
    page.fill("#id_q", words)
    page.keyboard.press("Enter")
    page.wait_for_selector("#found")


def asked_to_read(page: Page) -> None:
    page.fill("#reason", "a name has to go")
    page.click("main button[type=submit]")
    page.wait_for_selector("#shown")
