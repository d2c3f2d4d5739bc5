"""The lists page and its import form."""

import json
import re
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from rempart.node.audit import services as audit
from rempart.node.intake import platforms
from rempart.node.lists import forms, services, sharing

MD5 = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def enter(people, clock) -> Callable[[str], Client]:
    def log_in(name: str) -> Client:
        client = Client()
        client.force_login(people[name])
        return client

    return log_in


def upload(lines: str, name: str = "hashes.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, lines.encode())


def send(client: Client, lines: str = f"md5\n{MD5}\n", *, file_name: str = "hashes.csv", **more):
    sent = {"name": "Example list", "category": "national", "settles": "yes"} | more
    return client.post("/staff/lists/import", {"file": upload(lines, file_name), **sent}, follow=True)


def text(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_no_list_yet(enter):
    page = text(enter("lin").get("/staff/lists/"))
    assert "No list yet" in page
    assert "Import the first one below" in page


def test_the_table_counts_and_says_what_a_match_does(enter):
    lin = enter("lin")
    send(lin)
    send(lin, name="Other list", settles="no", category="A1")
    page = text(enter("ana").get("/staff/lists/"))
    assert "2 lists" in page
    assert "2 standing entries" in page
    assert re.search(r"Example list Illegal here Settles 1 0 hashes\.csv", page)
    assert re.search(r"Other list A1 Informs 1 0", page)


def test_the_table_says_who_gets_a_list(enter):
    lin = enter("lin")
    send(lin)
    assert "To nobody" in text(lin.get("/staff/lists/"))
    sharing.set_terms("Example list", may_share=True)
    assert "To 0 platforms" in text(lin.get("/staff/lists/"))
    username, _ = platforms.add_platform("Example Chat")
    sharing.grant("Example list", platforms.platform_id(username))
    assert "To 1 platform " in text(lin.get("/staff/lists/"))


def test_an_import_names_its_actor(enter, people):
    assert "1 entries added, 0 present already" in text(send(enter("lin")))
    [fact] = audit.events(actions=["list:imported"])
    assert fact.actor == people["lin"].actor
    assert fact.data == {"entries": 1, "rejected": 0}


def test_rejected_lines_are_named_and_the_others_kept(enter):
    page = text(send(enter("lin"), f"md5\n{MD5}\nnot-a-hash\n"))
    assert "1 entries added, 0 present already, 1 lines rejected" in page
    assert "Line 3:" in page
    assert "not-a-hash" not in page
    assert services.counts() == {"Example list": 1}


def test_vics_by_its_name(enter):
    set_of_one = {
        "@odata.context": "https://vics.example/FR/odata/$metadata#Cases",
        "value": [{"CaseID": "1", "Media": [{"MediaID": 1, "MD5": MD5.upper(), "MediaSize": 3}]}],
    }
    assert "1 entries added" in text(send(enter("lin"), json.dumps(set_of_one), file_name="set.JSON"))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"category": ""}, "required"),
        ({"name": " "}, "required"),
        ({"lines": "no header here\n"}, "no usable header"),
        ({"lines": ""}, "empty"),
    ],
)
def test_what_cannot_be_imported_is_said_at_its_field(enter, more, said):
    response = send(enter("lin"), **more)
    assert response.status_code == 422
    assert said in text(response)
    assert 'class="field wrong"' in response.content.decode()
    assert services.counts() == {}


def test_another_category_for_a_list_that_exists_is_refused(enter):
    lin = enter("lin")
    send(lin)
    response = send(lin, category="baseline")
    assert response.status_code == 422
    assert "The list exists with category" in text(response)


def test_a_large_file_goes_to_the_command_line(enter, monkeypatch):
    monkeypatch.setattr(forms, "MAX_UPLOAD_BYTES", 3)
    response = send(enter("lin"))
    assert response.status_code == 422
    assert "rempart lists import FILE" in text(response)


def test_the_form_is_for_list_managers(enter):
    ana = enter("ana")
    assert "Import a file" not in text(ana.get("/staff/lists/"))
    assert send(ana).status_code == 403
    assert services.counts() == {}
