"""How outcomes are written: JSON Lines, CSV, or lines for people.

The shapes are documented in docs/matching.md; keys and columns are only ever added. An entry's number is written as
text, as it may have 63 bits, which not every reader of JSON keeps.
"""

import csv
import io
import json
import os
from pathlib import Path
from typing import BinaryIO, Protocol

from rempart.core.errors import Conflict, IntegrityError, OutsideFailure
from rempart.core.vocabulary import FingerprintType
from rempart.scanning.records import Match, Outcome, Query

KINDS = (FingerprintType.MD5, FingerprintType.SHA1, FingerprintType.SHA256, FingerprintType.PDQ)
_FILE_COLUMNS = ("path", *(kind.value for kind in KINDS), "quality")
_MORE_COLUMNS = ("turn", "frame", "seconds")
_ENTRY_COLUMNS = ("list", "entry", "category", "source")
_HIT_COLUMNS = (*_ENTRY_COLUMNS, "match", "kind", "distance", "turn", "frame", "frames", "percent")


class Shape(Protocol):
    """Text of the output; "" where an outcome has no line."""

    def head(self) -> str: ...

    def lines(self, outcome: Outcome) -> str: ...


class JsonLines:
    """One object a line. `hits` is there when something was looked up, `turned` and `frames` when there are any, and
    `exact`, which is then false, when the PDQ may be off by a few bits.
    """

    def __init__(self, *, with_hits: bool) -> None:
        self._with_hits = with_hits

    def head(self) -> str:
        return ""

    def lines(self, outcome: Outcome) -> str:
        said: dict[str, object] = {
            "path": outcome.name,
            "fingerprint": _spelled(outcome.first),
            "quality": outcome.first.quality,
        }
        if not outcome.first.is_exact:
            said["exact"] = False
        if self._with_hits:
            said["hits"] = [_hit(match) for match in outcome.matches]
        if outcome.turned:
            said["turned"] = [{"turn": query.turn, **_spelled(query)} for query in outcome.turned]
        if outcome.frames:
            said["frames"] = [_frame(query) for query in outcome.frames]
        said["error"] = outcome.problem
        return json.dumps(said) + "\n"


class HitCsv:
    """One row a hit, and one with empty columns for an input without any."""

    def head(self) -> str:
        return _row([*_FILE_COLUMNS, *_HIT_COLUMNS, "error"])

    def lines(self, outcome: Outcome) -> str:
        own = _file_cells(outcome.name, outcome.first)
        rows = [list(_hit(match).values()) for match in outcome.matches] or [[None] * len(_HIT_COLUMNS)]
        return "".join(_row([*own, *row, outcome.problem]) for row in rows)


class FingerprintCsv:
    """One row an input, and one for each turned picture or frame of it; `rempart match --from-csv` reads it."""

    def head(self) -> str:
        return _row([*_FILE_COLUMNS, *_MORE_COLUMNS, "error"])

    def lines(self, outcome: Outcome) -> str:
        first = _row([*_file_cells(outcome.name, outcome.first), None, None, None, outcome.problem])
        more = (
            _row([*_file_cells(outcome.name, query), query.turn, query.frame, query.seconds, None])
            for query in (*outcome.turned, *outcome.frames)
        )
        return first + "".join(more)


class HitTable:
    """One line a hit, for people; inputs without hits have none."""

    def head(self) -> str:
        return ""

    def lines(self, outcome: Outcome) -> str:
        return "".join(f"{printable(outcome.name)}: {_in_words(match)}\n" for match in outcome.matches)


class FingerprintLines:
    """`KIND VALUE PATH`, one fingerprint a line; the quality stands with the PDQ."""

    def head(self) -> str:
        return ""

    def lines(self, outcome: Outcome) -> str:
        name = printable(outcome.name)
        lines = [f"{kind} {value}  {name}" for kind, value in _spelled(outcome.first).items() if kind != "pdq"]
        for query in (outcome.first, *outcome.turned, *outcome.frames):
            if pdq := _spelled(query).get("pdq"):
                which = f", {query.turn}" if query.turn else "" if query.frame is None else f", frame {query.frame}"
                lines.append(f"pdq {pdq}  {name} (quality {query.quality}{which})")
        return "".join(f"{line}\n" for line in lines)


class OnlyHits:
    """Another shape, without the inputs that matched nothing and could be read."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def head(self) -> str:
        return self._shape.head()

    def lines(self, outcome: Outcome) -> str:
        return self._shape.lines(outcome) if outcome.matches or outcome.problem else ""


class Output:
    """Where the lines go. A file is readable by its owner alone, as it holds fingerprints, and is never overwritten.

    `length`: what an earlier run of the same scan finished; the rest is cut off. None for a new scan.
    Raises Conflict, IntegrityError, OutsideFailure.
    """

    def __init__(self, shape: Shape, path: Path | None, stream: BinaryIO, length: int | None = None) -> None:
        self._shape = shape
        self._path = path
        self._file = stream if path is None else _opened(path, length)
        self.length = length or 0
        if not length:
            self._put(shape.head())

    def write(self, outcome: Outcome) -> None:
        self._put(self._shape.lines(outcome))

    def _put(self, text: str) -> None:
        data = text.encode("utf-8", "surrogateescape")
        try:
            self._file.write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise self._failed(error) from error
        self.length += len(data)

    def flush(self, *, durably: bool) -> None:
        """What was written is with the reader of the file or pipe; `durably`: a file's content is on disk."""
        try:
            self._file.flush()
            if durably and self._path is not None:
                os.fsync(self._file.fileno())
        except BrokenPipeError:
            raise
        except OSError as error:
            raise self._failed(error) from error

    def close(self) -> None:
        if self._path is not None:
            self._file.close()

    def _failed(self, error: OSError) -> OutsideFailure:
        return OutsideFailure(
            f"The output cannot be written: {error.strerror or 'no reason given'}.",
            where=str(self._path or "standard output"),
            advice="Make room, then give the same command with --resume to go on.",
        )


def check_free(path: Path) -> None:
    """A new scan never writes over what is there. Raises Conflict."""
    if path.exists() and path.stat().st_size:
        raise Conflict(
            "The output exists already.", where=str(path), advice="Name another file, or take up its scan by its state."
        )


def _opened(path: Path, length: int | None) -> BinaryIO:
    if length is None:
        check_free(path)
    try:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b")
        is_shorter = os.fstat(file.fileno()).st_size < (length or 0)
        if not is_shorter:
            file.truncate(length or 0)
            file.seek(length or 0)
    except OSError as error:
        raise OutsideFailure(
            f"The output cannot be opened: {error.strerror or 'it is no file'}.",
            where=str(path),
            advice="Check the folder and its rights.",
        ) from error
    if is_shorter:
        file.close()
        raise IntegrityError(
            "The output is shorter than its state says.", where=str(path), advice="Start anew with another state."
        )
    return file


def printable(name: str) -> str:
    """A name that cannot drive the terminal it is shown on."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in name)


def _spelled(query: Query) -> dict[str, str]:
    return {kind.value: query.fingerprints[kind].hex() for kind in KINDS if kind in query.fingerprints}


def _file_cells(name: str, query: Query) -> list[object]:
    spelled = _spelled(query)
    return [name, *(spelled.get(kind.value) for kind in KINDS), query.quality]


def _frame(query: Query) -> dict[str, object]:
    return {"frame": query.frame, "seconds": query.seconds, "quality": query.quality, **_spelled(query)}


def _hit(match: Match) -> dict[str, object]:
    of_entry = (match.list_name, str(match.entry_id), match.category, match.source)
    how = (match.match, match.kind.value, match.distance, match.turn, match.frame, match.frames, match.percent)
    return dict(zip(_HIT_COLUMNS, (*of_entry, *how), strict=True))


def _in_words(match: Match) -> str:
    how = f"{match.match} {match.kind}" if match.distance is None else f"{match.kind}, distance {match.distance}"
    where = f", {match.turn}" if match.turn else ""
    where += f", {match.frames} frames ({match.percent} %), nearest {match.frame}" if match.frames else ""
    return f"{printable(match.list_name)} entry {match.entry_id} ({printable(match.category)}): {how}{where}"


def _row(cells: list[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)  # which quotes what is in its line ending only, and readers take \r for one, too
    return out.getvalue().removesuffix("\r\n") + "\n"
