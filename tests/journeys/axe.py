"""axe-core in our Chromium: what it finds wrong with a page, as readable lines."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import Page

VENDOR = Path(__file__).parent / "vendor"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@cache
def source() -> str:
    """Return axe's own code; `make check` has compared it with what was published."""
    return (VENDOR / "axe.min.js").read_text(encoding="utf-8")


async def violations(page: "Page") -> list[str]:
    """Return one line per element that breaks a rule of WCAG 2.2 A and AA or of good practice."""
    await page.evaluate(source())
    report = await page.evaluate("rules => axe.run({runOnly: rules})", RULES)
    return [
        f"{found['id']}: {found['help']}: {node['html'][:200]}"
        for found in report["violations"]
        for node in found["nodes"]
    ]
