"""Mail out through the member's own relay (SMTP, RFC 5321)."""

import contextlib
import re
import smtplib
import ssl
from dataclasses import dataclass, field

from rempart.core.errors import InputError, OutsideFailure, Rejected

_ADDRESS = re.compile(r"[!-;=?A-~]+@[!-;=?A-~]+\Z")
_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Mailer:
    """Hands one message at a time to the relay; `timeout` in seconds for each step of the dialogue."""

    host: str
    port: int
    starttls: bool = field(default=True, kw_only=True)
    user: str | None = field(default=None, kw_only=True)
    password: str | None = field(default=None, kw_only=True, repr=False)
    timeout: float = field(default=30.0, kw_only=True)

    def send(self, message: bytes, sender: str, recipient: str) -> str:
        """The relay's reply that it took the message, such as `250 2.0.0 queued as ...`.

        Rejected when the relay refuses this message for good (5xx to sender, recipient or content). OutsideFailure
        for everything worth another try. After a connection lost during the content nobody knows whether the relay
        took it: keep the Message-ID for the next try, so that a second copy is recognised as one.
        """
        for address in (sender, recipient):
            if not _ADDRESS.match(address):
                raise InputError("a mail address is not of the form name@host.", where="mail", advice="Correct it.")
        try:
            # The sender's domain greets: the machine's own name stays inside, and no look-up is needed for it.
            with contextlib.closing(self._connected(sender.rpartition("@")[2])) as relay:
                reply = _transfer(relay, _LINE_END.sub(b"\r\n", message), sender, recipient)
                with contextlib.suppress(smtplib.SMTPException, OSError):
                    relay.quit()
                return reply
        except (smtplib.SMTPException, OSError) as error:
            raise OutsideFailure(
                f"the dialogue with the mail relay failed ({_reason(error)}).",
                where=f"{self.host}:{self.port}",
                advice="It is tried again; check the relay and its settings if this lasts.",
            ) from error

    def _connected(self, helo: str) -> smtplib.SMTP:
        relay = smtplib.SMTP(self.host, self.port, local_hostname=helo, timeout=self.timeout)
        try:
            relay.ehlo_or_helo_if_needed()
            if self.starttls:
                relay.starttls(context=ssl.create_default_context())
                relay.ehlo_or_helo_if_needed()
            if self.user is not None:
                relay.login(self.user, self.password or "")
        except (smtplib.SMTPException, OSError):
            relay.close()
            raise
        return relay


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _reply(error.smtp_code, error.smtp_error)
    return type(error).__name__


def _reply(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(words.split())}".strip()[:200]


def _expect(relay: smtplib.SMTP, step: str, answer: tuple[int, bytes]) -> str:
    code, text = answer
    reply = _reply(code, text)
    if 200 <= code < 300:
        return reply
    if 500 <= code < 600:
        raise Rejected(
            f"the mail relay refused the {step} ({reply}).",
            where="mail",
            advice="Check the recipient's address and the message.",
        )
    raise OutsideFailure(f"the mail relay put off the {step} ({reply}).", where="mail", advice="It is tried again.")


def _transfer(relay: smtplib.SMTP, message: bytes, sender: str, recipient: str) -> str:
    options = ["BODY=8BITMIME"] if not message.isascii() and relay.has_extn("8bitmime") else []
    _expect(relay, "sender", relay.mail(sender, options))
    _expect(relay, "recipient", relay.rcpt(recipient))
    try:
        return _expect(relay, "content", relay.data(message))
    except smtplib.SMTPDataError as error:
        # The relay refused before the content was sent.
        error_text = error.smtp_error if isinstance(error.smtp_error, bytes) else error.smtp_error.encode()
        return _expect(relay, "content", (error.smtp_code, error_text))
