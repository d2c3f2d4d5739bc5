"""The match service follows a signed list without restart, and refuses what nobody it trusts signed."""

from pathlib import Path

from adapters.signed_lists import KEY, STRANGER, SignedPublisher, Standing, pdq, trust_file
from matcher.serving import Service, running, until
from matcher.test_matcher_changes import SOON, all_workers_say, state_of

ONE: Standing = {pdq(1): ("baseline", 2)}
TWO: Standing = ONE | {pdq(2): ("baseline", 3)}


def published(folder: Path) -> SignedPublisher:
    made = SignedPublisher(folder / "mirror")
    made.change(ONE)
    return made


def fails(service: Service) -> bool:
    with service.client() as client:
        return state_of(client, "alliance") == "failing"


def test_a_signed_list_that_grows_and_shrinks_is_followed(tmp_path: Path) -> None:
    made, trust = published(tmp_path), trust_file(tmp_path)
    with running([made.folder], tmp_path / "data", "--list-trust", str(trust), workers=2) as service:
        made.change(TWO)
        until(all_workers_say(service, pdq(2), "match"), SOON, service)
        made.grow()
        made.change({pdq(2): ("baseline", 3)})
        until(all_workers_say(service, pdq(1), "no_match"), SOON, service)
        made.change({pdq(2): ("A1", 2)})
        made.snap()
        with service.client() as client:
            until(lambda: hit_of(service)["confirmations"] == 2, SOON, service)
            assert state_of(client, "alliance") == "current"
    assert pdq(2).hex() not in service.output


def test_what_somebody_else_signs_or_serves_again_changes_nothing(tmp_path: Path) -> None:
    made, trust = published(tmp_path), trust_file(tmp_path)
    first = (made.folder / "list.note").read_bytes()
    options = "--list-trust", str(trust)
    with running([made.folder], tmp_path / "data", *options) as service:
        made.change(TWO)
        until(all_workers_say(service, pdq(2), "match"), SOON, service)
        right = (made.folder / "list.note").read_bytes()
        made.signer = STRANGER
        made.change({})
        until(lambda: fails(service), SOON, service)
        made.put("list.note", first)
        assert all_workers_say(service, pdq(2), "match")()
        service.stop()
    with running([made.folder], tmp_path / "data", *options, wait=False) as service:
        # The old list again, after a restart: what was read last is what counts.
        until(lambda: "goes back from sequence" in service.output, SOON, service)
        service.wait_ready()
        assert all_workers_say(service, pdq(2), "match")()
        made.put("list.note", right)
        until(lambda: not fails(service), SOON, service)
        assert all_workers_say(service, pdq(2), "match")()


def test_many_additions_do_not_keep_a_withdrawal_waiting(tmp_path: Path) -> None:
    made, trust = published(tmp_path), trust_file(tmp_path)
    with running([made.folder], tmp_path / "data", "--list-trust", str(trust)) as service:
        made.change({pdq(number): ("baseline", 2) for number in range(2, 1500)} | {pdq(0): ("A1", 2)})
        until(all_workers_say(service, pdq(1), "no_match"), SOON, service)
        until(all_workers_say(service, pdq(2), "match"), SOON, service)


def test_without_a_choice_it_says_what_to_choose(tmp_path: Path) -> None:
    made = published(tmp_path)
    with running([made.folder], tmp_path / "data", wait=False) as service:
        until(lambda: "--list-trust FILE" in service.output, SOON, service)
    with running([made.folder], tmp_path / "other", "--unsigned-ok") as service:
        assert all_workers_say(service, pdq(1), "match")()
    assert KEY.vkey not in service.output


def hit_of(service: Service) -> dict[str, object]:
    with service.client() as client:
        [hit] = client.post("/v1/lookup", json={"items": [{"pdq": pdq(2).hex()}]}).json()["results"][0]["hits"]
    return hit
