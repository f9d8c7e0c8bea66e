"""What stands in the way of people who don't see, hear, point or read like most."""

from pathlib import Path

from playwright.sync_api import Page

from backend.core.settings import ROOT

AXE = ROOT / "assistant" / "widget" / "node_modules" / "axe-core" / "axe.min.js"
CHECK = """() => axe.run(document, {runOnly: [
  'wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
  .then(({violations}) => violations.flatMap(({id, nodes}) => nodes.map(
    ({target, failureSummary}) => `${id}: ${target.flat().join(' ')}: ${failureSummary}`)))"""
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def barriers(page: Page) -> list[str]:
    """Violations of WCAG 2.2 A and AA as axe sees them, and whether one must scroll sideways.

    axe is put in over the debugging protocol: the page's own policy stays in force.
    """
    debugger = page.context.new_cdp_session(page)
    try:
        if not page.evaluate("'axe' in window"):
            debugger.send("Runtime.evaluate", {"expression": _source(AXE)})
        ran = debugger.send(
            "Runtime.evaluate",
            {"expression": f"({CHECK})()", "awaitPromise": True, "returnByValue": True},
        )
    finally:
        debugger.detach()
    assert "exceptionDetails" not in ran, ran["exceptionDetails"]
    found: list[str] = ran["result"]["value"]
    wide = page.evaluate(TOO_WIDE)
    return found + [f"{wide} pixels too wide"] * (wide > 0)


def _source(path: Path) -> str:
    assert path.exists(), "axe-core is not installed: run `make setup`"
    return path.read_text()
