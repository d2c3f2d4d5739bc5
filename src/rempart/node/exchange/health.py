"""What staff see of the exchange: each followed log, who cosigned what, and what was proven."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings

from rempart.adapters.signing import verify
from rempart.core.errors import IntegrityError
from rempart.exchange.checkpoints import open_checkpoint
from rempart.exchange.quorum import Quorum, is_fresh
from rempart.exchange.roster_entries import Member
from rempart.exchange.tiles import CHECKPOINT
from rempart.formats.signed_note import Key, read_vkey
from rempart.node.exchange import asking, declared, members, own_log, proofs
from rempart.node.exchange.declared import Standing
from rempart.node.exchange.models import Peer


@dataclass(frozen=True, slots=True)
class LogHealth:
    """A log as this node sees it. `refusal` is empty for one that is believed, `never` for one not looked at yet."""

    origin: str
    name: str
    country: str
    status: str
    size: int
    checked_at: datetime | None
    advanced_at: datetime | None
    failures: int
    failing_since: datetime | None
    refusal: str
    proofs: int
    has_credential: bool
    cosigned: int
    """Groups whose cosignature counts."""


@dataclass(frozen=True, slots=True)
class GroupHealth:
    """A group of witnesses, and when one of it last cosigned this node's log."""

    group: str
    at: datetime | None
    is_fresh: bool


@dataclass(frozen=True, slots=True)
class Health:
    """`is_met`: whether this node's own checkpoint has the quorum that others ask for."""

    logs: list[LogHealth]
    groups: list[GroupHealth]
    counted: int
    needed: int
    proofs: dict[str, int]
    declarations: list[Standing]

    @property
    def is_met(self) -> bool:
        return self.counted >= self.needed


def health() -> Health:
    quorum, proven = members.quorum(), proofs.counts()
    rows = {peer.origin: peer for peer in Peer.objects.all()}
    known = set(asking.credentials().origins())
    logs = [_log(member, rows.get(member.origin), proven, known, quorum) for member in members.others()]
    groups = _groups(quorum)
    return Health(logs, groups, sum(each.is_fresh for each in groups), quorum.needed, proven, declared.standing())


def _log(member: Member, peer: Peer | None, proven: dict[str, int], known: set[str], quorum: Quorum) -> LogHealth:
    refusal = peer.refusal if peer and peer.checked_at else "never"
    return LogHealth(
        origin=member.origin,
        name=member.name,
        country=member.country,
        status=str(member.status),
        size=peer.size if peer else 0,
        checked_at=peer.checked_at if peer else None,
        advanced_at=peer.advanced_at if peer else None,
        failures=peer.failures if peer else 0,
        failing_since=peer.failing_since if peer else None,
        refusal=refusal if member.is_active else "suspended",
        proofs=proven.get(member.origin, 0),
        has_credential=member.origin in known,
        cosigned=len(quorum.counted(_witnessed(peer.note, member.log, quorum), members.moment())) if peer else 0,
    )


def _groups(quorum: Quorum) -> list[GroupHealth]:
    store = own_log.store()
    note, vkey = store.read(CHECKPOINT) or b"", store.read(own_log.VKEY) or b""
    witnessed: dict[Key, int] = {}
    if note and vkey:
        witnessed = _witnessed(note.decode(errors="replace"), read_vkey(vkey.decode()), quorum)
    latest: dict[str, int] = {}
    for key, group in quorum.groups.items():
        latest[group] = max(latest.get(group, 0), witnessed.get(key, 0))
    now = members.moment()
    return [
        GroupHealth(group, datetime.fromtimestamp(at, UTC) if at else None, is_fresh(at, now))
        for group, at in sorted(latest.items())
    ]


def _witnessed(note: str, log: Key, quorum: Quorum) -> dict[Key, int]:
    try:
        return open_checkpoint(note, log, quorum.witnesses, verify).witnessed if note else {}
    except IntegrityError:
        return {}


def problems() -> dict[str, int]:
    """For `rempart status` and `doctor`: logs that are refused, proofs, and groups whose cosignatures are missing."""
    refused = Peer.objects.exclude(refusal__in=("", "unreachable")).exclude(origin=settings.ORIGIN).count()
    away = Peer.objects.filter(refusal="unreachable", failures__gte=3).count()
    found = health()
    stale = 0 if found.is_met else found.needed - found.counted
    return {
        "refused": refused,
        "unreachable": away,
        "proofs": sum(found.proofs.values()),
        "cosignatures_missing": stale,
        **declared.problems(),
    }
