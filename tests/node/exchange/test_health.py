"""Staff see how the exchange stands, and so does an operator; a credential is in neither."""

import json

import pytest
from node.exchange.away import Internet
from typer.testing import CliRunner

from rempart.adapters.credentials import Credentials
from rempart.cli.main import app
from rempart.core.errors import InputError, IntegrityError
from rempart.node.exchange import asking, following, own_log
from rempart.node.exchange.health import health, problems

SECRET = "for-fr:a-secret-that-nobody-sees"


@pytest.fixture
def away(internet: Internet, clock):
    for member in internet.members:
        member.say(1, 2)
        member.publish(internet.members)
    own_log.tell_key()
    own_log.writer().append([bytes(16)] * 4)
    following.look_around("all")()
    return internet.members[0]


def test_all_is_well(away, people, enter) -> None:
    page = enter("lin").get("/staff/exchange/").content.decode()
    assert page.count("Believed") == 3
    assert "4 groups count; 3 are needed." in page
    assert "two histories" not in page
    assert set(problems().values()) == {0}


def test_what_is_wrong_is_named(away, internet, people, enter, clock) -> None:
    away.history = away.history.fork(0)
    away.say(8, 9)
    away.publish(internet.members)
    internet.members[1].answers["log/checkpoint"] = (500, b"")
    for member in internet.members[1:]:
        member.witness_signer = away.witness_signer
    own_log.writer().append([bytes(16)] * 4)
    clock.advance(hours=1)
    following.look_around("all")()
    page = enter("lin").get("/staff/exchange/").content.decode()
    assert "A log showed two histories." in page
    assert "Cannot be reached" in page
    assert "2 of the 3 groups needed" in page
    found = {name: number for name, number in problems().items() if number}
    assert found == {"refused": 1, "proofs": 1, "cosignatures_missing": 1}


@pytest.mark.parametrize("name", ["lin", "sacha", "aude", "adam"])
def test_who_may_see_it(internet, people, enter, name: str) -> None:
    assert enter(name).get("/staff/exchange/").status_code == 200


def test_without_a_roster_the_page_says_so(db, people, enter) -> None:
    assert "no roster yet" in enter("lin").get("/staff/exchange/").content.decode()


def test_a_credential_is_kept_for_this_account_alone(away, people, enter) -> None:
    found = CliRunner().invoke(app, ["exchange", "credential", away.origin], input=f"{SECRET}\n")
    assert found.exit_code == 0, found.output
    assert asking.credentials().of(away.origin) == SECRET
    path = asking.credentials()._path
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert "a-secret" not in found.output + repr(asking.credentials()) + repr(asking.log_of(away.entry()))
    assert "a-secret" not in enter("lin").get("/staff/exchange/").content.decode()
    assert health().logs[0].has_credential
    CliRunner().invoke(app, ["exchange", "credential", away.origin, "--forget"])
    assert asking.credentials().origins() == []


def test_what_is_no_credential_is_not_kept(away, tmp_path) -> None:
    for text in ("", "nocolon", ":x", "x:", "a:b\nc", "a:" + "x" * 500, "ä:b"):
        with pytest.raises(InputError):
            Credentials(tmp_path / "c.json").keep(away.origin, text)
    assert CliRunner().invoke(app, ["exchange", "credential", "else.example/log"], input=SECRET).exit_code == 1
    for text in ("{", "[]", '{"a": 1}'):
        (tmp_path / "c.json").write_text(text)
        with pytest.raises(IntegrityError):
            Credentials(tmp_path / "c.json").of("a")


def test_an_operator_sees_the_same(away, internet) -> None:
    found = CliRunner().invoke(app, ["exchange", "show", "--json"])
    assert found.exit_code == 0
    told = json.loads(found.stdout)
    assert [one["refusal"] for one in told["logs"]] == ["", "", ""]
    assert (told["counted"], told["needed"]) == (4, 3)
    away.history = away.history.fork(0)
    away.say(8, 9)
    away.publish(internet.members)
    following.look_at([away.entry()])
    found = CliRunner().invoke(app, ["exchange", "show"])
    assert found.exit_code == 3
    assert "split_view" in found.output
