"""`rempart verify`: anybody checks a member's log, and goes on from what they checked before."""

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from rempart.adapters.files import write_atomically
from rempart.adapters.signing import verify as is_signed
from rempart.cli.log_places import opened, print_rows, progress_of, shown_key
from rempart.core.errors import InputError, IntegrityError, RempartError
from rempart.exchange.checkpoints import Checkpoint, Cosigned, parse_checkpoint
from rempart.exchange.quorum import Quorum, is_fresh
from rempart.exchange.store import Reader
from rempart.exchange.verifying import origin_of, read_checkpoint_file, verify_log
from rempart.formats.signed_note import Key, KeyType, read_note, read_vkey


@dataclass
class Trust:
    """Which keys are believed, and why."""

    log: Key
    reason: str
    witnesses: list[Key]
    quorum: Quorum | None = None
    doubts: list[str] = field(default_factory=list)


def verify(
    url: Annotated[str, typer.Argument(metavar="URL", help="The log's address, or that of the member's site.")],
    vkey: Annotated[str, typer.Option(help="The log's key, if you have it from the member itself.")] = "",
    witness: Annotated[list[str] | None, typer.Option(metavar="VKEY", help="Key of a witness you believe.")] = None,
    roster: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="The members' roster.")] = None,
    state: Annotated[Path | None, typer.Option(dir_okay=False, help="What was verified before is kept here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Verify a member's log: signatures, cosignatures, every entry, and that it goes on from what you saw last.

    Exit code 1 when anything does not hold. What could not be checked is said.

    Example: rempart verify https://hotline.example/log
    """
    now, memory = datetime.now(UTC), _Memory(state or _state_home() / "rempart" / "verified.json")
    try:
        with opened(url) as reader:
            note = read_checkpoint_file(reader)
            trust = _trust(reader, note, vkey, [read_vkey(each) for each in witness or []], roster, memory, now)
            before = memory.point(trust.log.name)
            with progress_of("Verifying", parse_checkpoint(read_note(note).text).size) as progress:
                found = verify_log(reader, note, trust.log, trust.witnesses, is_signed, before, progress)
    except RempartError as error:
        if not as_json:
            raise
        typer.echo(json.dumps({"url": url, "verified": False, "reason": str(error)}))
        raise typer.Exit(1) from None
    seen = memory.seen_at(trust.log.name)
    memory.keep(trust.log, note, now)
    report = _report(found, trust, before, seen, now)
    is_believed = trust.quorum is None or bool(report["quorum"]["met"])
    typer.echo(json.dumps({"url": url, "verified": is_believed, **report})) if as_json else print_rows(_rows(report))
    if not is_believed:
        typer.echo("Too few witnesses cosigned it within 24 hours: members do not believe it now.", err=True)
        raise typer.Exit(1)


def _trust(
    reader: Reader, note: str, vkey: str, witnesses: list[Key], roster: Path | None, memory: "_Memory", now: datetime
) -> Trust:
    origin = origin_of(note)
    if any(key.type is not KeyType.COSIGNATURE for key in witnesses):
        raise InputError("this is no key of a witness.", where="--witness")
    if roster is not None:
        return _from_roster(roster.read_bytes(), origin, witnesses, now)
    if vkey:
        return Trust(read_vkey(vkey), "named by you", witnesses)
    known, shown = memory.key(origin), shown_key(reader)
    if known is not None and shown is not None and shown != known:
        raise IntegrityError(
            "the log shows another key than when you verified it last.",
            where="vkey",
            advice="If the member announced a new key, name it with --vkey.",
        )
    if known is not None:
        return Trust(known, "as when you verified it last", witnesses)
    if shown is None:
        raise InputError("the log shows no key.", where="vkey", advice="Ask the member for it, and name it by --vkey.")
    doubt = "whose key it is: it was shown by the log itself. Compare it with what the member says."
    return Trust(shown, "shown by the log itself", witnesses, doubts=[doubt])


def _from_roster(data: bytes, origin: str, witnesses: list[Key], now: datetime) -> Trust:
    from rempart.exchange.roster import adopt, read_roster

    facts = adopt(None, [read_roster(data)], now).facts
    member = facts.member(origin)
    if member is None or not member.is_active:
        raise IntegrityError(f"the roster has no active member with the log {origin}.", where="roster")
    keys = list(dict.fromkeys([*facts.quorum.witnesses, *witnesses]))
    doubt = "the roster itself: it is signed by the members it names. Have it from one you trust."
    return Trust(member.log, f"named by version {facts.version} of the roster", keys, facts.quorum, [doubt])


class _Memory:
    """The last checkpoint and key of each log, as they were verified here."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._logs: dict[str, dict[str, str]] = json.loads(path.read_text())["logs"] if path.exists() else {}
            self._points = {name: parse_checkpoint(read_note(each["note"]).text) for name, each in self._logs.items()}
            self._keys = {name: read_vkey(each["vkey"]) for name, each in self._logs.items()}
            self._times = {name: str(each["at"]) for name, each in self._logs.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RempartError):
            raise InputError("what was verified before cannot be read.", where=str(path)) from None

    def point(self, origin: str) -> Checkpoint | None:
        return self._points.get(origin)

    def key(self, origin: str) -> Key | None:
        return self._keys.get(origin)

    def seen_at(self, origin: str) -> str:
        return self._times.get(origin, "")

    def keep(self, key: Key, note: str, now: datetime) -> None:
        self._logs[key.name] = {"vkey": key.vkey, "note": note, "at": now.isoformat(timespec="seconds")}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._path, json.dumps({"logs": self._logs}, indent=1).encode())


def _report(found: Cosigned, trust: Trust, before: Checkpoint | None, seen: str, now: datetime) -> dict[str, Any]:
    seconds, point = int(now.timestamp()), found.checkpoint
    known = {(key.name, key.number) for key in (trust.log, *trust.witnesses)}
    unknown = [each.name for each in found.note.signatures if (each.name, each.number) not in known]
    quorum = trust.quorum
    unchecked = [*trust.doubts, "what the entries say: only members and platforms have their openings."]
    if before is None:
        unchecked.append("what it showed earlier: this is the first time that you verify it.")
    if not trust.witnesses:
        unchecked.append("cosignatures: name witnesses you believe by --witness, or a roster.")
    return {
        "origin": point.origin,
        "entries": point.size,
        "root": base64.b64encode(point.root).decode(),
        "key": {"vkey": trust.log.vkey, "reason": trust.reason},
        "since": {"entries": before.size, "verified_at": seen} if before else None,
        "witnesses": [
            {"name": key.name, "at": at, "fresh": at is not None and is_fresh(at, seconds)}
            for key, at in ((key, found.witnessed.get(key)) for key in trust.witnesses)
        ],
        "unknown_signatures": unknown,
        "quorum": quorum
        and {
            "needed": quorum.needed,
            "groups": sorted(quorum.counted(found.witnessed, seconds)),
            "met": quorum.is_met(found.witnessed, seconds),
        },
        "not_checked": unchecked,
    }


def _rows(report: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "log", report["origin"]
    yield "entries", f"{report['entries']:,}, each recomputed; they lead to the signed root"
    yield "root", report["root"]
    yield "signed by", f"{report['key']['vkey']} ({report['key']['reason']})"
    if since := report["since"]:
        yield "goes on from", f"{since['entries']:,} entries, verified at {since['verified_at']}"
    for each in report["witnesses"]:
        yield "cosigned by", f"{each['name']}: {_told(each)}"
    if unknown := report["unknown_signatures"]:
        yield "passed over", f"{len(unknown)} signatures by keys not named"
    if quorum := report["quorum"]:
        yield "witnesses", f"{len(quorum['groups'])} groups, {quorum['needed']} needed"
    for each in report["not_checked"]:
        yield "not checked", each


def _told(witness: dict[str, Any]) -> str:
    if witness["at"] is None:
        return "no cosignature"
    at = datetime.fromtimestamp(min(witness["at"], 2**35), UTC)
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" + ("" if witness["fresh"] else ", too old to count")


def _state_home() -> Path:
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
