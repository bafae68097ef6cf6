"""The identity providers of the tests: npm's oidc-provider, two of them in a process of its own."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.programs import lacking, node
from tests.serving import free_port
from tools.setup import PROVIDER_STAMP

FOLDER = Path(__file__).parent
START_SECONDS = 30
HOSTS = {"atelier": "localhost", "proconnect": "127.0.0.1"}


@contextmanager
def provider(site: str) -> Iterator[int]:
    """Give the port of providers that know `site`; skips without them, except in CI."""
    program = node()
    if program is None or not PROVIDER_STAMP.is_file():
        lacking("no identity provider here: python3 tools/setup.py --tests")
    port = free_port()
    with subprocess.Popen(
        [program, FOLDER / "provider.mjs", json.dumps({"port": port, "site": site})],
        cwd=FOLDER,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _wait(process, f"http://127.0.0.1:{port}")
            yield port
        finally:
            process.terminate()


def settings(port: int) -> dict[str, str]:
    """Return the environment of a site that believes these providers."""
    each = {
        f"PALABRE_OIDC_{name.upper()}_{variable}": value
        for name, host in HOSTS.items()
        for variable, value in {
            "ISSUER": f"http://{host}:{port}",
            "CLIENT_ID": name,
            "CLIENT_SECRET": f"the secret of {name}",
        }.items()
    }
    proconnect = {
        "PALABRE_OIDC_PROCONNECT_TITLE": "ProConnect",
        "PALABRE_OIDC_PROCONNECT_SCOPES": "openid email given_name usual_name siret",
        "PALABRE_OIDC_PROCONNECT_ACR": "eidas1 eidas2",
        "PALABRE_OIDC_ATELIER_TITLE": "L’Atelier",
    }
    return {"PALABRE_OIDC_PROVIDERS": ",".join(HOSTS)} | each | proconnect


def _wait(process: "subprocess.Popen[bytes]", issuer: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"{issuer}/.well-known/openid-configuration")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the identity provider does not answer")
