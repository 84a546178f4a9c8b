"""The page of a fleet, in a real Chromium: what it shows, what it refuses, and by which keys."""

import json
import shutil

import pytest
from conftest import needs_program

from pinner.reports.fleet_page import fleet_page

A, B, C = (f"sha256:{sign * 64}" for sign in "abc")
HOSTILE = (
    "<script>document.title='owned'</script>",
    "</script><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "<!--", "]]>", "\u2028'\"`${document.title='owned'}",
)  # fmt: skip
NOW = "2027-03-01T12:00+00:00"


def reference(name, digest=None, file="Dockerfile", line=1, status=None, trust=None):
    return {
        "file": file, "line": line, "column": 6, "scanner": "dockerfile", "where": "FROM",
        "text": name, "reference": name, "digest": digest, "locked": None, "reason": None,
        "ignore": None, "trust": trust, "status": status or ("pinned" if digest else "unpinned"),
    }  # fmt: skip


def repository(name, references, findings=None, error=None, **labels):
    return {
        "kind": "repository", "repository": name, "ref": None, "labels": labels, "commit": None,
        "status": "failed" if error else "done", "error": error, "references": references,
        "problems": [], "findings": findings,
    }  # fmt: skip


def tag(name, digest, error=None):
    return {"kind": "tag", "reference": name, "digest": digest, "source": "x", "error": error}


SMALL = [
    repository("shop", [reference("docker.io/library/nginx:1", A, trust="proven"),
                        reference("docker.io/library/redis:7", line=4)], team="web"),
    repository("api", [reference("docker.io/library/nginx:1", B, trust="unproven"),
                       reference("docker.io/library/old:1", status="skipped")],
               [{"level": "error", "file": "x", "line": 3, "message": "it is wrong"}], team="pay"),
    repository("lost", [], error="git gives no answer", team="pay"),
    tag("docker.io/library/nginx:1", B),
    tag("docker.io/library/redis:7", None, error="no such tag"),
    {"kind": "digest", "digest": A, "image": "docker.io/library/nginx",
     "created": "2025-01-02T00:00:00+00:00", "error": None},
    {"kind": "digest", "digest": B, "image": "docker.io/library/nginx",
     "created": "2027-02-20T00:00:00+00:00", "error": None},
    {"kind": "end"},
]  # fmt: skip


@pytest.fixture(scope="module")
def chromium():
    needs_program("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture
def show(chromium, tmp_path):
    """Open a page of rows; nothing but itself may be asked for, and nothing may complain."""
    opened = []

    def start(rows, **options):
        file = tmp_path / f"page-{len(opened)}.html"
        file.write_text(fleet_page(rows, now=NOW), encoding="utf-8")
        context = chromium.new_context(**options)
        page = context.new_page()
        page.set_default_timeout(120_000)  # in ms: machines are slow at times
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(file.as_uri())
        opened.append((context, page, file))
        return page

    yield start
    for context, page, file in opened:
        assert page.said == []
        assert page.asked == [file.as_uri()]
        context.close()


def cells(page, column=None):
    rows = page.locator("#table tbody tr:not(.more)")
    table = [rows.nth(at).locator("td").all_inner_texts() for at in range(rows.count())]
    return table if column is None else [row[column] for row in table]


def figures(page):
    names = page.locator(".figures dt").all_inner_texts()
    return dict(zip(names, page.locator(".figures dd").all_inner_texts(), strict=True))


def test_what_it_says(show):
    page = show(SMALL)
    assert page.title() == "Container images of 3 repositories"
    assert figures(page) == {
        "References": "3", "Images": "2", "Pinned": "66 %", "Unpinned": "1",
        "Behind their tag": "1", "Digests of one tag, at most": "2",
        "Oldest digest": "2025-01-02", "Repositories that failed": "1",
    }  # fmt: skip
    assert cells(page) == [
        ["docker.io/library/nginx:1", "2", "2", "0", "2", "1", "2025-01-02", "1 not",
         "sha256:bbbbbbbbbbbb…"],
        ["docker.io/library/redis:7", "1", "1", "1", "0", "0", "", "", "no answer"],
    ]  # fmt: skip
    page.get_by_role("button", name="nginx:1").click()
    uses = page.locator(".uses li").all_inner_texts()
    assert uses == [
        f"{A} in 1 place, created 2025-01-02 behind",
        f"{B} in 1 place, created 2027-02-20 current",
        "shop Dockerfile:1 sha256:aaaaaaaaaaaa… behind",
        "api Dockerfile:1 sha256:bbbbbbbbbbbb… unsigned",
    ]
    page.get_by_role("button", name="By repository").click()
    assert cells(page, 0) == ["shop", "api", "lost"]
    assert cells(page)[1] == ["api", "team: pay", "1", "1", "0", "0", "1", "done"]
    page.get_by_role("button", name="lost").click()
    assert "git gives no answer" in page.locator(".uses").inner_text()
    page.get_by_role("button", name="api").click()
    assert "x:3: error: it is wrong" in page.locator(".uses").first.inner_text()


def test_filters_states_and_sorting(show):
    page = show(SMALL)
    page.get_by_label("Filter").fill("REDIS 7")
    assert cells(page, 0) == ["docker.io/library/redis:7"]
    assert page.locator("#shown").inner_text() == "1 of 1"
    page.get_by_label("Filter").fill("")
    page.get_by_label("Show", exact=True).select_option("behind")
    assert cells(page, 0) == ["docker.io/library/nginx:1"]
    page.get_by_label("Show", exact=True).select_option("all")
    page.locator("th button", has_text="Image").click()
    assert cells(page, 0) == ["docker.io/library/nginx:1", "docker.io/library/redis:7"]
    page.locator("th button", has_text="Image").click()
    assert cells(page, 0)[0] == "docker.io/library/redis:7"
    assert page.locator("th").first.get_attribute("aria-sort") == "descending"
    page.get_by_role("button", name="By repository").click()
    page.get_by_label("Filter").fill("pay")
    assert sorted(cells(page, 0)) == ["api", "lost"]
    page.get_by_label("Show", exact=True).select_option("failed")
    assert cells(page, 0) == ["lost"]


def test_charts(show):
    page = show(SMALL)
    assert page.locator("#label option").all_inner_texts() == ["team", "all"]
    bars = page.locator("#shares .bar").all_inner_texts()
    assert [" ".join(bar.split()) for bar in bars] == ["web 50 % of 2", "pay 100 % of 1"]
    widths = page.locator("#shares .track span").evaluate_all("all => all.map(e => e.style.width)")
    assert widths == ["50%", "100%"]
    ages = [" ".join(bar.split()) for bar in page.locator("#ages .bar").all_inner_texts()]
    assert ages[0] == "under a month 1"
    assert ages[-1] == "older 1"
    page.get_by_label("Pinned share by").select_option("all")
    assert page.locator("#shares .bar").count() == 1
    assert show(SMALL[:3]).locator("#ages-figure").is_hidden()


def test_by_keys_alone(show):
    page = show(SMALL)
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "By repository":
            break
    page.keyboard.press("Enter")
    assert cells(page, 0) == ["shop", "api", "lost"]
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className") == "open":
            break
    page.keyboard.press("Space")
    assert page.locator(".uses").count() == 1
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_a_repository_is_taken_for_markup(show, text):
    rows = [
        repository(text, [reference(text, A, file=text)],
                   [{"level": "error", "file": text, "line": 1, "message": text}],
                   error=text, **{text: text}),
        tag(text, None, error=text),
    ]  # fmt: skip
    page = show(rows)
    assert page.title() == "Container images of 1 repository"
    assert cells(page, 0) == [text]
    page.locator("#table .open").first.click()
    page.get_by_role("button", name="By repository").click()
    page.locator("#table .open").first.click()
    assert text in page.locator(".uses").inner_text()
    assert page.locator("img, iframe, object, link, a").count() == 0
    assert page.title() == "Container images of 1 repository"


def test_its_policy_forbids_everything_else(show):
    page = show(SMALL)
    policy = page.locator("meta[http-equiv]").get_attribute("content")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert page.evaluate(
        "fetch('https://example.com/').then(() => 'sent', () => 'refused')"
    ) == "refused"  # fmt: skip
    page.evaluate("document.body.append(Object.assign(document.createElement('script'),"
                  "{textContent: 'document.title = 1'}))")  # fmt: skip
    assert page.title() == "Container images of 3 repositories"
    assert all("Content Security Policy" in words for words in page.said)
    page.said.clear()
    del page.asked[1:]


def test_light_dark_narrow_and_on_paper(show):
    def colours(page):
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    light, dark = show(SMALL, color_scheme="light"), show(SMALL, color_scheme="dark")
    assert colours(light) == "rgb(255, 255, 255)"
    assert colours(dark) != colours(light)
    phone = show(SMALL, viewport={"width": 360, "height": 700})
    width = phone.evaluate("document.documentElement.scrollWidth")
    assert width <= 360, "the page is wider than the phone"
    light.emulate_media(media="print")
    assert light.get_by_label("Filter").is_hidden()
    assert light.pdf()[:4] == b"%PDF"


def test_ten_thousand_repositories(show):
    """All are there, rows come in portions, and filters go through all."""
    rows = [
        repository(
            f"team-{number % 50}/service-{number:05}",
            [
                reference(f"registry.example.com/base/image-{(number * 7 + at) % 500}:1",
                          A if (number + at) % 3 else None, line=at + 1)
                for at in range(10)
            ],
            team=f"team {number % 50}",
        )
        for number in range(10_000)
    ]  # fmt: skip
    page = show([*rows, {"kind": "end"}])
    assert figures(page)["References"] == "100,000"
    assert page.locator("#shown").inner_text() == "200 of 500"
    page.get_by_role("button", name="Show more").click()
    assert page.locator("#shown").inner_text() == "400 of 500"
    page.get_by_role("button", name="By repository").click()
    assert page.locator("#shown").inner_text() == "200 of 10000"
    page.get_by_label("Filter").fill("service-09999")
    assert cells(page, 0) == ["team-49/service-09999"]


def test_the_command_writes_it(project, tmp_path):
    project.write("Dockerfile", "FROM alpine:3.19\n")
    project.git("add", ".")
    project.git("commit", "--quiet", "-m", "begin")
    page = tmp_path / "page.html"
    for verb in ("inventory", "verify"):
        offline = ["--offline"] if verb == "inventory" else []
        run = project.pinner("fleet", verb, *offline, ".", "--workers", "1", "--html", str(page))
        assert run.code == (1 if verb == "verify" else 0), run.err
        assert run.out == ""
        text = page.read_text()
        data = json.loads(text.partition('id="data">')[2].partition("</script>")[0])
        assert data["images"][0][0] == "docker.io/library/alpine:3.19"
