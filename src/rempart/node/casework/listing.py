"""The list of open cases: filters, pages, counts. Fast with hundreds of thousands of cases.

What filters and sorts stands in two indexes of `Case`. A page first finds its cases' numbers in them alone, then reads
those rows. Pages continue from the last row seen (keyset), so a late page costs what the first one does. A case that
moves while somebody pages may be met twice or not at all; nothing is decided by the list.

Invariant: cases of which the viewer may not know are neither listed nor counted by more than their state.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from rempart.core.errors import InputError
from rempart.core.priority import reason_mask
from rempart.node.casework import access, queue
from rempart.node.casework.models import Case, PoliceHold
from rempart.node.people import Person
from rempart.node.runtime import clock

State = Case.State
MOST_COUNTED = 10_000
"""Beyond it a filtered list says "more than"."""
_ORDER = ("-priority", "entered_at", "pk")
_BACKWARDS = ("priority", "-entered_at", "-pk")
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """A case in the list: neutral facts only."""

    content_id: int
    kind: str
    host: str
    country: str
    state: Case.State
    priority: int
    reasons: list[dict[str, object]]
    entered_at: datetime
    due_at: datetime
    times_reported: int
    claimed_by_id: int | None
    claimed_by: str
    claimed_until: datetime | None
    is_held: bool


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the queue to list; empty values do not filter.

    `reason` is a code of `core.priority.REASON_CODES`; `due_within` also takes in what is overdue (zero: only that);
    `waiting_for` is the least age; `mine` leaves only what that person holds; `open_to` leaves out what they may not
    take.
    """

    state: str = ""
    kind: str = ""
    reason: str = ""
    country: str = ""
    least_priority: int = 0
    due_within: timedelta | None = None
    waiting_for: timedelta | None = None
    mine: Person | None = None
    open_to: Person | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A case's place in the order. Its text, "points.microseconds.number", stands in addresses."""

    priority: int
    entered_at: datetime
    content_id: int

    def __str__(self) -> str:
        return f"{self.priority}.{(self.entered_at - _EPOCH) // _MICROSECOND}.{self.content_id}"

    @classmethod
    def read(cls, text: str) -> "Place":
        """Raises InputError for what is no place."""
        parts = text.split(".")
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
            raise InputError("this is no place in the queue.", where="page", advice="Start from its first page.")
        priority, microseconds, content_id = map(int, parts)
        try:
            return cls(priority, _EPOCH + microseconds * _MICROSECOND, content_id)
        except OverflowError as error:
            raise InputError("this is no place in the queue.", where="page", advice="Start from its first page.") from (
                error
            )


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows in order; `before` and `after` are the places to go on from, None where nothing lies beyond."""

    rows: list[Row]
    before: Place | None
    after: Place | None


@dataclass(frozen=True, slots=True)
class Progress:
    """Open cases by state; how many are overdue, fall due within the hour, and are held by one person."""

    by_state: dict[str, int]
    overdue: int
    soon: int
    mine: int


def page(
    filters: Filters, viewer: Person, count: int = 50, *, after: Place | None = None, before: Place | None = None
) -> Page:
    """`count` open cases, most urgent first, from a place onwards or the ones before it."""
    now = clock().now()
    cases = _matching(filters, viewer, now)
    backwards = before is not None and after is None
    if backwards and before is not None:
        cases = cases.filter(_earlier_than(before)).order_by(*_BACKWARDS)
    else:
        cases = (cases.filter(_later_than(after)) if after else cases).order_by(*_ORDER)
    found = list(cases.values_list("pk", flat=True)[: count + 1])
    is_more, ids = len(found) > count, found[:count]
    rows = _rows(ids, now)
    if not rows:
        return Page([], None, None)
    first, last = _place(rows[0]), _place(rows[-1])
    has_earlier = is_more if backwards else after is not None
    has_later = backwards or is_more
    return Page(rows, first if has_earlier else None, last if has_later else None)


def total(filters: Filters, viewer: Person) -> int:
    """How many open cases the filters leave, counted up to `MOST_COUNTED` + 1."""
    return _matching(filters, viewer, clock().now()).order_by().values("pk")[: MOST_COUNTED + 1].count()


def progress(person: Person) -> Progress:
    """How the queue stands now."""
    now = clock().now()
    waiting = Case.objects.filter(decided_at__isnull=True).order_by()
    found = dict(waiting.values_list("state").annotate(n=Count("pk")))
    # Less what is closed, by its numbers: asking each of 200,000 cases whether it is closed takes half a second.
    known = waiting.exclude(pk__in=access.closed_to(person)).filter(due_at__lte=now + timedelta(hours=1))
    due = known.aggregate(all=Count("*"), overdue=Count("due_at", filter=Q(due_at__lte=now)))
    mine = len(_held_by(person, now))
    by_state = {str(state): found.get(state, 0) for state in State if state is not State.DECIDED}
    return Progress(by_state, due["overdue"], due["all"] - due["overdue"], mine)


def _matching(filters: Filters, viewer: Person, now: datetime) -> QuerySet[Case]:
    cases = queue.open_to(filters.open_to, now) if filters.open_to else Case.objects.filter(decided_at__isnull=True)
    for name in ("state", "kind", "country"):
        if value := getattr(filters, name):
            cases = cases.filter(**{name: value})
    if filters.reason:
        mask = reason_mask([filters.reason])
        cases = cases.alias(weighs=F("reasons").bitand(mask)).filter(weighs=mask)
    if filters.least_priority:
        cases = cases.filter(priority__gte=filters.least_priority)
    if filters.due_within is not None:
        cases = cases.filter(due_at__lte=now + filters.due_within)
    if filters.waiting_for is not None:
        cases = cases.filter(entered_at__lte=now - filters.waiting_for)
    if filters.mine is not None:
        cases = cases.filter(pk__in=_held_by(filters.mine, now))
    return cases.filter(access.visible_to(viewer))


def _held_by(person: Person, now: datetime) -> list[int]:
    """Asked for apart: joined with the order, a database may walk the whole queue to find a person's few cases."""
    mine = Case.objects.filter(access.visible_to(person), claimed_by=person.pk, claimed_until__gt=now)
    return list(mine.values_list("pk", flat=True))


def _later_than(place: Place) -> Q:
    # The bound on the priority alone, which the rest implies, is what lets an index begin there.
    within = Q(entered_at__gt=place.entered_at) | Q(entered_at=place.entered_at, pk__gt=place.content_id)
    return Q(priority__lte=place.priority) & (Q(priority__lt=place.priority) | within)


def _earlier_than(place: Place) -> Q:
    within = Q(entered_at__lt=place.entered_at) | Q(entered_at=place.entered_at, pk__lt=place.content_id)
    return Q(priority__gte=place.priority) & (Q(priority__gt=place.priority) | within)


def _rows(ids: list[int], now: datetime) -> list[Row]:
    holds = PoliceHold.objects.filter(content=OuterRef("pk"), released_at__isnull=True)
    cases = Case.objects.filter(pk__in=ids).select_related("content", "claimed_by").annotate(is_held=Exists(holds))
    rows = [_row(case, now) for case in cases]
    rows.sort(key=lambda row: (-row.priority, row.entered_at, row.content_id))
    return rows


def _row(case: Case, now: datetime) -> Row:
    is_claimed = case.claimed_until is not None and case.claimed_until > now
    return Row(
        content_id=case.content_id,
        kind=case.kind,
        host=case.content.host,
        country=case.country,
        state=State(case.state),
        priority=case.priority,
        reasons=case.priority_reasons,
        entered_at=case.entered_at,
        due_at=case.due_at,
        times_reported=case.content.times_reported,
        claimed_by_id=case.claimed_by_id if is_claimed else None,
        claimed_by=str(case.claimed_by) if is_claimed else "",
        claimed_until=case.claimed_until if is_claimed else None,
        is_held=case.is_held,  # type: ignore[attr-defined]
    )


def _place(row: Row) -> Place:
    return Place(row.priority, row.entered_at, row.content_id)
