"""Kill the signing of decisions at random instants: each stands in the log once, and the log is whole.

Besides: what the database says of a signal's place is what the log holds there, and the last checkpoint never shrinks.
"""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from scenarios.test_crash import Nursery

pytestmark = pytest.mark.slow

CONTENTS = 40
LEAST_KILLS = 20
HERE = Path(__file__).parent
CHANCE = random.Random(20111120)

DECIDE = f"""
import os, sys, django
django.setup()
from django.db import transaction
from rempart.core.vocabulary import FingerprintType, Legality
from rempart.node.exchange import outgoing
first = int(sys.argv[1])
for content in range(first, first + {CONTENTS}):
    prints = [
        outgoing.OwnFingerprint(FingerprintType.SHA256, content.to_bytes(32)),
        outgoing.OwnFingerprint(FingerprintType.PDQ, content.to_bytes(32), 90),
    ]
    with transaction.atomic():
        outgoing.decided(content, Legality.BASELINE, 2, prints)
        if content % 10 == 9:
            outgoing.decided(content - 5, Legality.NOT_ILLEGAL, 2, [])
        if first > 1000 and content % 10 == 7:
            outgoing.decided(content - 1000, Legality.NOT_ILLEGAL, 2, [])
"""

CENSUS = """
import json, django
django.setup()
from rempart.exchange.commitments import signal_in
from rempart.exchange.signals import decode
from rempart.exchange.tiles import bundle_path, bundles_of, split_entries
from rempart.node.audit import services as audit
from rempart.node.exchange import own_log, signing
from rempart.node.exchange.models import Outgoing, Word
log = own_log.writer()
openings = []
for number, width in bundles_of(0, log.checkpoint.size):
    openings += split_entries(log._store.read(bundle_path(number, width)), width)
said = {at: decode(signal_in(one)) for at, one in enumerate(openings) if signal_in(one)}
rows = {row.log_index: signing.signal_of(row) for row in Outgoing.objects.filter(state="signed")}
last = {}
for at in sorted(said):
    last[str(said[at].kind), said[at].value] = said[at].action
words = {(word.kind, bytes(word.value)): word.action for word in Word.objects.all()}
print(json.dumps({
    "size": log.checkpoint.size,
    "said": len(said),
    "equal": said == rows,
    "words": words == last,
    "withdrawn": sorted(last.values()).count(3),
    "waiting": Outgoing.objects.filter(state="waiting").count(),
    "told": sum(fact.data["signals"] for fact in audit.events(actions=["log:signed"])),
    "chain": audit.verify().events,
}))
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    made = {
        "PATH": os.environ["PATH"],
        "REMPART_HOME": str(tmp_path / "home"),
        "REMPART_MODE": "test",
        "DJANGO_SETTINGS_MODULE": "rempart.node.settings",
    }
    program(made, "-m", "rempart.cli", "init")
    return made


def program(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run([sys.executable, *words], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_signing_that_is_killed_loses_and_doubles_nothing(environment) -> None:
    kills, rounds = 0, 0
    with Nursery(environment) as nursery:
        while kills < LEAST_KILLS or rounds < 2:
            program(environment, "-c", DECIDE, str(1000 * rounds + 10))
            rounds += 1
            # Setting up and opening the log pass some dozen points, a batch some hundred.
            while nursery.run("sign", CHANCE.randint(1, 190))["killed"]:
                kills += 1
    census = json.loads(program(environment, "-c", CENSUS))
    assert census["waiting"] == 0
    assert census["equal"]
    assert census["words"]
    assert census["said"] == census["told"]
    tenth = 2 * CONTENTS // 10
    # Of a content that was withdrawn before it was said, nothing was said.
    assert census["withdrawn"] == tenth * (rounds - 1)
    assert census["said"] == (2 * CONTENTS - tenth) * rounds + census["withdrawn"]
    assert json.loads(program(environment, "-m", "rempart.cli", "status", "--json"))["signals"]["waiting"] == 0
    print(f"{kills} kills in {rounds} rounds, a log of {census['size']} entries")
