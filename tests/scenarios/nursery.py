"""Raises node processes that die on cue.

Run as a program in a data folder of its own. It sets Django up once; each line on standard input is a JSON order
{"role": "web" | "worker" | "analyst" | "retain" | "sign", "die_at": N, ...} for which it forks a child. The child kills
itself with SIGKILL at its N-th crash point: just before or just after an SQL statement, a commit, an fsync, a rename,
a deletion or a mail's hand-over. Nothing in the product knows of this. When the child ends, one line says how:
{"killed": bool, "points": N}.
"""

import ctypes
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connections  # noqa: E402
from django.db.backends.base.base import BaseDatabaseWrapper  # noqa: E402
from django.db.backends.utils import CursorWrapper  # noqa: E402

from rempart.adapters.mail import Mailer  # noqa: E402
from rempart.node.jobs import services as jobs  # noqa: E402
from rempart.node.jobs.models import Job  # noqa: E402
from rempart.node.jobs.steps import load_steps  # noqa: E402
from rempart.node.runtime import clock  # noqa: E402

# Once for all children: each would read all these modules again before it comes to its first crash point.
load_steps()
import_module(settings.ROOT_URLCONF)

_DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of Linux's prctl."""


class Fate:
    """Counts crash points and kills the process at the chosen one."""

    def __init__(self, die_at: int) -> None:
        self.die_at = die_at
        self.passed = 0
        self.asleep = False

    def point(self) -> None:
        if self.asleep:
            return
        self.passed += 1
        if self.passed == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def fragile(*args: Any, **kwargs: Any) -> Any:
            self.point()
            result = function(*args, **kwargs)
            self.point()
            return result

        return fragile


def make_mortal(die_at: int) -> Fate:
    fate = Fate(die_at)
    CursorWrapper.execute = fate.around(CursorWrapper.execute)
    BaseDatabaseWrapper._commit = fate.around(BaseDatabaseWrapper._commit)
    os.fsync = fate.around(os.fsync)
    os.replace = fate.around(os.replace)
    os.rename = fate.around(os.rename)
    os.unlink = fate.around(os.unlink)
    Mailer.send = fate.around(Mailer.send)
    return fate


def serve(order: dict[str, Any], fate: Fate) -> None:
    """Answer requests one after another on the given port until killed or told to stop."""
    from socketserver import TCPServer
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

    class Quiet(WSGIRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    class Server(WSGIServer):
        def server_bind(self) -> None:
            # Without the look-up of the host's name that the standard library does here.
            TCPServer.server_bind(self)
            self.server_name, self.server_port = "127.0.0.1", self.server_address[1]
            self.setup_environ()

    server = Server(("127.0.0.1", order["port"]), Quiet)
    server.set_app(get_wsgi_application())
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    server.serve_forever(poll_interval=0.05)


def work(order: dict[str, Any], fate: Fate) -> None:
    """Do steps until none of `until_no` waits, at most for a minute. Waiting for the next one is no crash point."""
    deadline = time.monotonic() + 60
    waiting = Job.objects.filter(state=Job.State.WAITING)
    while time.monotonic() < deadline:
        fate.asleep = True
        # A killed worker's lease would run out after a minute; here it does at once.
        Job.objects.filter(lease_until__gt=0).update(lease_until=time.time() - 1)
        if not waiting.filter(kind__in=order["until_no"]).exists():
            return
        due = waiting.filter(due_at__lte=clock().now()).exists()
        fate.asleep = False
        if due:
            jobs.run_due(4)
        else:
            time.sleep(0.02)
    raise TimeoutError


def decide(order: dict[str, Any], fate: Fate) -> None:
    """Take the next case and assess it, as the queue's view does."""
    from rempart.core.assessment import Decision
    from rempart.core.vocabulary import Legality, Offence
    from rempart.node.casework import assessing, queue
    from rempart.node.staff.models import StaffMember

    person = StaffMember.objects.get(username=order["person"])
    while (case := queue.next_case(person)) is not None:
        decision = Decision(Legality.NATIONAL, offences=frozenset({Offence.DISTRIBUTION}))
        assessing.assess(person, case.content_id, decision, "")


def retain(order: dict[str, Any], fate: Fate) -> None:
    """Erase what is due."""
    from rempart.node.retention import running

    running.run()


def sign(order: dict[str, Any], fate: Fate) -> None:
    """Sign what waits, as the step does."""
    from rempart.node.exchange import signing

    signing.sign("all")()


ROLES = {"web": serve, "worker": work, "analyst": decide, "retain": retain, "sign": sign}


def raise_child(order: dict[str, Any]) -> None:
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        code = 1
        # No child outlives the nursery.
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        try:
            fate = make_mortal(order["die_at"])
            ROLES[order["role"]](order, fate)
            code = 0
        finally:
            os._exit(code)
    print(json.dumps({"pid": pid}), flush=True)
    _, status = os.waitpid(pid, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    print(json.dumps({"killed": killed, "code": None if killed else os.waitstatus_to_exitcode(status)}), flush=True)


if __name__ == "__main__":
    for line in sys.stdin:
        raise_child(json.loads(line))
