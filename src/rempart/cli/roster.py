"""`rempart roster`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from rempart.adapters.operator import operator
from rempart.cli.node_setup import setup
from rempart.core.errors import InputError

if TYPE_CHECKING:
    from rempart.exchange.roster import Roster
    from rempart.exchange.roster_changes import Change

app = typer.Typer(no_args_is_help=True)
_SEED_BYTES = 32
_Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
_Out = Annotated[Path | None, typer.Option(help="Where to write it; by default a name with the version.")]
_Statement = Annotated[list[Path] | None, typer.Option(exists=True, dir_okay=False, help="A member's statement.")]
_Origins = Annotated[list[str] | None, typer.Option(metavar="ORIGIN", help="The origin of a member's log.")]


@app.callback()
def roster() -> None:
    """Who is in the alliance, and who decides it."""


@app.command()
def statement(
    machine_url: Annotated[str, typer.Option(help="Base of this node's machine surface, such as https://api.example.")],
    log_url: Annotated[str, typer.Option(help="Public address of the log; by default https:// and its origin.")] = "",
    name: Annotated[str, typer.Option(help="The member's name; by default REMPART_ORGANISATION.")] = "",
    witness: Annotated[bool, typer.Option("--witness/--no-witness", help="Whether this node cosigns others' logs.")] = (
        True
    ),
    out: Annotated[Path, typer.Option(help="Where to write it.")] = Path("statement.json"),
) -> None:
    """Write this node's entry for the roster, with its present keys, to be given to the other members.

    Example: rempart roster statement --machine-url https://api.hotline.example --out statement-fr.json
    """
    setup()
    from rempart.node.roster import proposing

    out.write_bytes(proposing.statement(machine_url, log_url=log_url, name=name, with_witness=witness))
    member, cosigner = proposing.read_signed_statement(out.read_bytes())
    typer.echo(f"{out}: {member.name}, {member.country}, {member.origin}")
    typer.echo(f"log key      {member.log.vkey}\nroster key   {member.key_id}")
    typer.echo(f"witness key  {cosigner.key.vkey}" if cosigner else "It cosigns no logs.")
    typer.echo("Give the file to the other members, and read the keys out to them.", err=True)


@app.command()
def init(
    statements: Annotated[list[Path], typer.Argument(help="The statements of all founders.", exists=True)],
    out: _Out = None,
    yes: _Yes = False,
) -> None:
    """Found an alliance of one or more: propose the first roster, and sign it with this node's key.

    Example: rempart roster init statement-de.json statement-fr.json --out roster-1.json
    """
    setup()
    from rempart.node.roster import proposing

    _sign_and_write(proposing.found([file.read_bytes() for file in statements]), out, yes=yes)


@app.command()
def propose(
    add: _Statement = None,
    rotate: _Statement = None,
    suspend: _Origins = None,
    resume: _Origins = None,
    leave: _Origins = None,
    witness_add: Annotated[str, typer.Option(metavar="VKEY", help="Verifier key of a witness outside.")] = "",
    group: Annotated[str, typer.Option(help="Its jurisdiction or body; one group counts once.")] = "",
    url: Annotated[str, typer.Option(help="Where it is asked to cosign.")] = "",
    witness_remove: Annotated[list[str] | None, typer.Option(metavar="VKEY", help="A witness that ends.")] = None,
    renew: Annotated[bool, typer.Option("--renew", help="Change nothing but the day of expiry.")] = False,
    out: _Out = None,
    yes: _Yes = False,
) -> None:
    """Propose the next version, and sign it with this node's key. Nothing changes before enough members signed it.

    Example: rempart roster propose --add statement-it.json --out roster-2.json
    """
    setup()
    from rempart.exchange import roster_changes as changes
    from rempart.exchange.roster_entries import Witness
    from rempart.formats.signed_note import read_vkey
    from rempart.node.roster import proposing

    wanted: list[Change] = [
        *(changes.Accession(*proposing.read_signed_statement(file.read_bytes())) for file in add or []),
        *(changes.Rotation(*proposing.read_signed_statement(file.read_bytes())) for file in rotate or []),
        *map(changes.Suspension, suspend or []),
        *map(changes.Resumption, resume or []),
        *map(changes.Departure, leave or []),
        *map(changes.WitnessRemoval, witness_remove or []),
    ]
    if witness_add:
        wanted.append(changes.WitnessAccession(Witness(read_vkey(witness_add), group, url)))
    if not wanted and not renew:
        raise InputError("nothing is proposed.", where="roster", advice="See `rempart roster propose --help`.")
    _sign_and_write(proposing.propose(wanted), out, yes=yes)


@app.command()
def sign(
    file: Annotated[Path, typer.Argument(help="A proposal.", exists=True, dir_okay=False)],
    key: Annotated[
        Path | None,
        typer.Option(help="A former roster key of this node, where the roster before has that.", exists=True),
    ] = None,
    instead: Annotated[bool, typer.Option("--instead", help="Although another proposal was signed here.")] = False,
    out: _Out = None,
    yes: _Yes = False,
) -> None:
    """Say in plain words what a proposal would change, and sign it with this node's roster key.

    Example: rempart roster sign roster-2.json
    """
    setup()
    from rempart.exchange.roster import read_roster

    seed = key.read_bytes() if key else None
    if seed is not None and len(seed) != _SEED_BYTES:
        raise InputError("this is no roster key.", where=str(key), advice="It is the former file of 32 bytes.")
    _sign_and_write(read_roster(file.read_bytes()), out or file, yes=yes, seed=seed, instead=instead)


@app.command()
def merge(
    files: Annotated[list[Path], typer.Argument(help="The same proposal, signed by different members.", exists=True)],
    out: _Out = None,
) -> None:
    """Put the signatures of several files into one.

    Example: rempart roster merge from-de.json from-fr.json --out roster-2.json
    """
    setup()
    from rempart.exchange.roster import merge_signatures, read_roster

    merged = merge_signatures([read_roster(file.read_bytes()) for file in files])
    _write(merged, out)


@app.command()
def adopt(
    files: Annotated[list[Path], typer.Argument(help="The next version, or several in their order.", exists=True)],
    yes: _Yes = False,
) -> None:
    """Make a roster that enough members signed this node's; the other members' nodes fetch it by themselves.

    A node's first roster counts because its operator vouches for it: compare the digest with other members' first.

    Example: rempart roster adopt roster-2.json
    """
    setup()
    from rempart.exchange.roster import read_roster
    from rempart.node.roster import services

    is_first = services.current() is None
    if is_first and not yes:
        _tell(read_roster(files[0].read_bytes()))
        typer.confirm("Do other members read out the same digest?", abort=True)
    adopted = services.adopt([f.read_bytes() for f in files], is_vouched_for=is_first, operator=operator())
    active = len(adopted.facts.active)
    typer.echo(f"Version {adopted.facts.version} of the roster counts here: {active} active members.")


@app.command()
def show(
    file: Annotated[Path | None, typer.Argument(help="A proposal, instead of this node's roster.", exists=True)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Print members, witnesses and what a decision needs.

    Example: rempart roster show --json
    """
    setup()
    from rempart.exchange.roster import read_roster
    from rempart.node.roster import services

    found = read_roster(file.read_bytes()) if file else services.current_roster()
    if found is None:
        typer.echo("null" if as_json else "This node has no roster.")
        return
    if as_json:
        typer.echo(json.dumps({**found.signed["rempart"], **_summary(found)}))
        return
    summary = _summary(found)
    typer.echo("\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in summary.items()))
    members = Table("Origin", "Country", "Status", "Since", "Name")
    members.columns[0].no_wrap = True
    for each in found.facts.members:
        members.add_row(each.origin, each.country, each.status, f"{each.since}", each.name)
    witnesses = Table("Witness", "Group", "Run by")
    witnesses.columns[0].overflow = "fold"
    for cosigner in found.facts.witnesses:
        witnesses.add_row(cosigner.key.vkey, cosigner.group, "a member" if cosigner.member else "others")
    console = Console()
    console.print(members)
    console.print(witnesses)


def _summary(found: "Roster") -> dict[str, str | int]:
    """`lacking`: signatures without which it does not count."""
    from rempart.exchange.roster import missing
    from rempart.node.roster.proposing import version_before

    facts = found.facts
    return {
        "version": facts.version,
        "digest": found.digest,
        "expires": facts.expires.isoformat(),
        "threshold": facts.threshold,
        "signatures": len(found.signatures),
        "lacking": missing(found, version_before(found)),
        "witness_groups": len(set(facts.quorum.groups.values())),
        "witness_groups_needed": facts.quorum.needed,
    }


def _tell(proposed: "Roster") -> None:
    from rempart.exchange.roster_changes import describe
    from rempart.node.roster.proposing import version_before

    before = version_before(proposed)
    typer.echo(f"Version {proposed.facts.version} of the roster, digest {proposed.digest}")
    if before is None and proposed.facts.version > 1:
        typer.echo("This node does not have the version before, so it cannot tell what changes. It would hold:")
    for line in describe(before, proposed) or ["Nothing changes but the day of expiry."]:
        typer.echo(f"  - {line}")
    typer.echo(f"  - It would expire on {proposed.facts.expires:%Y-%m-%d}.")


def _sign_and_write(
    proposed: "Roster", out: Path | None, *, yes: bool, seed: bytes | None = None, instead: bool = False
) -> None:
    from rempart.node.roster import proposing

    _tell(proposed)
    if not proposing.may_sign(proposed, seed):
        typer.echo("This node's key would count for nothing here; the file is written without its signature.", err=True)
        _write(proposed, out)
        return
    if not yes:
        typer.confirm("Sign it in the name of this member?", abort=True)
    _write(proposing.sign(proposed, seed=seed, is_instead=instead, operator=operator()), out)


def _write(proposed: "Roster", out: Path | None) -> None:
    from rempart.exchange.roster import missing
    from rempart.node.roster.proposing import version_before

    path = out or Path(f"roster-{proposed.facts.version}.json")
    path.write_bytes(proposed.to_bytes())
    lacking = missing(proposed, version_before(proposed))
    needs = f"{lacking} more are needed" if lacking else "that is enough: adopt it"
    typer.echo(f"{path}: {len(proposed.signatures)} signatures; {needs}.")
