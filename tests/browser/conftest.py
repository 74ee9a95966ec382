"""A real browser: Playwright's Python package with the Chromium of the system. Without either, these tests are skipped with the reason."""

import shutil

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install 'paperlib[browser]'")
    if CHROMIUM is None:
        pytest.skip("needs Chromium, of the system: apt install chromium")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def complaints():
    """What a page says on its console, and which requests it makes: watch(page) fills the list."""
    found = []

    def watch(page):
        page.on("console", lambda message: found.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: found.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith(("file:", "data:")) else found.append(request.url))
        return found

    return watch
