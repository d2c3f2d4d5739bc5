"""`rempart canary`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from rempart.adapters.operator import operator
from rempart.cli.node_setup import setup
from rempart.core.errors import InputError
from rempart.core.vocabulary import FingerprintType

app = typer.Typer(no_args_is_help=True)


@app.callback()
def canary() -> None:
    """Benign images that must never be listed."""


@app.command()
def add(
    label: Annotated[str, typer.Option(help="What it is, as staff will read it.")],
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A benign image.", exists=True, dir_okay=False)
    ] = None,
    pdq: Annotated[list[str], typer.Option(help="A PDQ in hexadecimal.")] = [],  # noqa: B006 - typer reads it
    sha256: Annotated[list[str], typer.Option(help="A SHA-256 in hexadecimal.")] = [],  # noqa: B006
    sha1: Annotated[list[str], typer.Option(help="A SHA-1 in hexadecimal.")] = [],  # noqa: B006
    md5: Annotated[list[str], typer.Option(help="An MD5 in hexadecimal.")] = [],  # noqa: B006
) -> None:
    """Stop, from now on, every signal for this image or one near it before it is signed, and raise an alarm.

    Example: rempart canary add logo.png --label "Our own logo"
    """
    setup()
    from rempart.node.exchange import canaries

    named = {
        FingerprintType.PDQ: pdq,
        FingerprintType.SHA256: sha256,
        FingerprintType.SHA1: sha1,
        FingerprintType.MD5: md5,
    }
    prints = [(kind, _value(kind, text)) for kind, texts in named.items() for text in texts]
    prints += _prints_of(file) if file else []
    if not prints:
        raise InputError("there is no fingerprint.", where="FILE", advice="Name a file, or --pdq and its like.")
    count = canaries.add(label, prints, operator=operator())
    typer.echo(f"{count} fingerprint{'s' if count != 1 else ''} of “{label}” will never be signed.")


@app.command(name="list")
def show(as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False) -> None:
    """List the canaries by label, without their fingerprints, and what each holds back now.

    Example: rempart canary list
    """
    setup()
    from rempart.node.exchange import canaries

    rows = canaries.all_canaries()
    if as_json:
        facts = [
            {"label": one.label, "kind": one.kind, "added_at": one.added_at.isoformat(), "stopped": one.stopped}
            for one in rows
        ]
        typer.echo(json.dumps(facts))
        return
    table = Table("Canary", "Fingerprint", "Since", "Signals stopped")
    for one in rows:
        table.add_row(one.label, one.kind, f"{one.added_at:%Y-%m-%d}", str(one.stopped))
    Console().print(table)


@app.command()
def remove(label: Annotated[str, typer.Argument(help="As `rempart canary list` shows it.")]) -> None:
    """Remove a canary; refused while it holds signals back.

    Example: rempart canary remove "Our own logo"
    """
    setup()
    from rempart.node.exchange import canaries

    count = canaries.remove(label, operator=operator())
    typer.echo(f"{count} fingerprint{'s' if count != 1 else ''} removed.")


def _value(kind: FingerprintType, text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise InputError(
            "it is not hexadecimal.", where=f"--{kind}", advice="`rempart hash FILE` prints fingerprints."
        ) from None


def _prints_of(file: Path) -> list[tuple[FingerprintType, bytes]]:
    from rempart.signals.fingerprint import pdq
    from rempart.signals.fingerprint.file import file_hashes

    data = file.read_bytes()
    hashes = file_hashes([data])
    value, _ = pdq(data)
    return [
        (FingerprintType.PDQ, value),
        (FingerprintType.SHA256, bytes.fromhex(hashes.sha256)),
        (FingerprintType.SHA1, bytes.fromhex(hashes.sha1)),
        (FingerprintType.MD5, bytes.fromhex(hashes.md5)),
    ]
