"""docs/protocol.md: calls, codes, fields and the verification of a referral are those of the code."""

import json
import re
from datetime import UTC, datetime

import pytest
from django.urls import URLPattern

from rempart.adapters.signing import Signer
from rempart.core.errors import IntegrityError
from rempart.core.vocabulary import FingerprintType, Legality
from rempart.formats.cybertipline.vocabulary import Code
from rempart.formats.referral_file import HostingFact, ReferredItem, build_referral
from rempart.formats.signed_json import canonical_json, sign_document
from rempart.node.intake.api.schemas import ReportIn
from rempart.node.intake.api.views import api
from rempart.node.intake.cybertip import urls as cybertip
from rempart.node.observatory import data_sets, services

PAGE = "docs/protocol.md"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def payload() -> dict[str, object]:
    item = ReferredItem(
        "https://pictures.example/a/1",
        {FingerprintType.SHA256: "0" * 64},
        Legality.NATIONAL,
        NOW,
        hosting=HostingFact(NOW, ip="192.0.2.1"),
    )
    return build_referral(
        referral_id="F26-MADEUP22",
        created_at=NOW,
        sender="FR",
        recipient="NL",
        reason="hosted there",
        legal_basis="made up",
        items=(item,),
    )


@pytest.fixture
def signer(home) -> Signer:
    return Signer(home.keys.signing)


def verified(run_blocks, repository, signer, received: bytes) -> dict[str, object]:
    given = {"received": received, "known_key_id": signer.key_id, "known_public_key": signer.public_key}
    return run_blocks(repository / PAGE, **given)


def test_a_referral_is_verified_as_the_page_says(run_blocks, repository, signer, payload) -> None:
    document = sign_document(canonical_json(payload), signer.sign, signer.key_id)
    names = verified(run_blocks, repository, signer, document)
    assert names["referral"] == payload


def test_an_altered_referral_is_refused(run_blocks, repository, signer, payload) -> None:
    document = json.loads(sign_document(canonical_json(payload), signer.sign, signer.key_id))
    other = sign_document(canonical_json({**payload, "to": "BR"}), signer.sign, signer.key_id)
    document["payload"] = json.loads(other)["payload"]
    with pytest.raises(IntegrityError):
        verified(run_blocks, repository, signer, canonical_json(document))


def test_every_field_of_a_referral_is_explained(read, payload, signer) -> None:
    section = read(PAGE).partition("## Referral files")[2]
    envelope = json.loads(sign_document(b"{}", signer.sign, signer.key_id))
    (item,) = payload["items"]
    missing = [name for name in {*payload, *envelope, *item} - {"schema"} if f"`{name}`" not in section]
    assert not missing
    assert payload["schema"] in section


def test_every_call_of_the_cybertipline_face_is_listed(read) -> None:
    told = set(re.findall(r"^\| `(?:GET|POST) /(\w+)`", read(PAGE).partition("## `/api/v1`")[0], re.M))
    assert told == {str(each.pattern) for each in cybertip.urlpatterns if isinstance(each, URLPattern)} - {""}


def test_every_code_is_listed(read) -> None:
    section = read(PAGE).partition("| code | meaning |")[2].partition("\n## ")[0]
    assert {int(code) for code in re.findall(r"\| (\d+) (?=\|)", section)} == {int(code) for code in Code}


def test_every_call_of_the_json_face_is_listed(read) -> None:
    schema = api.get_openapi_schema(path_prefix="/")
    calls = {
        f"{method.upper()} {path.replace('report_id', 'id')}"
        for path, methods in schema["paths"].items()
        for method in methods
    }
    section = read(PAGE).partition("## `/api/v1`")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `((?:GET|POST) [^`]+)`", section, re.M)) == calls


def test_the_example_of_a_report_is_accepted(read) -> None:
    body = re.search(r"--data '(\{.*?\})'\n", read(PAGE), re.S)[1]
    report = ReportIn.model_validate_json(body)
    assert report.finish
    assert report.items


@pytest.mark.django_db
def test_every_field_of_the_figures_is_explained(read) -> None:
    section = read(PAGE).partition("## Figures")[2].partition("\n## ")[0]
    told = data_sets.figures_document(services.publication(NOW))
    figure = next(iter(told["periods"][0]["figures"].values()))
    names = {*told, *told["indicators"][0], *told["periods"][0], *figure} - {"statuses"}
    assert [name for name in names if f"`{name}`" not in section] == []
    assert all(f"`{status}`" in section for status in data_sets.STATUSES)
    assert f"`{','.join(column.name for column in data_sets.FIGURES)}`" in section
    assert told["format"] in section
