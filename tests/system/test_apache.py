"""The shipped files in an administrator's own Apache, in each way of reaching the programs."""
from __future__ import annotations

from pathlib import Path

import pytest

import rawhttp
from apache import WAYS, Apache
from depot import ROOT, metaset
from publisher import Publisher, Tool
from repositories import create
from web_site import StartSite

BASKET = "/fruit/manifest/0/basket@3.1,5.11-1:20240501T130514Z"
PAYLOAD = "/fruit/file/1/9ef14f4e6db13a3ed9510a0f5eeb605b5514762b"


@pytest.mark.parametrize("web", WAYS)
def test_the_example(imported: dict[str, Path], site: StartSite, web: str) -> None:
    """Its locations do not get anything of each other's settings."""
    example = (ROOT / "apache/example.conf").read_text()
    content = example[example.index("    # http://pkg"):example.index("</VirtualHost>")]
    for shipped, ours in {"/srv/metaset/release": imported["utf8"],
                          "/srv/metaset/nightly": imported["ascii"]}.items():
        assert shipped in content
        content = content.replace(shipped, str(ours))
    running = site(content, web)
    assert running.get("/fruit/catalog/1/catalog.attrs").status == 200
    assert running.get(BASKET).status == 200
    assert running.get(PAYLOAD).get("Content-Length") == "911"
    assert b"\nsearch 0 1\n" in running.get("/versions/0").body
    assert running.get("/nightly/north/catalog/1/catalog.attrs").status == 200
    assert running.get("/nightly/fruit/catalog/1/catalog.attrs").status == 400
    nightly = running.get("/nightly/versions/0").body
    assert b"search" not in nightly and b"\nmanifest 0 1\n" in nightly
    assert running.get("/mirror" + PAYLOAD).get("Content-Length") == "911"
    assert running.get("/mirror" + BASKET).status == 404
    assert b"search" not in running.get("/mirror/versions/0").body


@pytest.mark.parametrize("web", WAYS)
def test_other_files(imported: dict[str, Path], site: StartSite, web: str) -> None:
    """Nothing of the repository but payloads has an address, nor has what lies beside programs."""
    running = site(f"Use MetasetDepot / {imported['utf8']}", web)
    for path in ("/committed/data.mdb", "/catalog/clients", "/metaset-serve", "/..%2fcommitted",
                 "/file/9e/9ef14f4e6db13a3ed9510a0f5eeb605b5514762b"):
        assert running.get(path).status in (400, 404), path


@pytest.mark.parametrize("web", WAYS)
def test_tokens_are_not_logged(tmp_path: Path, web: str) -> None:
    """A token in the path works, also for previews, and Apache's logs do not have it."""
    repository = create(tmp_path / "repository", "demo")
    metaset("grant", "add", "token:build", "publish,preview", "-d", repository)
    text = metaset("token", "create", "build", "-d", repository).stdout
    token = next(word for word in text.split() if word.startswith("mst_"))
    endpoint = Publisher(repository, tmp_path / "endpoint", close="staged", web=web)
    try:
        tool = Tool(endpoint)
        tool.prefix = f"{token}/"
        fmri = "pkg://demo/hello@1.0,5.11:20240601T080000Z"
        assert tool.close(tool.begin(fmri, "set name=pkg.summary value=Hello\n")).status == 200
        preview = f"/{token}/staging/default/demo/catalog/1/catalog.attrs"
        address = ("127.0.0.1", endpoint.port)
        assert rawhttp.ask(address, "GET", preview).status == 200
        assert rawhttp.ask(address, "GET", preview.replace(token, "mst_x")).status == 401
        assert Tool(endpoint).open(fmri).status == 401
        assert isinstance(endpoint.server, Apache)
        assert token not in endpoint.server.log()
    finally:
        endpoint.stop()
