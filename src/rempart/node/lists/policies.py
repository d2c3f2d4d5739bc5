"""The policies of lists that follow from signals: which there are, and changing them.

`alliance` and `own` come by themselves, once there are other members and once this node said something.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from rempart.core.errors import Conflict, NotFound
from rempart.exchange.fold import Ruling
from rempart.exchange.policy import ALLIANCE, Policy, Vetoes, own, policy_from
from rempart.exchange.signals import SignalBasis
from rempart.formats.signed_json import canonical_json
from rempart.node.audit import services as audit
from rempart.node.exchange import services as exchange
from rempart.node.jobs import services as jobs
from rempart.node.lists.finding import FOLD_STEP, FOLD_SUBJECT
from rempart.node.lists.models import FoldedList, HashList
from rempart.node.roster import services as roster
from rempart.node.runtime import clock

SOURCE = "exchange"
"""Where the entries of all of them come from."""


@dataclass(frozen=True, slots=True)
class Members:
    """The active members' countries by the origin of their log, in the roster of that version (0: there is none)."""

    version: int
    countries: Mapping[str, str]

    def ruling(self, policy: Policy) -> Ruling:
        return Ruling(policy, self.countries)

    def basis(self, policy: Policy) -> str:
        """The digest of all that decides beside what members say."""
        return hashlib.sha256(canonical_json([policy.document, dict(self.countries)])).hexdigest()


def members() -> Members:
    """A node that no roster knows counts itself: it trusts what its own people decided."""
    facts = roster.current()
    countries = {member.origin: member.country for member in facts.active} if facts else {}
    if facts is None or facts.member(settings.ORIGIN) is None:
        countries[settings.ORIGIN] = str(settings.COUNTRY)
    return Members(facts.version if facts else 0, countries)


def of_list(name: str) -> Policy | None:
    """The policy of the list of this name; None for a list that was imported. Raises NotFound."""
    row = HashList.objects.filter(name=name).select_related("folded").first()
    if row is None:
        raise NotFound("There is no list of this name.", where="list", advice="See `rempart lists show`.")
    return policy_from(row.folded.policy) if hasattr(row, "folded") else None


def changes_from(
    governments: int | None,
    categories: Sequence[str] | None,
    members: Sequence[str] | None,
    excluded: Sequence[str] | None,
    vetoes: Sequence[str] | None,
    imported: bool | None,
) -> dict[str, Any]:
    """The changes to a policy that a command names; None leaves a field as it is."""
    changes: dict[str, Any] = {}
    if governments is not None:
        changes["governments"] = governments
    if categories:
        changes["categories"] = categories
    if members:
        changes["members"] = () if list(members) == ["all"] else members
    if excluded:
        changes["excluded"] = () if list(excluded) == ["none"] else excluded
    if vetoes:
        named = () if list(vetoes) in (["any"], ["none"]) else vetoes
        changes |= {"vetoes": Vetoes.NAMED if named else Vetoes(vetoes[0]), "vetoers": named}
    if imported is not None:
        changes["bases"] = tuple(SignalBasis) if imported else (SignalBasis.OWN_ANALYSIS,)
    return changes


@transaction.atomic
def set_policy(name: str, changes: Mapping[str, Any], *, settles: bool | None = None, actor: str = "system") -> Policy:
    """Make the list or change its policy, and have it folded; what is not named stays as it is.

    Raises InputError for a policy that is none, Conflict for a list that was imported.
    """
    held = HashList.objects.select_for_update().filter(name=name).first()
    if held is None:
        policy = Policy.of(name, **changes)
        _make(policy, settles=bool(settles), actor=actor)
        return policy
    folded = FoldedList.objects.filter(hash_list=held).first()
    if folded is None:
        raise Conflict(
            "This list was imported: it follows no policy.", where="list", advice="Give the new list another name."
        )
    before = policy_from(folded.policy)
    policy = before.revised(**changes)
    if settles is not None and settles != held.settles:
        HashList.objects.filter(pk=held.pk).update(settles=settles)
    if policy != before or (settles is not None and settles != held.settles):
        FoldedList.objects.filter(pk=folded.pk).update(policy=policy.document)
        _tell(held, policy, held.settles if settles is None else settles, actor)
    return policy


def ensure_shipped() -> None:
    """Make the lists that every node has, where their names are not taken."""
    if roster.current() is not None:
        _ensure(ALLIANCE, settles=True)
    if exchange.has_spoken(settings.ORIGIN):
        _ensure(own(settings.ORIGIN), settles=False)


@transaction.atomic
def _ensure(policy: Policy, *, settles: bool) -> None:
    if not HashList.objects.filter(name=policy.name).exists():
        _make(policy, settles=settles, actor="system")


def _make(policy: Policy, *, settles: bool, actor: str) -> None:
    now = clock().now()
    made = HashList.objects.create(
        name=policy.name, category="baseline", settles=settles, source=SOURCE, created_at=now, changed_at=now
    )
    FoldedList.objects.create(hash_list=made, policy=policy.document)
    _tell(made, policy, settles, actor)


def _tell(hash_list: HashList, policy: Policy, settles: bool, actor: str) -> None:
    audit.record(
        "list:policy_set",
        f"list:{hash_list.pk}",
        actor=actor,
        data={
            "sha256": policy.sha256,
            "governments": policy.governments,
            "revision": policy.revision,
            "settles": settles,
        },
    )
    jobs.wake(FOLD_STEP, FOLD_SUBJECT)
