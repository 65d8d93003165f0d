"""Opens reports in a browser and checks what their readers see, hover and press.

    check.py CHATLOAD FOLDER
"""

import json
import os
import sys
import time

from devtools import Browser
from pages import HOSTILE, Pages

failures = []


def check(holds, what):
    if not holds:
        failures.append(what)
        print("FAILED:", what)


def equal(found, expected, what):
    check(found == expected, f"{what}: {found!r} instead of {expected!r}")


def summary(folder):
    with open(os.path.join(folder, "summary.json")) as file:
        return json.load(file)


def count(browser, selector):
    return browser.value(f"document.querySelectorAll({json.dumps(selector)}).length")


def points(browser, chart):
    """How many points each line of a chart has."""
    return browser.value(
        f"Array.from(document.querySelectorAll('#{chart} .line[d]:not(.key .line)'),"
        " line => (line.getAttribute('d').match(/[ML]/g) || []).length)")


def check_charts(browser, folder):
    figures = summary(folder)
    curves, times = figures["percentiles"], figures["timeline"]
    name = os.path.basename(folder)
    different = {json.dumps(curve): len(curve) for curve in curves.values() if curve}
    equal(sorted(points(browser, "percentiles")), sorted(different.values()),
          f"{name}: points of the percentile curves")
    equal(count(browser, "#percentiles .m"), max(map(len, curves.values())),
          f"{name}: marks of the percentile curves")
    equal(count(browser, "#histogram .bar"), len(figures["response_histogram"]),
          f"{name}: bars of the histogram")
    filled = sum(n > 0 for column in figures["heat_map"]["counts"] for n in column)
    equal(count(browser, "#heatmap .m"), filled, f"{name}: cells of the heat map")
    equal(count(browser, "#timeline .m"), len(times), f"{name}: marks of the time axis")
    # What succeeded is drawn for the load, and in grey for what came before and after it.
    load = sum(point["phase"] in ("main", "ramp") for point in times)
    series = [load, load, len(times) - load]
    series += [len(times)] * (3 if figures["totals"]["rejected"] else 2)
    for key in ["p50_ms", "p99_ms", "max_ms", "lag_mean_ms", "lag_max_ms"]:
        series.append(sum(point[key] is not None for point in times))
    equal(sorted(points(browser, "timeline")), sorted(n for n in series if n),
          f"{name}: points over time")
    for section, key in [("steps", "steps"), ("errors", "errors")]:
        equal(count(browser, f"#{section} tbody tr"), len(figures[key]), f"{name}: rows of {key}")
    equal(count(browser, "#limits tbody tr"), len(figures["credentials"]) + len(figures["quotas"]),
          f"{name}: rows of credentials and quotas")
    slowest = figures["slowest_conversations"]
    equal(count(browser, "#conversations details"), len(slowest), f"{name}: conversations")
    logged = os.path.exists(os.path.join(folder, "exchanges.csv"))
    equal(count(browser, "#conversations .m"),
          sum(talk["exchanges"] for talk in slowest) if logged else 0,
          f"{name}: exchanges of the slowest conversations")


def tip(browser):
    return browser.value(
        "(t => t.hidden ? null : t.textContent)(document.getElementById('tip'))")


def center(browser, expression):
    """Brings an element into view and returns its centre."""
    return browser.value(
        f"(e => {{ e.scrollIntoView({{block: 'center', behavior: 'instant'}});"
        " const b = e.getBoundingClientRect();"
        " return [b.left + b.width / 2, b.top + b.height / 2] })(" + expression + ")")


def check_hover(browser):
    for chart in ["percentiles", "histogram", "heatmap", "timeline", "waterfall-1"]:
        marks = f"document.querySelectorAll('#{chart} .m')"
        mark = f"{marks}[{marks}.length >> 1]"
        x, y = center(browser, mark)
        time.sleep(0.1)  # A scroll event of this jump hides the tip.
        browser.move(x, y)
        equal(tip(browser), browser.value(mark + ".dataset.t"), f"hover on {chart}")
        check("\n" in (tip(browser) or ""), f"hover on {chart} tells values")
    browser.move(2, 2)
    equal(tip(browser), None, "a tip goes with the pointer")


def check_keys(browser):
    for chart in ["percentiles", "histogram", "timeline"]:
        center(browser, f"document.querySelector('#{chart} .plot')")
        time.sleep(0.1)
        browser.value(f"document.querySelector('#{chart} .plot').focus()")
        browser.press("Home")
        browser.press("ArrowRight")
        equal(tip(browser), browser.value(
            f"document.querySelectorAll('#{chart} .m')[1].dataset.t"), f"arrow keys in {chart}")
        browser.press("Escape")
        equal(tip(browser), None, f"Escape in {chart}")


def column(browser, table, place):
    return browser.value(
        f"Array.from(document.querySelectorAll('{table} tbody tr'),"
        f" row => +row.cells[{place}].dataset.v)")


def check_sorting(browser):
    button = "document.querySelectorAll('#steps th button')[1]"
    x, y = center(browser, button)
    browser.click(x, y)
    counts = column(browser, "#steps", 1)
    equal(counts, sorted(counts, reverse=True), "a click sorts, the greatest first")
    browser.value(button + ".focus()")
    browser.call("Input.dispatchKeyEvent", type="keyDown", key="Enter", code="Enter", text="\r",
                 windowsVirtualKeyCode=13)
    browser.call("Input.dispatchKeyEvent", type="keyUp", key="Enter", code="Enter")
    equal(column(browser, "#steps", 1), sorted(counts), "Enter sorts the other way")
    equal(browser.value(button + ".parentNode.getAttribute('aria-sort')"), "ascending",
          "the order is told")


def check_accessibility(browser, name):
    bare = browser.value(
        "Array.from(document.querySelectorAll('.plot')).filter(p => p.getAttribute('role') !== 'img'"
        " || !p.getAttribute('aria-label') || p.tabIndex !== 0).length")
    equal(bare, 0, f"{name}: charts without words")
    equal(browser.value("Array.from(document.querySelectorAll('table')).filter("
                        "t => !t.caption || !t.querySelector('th[scope]')).length"), 0,
          f"{name}: tables without a caption or heads")
    levels = browser.value(
        "Array.from(document.querySelectorAll('h1,h2,h3'), h => +h.tagName[1])")
    check(levels[0] == 1 and levels.count(1) == 1
          and all(b - a <= 1 for a, b in zip(levels, levels[1:])), f"{name}: order of headings")
    ids = browser.value("Array.from(document.querySelectorAll('[id]'), e => e.id)")
    equal(len(ids), len(set(ids)), f"{name}: elements with a name of their own")


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def check_contrast(browser, scheme):
    """WCAG 2.2: 4.5 to 1 for text, 3 to 1 for lines."""
    def colour(name):
        text = browser.value(
            f"getComputedStyle(document.documentElement).getPropertyValue('--{name}').trim()")
        return "#" + "".join(c * 2 for c in text[1:]) if len(text) == 4 else text
    for name, least in [(n, 4.5) for n in ["ink", "soft", "good", "warn", "bad", "focus"]] + [
            (f"c{n}", 3) for n in range(6)]:
        for ground in ["ground", "card"]:
            light, dark = sorted([luminance(colour(name)), luminance(colour(ground))])[::-1]
            ratio = (light + 0.05) / (dark + 0.05)
            check(ratio >= least, f"{scheme}: {name} on {ground} has a contrast of {ratio:.2f}")


def look(browser, folder, page):
    """The page in light, dark, on a phone and on paper, with pictures of each."""
    name = os.path.basename(folder)
    for view, width, scheme in [("light", 1280, "light"), ("dark", 1280, "dark"),
                                ("phone", 400, "light")]:
        browser.open(page, width=width, scheme=scheme)
        equal(browser.complaints(), [], f"{name}, {view}: complaints")
        equal(browser.value("document.documentElement.scrollWidth"), width,
              f"{name}, {view}: width of the page")
        check_contrast(browser, f"{name}, {scheme}")
        browser.screenshot(os.path.join(folder, f"{view}.png"))
    browser.open(page)
    browser.paper(os.path.join(folder, "paper.pdf"))
    check(os.path.getsize(page) < 10_000_000, f"{name}: larger than 10 MB")


def check_hostile(browser, page):
    equal(browser.value("window.pwned === undefined"), True, "a text ran as a script")
    equal(count(browser, "script"), 1, "scripts in the hostile page")
    equal(count(browser, "img, iframe, object, embed, form, input"), 0, "foreign elements")
    equal(count(browser, "h1"), 1, "headings of the hostile page")
    text = browser.value("document.body.textContent")
    for words in HOSTILE:
        check(words in text, f"{words} is not shown as text")
    with open(page) as file:
        source = file.read()
    for words in HOSTILE[:2]:
        check(words not in source, f"{words} stands in the page as it is")


def check_policy(browser):
    """Nothing gets out, even if a text did become markup."""
    browser.value("""
        window.refused = [];
        document.addEventListener('securitypolicyviolation', e => refused.push(e.effectiveDirective));
        document.body.insertAdjacentHTML('beforeend',
          '<img src="http://127.0.0.1:9/x.png"><b onclick="window.pwned=4" id="trap">x</b>');
        document.getElementById('trap').click();
        fetch('http://127.0.0.1:9/').catch(() => {});""")
    time.sleep(0.3)
    refused = browser.value("refused")
    for directive in ["img-src", "script-src-attr", "connect-src"]:
        check(directive in refused, f"the policy lets {directive} through: {refused}")
    equal(browser.value("window.pwned === undefined"), True, "an attribute ran as a script")


def main(chatload, folder):
    pages = Pages(chatload, folder)
    busy = pages.busy()
    folders = {"busy": busy, "invalid": pages.invalid(busy), "unlogged": pages.unlogged(),
               "hostile": pages.hostile(), "tiny": pages.tiny(), "interrupted": pages.interrupted()}
    browser = Browser()
    for name, run in folders.items():
        page = os.path.join(run, "report.html")
        look(browser, run, page)
        check_charts(browser, run)
        check_accessibility(browser, name)
        if name == "busy":
            check_hover(browser)
            check_keys(browser)
            check_sorting(browser)
            with open(page) as file:
                check("secret-of-the-check" not in file.read(), "a secret stands in the page")
        if name == "invalid":
            first = "document.querySelector('header .verdict')"
            check("invalid" in (browser.value(first + ".textContent") or ""), "invalid is not said")
            equal(browser.value(first + ".getAttribute('role')"), "alert", "invalid is no alert")
        if name == "hostile":
            check_hostile(browser, page)
            check_policy(browser)
    compared = pages.compared(busy, folders["interrupted"])
    look(browser, compared, os.path.join(compared, "compare.html"))
    check_accessibility(browser, "compared")
    check(count(browser, ".plot .m") > 0, "compared: a chart with values")
    browser.close()
    if failures:
        raise SystemExit(f"{len(failures)} checks failed; the pages are in {folder}")
    print(f"{len(folders)} reports and a comparison are as they should be; pages and pictures in {folder}")


main(*sys.argv[1:])
