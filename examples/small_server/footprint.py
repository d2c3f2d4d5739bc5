"""What the match service costs on this machine: memory with a list of a size, and time and CPU for each picture.

    pip install 'rempart[matcher]'
    python examples/small_server/footprint.py [--entries 1000000] [--workers 1] [--pictures 50]

It starts `rempart matcher` on loopback with made-up fingerprints and sends it generated pictures, one after the other.
Memory is the proportional set size of all its processes: what would be free without them.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

TICKS = os.sysconf("SC_CLK_TCK")
SIDES = ((1024, 768), (4000, 3000))


def made_up_list(path: Path, entries: int) -> None:
    codes = np.random.default_rng(7).integers(0, 256, (entries, 32), dtype=np.uint8)
    with path.open("w") as out:
        out.write("pdq,category\n")
        out.writelines(f"{code.tobytes().hex()},national\n" for code in codes)


def picture(width: int, height: int, seed: int) -> bytes:
    """A photograph-like JPEG: soft patches under a little noise."""
    rng = np.random.default_rng(seed)
    soft = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    noise = Image.effect_noise((width, height), 16).convert("RGB")
    out = BytesIO()
    Image.blend(soft, noise, 0.1).save(out, "JPEG", quality=85)
    return out.getvalue()


def family(pid: int) -> list[int]:
    """The process and all that come from it."""
    children = [
        int(each) for task in Path(f"/proc/{pid}/task").iterdir() for each in (task / "children").read_text().split()
    ]
    return [pid, *(each for child in children for each in family(child))]


def memory_mib(pids: list[int]) -> float:
    lines = (line for pid in pids for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines())
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def peak_mib(pids: list[int]) -> float:
    """The most that any one of them ever held."""
    lines = (line for pid in pids for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return max(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def cpu_seconds(pids: list[int]) -> float:
    fields = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids)
    return sum(int(each[11]) + int(each[12]) for each in fields) / TICKS


def await_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The service did not start; see above.")


def measure(port: int, pids: list[int], pictures: list[bytes]) -> tuple[float, float]:
    """Median milliseconds until the answer, and CPU milliseconds, of each."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    waits, before = [], cpu_seconds(pids)
    for data in pictures:
        began = time.perf_counter()
        connection.request("POST", "/v1/media", data, {"Content-Type": "application/octet-stream"})
        connection.getresponse().read()
        waits.append(time.perf_counter() - began)
    return statistics.median(waits) * 1e3, (cpu_seconds(pids) - before) / len(pictures) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--pictures", type=int, default=50)
    given = parser.parse_args()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="footprint-") as folder:
        made_up_list(Path(folder) / "list.csv", given.entries)
        command = [sys.executable, "-m", "rempart.cli", "matcher", "--list", f"{folder}/list.csv", "--port", str(port)]
        command += ["--folder", f"{folder}/data", "--workers", str(given.workers)]
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            await_ready(port, process)
            print(f"{given.entries:,} entries, {given.workers} worker(s)")
            print(f"{'ready after':32} {time.perf_counter() - began:8.1f} s")
            print(f"{'memory when ready':32} {memory_mib(family(process.pid)):8.0f} MiB")
            print(f"{'most in one process until then':32} {peak_mib(family(process.pid)):8.0f} MiB")
            for width, height in SIDES:
                pictures = [picture(width, height, seed) for seed in range(given.pictures)]
                measure(port, family(process.pid), pictures[:2])  # starts the decoder
                wait, cpu = measure(port, family(process.pid), pictures)
                print(f"{f'picture of {width} x {height}':32} {wait:8.1f} ms, {cpu:.1f} ms of CPU")
            print(f"{'memory after that':32} {memory_mib(family(process.pid)):8.0f} MiB")
        finally:
            process.terminate()
            process.wait(60)


if __name__ == "__main__":
    main()
