"""A mail server on loopback that keeps every notice as a file and hands it to the pretend host, as a host's would."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import TYPE_CHECKING

from rempart.core.errors import UnsafeStart

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, Envelope, Session

OnNotice = Callable[[str, str], None]
_TAG = "notice:"


def read_notice(message: bytes) -> tuple[str, str]:
    """The address and the purpose (first, reminder, escalation, reappeared) a notice names in its XARF part."""
    for part in BytesParser(policy=policy.default).parsebytes(message).walk():
        if part.get_content_type() == "application/json":
            xarf = json.loads(part.get_content())
            purpose = next(tag.removeprefix(_TAG) for tag in xarf["tags"] if tag.startswith(_TAG))
            return xarf["url"], purpose
    raise ValueError("the mail has no XARF part")


class MailSink:
    """Takes mail on 127.0.0.1 at a port of its own, until closed."""

    def __init__(self, folder: Path, on_notice: OnNotice) -> None:
        self._folder = folder
        self._on_notice = on_notice
        self.received = 0
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            self._loop.create_server(self._protocol_maker(), sock=self._socket)
        )
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def _protocol_maker(self) -> Callable[[], "SMTP"]:
        try:
            from aiosmtpd.smtp import SMTP
        except ModuleNotFoundError as missing:
            raise UnsafeStart(
                "the demonstration's mail server is not installed.",
                advice="Run `make setup`, or install rempart[demo].",
            ) from missing
        return lambda: SMTP(self, hostname="mail.example", loop=self._loop)

    async def handle_DATA(self, server: "SMTP", session: "Session", envelope: "Envelope") -> str:
        message = envelope.original_content or b""
        url, purpose = read_notice(message)
        self.received += 1
        (self._folder / f"{self.received:03d}-{purpose}.eml").write_bytes(message)
        self._on_notice(url, purpose)
        return "250 2.0.0 taken"

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()
