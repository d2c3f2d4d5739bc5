"""examples/synapse_module against a stand-in for the parts of Synapse's module API that it uses."""

import asyncio
import sys
from dataclasses import dataclass, field
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from types import ModuleType

import pytest


class Codes(StrEnum):
    FORBIDDEN = "M_FORBIDDEN"


class ConfigError(Exception):
    """As Synapse's."""


@dataclass
class Api:
    callbacks: dict[str, object] = field(default_factory=dict)

    def register_spam_checker_callbacks(self, **callbacks: object) -> None:
        self.callbacks |= callbacks

    async def defer_to_thread(self, function, *arguments):
        return await asyncio.to_thread(function, *arguments)


@dataclass
class FileInfo:
    server_name: str | None = None
    file_id: str = "madeup1"
    thumbnail: object = None


@dataclass
class ReadableFileWrapper:
    data: bytes

    async def write_chunks_to(self, callback) -> None:
        file = BytesIO(self.data)
        while chunk := file.read(1 << 14):
            callback(chunk)
            await asyncio.sleep(0)


@pytest.fixture
def module(monkeypatch):
    synapse, api, errors = (ModuleType(name) for name in ("synapse", "synapse.module_api", "synapse.module_api.errors"))
    api.NOT_SPAM, api.ModuleApi, errors.Codes, errors.ConfigError = "NOT_SPAM", Api, Codes, ConfigError
    for each in (synapse, api, errors):
        monkeypatch.setitem(sys.modules, each.__name__, each)
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "examples" / "synapse_module"))
    import rempart_screen

    yield rempart_screen
    del sys.modules["rempart_screen"]


@pytest.fixture
def config(matching, tmp_path, monkeypatch):
    service, key = matching
    monkeypatch.setenv("SCREEN_KEY", key)
    return {"url": service.url, "folder": str(tmp_path / "screening"), "undecided": "hold"}


@pytest.fixture
def check(module, config):
    """The callback as Synapse would call it; settings may be changed for a call."""

    def call(data: bytes, info: FileInfo | None = None, **changes: str) -> object:
        api = Api()
        module.RempartScreen(module.RempartScreen.parse_config(config | changes), api)
        callback = api.callbacks["check_media_file_for_spam"]
        return asyncio.run(callback(ReadableFileWrapper(data), info or FileInfo()))

    return call


def test_a_listed_picture_is_refused_and_kept_others_pass(check, listed, other, kept):
    assert check(listed) is Codes.FORBIDDEN
    assert check(other) == "NOT_SPAM"
    assert check(listed, FileInfo("other.example", "madeup2")) is Codes.FORBIDDEN
    assert kept("quarantine") == [listed, listed]


def test_thumbnails_are_not_screened_again(check, listed):
    assert check(listed, FileInfo(thumbnail=object())) == "NOT_SPAM"


@pytest.mark.parametrize(("undecided", "answer"), [("hold", Codes.FORBIDDEN), ("publish", "NOT_SPAM")])
def test_without_the_service_the_choice_counts(check, other, kept, undecided, answer):
    assert check(other, url="http://127.0.0.1:9", undecided=undecided) == answer
    assert kept("waiting") == []


@pytest.mark.parametrize("wrong", [{"url": "nowhere"}, {"undecided": "perhaps"}, {"folder": "/dev/null/folder"}])
def test_wrong_settings_stop_the_start(module, config, wrong):
    with pytest.raises(ConfigError, match="rempart_screen"):
        module.RempartScreen.parse_config(config | wrong)


@pytest.mark.parametrize("missing", ["url", "folder", "undecided"])
def test_missing_settings_stop_the_start(module, config, missing):
    del config[missing]
    with pytest.raises(ConfigError, match=missing):
        module.RempartScreen.parse_config(config)
