"""Settings, and the processes of this machine that serve them."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from rempart.node.doctor.findings import Finding, error, info, ok, warning

_HSTS_YEAR = 31_536_000
_CLOSED = "closed"
"""A web process that this one may not look into, as the shipped units are to one another."""
_LOCAL = ("", "localhost", "127.0.0.1", "::1")


def look(processes: Path = Path("/proc")) -> Iterator[Finding]:
    """Findings on mode, host names, cookies, TLS, scripts, mail relay, and how surfaces are divided."""
    yield _mode()
    yield _hosts()
    yield _cookies()
    yield _tls()
    yield _policy()
    yield _mail()
    yield _registries()
    yield _divided(processes)


def _mode() -> Finding:
    if settings.MODE != "production":
        return warning(
            "mode",
            f"This node runs in {settings.MODE} mode: no TLS, made-up networks allowed, loopback only.",
            "For real reports set REMPART_MODE=production.",
        )
    return ok("mode", "Production mode.")


def _hosts() -> Finding:
    named = ", ".join(settings.ALLOWED_HOSTS)
    if any(host.startswith((".", "*")) for host in settings.ALLOWED_HOSTS):
        return error("hosts", f"Host names with a wildcard: {named}.", "Name each host in REMPART_HOSTS.")
    return ok("hosts", f"Answers to: {named}.")


def _cookies() -> Finding:
    lacking = [
        name
        for name, wanted in (
            ("SESSION_COOKIE_SECURE", True),
            ("SESSION_COOKIE_HTTPONLY", True),
            ("SESSION_COOKIE_SAMESITE", "Strict"),
            ("CSRF_COOKIE_SECURE", True),
            ("CSRF_COOKIE_SAMESITE", "Strict"),
        )
        if getattr(settings, name) != wanted
    ]
    if lacking and settings.MODE == "production":
        return error("cookies", f"Not strict: {', '.join(lacking)}.", "Use the settings as they are shipped.")
    if lacking:
        return info("cookies", f"Not strict outside production: {', '.join(lacking)}.")
    return ok("cookies", "Cookies are secure, strict and closed to scripts.")


def _tls() -> Finding:
    if settings.MODE != "production":
        return info("tls", "Outside production nothing asks for TLS.")
    if not getattr(settings, "SECURE_SSL_REDIRECT", False) or settings.SECURE_HSTS_SECONDS < _HSTS_YEAR:
        return error(
            "tls", "Pages are also answered without TLS, or HSTS is under a year.", "Use the shipped settings."
        )
    return ok("tls", "Plain HTTP is redirected, HSTS is on; the proxy must set X-Forwarded-Proto itself.")


def _policy() -> Finding:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    loose = [name for name, values in directives.items() if any("unsafe" in str(value) for value in values)]
    if loose or "default-src" not in directives:
        return error("policy", "Pages may run inline scripts or styles.", "Use the policy as it is shipped.")
    return ok("policy", "No inline or foreign scripts and styles.")


def _mail() -> Finding:
    if not settings.SMTP:
        return warning(
            "mail", "No mail relay is set: notices by mail wait.", "Set REMPART_SMTP to the relay's host:port."
        )
    host = settings.SMTP.rpartition(":")[0].strip("[]")
    if not settings.SMTP_STARTTLS and host not in _LOCAL:
        return error("mail", "Notices go to the relay in the clear.", "Remove REMPART_SMTP_STARTTLS=0.")
    return ok("mail", f"Notices leave by {host}.")


def _registries() -> Finding:
    lacking = [
        name for name, value in (("REMPART_RDAP", settings.RDAP), ("REMPART_MMDB_ASN", settings.MMDB_ASN)) if not value
    ]
    if lacking:
        return info("registries", f"Not set: {', '.join(lacking)}.", "With them more hosts and contacts are found.")
    return ok("registries", "Registries and networks are known.")


def _divided(processes: Path) -> Finding:
    """Which surfaces the web processes of this account serve on this machine."""
    serving = _surfaces(processes)
    if not serving:
        return info(
            "surfaces", "No web process of this account runs on this machine.", "Ask on each machine that serves."
        )
    if serving == {_CLOSED}:
        return info("surfaces", "Web processes run here that this one may not look into: the shipped units are so.")
    serving -= {_CLOSED}
    if "all" in serving and settings.MODE == "production":
        return warning(
            "surfaces",
            "One process serves the public, staff and machines.",
            "Run one for each with REMPART_SURFACE, as the units in deploy/systemd do.",
        )
    return ok("surfaces", f"Served apart here: {', '.join(sorted(serving))}.")


def _surfaces(processes: Path) -> set[str]:
    found = set()
    for command in processes.glob("[0-9]*/cmdline"):
        try:
            if b"rempart.node.wsgi" not in command.read_bytes():
                continue
            variables = command.with_name("environ").read_bytes().split(b"\0")
        except PermissionError:
            found.add(_CLOSED)
            continue
        except OSError:
            continue
        home = str(settings.HOME.path)
        values = dict(one.decode(errors="replace").partition("=")[::2] for one in variables if b"=" in one)
        if values.get("REMPART_HOME", home) == home:
            found.add(values.get("REMPART_SURFACE", "all"))
    return found
