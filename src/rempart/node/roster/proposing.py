"""What this node says about the roster: its own statement, proposals, and the signature of its roster key."""

from collections.abc import Sequence
from functools import partial

from django.conf import settings
from django.db import transaction

from rempart.adapters.signing import Signer, verify
from rempart.core.errors import Conflict, NotFound
from rempart.exchange import roster as rules
from rempart.exchange.roster import Roster
from rempart.exchange.roster_changes import Change, propose_change
from rempart.exchange.roster_entries import Member, Status, Witness
from rempart.exchange.roster_statement import make_statement, read_statement
from rempart.formats.signed_note import Key, KeyType
from rempart.node.audit import services as audit
from rempart.node.roster import services
from rempart.node.roster.models import PendingChange
from rempart.node.runtime import clock

WITNESS_PATH = "/exchange/witness"
"""Where a node's witness is asked, below the base of the machine surface."""


def statement(machine_url: str, *, log_url: str = "", name: str = "", with_witness: bool = True) -> bytes:
    """This node's entry with its present keys. Raises InputError for addresses that no roster may hold."""
    origin, keys = str(settings.ORIGIN), settings.HOME.keys
    signer, machine_url = Signer(keys.roster), machine_url.rstrip("/")
    member = Member(
        origin,
        settings.COUNTRY,
        name or settings.ORGANISATION,
        Status.ACTIVE,
        Key(origin, Signer(keys.log).public_key),
        signer.public_key,
        clock().now().date(),
        log_url.rstrip("/") or f"https://{origin}",
        machine_url,
    )
    witness = Witness(witness_key(), settings.COUNTRY, machine_url + WITNESS_PATH, origin) if with_witness else None
    return make_statement(member, witness, signer.sign)


def witness_key() -> Key:
    """The key with which this node cosigns, under the host's name."""
    host = str(settings.ORIGIN).partition("/")[0]
    return Key(f"{host}/witness", Signer(settings.HOME.keys.witness).public_key, KeyType.COSIGNATURE)


def found(statements: Sequence[bytes]) -> Roster:
    """The first version, of those who made these statements; unsigned."""
    read = [read_statement(data, verify) for data in statements]
    return rules.found([member for member, _ in read], [witness for _, witness in read if witness], clock().now())


def propose(changes: Sequence[Change]) -> Roster:
    """The version after this node's, unsigned. NotFound where there is no roster yet; else as `propose_change`."""
    current = services.current_roster()
    if current is None:
        raise NotFound("this node has no roster.", where="roster", advice="Run `rempart roster init` or `adopt`.")
    return propose_change(current, changes, clock().now())


def may_sign(roster: Roster, seed: bytes | None = None) -> bool:
    """Whether a signature of this node's key (or of the key with that seed) would count."""
    public = Signer(seed or settings.HOME.keys.roster).public_key
    sides = [roster, *filter(None, [version_before(roster)])]
    return any(member.roster_key == public for each in sides for member in each.facts.active)


@transaction.atomic
def sign(roster: Roster, *, seed: bytes | None = None, is_instead: bool = False, operator: str = "") -> Roster:
    """The proposal with the signature of this node's roster key, or of the former one with that seed.

    Conflict when the key signed another proposal of the same version, unless `is_instead`: members who sign two make
    it possible that two count. NotPermitted when the signature would count for nothing.
    """
    signer = Signer(seed or settings.HOME.keys.roster)
    signed = rules.sign(roster, version_before(roster), signer.public_key, signer.sign)
    version = roster.facts.version
    audit.lock()
    known = PendingChange.objects.filter(version=version).first()
    if known is not None and known.digest != roster.digest and not is_instead:
        raise Conflict(
            f"this node signed another proposal of version {version}.",
            where="roster",
            advice="Propose again after it is settled; with --instead you make it possible that both are adopted.",
        )
    kept = {"digest": signed.digest, "data": signed.to_bytes(), "signed_at": clock().now()}
    PendingChange.objects.update_or_create(version=version, defaults=kept)
    facts = {"digest": signed.digest, **({"operator": operator} if operator else {})}
    audit.record("roster:signed", f"roster:{version}", data=facts)
    return signed


def version_before(roster: Roster) -> Roster | None:
    """The version that `roster` would follow, if this node has it."""
    data = services.version_bytes(roster.facts.version - 1)
    return rules.read_roster(data) if data is not None else None


read_signed_statement = partial(read_statement, verify=verify)
