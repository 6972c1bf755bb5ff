"""Signed statements about metasets: metaset sign, commit --sign, verify --trust, /statement."""
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from depot import StartDepot, metaset
from test_past_views import publish


def make_key(directory: Path, name: str, *kind: str) -> tuple[Path, Path]:
    """A new private and its public key."""
    private, public = directory / f"{name}.key", directory / f"{name}.pub"
    subprocess.run(["openssl", "genpkey", *kind, "-out", str(private)], check=True,
                   capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", str(private), "-pubout", "-out", str(public)],
                   check=True, capture_output=True)
    return private, public


def verify(repository: Path, *keys: Path) -> subprocess.CompletedProcess[str]:
    """Verifies, trusting these keys."""
    trust = [word for key in keys for word in ("--trust", str(key))]
    return metaset("verify", "-d", repository, *trust, check=False)


@pytest.mark.parametrize("kind", [("-algorithm", "ed25519"),
                                  ("-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:2048")])
def test_a_signed_history(small: Path, tmp_path: Path, start: StartDepot,
                          kind: tuple[str, ...]) -> None:
    private, public = make_key(tmp_path, "release", *kind)
    _, other = make_key(tmp_path, "other", "-algorithm", "ed25519")
    depot = start(small)
    assert depot.get("/statement").status == 404
    publish(small, tmp_path, "one", "1.0")
    assert verify(small).returncode == 0, "nobody has asked who signed it"
    unsigned = verify(small, public)
    assert unsigned.returncode == 3 and "no trusted key has signed" in unsigned.stdout
    number = metaset("status", "-d", small, "--json").stdout.split('"number": ')[1].split(",")[0]
    metaset("sign", "-d", small, number, "--key", private)
    signed = verify(small, other, public)
    assert signed.returncode == 0 and f"metaset {number} and all before it are signed" in (
        signed.stdout)
    assert verify(small, other).returncode == 3
    statement = depot.get(f"/metaset/{number}/statement")
    assert statement.status == 200 and statement.body == depot.get("/statement").body
    assert f"\nnumber {number}\n".encode() in statement.body
    # The next one is not signed, and says so.
    publish(small, tmp_path, "two", "1.0")
    late = verify(small, public)
    assert late.returncode == 3 and f"the newest that one has is {number}" in late.stdout
    assert depot.get("/statement").status == 404
    assert depot.get(f"/metaset/{number}/statement").body == statement.body
    # Openssl agrees.
    text, _, rest = statement.body.partition(b"signature ")
    (tmp_path / "text").write_bytes(text)
    (tmp_path / "signature").write_bytes(bytes.fromhex(rest.decode().strip()))
    digest = ["-rawin"] if "ed25519" in kind else ["-rawin", "-digest", "sha256"]
    subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(public), *digest,
                    "-in", str(tmp_path / "text"), "-sigfile", str(tmp_path / "signature")],
                   check=True, capture_output=True)


def test_a_commit_is_signed(small: Path, tmp_path: Path) -> None:
    private, public = make_key(tmp_path, "release", "-algorithm", "ed25519")
    manifest = tmp_path / "m.p5m"
    manifest.write_text("set name=pkg.fmri value=x@1,5.11:20240601T080000Z\n"
                        "set name=pkg.summary value=x\n")
    metaset("publish", "-d", small, manifest)
    before = metaset("log", "-d", small).stdout
    for bad in (public, manifest, tmp_path / "none"):
        refused = metaset("commit", "-d", small, "--sign", bad, check=False)
        assert refused.returncode == 1 and str(bad) in refused.stderr
    assert metaset("log", "-d", small).stdout == before
    metaset("commit", "-d", small, "--sign", private)
    assert verify(small, public).returncode == 0
    assert " sign " in metaset("audit", "-d", small).stdout


def test_differences_over_http(small: Path, tmp_path: Path, start: StartDepot) -> None:
    publish(small, tmp_path, "one", "1.0")
    publish(small, tmp_path, "one", "2.0")
    depot = start(small)
    latest = depot.get("/metaset/?limit=1").json()["latest"]
    found = depot.get(f"/api/1/diff/{latest - 1}/{latest}").json()
    assert [(p["name"], p["change"]) for p in found["packages"]] == [("one", "upgraded")]
    assert "actions" not in found["packages"][0]
    deep = depot.get(f"/api/1/diff/{latest - 1}/{latest}?actions=1").json()
    assert deep["packages"][0]["actions"]
    assert depot.get(f"/api/1/diff/{latest}/{latest}").json()["packages"] == []
    assert depot.get(f"/api/1/diff/{latest}/99").status == 404
    assert depot.get(f"/api/1/diff/{latest}").status == 400
    assert start(small, "--past-views", "none").get(
        f"/api/1/diff/{latest - 1}/{latest}").status == 404
