"""Editions: asked for, made by a worker, published and withdrawn, each with who and when."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max, QuerySet

from rempart.core.errors import Conflict, NotFound
from rempart.core.permissions import Permission
from rempart.node.audit import services as audit
from rempart.node.jobs import services as jobs
from rempart.node.people import Person, require_permission
from rempart.node.reports import making
from rempart.node.reports.making import Kind, Order
from rempart.node.reports.models import Edition, EditionFile
from rempart.node.runtime import clock

JOB = "make-report"
State = Edition.State


@dataclass(frozen=True, slots=True)
class FileView:
    form: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class EditionView:
    """An edition as pages show it; `problem` says why it could not be made."""

    pk: int
    name: str
    kind: str
    member: str
    year: int
    language: str
    revision: int
    state: str
    problem: str
    asked_by: str
    asked_at: datetime
    made_at: datetime | None
    published_at: datetime | None
    pages: int
    files: tuple[FileView, ...]

    @property
    def is_waiting(self) -> bool:
        return self.state == State.ASKED


@transaction.atomic
def ask(person: Person, order: Order) -> int:
    """Ask for an edition; a worker makes it. Raises InputError for an order that cannot be one."""
    require_permission(person, Permission.REPORTS_MAKE)
    making.checked(order)
    audit.lock()  # two who ask at once get two revisions
    same = Edition.objects.filter(kind=order.kind, member=order.member, year=order.year, language=order.language)
    last = same.aggregate(last=Max("revision"))["last"] or 0
    edition = Edition.objects.create(
        kind=order.kind,
        member=order.member,
        year=order.year,
        language=order.language,
        revision=last + 1,
        asked_by_id=person.pk,
        asked_at=clock().now(),
    )
    facts: dict[str, audit.Value] = {"kind": order.kind, "year": order.year, "language": order.language}
    audit.record("edition:asked", f"edition:{edition.pk}", actor=person.actor, data={**facts, "member": order.member})
    jobs.enqueue(JOB, edition.pk)
    return edition.pk


def waiting(pk: int) -> Order | None:
    """What is to be made, if it still is."""
    edition = Edition.objects.filter(pk=pk, state=State.ASKED).first()
    if edition is None:
        return None
    return Order(Kind(edition.kind), edition.member, edition.year, edition.language)


def fail(pk: int, problem: str) -> None:
    """Tell why an edition could not be made."""
    if Edition.objects.filter(pk=pk, state=State.ASKED).update(state=State.FAILED, problem=problem):
        audit.record("edition:failed", f"edition:{pk}")


def keep(pk: int, files: Mapping[str, bytes], pages: int) -> None:
    """Keep what was made, unless another worker did first."""
    if not Edition.objects.filter(pk=pk, state=State.ASKED).update(
        state=State.MADE, made_at=clock().now(), pages=pages
    ):
        return
    digests = {form: hashlib.sha256(data).hexdigest() for form, data in files.items()}
    EditionFile.objects.bulk_create(
        EditionFile(edition_id=pk, form=form, data=data, size=len(data), sha256=digests[form])
        for form, data in sorted(files.items(), key=lambda item: making.FORMS.index(item[0]))
    )
    facts: dict[str, audit.Value] = {"pages": pages, **{f"sha256_{form}": digest for form, digest in digests.items()}}
    audit.record("edition:made", f"edition:{pk}", data=facts)


@transaction.atomic
def publish(person: Person, pk: int) -> None:
    """Let everybody read an edition. Raises Conflict where it is not made or is published already."""
    require_permission(person, Permission.REPORTS_MAKE)
    done = Edition.objects.filter(pk=pk, state=State.MADE, published_at=None).update(
        published_at=clock().now(), published_by_id=person.pk
    )
    _done(done, pk)
    audit.record("edition:published", f"edition:{pk}", actor=person.actor)


@transaction.atomic
def withdraw(person: Person, pk: int) -> None:
    """Take a published edition back; it stays here and can be published again."""
    require_permission(person, Permission.REPORTS_MAKE)
    done = Edition.objects.filter(pk=pk).exclude(published_at=None).update(published_at=None, published_by=None)
    _done(done, pk)
    audit.record("edition:withdrawn", f"edition:{pk}", actor=person.actor)


def _done(count: int, pk: int) -> None:
    if count:
        return
    if not Edition.objects.filter(pk=pk).exists():
        raise NotFound("there is no such edition.", where="edition", advice="Take one from the list.")
    raise Conflict("the edition changed meanwhile.", where="edition", advice="Look at the list again.")


def latest(count: int) -> list[EditionView]:
    """The last editions, the newest first."""
    return _views(Edition.objects.order_by("-pk")[:count])


def published() -> list[EditionView]:
    """What everybody may read: the newest year first, within it the last published first."""
    return _views(Edition.objects.exclude(published_at=None).order_by("-year", "-published_at", "-pk"))


def file(pk: int, form: str) -> tuple[str, bytes]:
    """A file of an edition and its name, for staff. Raises NotFound."""
    return _file(EditionFile.objects.filter(edition_id=pk, form=form))


def published_file(name: str, form: str) -> bytes:
    """A file of a published edition by its name. Raises NotFound."""
    parts = name.split("-")
    if len(parts) != 5 or not all(each.isascii() and each.isdigit() for each in (parts[1], parts[4])):
        raise _no_file()
    kind, year, member, language, revision = parts
    found = EditionFile.objects.filter(
        edition__kind=kind,
        edition__year=int(year),
        edition__member="" if member == "alliance" else member.upper(),
        edition__language=language,
        edition__revision=int(revision),
        form=form,
    ).exclude(edition__published_at=None)
    kept, data = _file(found)
    if kept != f"{name}.{form}":
        raise _no_file()
    return data


def _file(found: QuerySet[EditionFile]) -> tuple[str, bytes]:
    row = found.select_related("edition").first()
    if row is None:
        raise _no_file()
    return f"{row.edition.name}.{row.form}", bytes(row.data)


def _no_file() -> NotFound:
    return NotFound("there is no such file.", where="edition", advice="Take one from the list.")


def _views(rows: QuerySet[Edition]) -> list[EditionView]:
    files: dict[int, list[FileView]] = {}
    found = list(rows.select_related("asked_by"))
    held = EditionFile.objects.filter(edition__in=[row.pk for row in found]).order_by("pk")
    for pk, form, size, sha256 in held.values_list("edition_id", "form", "size", "sha256"):
        files.setdefault(pk, []).append(FileView(form, size, sha256))
    return [
        EditionView(
            row.pk,
            row.name,
            row.kind,
            row.member,
            row.year,
            row.language,
            row.revision,
            row.state,
            row.problem,
            str(row.asked_by),
            row.asked_at,
            row.made_at,
            row.published_at,
            row.pages,
            tuple(files.get(row.pk, ())),
        )
        for row in found
    ]
