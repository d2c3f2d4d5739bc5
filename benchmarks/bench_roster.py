"""How large a roster of 50 members is, and how long a node takes to read, verify and adopt it.

    python benchmarks/bench_roster.py [--quick] [--json] [--members N]

Each member runs a witness. The next version is signed by the least number of keys that counts (34 of 50).
"""

import argparse
import json
import statistics
import string
import time
import zlib
from datetime import UTC, date, datetime

from report import rounded, table, timed

from rempart.adapters.signing import Signer
from rempart.exchange.roster import Roster, adopt, found, read_roster, sign
from rempart.exchange.roster_changes import Renewal, propose_change
from rempart.exchange.roster_entries import Member, Status, Witness, roster_key_id
from rempart.formats.signed_json import canonical_json
from rempart.formats.signed_note import Key, KeyType

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def _signer(number: int, role: str) -> Signer:
    return Signer(f"{role} {number}".encode().ljust(32, b"."))


def _country(number: int) -> str:
    """Real codes are of no matter here: only those that stand for no country are left out."""
    codes = [a + b for a in string.ascii_uppercase[1:16] for b in string.ascii_uppercase]
    return [code for code in codes if code not in {"EU", "EL", "EA", "EZ", "IC", "AC", "CP", "DG", "CQ"}][number]


def entries(number: int) -> tuple[Member, Witness]:
    country = _country(number)
    host = f"hotline-{country.lower()}.example"
    log = Key(f"{host}/log", _signer(number, "log").public_key)
    roster_key = _signer(number, "roster").public_key
    urls = f"https://{host}/log", f"https://machine.{host}"
    member = Member(log.name, country, f"Hotline of {country}", Status.ACTIVE, log, roster_key, date(2026, 3, 1), *urls)
    key = Key(f"{host}/witness", _signer(number, "witness").public_key, KeyType.COSIGNATURE)
    return member, Witness(key, country, f"{urls[1]}/exchange/witness", log.name)


def alliance(members: int) -> tuple[Roster, Roster]:
    """Two versions, each with the least signatures that count."""
    signers = [_signer(number, "roster") for number in range(members)]
    first = found(*zip(*(entries(number) for number in range(members)), strict=True), NOW)
    least = signers[: first.facts.threshold]
    for each in least:
        first = sign(first, None, each.public_key, each.sign)
    second = propose_change(first, Renewal(), NOW)
    for each in least:
        second = sign(second, first, each.public_key, each.sign)
    assert {roster_key_id(each.public_key) for each in least} == set(second.signatures)
    return first, second


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--members", type=int, default=50)
    options = parser.parse_args()
    first, second = alliance(options.members)
    wire = second.to_bytes()
    tuf = len(wire) - len(canonical_json(second.signed["rempart"]))
    adopt(first, [read_roster(wire)], NOW)
    rounds = 5 if options.quick else 50
    reading = [timed(lambda: read_roster(wire), time.process_time) for _ in range(rounds)]
    both = [timed(lambda: adopt(first, [read_roster(wire)], NOW), time.process_time) for _ in range(rounds)]
    figures = {
        "members": options.members,
        "signatures": len(second.signatures),
        "bytes": len(wire),
        "bytes of TUF's own part": tuf,
        "bytes compressed": len(zlib.compress(wire, 9)),
        "read, ms of one core": statistics.median(reading) * 1000,
        "read and adopt, ms of one core": statistics.median(both) * 1000,
        "read and adopt, best": min(both) * 1000,
    }
    if options.json:
        print(json.dumps(figures))
        return
    rows = [[name, rounded(value)] for name, value in figures.items()]
    goals = "Goals for 50 members: 21,000 bytes of TUF's own part; 15 ms to read and adopt."
    table("The roster", ["what", "figure"], rows, notes=[goals])


if __name__ == "__main__":
    main()
