"""Signed lists on the command line: they count once somebody said whose signature does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from adapters.signed_lists import STRANGER, SignedPublisher, pdq, trust_file

from rempart.formats.signed_list import lists_key


@pytest.fixture
def made(tmp_path: Path) -> SignedPublisher:
    publisher = SignedPublisher(tmp_path / "mirror")
    publisher.change({pdq(1): ("baseline", 2)})
    return publisher


@pytest.fixture
def values(tmp_path: Path) -> Path:
    path = tmp_path / "values.csv"
    path.write_text(f"pdq\n{pdq(1).hex()}\n")
    return path


def test_a_list_that_a_trusted_node_signed_is_matched(
    rempart: Callable[..., Any], made: SignedPublisher, values: Path, tmp_path: Path
) -> None:
    options = "--from-csv", values, "--list", made.folder, "--json"
    done = rempart("match", *options, "--list-trust", trust_file(tmp_path), code=10)
    assert '"list":"alliance"' in done.stdout.replace(" ", "")
    rempart("match", *options, "--unsigned-ok", code=10)


def test_without_a_choice_or_with_another_key_it_is_refused(
    rempart: Callable[..., Any], made: SignedPublisher, values: Path, tmp_path: Path
) -> None:
    options = "--from-csv", values, "--list", made.folder
    assert "--list-trust FILE" in rempart("match", *options, code=1).stderr
    stranger = trust_file(tmp_path, lists_key("hotline.example/log", STRANGER.public_key))
    assert "not trusted" in rempart("match", *options, "--list-trust", stranger, code=1).stderr


def test_an_index_is_built_of_it(
    rempart: Callable[..., Any], made: SignedPublisher, values: Path, tmp_path: Path
) -> None:
    index = tmp_path / "alliance.index"
    assert "--list-trust FILE" in rempart("index", "build", made.folder, "-o", index, code=1).stderr
    rempart("index", "build", made.folder, "-o", index, "--list-trust", trust_file(tmp_path))
    rempart("match", "--from-csv", values, "--list", index, code=10)
