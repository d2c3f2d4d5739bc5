"""Made-up members and witnesses, and an alliance of any size that signs what it is asked to."""

from datetime import UTC, date, datetime

from rempart.adapters.signing import Signer
from rempart.exchange.roster import Roster, found, sign
from rempart.exchange.roster_entries import Member, Status, Witness
from rempart.formats.signed_note import Key, KeyType

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
COUNTRIES = "ATAUBEBGBRCACHCLCOCYCZDEDKEEESFIFRGBGRHRHUIEINISITJPKEKRLTLULVMAMTMXNGNLNONZPEPHPLPTROSESGSISKTHTNUAZA"


def signer(role: str, number: int, generation: int = 0) -> Signer:
    """The same key each time for the same role ("roster", "log", "witness"), member and generation."""
    return Signer(f"{role} {number} {generation}".encode().ljust(32, b"."))


def member(number: int, generation: int = 0, status: Status = Status.ACTIVE) -> Member:
    country = COUNTRIES[2 * number : 2 * number + 2]
    host = f"hotline-{country.lower()}.example"
    return Member(
        f"{host}/log",
        country,
        f"Hotline of {country}",
        status,
        Key(f"{host}/log", signer("log", number, generation).public_key),
        signer("roster", number, generation).public_key,
        date(2026, 3, 1),
        f"https://{host}/log",
        f"https://machine.{host}",
    )


def witness(number: int, generation: int = 0) -> Witness:
    run_by = member(number)
    host = run_by.origin.removesuffix("/log")
    key = Key(f"{host}/witness", signer("witness", number, generation).public_key, KeyType.COSIGNATURE)
    return Witness(key, run_by.country, f"https://machine.{host}/witness", run_by.origin)


def outsider(name: str) -> Witness:
    key = Key(f"{name}.example/witness", Signer(name.encode().ljust(32, b"-")).public_key, KeyType.COSIGNATURE)
    return Witness(key, name, f"https://{name}.example/witness")


def signed_by_all(roster: Roster, numbers: list[int], current: Roster | None = None, generation: int = 0) -> Roster:
    """The roster with the signatures of these members' keys."""
    for number in numbers:
        key = signer("roster", number, generation)
        roster = sign(roster, current, key.public_key, key.sign)
    return roster


def alliance(size: int) -> Roster:
    """Version 1, signed by everyone."""
    numbers = list(range(size))
    return signed_by_all(found([member(n) for n in numbers], [witness(n) for n in numbers], NOW), numbers)
