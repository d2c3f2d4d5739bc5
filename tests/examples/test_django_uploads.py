"""examples/django_uploads through Django's own client: one storage setting, and forms and views know nothing of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def run(tmp_path, environment, listed, other):
    """What the program prints; it uploads a listed picture and another."""
    files = [tmp_path / "listed.png", tmp_path / "other.png"]
    for path, data in zip(files, (listed, other), strict=True):
        path.write_bytes(data)
    (tmp_path / "media").mkdir()

    def program(**changes: str) -> dict:
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("django_program.py")), *map(str, files)],
            env=environment | {"SECRET_KEY": "made up", "MEDIA_ROOT": str(tmp_path / "media")} | changes,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        told["listed"], told["other"] = (told[str(path)] for path in files)
        return told

    return program


def test_a_listed_picture_is_kept_and_its_uploader_sees_no_difference(run, listed, other, kept):
    told = run()
    seen = ("status", "headers", "fields")
    assert [told["listed"][name] for name in seen] == [told["other"][name] for name in seen]
    assert (told["listed"]["status"], told["listed"]["fields"]) == (202, ["id"])
    assert (told["other"]["shown"], told["other"]["whole"]) == (200, True)
    assert (told["listed"]["shown"], told["listed"]["page"]) == (404, told["never"])
    assert told["published"] == [other.hex()]
    assert kept("quarantine") == [listed]
    assert told["no_token"] == 403


@pytest.mark.parametrize(("undecided", "shown"), [("hold", 404), ("publish", 200)])
def test_what_could_not_be_screened_is_settled_later(run, matching, listed, other, kept, undecided, shown):
    told = run(SCREEN_URL="http://127.0.0.1:9", SCREEN_UNDECIDED=undecided, THEN_SCREEN_URL=matching[0].url)
    assert [told[name]["shown"] for name in ("listed", "other")] == [shown, shown]
    assert told["published"] == [other.hex()]
    assert kept("quarantine") == [listed]
    assert kept("waiting") == []
