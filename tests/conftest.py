"""What all tests share: a closed network, and Chromium where there is one."""

import ipaddress
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from tests.programs import lacking, node
from tests.serving import Served, serve, stop_database

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# As root Chromium has no sandbox; the rest keeps it from calling home and from using a GPU.
BROWSER_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE = {"width": 390, "height": 844}


@pytest.fixture(autouse=True, scope="session")
def _closed_network() -> Iterator[None]:
    """A test that reaches out to another machine fails: nothing we do needs one."""
    really = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_here(address[0]):
            pytest.fail(f"a test reached out to {address[0]}")
        really(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield


@pytest.fixture(autouse=True, scope="session")
def _logs_where_the_test_looks() -> None:
    """Log to whatever stderr is at that moment; structlog keeps the one it first saw.

    Under pytest that one belongs to the test that happened to run then, and is closed after it.
    """
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium that can be driven; skips without one, except in CI."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None or node() is None:
        lacking("no Chromium here: sudo apt-get install chromium libatomic1")
    return str(found)


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator["Browser"]:
    """A fresh headless Chromium, driven by playwright's async interface."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=chromium, args=list(BROWSER_FLAGS)
        )
        yield launched
        await launched.close()


@pytest.fixture
async def page(browser: "Browser") -> AsyncIterator["Page"]:
    """A page as wide as a phone. A script error on it, or a refused resource, fails the test."""
    context = await browser.new_context(viewport=PHONE, locale="fr-FR")
    opened = await context.new_page()
    troubles: list[str] = []
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on(
        "console",
        lambda said: troubles.append(said.text) if "Content Security Policy" in said.text else None,
    )
    yield opened
    await context.close()
    assert troubles == []


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A path for a data folder, not there yet; nothing of it is left afterwards."""
    with _data_dir() as path:
        yield path


@pytest.fixture(scope="session")
def demo_site() -> Iterator[Served]:
    """The real program with the demo, started once for all browser tests of a worker."""
    with _data_dir() as path, serve(path, "--demo") as served:
        yield served


@contextmanager
def _data_dir() -> Iterator[Path]:
    """Give a place that PostgreSQL's own account can reach when the tests run as root.

    pytest closes its own temporary folders to other accounts, each time a run begins.
    """
    with tempfile.TemporaryDirectory(prefix="palabre-test-") as folder:
        path = Path(folder) / "data"
        try:
            yield path
        finally:
            stop_database(path)
