"""Every data set as anybody gets it: listed with its schema, in three forms, at an address that stays."""

import csv
import io
import json

import pytest
from django.test import Client
from pyarrow import parquet

from rempart.formats import figures_document
from rempart.node.datasets import FORMS
from rempart.node.observatory import services
from rempart.node.open_data import DATASETS

pytestmark = pytest.mark.django_db
KEYS = [each.key for each in DATASETS]


def test_the_index_lists_every_data_set_with_its_schema(clock, client: Client) -> None:
    found = client.get("/open-data/index.json").json()
    assert [each["key"] for each in found["datasets"]] == KEYS
    assert len(set(KEYS)) == len(KEYS)
    for each in found["datasets"]:
        assert set(each["files"]) == set(FORMS)
        assert all(column["description"].endswith(".") for column in each["columns"])


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_names_every_file_and_column(clock, client: Client, language: str) -> None:
    answer = client.get("/open-data/", headers={"Accept-Language": language})
    page = answer.content.decode()
    assert f'<html lang="{language}"' in page
    assert not answer.cookies
    for each in DATASETS:
        assert all(f'href="/open-data/{each.key}.{form}"' in page for form in FORMS)
        assert all(f">{column.name}</code>" in page for column in each.columns)


@pytest.mark.parametrize("key", KEYS)
def test_the_three_forms_of_a_data_set_hold_the_same_rows(clock, client: Client, key: str) -> None:
    names = [column.name for column in next(each for each in DATASETS if each.key == key).columns]
    lines = list(csv.reader(io.StringIO(client.get(f"/open-data/{key}.csv").content.decode(), newline="")))
    rows = parquet.read_table(io.BytesIO(client.get(f"/open-data/{key}.parquet").content))
    assert lines[0] == rows.column_names == names
    assert len(lines) - 1 == rows.num_rows > 0
    document = client.get(f"/open-data/{key}.json").json()
    if isinstance(document, list):
        assert document == json.loads(json.dumps(rows.to_pylist(), default=lambda each: each.isoformat()))


@pytest.mark.parametrize("form", FORMS)
def test_an_unchanged_file_is_not_sent_twice(clock, client: Client, form: str) -> None:
    first = client.get(f"/open-data/external.{form}")
    assert set(first["Cache-Control"].split(", ")) == {"public", "max-age=60"}
    again = client.get(f"/open-data/external.{form}", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["nothing.json", "figures.xml", "figures", "Figures.json", "../figures.json"])
def test_other_files_are_not_found(clock, client: Client, path: str) -> None:
    assert client.get(f"/open-data/{path}").status_code == 404


def test_the_published_file_is_the_document_that_alliance_figures_are_made_of(clock, client: Client) -> None:
    answer = client.get("/open-data/figures.json")
    assert services.documents(clock.now())["FR"] == figures_document.read(answer.content)
