"""`rempart report`: a yearly or transparency report as a file."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from rempart.cli.node_setup import setup
from rempart.core.errors import InputError

_STEPS = {"figures": "Reading the published figures", "html": "Writing the HTML edition", "pdf": "Setting the PDF"}


class Kind(StrEnum):
    """Which report."""

    YEARLY = "yearly"
    DSA = "dsa"
    EPRIVACY = "eprivacy"


class Edition(StrEnum):
    """Whose yearly report."""

    MEMBER = "member"
    ALLIANCE = "alliance"


class Form(StrEnum):
    """Which file. JSON and CSV are for transparency reports."""

    PDF = "pdf"
    HTML = "html"
    JSON = "json"
    CSV = "csv"


def write(
    year: Annotated[int, typer.Option(help="The year the report is about.")],
    member: Annotated[str, typer.Option(help="Country code of the member; this node's own by default.")] = "",
    format: Annotated[Form, typer.Option(help="Which file.")] = Form.PDF,
    language: Annotated[str, typer.Option(help="en or fr.")] = "en",
    edition: Annotated[Edition, typer.Option(help="A member's own, or the alliance's.")] = Edition.MEMBER,
    kind: Annotated[Kind, typer.Option(help="The yearly report, or one that the law asks for.")] = Kind.YEARLY,
    out: Annotated[
        Path | None, typer.Option("--out", help="The file to write; a name in this folder by default.")
    ] = None,
    templates: Annotated[
        Path | None,
        typer.Option(help="A folder with templates of transparency reports.", exists=True, file_okay=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print path, pages and SHA-256 as JSON.")] = False,
) -> None:
    """Write a report, made from published figures alone.

    Example: rempart report --year 2026 --member FR --format pdf
    """
    setup()
    from django.conf import settings

    from rempart.node.reports import services
    from rempart.node.runtime import clock

    code = "" if edition is Edition.ALLIANCE else (member or settings.COUNTRY).upper()
    order = services.Order(services.Kind(kind), code, year, language)
    console = Console(stderr=True, soft_wrap=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None)
        made = services.make(
            order,
            services.gather(clock().now()),
            services.declared(kind, year),
            forms=(str(format),),
            templates=templates,
            on_step=lambda name: progress.update(task, description=_STEPS[name]),
        )
    if format not in made.files:
        raise InputError("this report has no such file.", where="--format", advice="Use pdf or html.")
    path = out or Path(f"{kind}-{year}-{(code or 'alliance').lower()}-{language}.{format}")
    _write(path, made.files[format])
    told = {"path": str(path), "bytes": len(made.files[format]), "sha256": made.sha256(format)}
    if as_json:
        typer.echo(json.dumps({**told, "pages": made.pages or None}))
    else:
        pages = f", {made.pages} pages" if made.pages else ""
        typer.echo(f"Written: {path}{pages}, SHA-256 {told['sha256']}")


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        advice = "Name a file in a folder you may write to."
        raise InputError(f"it cannot be written ({error.strerror}).", where=str(path), advice=advice) from error
