"""Chromium without a window, and what can be asked of a page in it."""
from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
             "--hide-scrollbars", "--disable-background-networking", "--no-first-run",
             "--disable-component-update", "--proxy-server=direct://")

# Roles that are nothing without a name.
NAMED = {"link", "button", "textbox", "searchbox", "checkbox", "radio", "combobox", "heading",
         "table", "image", "img", "region", "navigation", "search", "columnheader", "rowheader",
         "DisclosureTriangle"}

# What an audit of accessibility looks for first; each problem is a line of text.
AUDIT = """
const problems = [];
const one = (selector, what) => {
  const count = document.querySelectorAll(selector).length;
  if (count !== 1) problems.push(what + ': ' + count);
};
one('main', 'main'); one('h1', 'h1');
one('body > header', 'header'); one('body > footer', 'footer');
if (!document.documentElement.lang) problems.push('no language');
if (!document.title.trim()) problems.push('no title');
const name = (e) => (e.getAttribute('aria-label') || '').trim() ||
  (e.getAttribute('aria-labelledby') || '').split(' ')
    .map((id) => document.getElementById(id)?.textContent || '').join('').trim();
for (const nav of document.querySelectorAll('nav'))
  if (!name(nav)) problems.push('a nav without a name');
for (const e of document.querySelectorAll('[aria-labelledby]'))
  if (!name(e)) problems.push('nothing labels ' + e.outerHTML.slice(0, 60));
for (const input of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
  if (!input.labels.length) problems.push('no label: ' + input.name);
for (const e of document.querySelectorAll('a[href], button'))
  if (!e.textContent.trim() && !name(e)) problems.push('no text: ' + e.outerHTML.slice(0, 60));
for (const e of document.querySelectorAll('svg[role=img], [role=region]'))
  if (!name(e)) problems.push('no name: ' + e.outerHTML.slice(0, 60));
const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) problems.push('twice: ' + id);
let level = 0;
for (const e of document.querySelectorAll('h1, h2, h3, h4')) {
  const now = Number(e.tagName[1]);
  if (now > level + 1) problems.push('a heading skips a level: ' + e.textContent);
  level = now;
}
if (document.querySelectorAll('script, style, [style], iframe, object, embed').length)
  problems.push('scripts, styles or frames in the page');
const skip = document.querySelector('a');
if (skip.getAttribute('href') !== '#content' || !document.getElementById('content'))
  problems.push('the first link does not lead to the content');
return problems;
"""

# The least contrast of any text with what is behind it, as computed.
CONTRAST = """
const parse = (text) => {
  const n = text.match(/[\\d.]+/g).map(Number);
  return {rgb: n.slice(0, 3), alpha: n.length > 3 ? n[3] : 1};
};
const linear = (c) => (c /= 255, c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const light = (rgb) => 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]);
const behind = (e) => {
  for (; e; e = e.parentElement) {
    const back = parse(getComputedStyle(e).backgroundColor);
    if (back.alpha === 1) return back.rgb;
  }
  return [255, 255, 255];
};
let worst = {ratio: 99, text: ''};
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const e = walk.currentNode.parentElement;
  if (!walk.currentNode.data.trim() || e.closest('title')) continue;
  const style = getComputedStyle(e);
  const svg = e.closest('svg');
  const fore = light(parse(svg ? style.fill : style.color).rgb);
  let back = light(behind(e));
  const ratio = (Math.max(fore, back) + 0.05) / (Math.min(fore, back) + 0.05);
  if (ratio < worst.ratio) worst = {ratio, text: walk.currentNode.data.trim().slice(0, 40)};
}
return worst;
"""


class Browser:
    """One Chromium and its driver, until close()."""

    def __init__(self, directory: Path) -> None:
        options = Options()
        for argument in (*ARGUMENTS, f"--user-data-dir={directory}"):
            options.add_argument(argument)
        options.binary_location = "/usr/bin/chromium"
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)

    def close(self) -> None:
        """Ends both."""
        self.driver.quit()

    def look(self, width: int, dark: bool) -> None:
        """How wide the window is, and what the reader wishes."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})

    def open(self, url: str) -> None:
        """Goes to a page; what the console says of it is an error of the page."""
        self.driver.get_log("browser")  # forgets what was before
        self.driver.get(url)

    def complaints(self) -> list[str]:
        """Of the console: what the policy forbids, what was not found."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if "favicon" not in entry["message"]]

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns."""
        return self.driver.execute_script(script, *arguments)

    def nameless(self) -> list[str]:
        """What the browser tells who listens to a page, but not what it is: by its own tree of
        accessibility."""
        nodes = self.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        return [node["role"]["value"] for node in nodes
                if not node.get("ignored") and node["role"]["value"] in NAMED
                and not node.get("name", {}).get("value", "").strip()]

    def is_too_wide(self) -> bool:
        """Whether the page has to be scrolled to the side."""
        return bool(self.run("return document.documentElement.scrollWidth > innerWidth"))

    def links(self) -> list[str]:
        """The addresses that the page leads to, complete, without places in pages."""
        found = self.run("return [...document.links].map((a) => a.href)")
        return sorted({re.sub("#.*", "", link) for link in found})
