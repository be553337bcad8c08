"""The console in a real Chromium: accessibility, keyboard, without JavaScript, and what the content policy reports.

Started by the test `browser::the_console_in_chromium` with one argument: a JSON object with the address and what there is.
Ends with 1 and one line for each fault, else with 0. With HIBOB_SCREENSHOTS=FOLDER it also writes pictures.
"""

import json
import os
import sys
import time

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

SITE = json.loads(sys.argv[1])
URL = SITE["url"]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FAULTS = []
AXE = Axe()


def fault(where, what):
    FAULTS.append(f"{where}: {what}")


def new_page(browser, **settings):
    """A page of a new browser, which notes everything that must not happen."""
    context = browser.new_context(locale=settings.pop("locale", "en-GB"), **settings)
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.on("dialog", lambda dialog: (fault(page.url, f"a script ran: {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: fault(page.url, f"a script failed: {error}"))

    def on_console(message):
        if message.type == "error" and "status of 4" not in message.text:
            fault(page.url, f"the browser reports: {message.text}")

    page.on("console", on_console)
    page.on(
        "request",
        lambda request: None
        if request.url.startswith((URL, "data:"))
        else fault(page.url, f"a request to {request.url}"),
    )
    return page


def sign_in(page, token=None):
    page.goto(f"{URL}/console")
    page.get_by_label("Your work email").fill("ana@acme.example")
    page.get_by_label("Token", exact=True).fill(token or SITE["token"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{URL}/console*")


def look(page, name):
    """Whether the page is accessible, and fits its width."""
    fits(page, name)
    # The browser lays out what is not on the screen only when it comes there, while axe measures where things are.
    page.evaluate("document.querySelectorAll('.change').forEach((row) => { row.style.contentVisibility = 'visible'; })")
    results = AXE.run(page, options={"runOnly": TAGS, "resultTypes": ["violations", "incomplete"]}).response
    for kind in ["violations", "incomplete"]:
        for rule in results[kind]:
            for node in rule["nodes"][:3]:
                fault(name, f"axe {kind}: {rule['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}")


def fits(page, name):
    """Whether nothing has to be scrolled sideways."""
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if width > 0:
        fault(name, f"scrolls sideways by {width} pixels")


def picture(page, name):
    folder = os.environ.get("HIBOB_SCREENSHOTS")
    if folder:
        page.screenshot(path=os.path.join(folder, f"{name}.png"), full_page=name.endswith("-whole"))


def every_page(browser):
    for scheme in ["light", "dark"]:
        for width in [1280, 320]:
            page = new_page(browser, color_scheme=scheme, viewport={"width": width, "height": 900})
            page.goto(f"{URL}/console/sign-in")
            look(page, f"sign-in {scheme} {width}")
            picture(page, f"sign-in-{scheme}-{width}")
            sign_in(page)
            for name, path in SITE["pages"].items():
                page.goto(URL + path)
                look(page, f"{name} {scheme} {width}")
                picture(page, f"{name}-{scheme}-{width}")
            # A refusal, and everything opened.
            page.goto(f"{URL}/console/tenants/nobody")
            look(page, f"not-found {scheme} {width}")
            page.goto(URL + SITE["pages"]["plan"])
            page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
            look(page, f"plan-opened {scheme} {width}")
            page.context.close()
    for locale in ["de-DE", "es-ES", "fr-FR"]:
        page = new_page(browser, locale=locale, viewport={"width": 320, "height": 900})
        page.goto(f"{URL}/console/sign-in")
        page.locator("#email").fill("ana@acme.example")
        page.locator("#token").fill(SITE["token"])
        page.locator("button.main").click()
        page.wait_for_url(f"{URL}/console*")
        for name, path in SITE["pages"].items():
            page.goto(URL + path)
            fits(page, f"{name} {locale}")
        look(page, f"{name} {locale}")
        page.context.close()


def is_seen(page):
    """Whether what has the focus is visible, and nothing lies above it."""
    return page.evaluate(
        """() => {
          const element = document.activeElement;
          if (!element || element === document.body) return true;
          const box = element.getBoundingClientRect();
          const at = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height, 20) / 2);
          const outline = getComputedStyle(element).outlineStyle !== "none" || element.id === "content";
          return Boolean(outline && at && (element.contains(at) || at.contains(element)));
        }"""
    )


def tab_to(page, name, steps=200):
    """Goes on with the Tab key until this has the focus."""
    for _ in range(steps):
        page.keyboard.press("Tab")
        if not is_seen(page):
            html = page.evaluate("document.activeElement.outerHTML.slice(0, 120)")
            fault(page.url, f"the focus is not to be seen: {html}")
        text = page.evaluate(
            "(document.activeElement.innerText || document.activeElement.labels?.[0]?.innerText || '').trim()"
        )
        if text.startswith(name):
            return
    fault(page.url, f"the Tab key does not come to: {name}")


def by_keyboard(browser):
    page = new_page(browser, viewport={"width": 1280, "height": 800})
    page.goto(f"{URL}/console")
    page.keyboard.press("Tab")
    if page.evaluate("document.activeElement.textContent") != "Skip to the content":
        fault("keyboard", "the first thing is not the way to the content")
    tab_to(page, "Your work email")
    page.keyboard.type("ana@acme.example")
    tab_to(page, "Token")
    page.keyboard.type(SITE["token"])
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Overview')")
    tab_to(page, "acme")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('acme')")
    tab_to(page, "Decide about the plan")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Plan')")
    # j opens the way through the changes; the page says how many there are.
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    if page.locator("details.change[open]").count() != 1:
        fault("keyboard", "j and Enter do not open a change")
    number = page.locator("#number").get_attribute("pattern")
    page.locator("#content").focus()
    tab_to(page, "Number of changes")
    page.keyboard.type(number)
    tab_to(page, "Archive")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Applying a plan')")
    page.get_by_text("Done").first.wait_for()
    tab_to(page, "Sign out")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Sign in')")
    page.context.close()


def live_progress(browser):
    page = new_page(browser, viewport={"width": 1280, "height": 800})
    sign_in(page)
    page.goto(f"{URL}/console/tenants/acme")
    open(SITE["hold"], "w").close()  # the job stays in its middle as long as this file is there
    page.get_by_role("button", name="Check credentials and permissions").click()
    page.wait_for_selector("progress[value]")
    status = page.locator("[data-status]").inner_text()
    if " of " not in status:
        fault("progress", f"it says {status!r}")
    picture(page, "job-light-1280")
    page.reload()  # nothing is lost by that
    page.wait_for_selector("progress[value]")
    os.remove(SITE["hold"])
    page.wait_for_selector(".pill.good:has-text('Done')", timeout=30_000)
    page.context.close()


def find_on_page(browser):
    page = new_page(browser, viewport={"width": 1280, "height": 800})
    sign_in(page)
    page.goto(URL + SITE["long_plan"])
    before = page.url
    page.get_by_label("Find on this page").fill("person 47")
    shown = page.locator("details.change:visible").count()
    if shown != SITE["found"] or page.url != before:
        fault("find", f"{shown} shown at {page.url}")
    page.context.close()


def from_a_mail(browser):
    """A link in a mail comes from another site, for which a browser leaves the cookie out."""
    page = new_page(browser)
    sign_in(page)
    page.route("https://mail.example/**", lambda route: route.fulfill(
        content_type="text/html", body=f"<a href='{URL}/console/tenants/acme'>the plan</a>"))
    other = page.context.new_page()
    other.route("https://mail.example/**", lambda route: route.fulfill(
        content_type="text/html", body=f"<a href='{URL}/console/tenants/acme'>the plan</a>"))
    other.goto("https://mail.example/")
    other.get_by_text("the plan").click()
    other.wait_for_selector("h1:has-text('acme')")
    page.context.close()


def change_settings(page, has_script):
    """The form, what is wrong with it, the difference, and storing it."""

    def seen(name):
        if has_script:  # which axe needs
            look(page, name)
            picture(page, name)

    page.goto(f"{URL}/console/tenants/acme")
    page.get_by_role("link", name="Settings", exact=True).click()
    page.get_by_label("sync.sites").fill("London\nMadrid")
    page.get_by_label("sync.rehire_gap_days").fill("a month")
    page.get_by_role("button", name="See what this changes").click()
    page.get_by_text("give a whole number of days").first.wait_for()
    seen("settings-wrong")
    page.get_by_label("sync.rehire_gap_days").fill("31")
    page.get_by_role("button", name="See what this changes").click()
    page.get_by_text("London, Madrid").wait_for()
    seen("settings-change")
    page.get_by_role("button", name="Store 2 changes").click()
    page.get_by_text("Stored: this is version").wait_for()
    page.get_by_label("sync.sites").fill("")
    page.get_by_label("sync.rehire_gap_days").fill("")
    page.get_by_role("button", name="See what this changes").click()
    page.get_by_text("This would be lost").wait_for()
    seen("settings-loss")
    page.get_by_label("I mean it").check()
    page.get_by_role("button", name="Store 2 changes").click()
    page.get_by_text("Stored: this is version").wait_for()
    seen("settings-stored")


def settings(browser):
    page = new_page(browser, viewport={"width": 1280, "height": 800})
    sign_in(page)
    change_settings(page, has_script=True)
    page.context.close()


def references(browser):
    """By keyboard alone: a departure is waived, references are issued above the limit, and one is revoked."""
    page = new_page(browser, viewport={"width": 1280, "height": 800})
    sign_in(page)
    page.goto(f"{URL}/console/tenants/acme")
    tab_to(page, "References")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('References of acme')")
    tab_to(page, "Waive")
    page.keyboard.press("Enter")
    tab_to(page, "Reason")
    page.keyboard.type("goes on elsewhere")
    tab_to(page, "Waive")
    page.keyboard.press("Enter")
    page.get_by_text("Waived by ana@acme.example: goes on elsewhere").wait_for()
    tab_to(page, "Others, by HiBob")
    page.keyboard.type("21\n22\n23\n24")
    tab_to(page, "Issue")
    page.keyboard.press("Enter")
    page.get_by_text("These are 4 references").wait_for()
    look(page, "references-issue")
    picture(page, "references-issue")
    tab_to(page, "Number of references")
    page.keyboard.type("4")
    tab_to(page, "Issue 4 references")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('acme')")
    page.goto(f"{URL}/console/tenants/acme/references?state=delivered")
    tab_to(page, f"See more {SITE['revocable']}")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Reference')")
    tab_to(page, "Revoke this reference")
    page.keyboard.press("Enter")
    tab_to(page, "Reason")
    look(page, "reference-revoke")
    page.keyboard.type("issued by mistake")
    tab_to(page, "Revoke this reference")
    page.keyboard.press("Enter")
    page.wait_for_selector(".pill:has-text('Revoked')")
    page.get_by_text("issued by mistake").wait_for()
    look(page, "reference-revoked")
    page.context.close()


def without_script(browser):
    page = new_page(browser, java_script_enabled=False, viewport={"width": 1280, "height": 800}, accept_downloads=True)
    sign_in(page)
    page.get_by_role("link", name="acme").click()
    page.get_by_role("button", name="Make a plan to look at").click()
    page.get_by_role("heading", name="Plan of acme").wait_for()
    for _ in range(100):  # a person who reloads
        if page.get_by_text("Done").count():
            break
        page.get_by_role("link", name="See how far it is now").click()
    page.goto(URL + SITE["pages"]["rejectable-plan"])
    page.get_by_text("Reject this plan").first.click()
    page.get_by_label("Reason").fill("they still work here")
    page.get_by_role("button", name="Reject this plan").click()
    page.get_by_text("they still work here").wait_for()
    page.goto(f"{URL}/console/tenants/globex")
    page.get_by_role("link", name="What happened").click()
    page.get_by_role("link", name="Decision").click()
    page.get_by_text("they still work here").wait_for()
    page.goto(f"{URL}/console/tenants/acme")
    page.get_by_role("link", name="All runs and workbooks").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Workbook of run 1", exact=True).click()
    if not download.value.suggested_filename.endswith(".xlsx"):
        fault("without script", f"the workbook is {download.value.suggested_filename}")
    page.goto(f"{URL}/console/tenants/acme")
    page.get_by_role("link", name="See and enter secrets").first.click()
    page.get_by_label("The secret").first.fill("a-token-of-hibob-1")
    page.get_by_role("button", name="Store hibob.token").click()
    page.get_by_text("hibob.token is stored").wait_for()
    if "a-token-of-hibob-1" in page.content() + page.url:
        fault("without script", "a secret is shown again")
    change_settings(page, has_script=False)
    page.goto(URL + SITE["pages"]["reference"])
    for name, ending in [("Reference (PDF)", ".pdf"), ("Signed data (JSON)", ".json")]:
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        if not download.value.suggested_filename.endswith(ending):
            fault("without script", f"the file is {download.value.suggested_filename}")
    page.get_by_role("button", name="Deliver now").click()
    page.get_by_role("heading", name="Delivery of acme").first.wait_for()
    page.goto(URL + SITE["pages"]["keys"])
    page.get_by_role("link", name="Look in DNS now").click()
    page.get_by_text("Looked up just now").wait_for()
    page.goto(f"{URL}/console/tenants/acme/disable")
    page.get_by_label("Reason").fill("a new contract")
    page.get_by_role("button", name="Disable the sync").click()
    page.get_by_text("a new contract").wait_for()
    page.get_by_role("button", name="Enable the sync in my name").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()
    page.context.close()


def set_up(browser):
    """An empty tenant, from the overview to its first plan, without JavaScript."""
    page = new_page(browser, java_script_enabled=False, viewport={"width": 1280, "height": 800})
    sign_in(page)
    started = time.monotonic()
    page.locator("li.tenant", has_text="initech").get_by_role("link", name="Set it up").click()
    page.get_by_role("link", name="Go on: Service user").click()
    page.get_by_label("The secret").fill("a-token-of-hibob")
    page.get_by_role("button", name="Store hibob.token").click()
    page.get_by_label("The secret").fill("a-key-of-travelperk")
    page.get_by_role("button", name="Store travelperk.key").click()
    page.get_by_label("Work: View").check()
    page.get_by_role("button", name="Check credentials and permissions").click()
    page.get_by_role("heading", name="Check of initech").wait_for()
    for _ in range(100):  # a person who reloads
        if page.get_by_role("link", name="See what was found").count():
            break
        page.get_by_role("link", name="See how far it is now").click()
    page.get_by_role("link", name="See what was found").click()
    page.get_by_text("HiBob sends 250 employees.").wait_for()
    page.get_by_role("link", name="Next step: Who is synced").click()
    page.get_by_label("sync.sites").fill("London")
    page.get_by_role("button", name="This is right").click()
    page.get_by_role("button", name="Store 1 change").click()
    # Left, and taken up again.
    page.goto(f"{URL}/console/tenants/initech")
    page.get_by_role("link", name="Go on setting it up").click()
    page.get_by_role("link", name="Go on: Which details").click()
    for title in ["Which details", "Cost centers", "Companies", "Trip approvals"]:
        page.get_by_role("heading", name=title).first.wait_for()
        page.get_by_role("button", name="This is right").click()
    page.get_by_role("heading", name="First plan and decision").wait_for()
    page.get_by_role("button", name="Make a plan to look at").click()
    page.get_by_role("heading", name="Plan of initech").wait_for()
    print(f"an empty tenant to its first plan: {time.monotonic() - started:.1f} s of clicks")
    page.context.close()


def by_link(browser):
    page = new_page(browser)
    page.goto(URL + SITE["link"])
    look(page, "link")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("joe@acme.example").wait_for()
    page.context.close()


def speed(browser):
    """Figures for people; no test."""
    page = new_page(browser, viewport={"width": 1280, "height": 800})
    sign_in(page)
    times = []
    for _ in range(5):
        page.goto(URL + SITE["long_plan"])
        times.append(
            page.evaluate(
                "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
            )
        )
    print(f"a page of 500 of 1000 changes, two frames after load: {sorted(times)[2]:.0f} ms (median of 5)")
    page.context.close()


def main():
    chosen = os.environ.get("HIBOB_JOURNEYS", "").split()
    journeys = [by_link, every_page, find_on_page, from_a_mail, live_progress, by_keyboard, references, settings, without_script, set_up, speed]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=SITE["chromium"], args=["--no-sandbox"])
        for journey in journeys:
            if chosen and journey.__name__ not in chosen:
                continue
            try:
                journey(browser)
            except Exception as error:  # noqa: BLE001: the next journey may say more
                fault(journey.__name__, f"{type(error).__name__}: {error}")
        browser.close()
    for line in FAULTS:
        print(line)
    print(f"{len(FAULTS)} faults")
    sys.exit(1 if FAULTS else 0)


main()
