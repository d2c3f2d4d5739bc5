"""Take the pictures of docs/images from a demonstration of its own, with Debian's chromium.

Everything to be seen is made up. Run it as `.venv/bin/python scripts/screenshots.py`; it takes about a minute.
"""

import io
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
SIZE = (1100, 820)
COLOURS = 64
SENIOR = "sacha"


def demonstration(folder: str, port: int) -> tuple[subprocess.Popen[str], str]:
    """A played demonstration that stays open, and what it printed; fails if a journey did not end as it should."""
    command = [sys.executable, "-m", "rempart.cli", "demo", "--port", str(port)]
    environment = {**os.environ, "REMPART_HOME": f"{folder}/demo"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    printed = ""
    for line in process.stdout or ():
        printed += line
        if line.startswith("Stop with"):
            return process, printed
    sys.exit(f"The demonstration did not stay open:\n{printed[-2000:]}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def log_in(page: Page, base: str, printed: str) -> None:
    told = {name: rest for name, *rest in re.findall(r"user name (\S+), password (\S+), codes (\S+)", printed)}
    password, code = told[SENIOR]
    page.goto(f"{base}/staff/login")
    page.fill("#id_username", SENIOR)
    page.fill("#id_password", password)
    with page.expect_navigation():
        page.click("main button[type=submit]")
    page.fill("#id_code", code)
    with page.expect_navigation():
        page.click("main button[type=submit]")


def keep(page: Page, name: str) -> None:
    """Few colours suffice for flat pages and keep the repository small."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    path = IMAGES / f"{name}.png"
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size // 1024} kB")


def take(page: Page, base: str, printed: str) -> None:
    page.goto(f"{base}/en/")
    keep(page, "public-form")
    page.goto(f"{base}/en/figures/")
    keep(page, "figures")
    log_in(page, base, printed)
    page.goto(f"{base}/staff/notices/?state=removed")
    page.goto(f"{base}/staff/notices/{escalated(page)}/")
    keep(page, "notice")


def escalated(page: Page) -> int:
    """The number of the notice that took the most sendings: its page tells the most."""
    numbers = {int(n) for n in re.findall(r"/staff/notices/(\d+)/", page.content())}
    looked = {}
    for number in sorted(numbers):
        page.goto(page.url.partition("/staff/")[0] + f"/staff/notices/{number}/")
        looked[number] = page.locator("tbody tr").count()
    return max(looked, key=lambda number: looked[number])


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        process, printed = demonstration(folder, port)
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]}, reduced_motion="reduce")
            take(page, f"http://127.0.0.1:{port}", printed)
            browser.close()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


if __name__ == "__main__":
    main()
