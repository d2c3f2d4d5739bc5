"""What `deploy/` ships: units that systemd accepts and a proxy that nginx accepts, as the pages say they are."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from rempart.adapters.home import HELD

KEYS = "/etc/rempart/keys"
SURFACES = {"public": 8001, "staff": 8002, "machine": 8003}
Block = tuple[tuple[str, ...], "list[Block] | None"]


@pytest.fixture(scope="module")
def deploy(repository: Path) -> Path:
    return repository / "deploy"


def unit(path: Path) -> dict[str, list[str]]:
    """A unit's settings, each with all its values."""
    found: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def services(deploy: Path) -> dict[str, dict[str, list[str]]]:
    return {path.stem: unit(path) for path in sorted((deploy / "systemd").glob("*.service"))}


class TestUnits:
    def test_each_surface_has_a_process_of_its_own(self, deploy: Path) -> None:
        for name, port in SURFACES.items():
            one = services(deploy)[f"rempart-{name}"]
            assert f"REMPART_SURFACE={name}" in one["Environment"]
            assert one["ExecStart"] == [f"/opt/rempart/bin/rempart run --port {port} --worker-processes 0"]
            assert one["IPAddressDeny"] == ["any"]

    def test_the_target_wants_every_process(self, deploy: Path) -> None:
        wanted = unit(deploy / "systemd" / "rempart.target")["Wants"][0].split()
        assert set(wanted) == {f"rempart-{name}.service" for name in [*SURFACES, "worker"]}

    def test_none_can_gain_rights_or_write_beyond_its_folders(self, deploy: Path) -> None:
        for name, one in services(deploy).items():
            assert one["User"] == ["rempart"], name
            assert one["NoNewPrivileges"] == ["yes"], name
            assert one["ProtectSystem"] == ["strict"], name
            assert one["CapabilityBoundingSet"] == [""], name
            assert set(one["ReadWritePaths"][0].split()) <= {"/srv/rempart", "/backup/rempart"}, name
            assert one["UMask"] == ["0077"], name

    def test_processes_are_started_again_and_have_time_to_sign_the_end(self, deploy: Path) -> None:
        for name in [*SURFACES, "worker"]:
            one = services(deploy)[f"rempart-{name}"]
            assert one["Restart"] == ["always"]
            assert int(one["TimeoutStopSec"][0]) >= 60

    def test_each_timer_has_its_service(self, deploy: Path) -> None:
        timers = {path.stem for path in (deploy / "systemd").glob("*.timer")}
        assert timers == {"rempart-backup", "rempart-verify"}
        assert timers <= set(services(deploy))

    def test_each_is_handed_the_secrets_it_reads_and_no_other(self, deploy: Path) -> None:
        """What a process does not read (`HELD`) is out of the reach of whoever takes it over."""
        for name, one in services(deploy).items():
            held = HELD.get(name.removeprefix("rempart-"), HELD["all"])
            assert sorted(one["LoadCredential"]) == sorted(f"{key}:{KEYS}/{key}" for key in held), name
            assert "REMPART_KEYS=%d" in one["Environment"], name
            assert one["PrivateUsers"] == ["yes"], name

    def test_no_unit_reads_or_writes_where_the_secrets_lie(self, deploy: Path) -> None:
        for name, one in services(deploy).items():
            reached = [*one["ReadWritePaths"], *one["EnvironmentFile"], *one["ExecStart"]]
            assert not [line for line in reached if KEYS in line], name

    def test_the_public_pages_are_handed_nothing_that_opens(self, deploy: Path) -> None:
        assert not [line for line in services(deploy)["rempart-public"]["LoadCredential"] if "vault.key" in line]

    @pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
    def test_systemd_accepts_them(self, deploy: Path, tmp_path: Path) -> None:
        for path in (deploy / "systemd").iterdir():
            text = path.read_text().replace("/opt/rempart/bin/rempart", "/bin/true")
            (tmp_path / path.name).write_text(text)
        names = [str(path) for path in sorted(tmp_path.iterdir())]
        done = subprocess.run(["systemd-analyze", "verify", *names], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")


class TestCommand:
    """`rempart-node`, with a service manager that only says what it was asked."""

    @pytest.fixture
    def asked(self, deploy: Path, tmp_path: Path) -> list[str]:
        manager = tmp_path / "systemd-run"
        manager.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
        manager.chmod(0o755)
        command = [str(deploy / "rempart-node"), "staff", "enrol", "ana", "--reason", "Phone lost; $HOME"]
        environ = {"PATH": f"{tmp_path}:/usr/bin:/bin", "SUDO_USER": "olga"}
        done = subprocess.run(command, capture_output=True, text=True, env=environ, stdin=subprocess.DEVNULL)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    def test_it_is_handed_every_secret_a_command_reads(self, asked: list[str]) -> None:
        loaded = [line.partition("LoadCredential=")[2] for line in asked if "LoadCredential=" in line]
        assert loaded == sorted(f"{key}:{KEYS}/{key}" for key in HELD["all"])

    def test_it_runs_as_the_node_s_account_and_says_who_asked(self, asked: list[str]) -> None:
        assert "--property=User=rempart" in asked
        assert "--setenv=REMPART_OPERATOR=olga" in asked

    def test_words_arrive_as_they_were_given(self, asked: list[str]) -> None:
        assert asked[-6:] == ["rempart", "staff", "enrol", "ana", "--reason", "Phone lost; $HOME"]

    def test_the_secrets_are_found_where_the_manager_put_them(self, asked: list[str], tmp_path: Path) -> None:
        """The inner shell's line, with the node's program replaced by one that tells."""
        line = asked[-7].replace("/opt/rempart/bin/rempart", str(tmp_path / "program"))
        (tmp_path / "program").write_text('#!/bin/sh\necho "$REMPART_KEYS" "$@"\n')
        (tmp_path / "program").chmod(0o755)
        environ = {"CREDENTIALS_DIRECTORY": "/run/credentials/one", "PATH": "/usr/bin:/bin"}
        done = subprocess.run(["/bin/sh", "-c", line, "rempart", "key"], capture_output=True, text=True, env=environ)
        assert done.stdout == "/run/credentials/one key\n"


TOKEN = re.compile(r"""\s+|\#[^\n]*|(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<sign>[{};])|(?P<word>[^\s{};"]+)""")


def parse(text: str) -> list[Block]:
    """nginx's syntax: words that end with a semicolon, or with a block in braces."""
    tokens = [
        (found["quoted"] or found["word"] or "", found["sign"] or "")
        for found in TOKEN.finditer(text)
        if found["quoted"] or found["word"] or found["sign"]
    ]
    assert "".join(found[0] for found in TOKEN.finditer(text)) == text, "something was not understood"
    blocks, rest = _block(iter(tokens), top=True)
    assert not rest
    return blocks


def _block(tokens: Iterator[tuple[str, str]], top: bool = False) -> tuple[list[Block], bool]:
    found: list[Block] = []
    words: list[str] = []
    for word, sign in tokens:
        if word:
            words.append(word)
        elif sign == ";":
            assert words, "a semicolon ends nothing"
            found.append((tuple(words), None))
            words = []
        elif sign == "{":
            inner, _ = _block(tokens)
            found.append((tuple(words), inner))
            words = []
        else:
            assert not top, "a brace too many"
            assert not words, f"not ended: {words}"
            return found, False
    assert top, "a brace is missing"
    assert not words, f"not ended: {words}"
    return found, False


def values(blocks: list[Block], name: str) -> list[tuple[str, ...]]:
    return [words[1:] for words, inner in blocks if words[0] == name and inner is None]


class TestProxy:
    @pytest.fixture
    def http(self, deploy: Path) -> list[Block]:
        [http] = [inner for words, inner in parse((deploy / "nginx" / "nginx.conf").read_text()) if words == ("http",)]
        return http

    @pytest.fixture
    def servers(self, http: list[Block]) -> dict[str, list[Block]]:
        """By what they pass requests to."""
        found = {}
        for words, inner in http:
            if words == ("server",):
                targets = {one[0] for _, block in inner if block for one in values(block, "proxy_pass")}
                if targets:
                    key = f"{targets.pop()} {'onion' if 'unix:' in str(values(inner, 'listen')) else ''}".strip()
                    found[key.removeprefix("http://rempart_")] = inner
        return found

    def test_each_surface_has_a_name_of_its_own(self, servers: dict[str, list[Block]]) -> None:
        assert set(servers) == {"public", "public onion", "staff", "machine"}

    def test_upstreams_are_the_units_ports(self, http: list[Block]) -> None:
        ports = {
            words[1].removeprefix("rempart_"): values(inner, "server")[0][0]
            for words, inner in http
            if words[0] == "upstream"
        }
        assert ports == {name: f"127.0.0.1:{port}" for name, port in SURFACES.items()}

    def test_no_address_of_a_visitor_is_kept_or_passed_on(self, http, servers) -> None:
        assert values(http, "access_log") == [("off",)]
        for name in ("public", "public onion"):
            assert values(servers[name], "error_log") == [("/dev/null", "crit")]
            assert "$binary_remote_addr" not in str(servers[name])
        headers = dict(values(http, "proxy_set_header"))
        assert headers["X-Forwarded-For"] == headers["X-Real-IP"] == headers["Forwarded"] == '""'
        assert ("$server_name", "zone=public:1m", "rate=60r/s") in values(http, "limit_req_zone")

    def test_the_node_learns_of_tls_and_of_its_name(self, http, servers) -> None:
        headers = dict(values(http, "proxy_set_header"))
        assert headers["X-Forwarded-Proto"] == "https"
        assert headers["Host"] == "$host"
        # Headers set inside a server would replace all of these.
        assert "proxy_set_header" not in str(servers)

    def test_the_workplace_is_closed_to_other_networks(self, servers) -> None:
        assert values(servers["staff"], "deny") == [("all",)]
        assert values(servers["staff"], "allow")

    def test_no_file_is_written_to_the_proxys_disk(self, http, servers) -> None:
        assert values(http, "client_max_body_size") == values(http, "client_body_buffer_size")
        [location] = [inner for words, inner in servers["machine"] if words == ("location", "/")]
        assert values(location, "proxy_request_buffering") == [("off",)]

    def test_files_of_the_largest_size_pass(self, servers, settings) -> None:
        [(size,)] = values(servers["machine"], "client_max_body_size")
        assert int(size.removesuffix("m")) * 1024**2 > settings.VAULT_MAX_FILE_BYTES

    def test_slow_requests_end(self, http) -> None:
        for name in ("client_header_timeout", "client_body_timeout", "send_timeout"):
            assert int(values(http, name)[0][0].removesuffix("s")) <= 30

    def test_health_is_not_told_outside(self, servers) -> None:
        for name, server in servers.items():
            [location] = [inner for words, inner in server if words == ("location", "=", "/health")]
            assert values(location, "return") == [("404",)], name

    def test_the_onion_service_ends_at_its_socket(self, deploy: Path, servers) -> None:
        [(listen,)] = values(servers["public onion"], "listen")
        torrc = (deploy / "tor" / "torrc").read_text()
        assert f"HiddenServicePort 80 {listen}" in torrc
        assert str(Path(listen.removeprefix("unix:")).parent) in (deploy / "tor" / "rempart-onion.conf").read_text()

    @pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx here")
    def test_nginx_accepts_it(self, deploy: Path, tmp_path: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        (tmp_path / "x.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        (tmp_path / "x.crt").write_bytes(_certificate(key))
        (tmp_path / "mime.types").touch()
        text = (deploy / "nginx" / "nginx.conf").read_text()
        text = text.replace("/etc/nginx/mime.types", str(tmp_path / "mime.types")).replace("/run/", f"{tmp_path}/")
        text = re.sub(r"/etc/rempart/tls/\w+\.(crt|key)", rf"{tmp_path}/x.\1", text)
        text = text.replace("/var/log/nginx", str(tmp_path)).replace("listen 80", "listen 127.0.0.1:18980")
        (tmp_path / "nginx.conf").write_text(text.replace("listen 443", "listen 127.0.0.1:18943"))
        command = ["nginx", "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
        done = subprocess.run(command, capture_output=True, text=True)
        assert "syntax is ok" in done.stderr, done.stderr


def _certificate(key: ec.EllipticCurvePrivateKey) -> bytes:
    from datetime import UTC, datetime, timedelta

    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hotline.example")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def test_the_example_of_the_environment_is_that_of_the_page(repository: Path, deploy: Path) -> None:
    lines = [line for line in (deploy / "rempart.env.example").read_text().splitlines() if not line.startswith("#")]
    page = (repository / "docs" / "operating.md").read_text()
    assert "\n".join(lines) in page


def test_the_page_names_every_file(repository: Path, deploy: Path) -> None:
    page = (repository / "docs" / "operating.md").read_text()
    for path in deploy.rglob("*"):
        if path.is_file():
            folder = f"deploy/{path.parent.name}/*"
            assert f"`{path.relative_to(repository)}`" in page or f"`{folder}`" in page, path
