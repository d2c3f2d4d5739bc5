import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from rempart.adapters.mail import Mailer
from rempart.core.errors import InputError, OutsideFailure, Rejected

MESSAGE = (
    b"From: notices@hotline.example\r\nTo: abuse@host.example\r\nSubject: Notice\r\n\r\nPlease act.\r\n.\r\nEnd\r\n"
)
SENDER, RECIPIENT = "notices@hotline.example", "abuse@host.example"


class Relay:
    """Answers each step as told; keeps what it took."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.taken: list[Envelope] = []

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.answers.get("mail", "250 OK")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.answers.get("rcpt", "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answers.get("data") == "drop":
            assert server.transport is not None
            server.transport.abort()
            return "250 never seen"
        self.taken.append(envelope)
        return self.answers.get("data", "250 2.0.0 queued as 7")


Start = Callable[..., Mailer]


@pytest.fixture
def start() -> Iterator[Start]:
    controllers: list[Controller] = []

    def run(relay: Relay, server: dict[str, Any] | None = None, **settings: Any) -> Mailer:
        controller = Controller(relay, hostname="127.0.0.1", port=free_port(), **(server or {}))
        controller.start()
        controllers.append(controller)
        return Mailer("127.0.0.1", controller.port, **{"starttls": False, "timeout": 5.0, **settings})

    yield run
    for controller in controllers:
        controller.stop(no_assert=True)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_an_accepted_message_arrives_as_sent(start: Start) -> None:
    relay = Relay()
    assert start(relay).send(MESSAGE, SENDER, RECIPIENT) == "250 2.0.0 queued as 7"
    (envelope,) = relay.taken
    assert (envelope.mail_from, envelope.rcpt_tos) == (SENDER, [RECIPIENT])
    assert envelope.content == MESSAGE


def test_line_ends_are_made_whole_and_eight_bit_text_is_announced(start: Start) -> None:
    relay = Relay()
    start(relay).send("Subject: é\n\nbare\rends\n".encode(), SENDER, RECIPIENT)
    (envelope,) = relay.taken
    assert envelope.content == "Subject: é\r\n\r\nbare\r\nends\r\n".encode()
    assert "BODY=8BITMIME" in envelope.mail_options


@pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
def test_a_permanent_refusal_is_rejected(start: Start, step: str) -> None:
    with pytest.raises(Rejected, match="550 5\\.1\\.1 no such mailbox"):
        start(Relay(**{step: "550 5.1.1 no such mailbox"})).send(MESSAGE, SENDER, RECIPIENT)


@pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
def test_a_passing_refusal_is_tried_again(start: Start, step: str) -> None:
    with pytest.raises(OutsideFailure, match="451 4\\.3\\.0 come back later") as caught:
        start(Relay(**{step: "451 4.3.0 come back later"})).send(MESSAGE, SENDER, RECIPIENT)
    assert not isinstance(caught.value, Rejected)


def test_a_connection_dropped_during_the_content_is_tried_again(start: Start) -> None:
    with pytest.raises(OutsideFailure) as caught:
        start(Relay(data="drop")).send(MESSAGE, SENDER, RECIPIENT)
    assert not isinstance(caught.value, Rejected)


def test_the_content_limit_of_the_relay_is_a_rejection(start: Start) -> None:
    with pytest.raises(Rejected, match="552"):
        start(Relay(), {"data_size_limit": 1000}).send(MESSAGE + b"line\r\n" * 400, SENDER, RECIPIENT)


def test_a_password_is_used_and_a_wrong_one_is_not_a_rejection(start: Start) -> None:
    tried: list[bytes] = []

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        tried.append(data.password)
        return AuthResult(success=data.password == b"right", handled=False)

    server = {"authenticator": check, "auth_require_tls": False, "auth_exclude_mechanism": ["LOGIN"]}
    relay = Relay()
    assert start(relay, server, user="node", password="right").send(MESSAGE, SENDER, RECIPIENT).startswith("250")
    with pytest.raises(OutsideFailure, match="535") as caught:
        start(Relay(), server, user="node", password="wrong").send(MESSAGE, SENDER, RECIPIENT)
    assert not isinstance(caught.value, Rejected)
    assert tried == [b"right", b"wrong"]
    assert "wrong" not in repr(Mailer("127.0.0.1", 25, user="node", password="wrong"))


def test_starttls_is_not_given_up_when_the_relay_has_none(start: Start) -> None:
    relay = Relay()
    with pytest.raises(OutsideFailure):
        start(relay, starttls=True).send(MESSAGE, SENDER, RECIPIENT)
    assert relay.taken == []


def test_a_relay_that_is_down_or_silent_or_not_ready_is_tried_again(serve: Any, closed_port: int) -> None:
    def hold(connection: socket.socket, _: bytes) -> None:
        with suppress(TimeoutError):
            connection.recv(1)

    silent = serve(hold, reads=False).port
    busy = serve(b"554 no service\r\n", reads=False).port
    for port in (closed_port, silent, busy):
        with pytest.raises(OutsideFailure) as caught:
            Mailer("127.0.0.1", port, starttls=False, timeout=0.3).send(MESSAGE, SENDER, RECIPIENT)
        assert not isinstance(caught.value, Rejected)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "abuse",
        "a@b@c",
        "a b@host.example",
        "a@host.example\r\nRCPT TO:<x@y.example>",
        "<a@host.example>",
        "é@host.example",
    ],
)
def test_addresses_that_could_carry_commands_are_refused_before_connecting(address: str) -> None:
    with pytest.raises(InputError):
        Mailer("127.0.0.1", 1, starttls=False).send(MESSAGE, SENDER, address)
    with pytest.raises(InputError):
        Mailer("127.0.0.1", 1, starttls=False).send(MESSAGE, address, RECIPIENT)
