"""The web pages in a browser: every page, light and dark, narrow and wide, by keyboard, below a
path and in views, with packages that mean harm."""
from __future__ import annotations

import re
import shutil
import subprocess
import urllib.error
import urllib.request
import xml.etree.ElementTree
from pathlib import Path
from typing import Any, Iterator
from urllib.parse import urlsplit

import html5lib
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from browser import AUDIT, CONTRAST, Browser
from damage import payload
from depot import Depot, StartDepot, metaset
from repositories import Package, commit, create, publish
from waiting import eventually

LEAST_CONTRAST = 4.5  # WCAG 2.1, AA
EVIL = """<script>document.title='owned'</script><img src=x onerror=alert(1)>"'&{{x}} \u202e"""
LINES = [
    f"set name=pkg.summary value='{EVIL.replace(chr(39), '')}'",
    "set name=pkg.description value=\"</main></body><style>*{display:none}</style>\"",
    "set name=info.upstream-url value=javascript:alert(1)",
    "set name=info.classification value='org.x:<b>System</b>/\"Evil\"'",
    "set name='a<b>c' value='" + "w" * 500 + "'",
    "depend type=require fmri=pkg:/library/good@1.0",
    "depend type=optional fmri=pkg:/not/here@1.0",
    "signature algorithm='<b>none' value=00 version=0",
]
PAGES = ["", "packages", "packages?under=library/", "packages?q=%3Cb%3E&versions=all", "classes",
         "find", "find?q=*e*", "find?q=*e*&for=actions", "find?q=%3Cb%3E",
         "metasets", "metasets/2", "metasets/3?from=1",
         "package/evil/package", "package/evil/package?show=files",
         "package/evil/package?show=licences", "package/evil/package?show=manifest",
         "package/library/good", "package/library/good@1.0,5.11:20240501T100000Z",
         "package/library/many?show=files", "package/library/gone"]


@pytest.fixture(scope="module", name="hostile")
def hostile_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three metasets; publishers `demo` and `other`."""
    top = tmp_path_factory.mktemp("web")
    repository = create(top / "repository", "demo", "other")
    stamp = "5.11:20240501T100000Z"
    licence = b"<b>Licence</b> & \xff\xfe more\n" * 20
    evil = Package(f"pkg://demo/evil/package@1.0,{stamp}",
                   {"usr/<i>x</i>": b"1", "usr/" + "long" * 40: b"2"}, LINES)
    licensed = evil.write(top / "evil")
    (top / "evil/root/LICENCE").write_bytes(licence)
    licensed.write_text(licensed.read_text() + "license LICENCE license='<u>own'\n")
    metaset("publish", "-s", repository, "-d", top / "evil/root", "--keep-timestamp", licensed)
    many = {f"usr/share/many/{n // 50}/{n}": b"%d" % n for n in range(600)}
    publish(repository, top / "one", [
        Package(f"pkg://demo/library/good@1.0,{stamp}", {"usr/bin/good": b"x"},
                ["set name=pkg.summary value='A good one'"]),
        Package(f"pkg://other/library/many@1.0,{stamp}", many),
        Package(f"pkg://demo/library/gone@1.0,{stamp}", lines=[
            "set name=pkg.obsolete value=true"])])
    commit(repository)
    publish(repository, top / "two", [
        Package("pkg://demo/library/good@2.0,5.11:20240601T100000Z", {"usr/bin/good": b"y"})])
    commit(repository)
    metaset("tag", "-d", repository, "2", "first-release")
    return repository


@pytest.fixture(scope="module", name="served")
def served_depot(hostile: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Depot]:
    """The depot of it, below a path."""
    with Depot(hostile, tmp_path_factory.mktemp("web-depot"), "--base", "/r/pkg") as running:
        yield running


@pytest.fixture(scope="module", name="browser")
def started_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser for all tests."""
    browser = Browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


def address(depot: Depot, path: str) -> str:
    """The complete address of a path below the depot's."""
    return f"http://{depot.address[0]}:{depot.address[1]}{depot.base}/{path}"


@pytest.mark.parametrize("path", PAGES)
def test_a_page(browser: Browser, served: Depot, path: str) -> None:
    for width, dark in ((1200, False), (360, False), (1200, True), (360, True)):
        browser.look(width, dark)
        browser.open(address(served, path))
        assert browser.complaints() == []
        assert browser.run(AUDIT) == []
        assert browser.nameless() == []
        assert not browser.is_too_wide(), width
        worst = browser.run(CONTRAST)
        assert worst["ratio"] >= LEAST_CONTRAST, (worst, dark)
        assert browser.driver.title != "owned"
    background = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert background != "rgb(255, 255, 255)", "dark is dark"


@pytest.mark.parametrize("path", PAGES)
def test_its_html_is_valid(served: Depot, path: str) -> None:
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(served.get("/" + path).body, transport_encoding="utf-8")
    assert parser.errors == []


# What tidy says of every page of a kind, for people to think about: drawings of letters (which
# commands and manifests are not), colours of fields, an attribute of tables that HTML has no more,
# links of few letters, which are names; and attributes that are newer than it.
NOT_MEANT = re.compile(r"\[(1\.1\.12\.1|13\.10\.1\.1|2\.1\.1\.5|5\.5\.1\.1|13\.1\.1\.1)\]"
                       r'|proprietary attribute "(aria-current|autocapitalize)"')


@pytest.mark.parametrize("path", PAGES)
def test_what_tidy_says(served: Depot, path: str) -> None:
    """Of its HTML, and of the third level of its checks of accessibility."""
    checked = subprocess.run(
        ["tidy", "-quiet", "-errors", "--accessibility-check", "3", "--drop-empty-elements", "no"],
        input=served.get("/" + path).body, capture_output=True, check=False, timeout=60)
    said = checked.stderr.decode().splitlines()
    assert [line for line in said if not NOT_MEANT.search(line)] == []


@pytest.mark.parametrize("view", ["", "demo/", "metaset/2/", "metaset/first-release/demo/",
                                  "metaset/3/other/"])
def test_every_link_leads_somewhere(browser: Browser, served: Depot, view: str) -> None:
    """What is reached from a home page by up to two steps is there, and below the depot's path."""
    browser.look(1200, False)
    seen: set[str] = set()
    found = [address(served, view)]
    for _ in range(2):
        following = []
        for link in found:
            if link in seen:
                continue
            seen.add(link)
            assert urlsplit(link).path.startswith("/r/pkg/"), link
            with urllib.request.urlopen(link, timeout=60) as reply:
                kind = reply.headers["Content-Type"]
            if kind.startswith("text/html"):
                browser.open(link)
                assert browser.complaints() == [], link
                following += browser.links()
        found = following
    assert len(seen) > 5


def test_a_view_stays_a_view(served: Depot) -> None:
    assert b"2.0" not in served.get("/metaset/2/demo/package/library/good").body
    assert b"2.0" in served.get("/demo/package/library/good").body
    assert b"These pages stay at metaset 2" in served.get("/metaset/2/packages").body


def test_by_keyboard(browser: Browser, served: Depot) -> None:
    """The first key leads past what is on every page; a filter is typed and sent."""
    browser.look(1200, False)
    browser.open(address(served, "packages"))
    keys = ActionChains(browser.driver)
    keys.send_keys(Keys.TAB).perform()
    skip = browser.run("const e = document.activeElement, r = e.getBoundingClientRect();"
                       "return [e.className, r.left >= 0 && r.top >= 0]")
    assert skip == ["skip", True], "the link to the content is seen when it has the focus"
    keys = ActionChains(browser.driver)
    keys.send_keys(Keys.ENTER).send_keys(Keys.TAB).perform()
    assert browser.run("return document.activeElement.name") == "q"
    ActionChains(browser.driver).send_keys("library/g*").send_keys(Keys.ENTER).perform()
    eventually(lambda: "q=library%2Fg*" in browser.driver.current_url, "the filter is sent")
    assert "2 packages" in browser.run("return document.querySelector('main').innerText")
    ring = "return getComputedStyle(document.activeElement).outlineStyle"
    for _ in range(12):
        ActionChains(browser.driver).send_keys(Keys.TAB).perform()
        if browser.run("return document.activeElement !== document.body"):
            assert browser.run(ring) != "none"


def test_pages_need_no_script(browser: Browser, served: Depot) -> None:
    browser.look(1200, False)
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.open(address(served, "packages?under=library/"))
        text = browser.driver.find_element("css selector", "main").text
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert "library/good" in text


def test_validators(served: Depot, hostile: Path, tmp_path: Path, start: StartDepot) -> None:
    """304 until something changes; another host is told other commands."""
    first = served.get("/")
    assert served.get("/", If_None_Match=first.get("ETag")).status == 304
    other = served.get("/", Host="pkg.example.com")
    assert other.get("ETag") != first.get("ETag")
    assert b"http://pkg.example.com/r/pkg/" in other.body
    assert b"<script" not in served.get("/", Host="<script>").body
    templates = tmp_path / "templates"
    templates.mkdir()
    depot = start(hostile, "--templates", str(templates))
    before = depot.get("/")
    (templates / "foot.mustache").write_text("<p>Our own foot</p></main></body></html>\n")
    depot.renew()
    after = depot.get("/", If_None_Match=before.get("ETag"))
    assert after.status == 200 and b"Our own foot" in after.body
    (templates / "foot.mustache").write_text("{{{title}}}")
    depot.renew()
    assert depot.get("/").status == 500
    assert "foot.mustache" in depot.log()


def test_validators_know_of_payloads(hostile: Path, tmp_path: Path, start: StartDepot) -> None:
    """The text of a licence goes, comes back damaged, and is mended, without a metaset."""
    repository = tmp_path / "repository"
    shutil.copytree(hostile, repository, symlinks=True)
    depot = start(repository)
    page = "/package/evil/package?show=licences"
    details = depot.get("/api/1/package/evil/package").json()
    path = payload(repository, details["licences"][0]["payload"])
    whole = path.read_bytes()
    broken = whole[:20] + bytes(byte ^ 0x55 for byte in whole[20:])
    seen = {depot.get(page).get("ETag")}

    def follows(text: bytes) -> None:
        for tag in seen:
            reply = depot.get(page, If_None_Match=str(tag))
            assert reply.status == 200 and text in reply.body
        seen.add(reply.get("ETag"))
        assert depot.get(page, If_None_Match=str(reply.get("ETag"))).status == 304

    assert b"&lt;b&gt;Licence&lt;/b&gt;" in depot.get(page).body
    path.unlink()
    follows(b"The text is not in this depot.")
    path.write_bytes(broken)
    follows(b"The text cannot be read")
    path.write_bytes(whole)
    mended = depot.get(page)
    assert b"&lt;b&gt;Licence&lt;/b&gt;" in mended.body and mended.get("ETag") in seen
    assert len(seen) == 3


def test_the_style_sheet_is_kept(browser: Browser, served: Depot) -> None:
    browser.open(address(served, "demo/package/library/good"))
    style = browser.run("return document.styleSheets[0].href")
    path = urlsplit(style).path.removeprefix("/r/pkg")
    reply = served.get(path)
    assert reply.status == 200 and reply.get("Content-Type") == "text/css; charset=utf-8"
    assert "max-age=31536000" in (reply.get("Cache-Control") or "")


def test_a_preview(small: Path, tmp_path: Path, start: StartDepot) -> None:
    """What waits in a staging area has pages, JSON and a feed, for those who may look."""
    fresh = Package("pkg://demo/fresh@1.0,5.11:20240501T100000Z")
    publish(small, tmp_path / "fresh", [fresh])
    depot = start(small, "--preview", "open")
    page = depot.get("/staging/default/packages")
    assert b"fresh" in page.body and b"a preview of the staging area default" in page.body
    assert b"fresh" not in depot.get("/packages").body
    assert b"pkg://demo/fresh@1.0" in depot.get("/staging/default/demo/package/fresh").body
    assert b"package/fresh@1.0" in depot.get("/staging/default/find?q=fresh").body
    assert b"Nothing was found" in depot.get("/find?q=fresh").body
    listed = depot.get("/staging/default/api/1/package").json()
    assert [one["name"] for one in listed["packages"]] == ["first", "fresh"]
    listed = depot.get("/api/1/package").json()
    assert [one["name"] for one in listed["packages"]] == ["first"]
    assert b"Added fresh" in depot.get("/staging/default/feed").body
    style = re.search(rb'href="./(style-[^"]*)"', page.body)
    assert style and depot.get("/staging/default/" + style[1].decode()).status == 200
    tag = page.get("ETag")
    assert depot.get("/staging/default/packages", If_None_Match=tag).status == 304
    publish(small, tmp_path / "more", [
        Package("pkg://demo/more@1.0,5.11:20240501T100000Z")])
    assert b"more" in depot.get("/staging/default/packages", If_None_Match=tag).body


def test_json(served: Depot) -> None:
    """The same as on the pages, some at a time."""
    everything = served.get("/api/1/package?versions=all").json()
    assert everything["total"] == len(everything["packages"]) == 5
    pages = [served.get(f"/api/1/package?versions=all&limit=2&first={first}").json()["packages"]
             for first in (0, 2, 4, 6)]
    assert [one for page in pages for one in page] == everything["packages"]
    assert everything["folders"] == {"evil": 1, "library": 3}
    good = served.get("/demo/api/1/package/library/good?paths=1").json()
    assert good["versions"] == ["2.0,5.11:20240601T100000Z", "1.0,5.11:20240501T100000Z"]
    assert [one["name"] for one in good["dependents"]] == ["evil/package"]
    assert [one["path"] for one in good["paths"]] == ["usr/bin/good"]
    assert served.get("/api/1/class").json() == {'<b>System</b>/"Evil"': 1}
    assert [one["name"] for one in served.get("/api/1/publisher").json()] == ["demo", "other"]
    newest = served.get("/api/1/change?limit=1").json()
    assert newest[0]["name"] == "library/good" and newest[0]["metaset"] == 3
    old = served.get("/metaset/2/api/1/package/library/good").json()
    assert old["metaset"] == 2 and old["version"].startswith("1.0")
    for bad in ("package/nothing", "package?limit=x", "package?limit=1001", "change?limit=-1",
                "search", "search?q=(", "search?q=x&limit=1001",
                "search?q=x&limit=0", "search?q=x&first=x"):
        assert served.get(f"/api/1/{bad}").status in (400, 404), bad
        assert served.get(f"/api/1/{bad}").json()["error"]


def test_json_of_searches(served: Depot) -> None:
    """What the page finds, in parts that fit together."""
    def find(view: str, query: str) -> Any:
        return served.get(f"/{view}api/1/search?q={query}").json()
    found = find("", ":set:pkg.fmri:*")
    assert found["metaset"] == 3 and found["first"] == 0 and found["next"] is None
    assert [(one["publisher"], one["name"]) for one in found["packages"]] == [
        ("demo", "evil/package"), ("demo", "library/gone"), ("demo", "library/good"),
        ("other", "library/many")]
    assert [one["obsolete"] for one in found["packages"]] == [False, True, False, False]
    good = find("demo/", "*good*&versions=all")["packages"]
    assert [one["fmri"] for one in good if one["name"] == "library/good"] == [
        "pkg://demo/library/good@2.0,5.11:20240601T100000Z",
        "pkg://demo/library/good@1.0,5.11:20240501T100000Z"]
    assert [one["summary"] for one in good if one["name"] == "library/good"] == ["", "A good one"]
    assert [one["version"][:3] for one in find("metaset/2/", "*good*")["packages"]
            if one["name"] == "library/good"] == ["1.0"]
    everything = find("", "file::*&for=actions&limit=1000")
    parts, first = [], 0
    while first is not None:
        part = find("", f"file::*&for=actions&limit=400&first={first}")
        parts += part["actions"]
        first = part["next"]
        assert first in (None, len(parts))
    assert everything["next"] == 1000 and parts[:1000] == everything["actions"]
    assert {one["publisher"] for one in parts} == {"demo", "other"}
    exact = find("other/", "path:/usr/share/many/0/7&for=actions")["actions"]
    assert len(exact) == 1 and exact[0]["key"] == "path" and exact[0]["type"] == "file"
    assert exact[0]["action"].startswith("file ") and exact[0]["name"] == "library/many"
    assert find("", "GOOD&case=1")["packages"] == []


def test_feeds_are_atom(served: Depot) -> None:
    atom = "{http://www.w3.org/2005/Atom}"
    for path in ("/feed", "/demo/feed", "/metaset/2/feed"):
        reply = served.get(path, Host="%s:%d" % served.address)
        feed = xml.etree.ElementTree.fromstring(reply.body)
        assert feed.tag == atom + "feed"
        entries = feed.findall(atom + "entry")
        assert entries
        ids = [one.findtext(atom + "id") or "" for one in entries]
        assert len(set(ids)) == len(ids) and all(one.startswith("tag:") for one in ids)
        for one in (feed, *entries):
            for name in ("id", "title", "updated"):
                assert len(one.findall(atom + name)) == 1, name
            for link in one.findall(atom + "link"):
                try:
                    urllib.request.urlopen(link.attrib["href"], timeout=60).close()
                except urllib.error.HTTPError as error:
                    raise AssertionError(link.attrib["href"]) from error
