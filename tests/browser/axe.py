"""What stands in the way of people who don't see, hear, point or read like most."""

from pathlib import Path

from playwright.sync_api import Page

from backend.core.settings import ROOT

AXE = ROOT / "assistant" / "widget" / "node_modules" / "axe-core" / "axe.min.js"
CHECK = """() => axe.run(document, {runOnly: [
  'wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
  .then(({violations}) => violations.flatMap(({id, nodes}) => nodes.map(
    ({target, failureSummary}) => `${id}: ${target.flat().join(' ')}: ${failureSummary}`)))"""
# The page, and whatever scrolls in it or in its shadow trees. Code may be wider than its box, and
# navigation may be a strip to swipe.
TOO_WIDE = """() => {
  const found = [];
  const measure = element => {
    const {scrollWidth, clientWidth, localName, className} = element;
    const wide = scrollWidth - clientWidth;
    if (wide > 1) found.push(`too wide by ${wide} pixels: ${localName}.${className}`);
  };
  const look = root => root.querySelectorAll('*:not(pre, textarea, nav)').forEach(element => {
    if (/auto|scroll/.test(getComputedStyle(element).overflowX)) measure(element);
    if (element.shadowRoot) look(element.shadowRoot);
  });
  measure(document.documentElement);
  look(document);
  return found;
}"""


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
    wide: list[str] = page.evaluate(TOO_WIDE)
    return found + wide


def _source(path: Path) -> str:
    assert path.exists(), "axe-core is not installed: run `make setup`"
    return path.read_text()
