"""The steps: whether a worker does them, which were given up, and what they cannot do here."""

from collections.abc import Iterator
from datetime import timedelta

from rempart.node.casework import services as casework
from rempart.node.doctor.findings import Finding, error, info, ok, span, warning
from rempart.node.exchange import services as exchange
from rempart.node.jobs import services as jobs
from rempart.node.roster import services as roster
from rempart.node.runtime import clock

_SLOW, _DEAD = timedelta(minutes=5), timedelta(minutes=30)
_RENEW_BEFORE = timedelta(days=45)


def look() -> Iterator[Finding]:
    yield _worker()
    yield _given_up()
    yield _videos()
    yield _canaries()
    yield _log()
    yield _peers()
    yield _roster()


def _canaries() -> Finding:
    stopped = exchange.stopped()
    if not stopped:
        return ok("canaries", "No canary was about to be listed.")
    advice = "Look at the page Signals, and have their cases decided by a second person: this must never happen."
    return error("canaries", f"A canary stopped the signals of {stopped} content(s).", advice)


def _log() -> Finding:
    if exchange.is_restored():
        advice = "Run `rempart log resume`: it compares the log with what the members have seen."
        return error("log", "The log comes from a backup, and nothing is signed.", advice)
    waits = exchange.longest_waiting()
    if waits is not None and waits > _SLOW:
        advice = "Start `rempart worker`, and read its log."
        return (error if waits > _DEAD else warning)("log", f"A signal has waited for {span(waits)}.", advice)
    return ok("log", "Signals are signed when they are due.")


def _peers() -> Finding:
    """The other members' logs, and whether they can believe this one's."""
    found, advice = exchange.problems(), "Look at the page Exchange, or `rempart exchange show`."
    if found["proofs"]:
        return error("peers", "A member's log is proven to have two histories.", advice)
    if found["refused"]:
        return warning("peers", f"{found['refused']} member's log(s) are refused.", advice)
    if found["declarations_contradicted"]:
        what = f"{found['declarations_contradicted']} member(s) declared two things under one number."
        return error("peers", what, advice)
    if found["declarations_refused"]:
        return warning("peers", f"{found['declarations_refused']} declaration(s) of members are refused.", advice)
    if found["cosignatures_missing"]:
        what = f"{found['cosignatures_missing']} more group(s) of witnesses have to cosign this node's log."
        return warning("peers", what, advice)
    if found["unreachable"]:
        return warning("peers", f"{found['unreachable']} member(s) cannot be reached.", advice)
    return ok("peers", "The other members' logs are believed, and this one's is cosigned.")


def _roster() -> Finding:
    """An expired roster cannot be adopted by anybody who was away; this node goes on with it."""
    facts = roster.current()
    if facts is None:
        return info(
            "roster", "This node is in no alliance.", "See `rempart roster init` and `rempart roster statement`."
        )
    left = facts.expires - clock().now()
    advice = "Propose a renewal: `rempart roster propose --renew`."
    if left <= timedelta(0):
        return error("roster", f"Version {facts.version} of the roster has expired.", advice)
    if left < _RENEW_BEFORE:
        return warning("roster", f"Version {facts.version} of the roster expires in {span(left)}.", advice)
    return ok("roster", f"Version {facts.version} of the roster counts until {facts.expires:%Y-%m-%d}.")


def _worker() -> Finding:
    """The signing of checkpoints alone comes round every few minutes, so an idle node shows a dead worker too."""
    late = jobs.longest_overdue()
    if late is None:
        return warning("worker", "No step was ever asked for.", "Start `rempart worker`.")
    advice = "Start `rempart worker`, or more of them, and read their log."
    what = f"The step that waits longest has been due for {span(late)}."
    if late > _DEAD:
        return error("worker", what, advice)
    return warning("worker", what, advice) if late > _SLOW else ok("worker", "Steps are done when they are due.")


def _given_up() -> Finding:
    failed = jobs.failed()
    kinds = ", ".join(sorted({kind for kind, _, _ in failed}))
    if any(kind == "checkpoint" for kind, _, _ in failed):
        advice = "Run `rempart audit verify` first; when it is whole, `rempart jobs retry`."
        return error("steps", "Signing checkpoints was given up.", advice)
    if failed:
        return warning(
            "steps", f"{len(failed)} steps were given up ({kinds}).", "See `rempart jobs failed`, then retry."
        )
    return ok("steps", "No step was given up.")


def _videos() -> Finding:
    if casework.reads_videos():
        return ok("videos", "Videos are fingerprinted and can be shown as stills.")
    advice = "Install rempart with the extra 'video'; what came before is read when it is reported again."
    return info(
        "videos", "This node has no decoder for videos: they are recognised by their file hashes alone.", advice
    )
