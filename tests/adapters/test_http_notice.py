import json
from typing import Any

import pytest

from rempart.adapters.dns import StaticResolver
from rempart.adapters.http_notice import post_notice
from rempart.core.errors import InputError, OutsideFailure, Rejected

BODY = json.dumps({"XARFVersion": "4"}).encode()


def post(server: Any, url: str = "http://abuse.host.example/notices", **settings: Any) -> str:
    places = {"abuse.host.example": server.address} if server else {}
    return post_notice(
        url,
        BODY,
        idempotency_key="notice-7",
        **{"timeout": 1.0, "connect_map": places, "resolver": StaticResolver({}), **settings},
    )


def test_a_notice_arrives_once_and_whole(serve: Any) -> None:
    server = serve(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
    assert post(server) == "202 Accepted"
    (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert body == BODY
    assert head.startswith(b"POST /notices HTTP/1.1\r\nHost: abuse.host.example\r\n")
    assert b"Content-Type: application/json" in head
    assert b"Idempotency-Key: notice-7" in head


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 404, 410, 422])
def test_a_refusal_for_good_is_rejected(serve: Any, status: int) -> None:
    server = serve(
        f"HTTP/1.1 {status} No\r\nLocation: http://abuse.host.example/new\r\nContent-Length: 0\r\n\r\n".encode()
    )
    with pytest.raises(Rejected, match=str(status)):
        post(server)
    assert server.connections == 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_a_passing_refusal_is_tried_again(serve: Any, status: int) -> None:
    with pytest.raises(OutsideFailure, match=str(status)) as caught:
        post(serve(f"HTTP/1.1 {status} Later\r\nContent-Length: 0\r\n\r\n".encode()))
    assert not isinstance(caught.value, Rejected)


def test_networks_that_fail_are_tried_again(serve: Any, closed_port: int) -> None:
    for settings in ({"connect_map": {"abuse.host.example": ("127.0.0.1", closed_port)}}, {"connect_map": {}}):
        with pytest.raises(OutsideFailure) as caught:
            post(None, **settings)
        assert not isinstance(caught.value, Rejected)
    with pytest.raises(OutsideFailure):
        post(serve(b""))


def test_an_address_inside_is_rejected_without_sending(serve: Any) -> None:
    server = serve(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
    with pytest.raises(Rejected, match="public internet"):
        post(None, server.url("/notices"))
    assert server.connections == 0
    assert post(None, server.url("/notices"), allow_loopback=True) == "202 Accepted"


def test_something_else_than_a_url_is_an_input_error() -> None:
    with pytest.raises(InputError):
        post(None, "mailto:abuse@host.example")
