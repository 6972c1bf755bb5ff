"""`metaset serve --publish-port`: a depot that can be published to, by whoever its owner allows."""
from __future__ import annotations

import os
import shlex
import signal
from pathlib import Path

import pytest

import processes
import rawhttp
from depot import Depot, StartDepot, all_gone, metaset, process_names
from publisher import Tool
from test_publish import CONTENT, FMRI, MANIFEST, NAME, make_token
from test_start_stop import fails, refuses
from waiting import eventually

ANONYMOUS = ("--publish-port", "0", "--publish-anonymous")
CATALOG = "/demo/catalog/1/catalog.base.C"


def grant_anonymous(repository: Path, rights: str = "publish,commit,activate") -> None:
    metaset("grant", "add", "anonymous", rights, "-d", repository)


def publish(depot: Depot, fmri: str = FMRI, **headers: str) -> rawhttp.Reply:
    """Publishes the package with its file; the answer of the close."""
    tool = Tool(depot.publishing(), **headers)
    return tool.close(tool.begin(fmri, MANIFEST, (CONTENT,)))


def publish_master(depot: Depot) -> int:
    return depot.masters("metaset-publish")[0]


def advice(depot: Depot) -> list[str]:
    """The lines that `metaset serve` has printed for its owner to run, without the indent."""
    return [line.strip() for line in depot.log().splitlines() if line.startswith("  ")]


def test_a_published_package_is_served(start: StartDepot, small: Path) -> None:
    grant_anonymous(small)
    depot = start(small, *ANONYMOUS)
    assert depot.log() == "", "nothing to complain about, nothing to advise"
    assert publish(depot).status == 200
    assert b'"hello"' in depot.get(CATALOG).body
    assert depot.get(f"/demo/file/1/{NAME}").status == 200
    # The port that clients use takes nothing.
    assert depot.get("/open/0/x@1", Client_Release="5.11").status == 404
    audit = metaset("audit", "-d", small).stdout
    assert "anonymous" in audit and "127.0.0.1" in audit


def test_nobody_may_until_the_printed_command_was_run(start: StartDepot, small: Path) -> None:
    depot = start(small, *ANONYMOUS)
    refused = Tool(depot.publishing()).open(FMRI)
    assert refused.status == 403
    assert "anonymous has no grant" in (refused.message() or "")
    assert metaset("grant", "list", "-d", small).stdout == "no grants\n"
    (command,) = eventually(lambda: advice(depot), "the advice is printed")
    words = shlex.split(command)
    assert words[0] == "metaset"
    metaset(*words[1:])
    assert publish(depot).status == 200, "without a restart"


def test_the_advice_names_what_is_missing(start: StartDepot, small: Path) -> None:
    grant_anonymous(small, "publish")
    depot = start(small, *ANONYMOUS)
    (command,) = eventually(lambda: advice(depot), "the advice is printed")
    assert command.endswith(" anonymous commit,activate")
    staged = start(small, *ANONYMOUS, "--publish-close", "staged")
    assert staged.log() == "", "that is enough for a staging area"
    other = start(small, "--publish-port", "0")
    create, grant = eventually(lambda: advice(other), "the advice is printed")
    assert "token create" in create and "token:NAME publish,commit,activate" in grant


def test_tokens(start: StartDepot, small: Path) -> None:
    token = make_token(small, "build", "publish,commit,activate")
    depot = start(small, "--publish-port", "0")
    assert depot.log() == ""
    grant_anonymous(small)
    for headers in ({}, {"Authorization": "Bearer mst_" + "0" * 16 + "_" + "0" * 64}):
        assert Tool(depot.publishing(), **headers).open(FMRI).status == 401
    assert publish(depot, Authorization=f"Bearer {token}").status == 200
    assert b'"hello"' in depot.get(CATALOG).body


def test_a_token_in_the_path(start: StartDepot, small: Path, tmp_path: Path) -> None:
    """As package tools have to send it; it does not get into the log."""
    token = make_token(small, "build", "publish,commit,activate")
    log = tmp_path / "access.log"
    depot = start(small, "--publish-port", "0", "--base", "/r.1", "--publish-close", "staged",
                  "--preview", "granted", "--access-log", str(log))
    tool = Tool(depot.publishing())
    tool.prefix = f"{token}/"
    assert tool.close(tool.begin(FMRI, MANIFEST, (CONTENT,))).status == 200
    assert b'"hello"' in depot.get(f"/{token}/staging/default" + CATALOG).body
    assert depot.get(f"/{token}/staging/default/demo/file/1/{NAME}").status == 200
    assert depot.get("/staging/default" + CATALOG).status == 401
    assert depot.get(f"/{token}" + CATALOG).status == 404, "the rest of the depot needs none"
    for wrong in ("mst_0", "mst_x", "mst_", token[:-1]):
        tool.prefix = f"{wrong}/"
        assert tool.open(FMRI).status in (401, 404), wrong
    assert depot.stop() == 0
    assert "/staging/default" in log.read_text() and f"{token}/staging" not in log.read_text()
    assert f"/{token}/open" not in log.read_text()


def test_a_wrong_token_is_not_nobody(start: StartDepot, small: Path) -> None:
    """Who tries to prove something and fails does not get what everybody has."""
    grant_anonymous(small)
    depot = start(small, *ANONYMOUS)
    wrong = Tool(depot.publishing(), Authorization="Bearer mst_" + "0" * 16 + "_" + "0" * 64)
    assert wrong.open(FMRI).status == 401
    token = make_token(small, "build", "publish,commit,activate")
    assert publish(depot, Authorization=f"Bearer {token}").status == 200


def test_anonymous_is_for_this_machine_only(start: StartDepot, small: Path) -> None:
    grant_anonymous(small)
    depot = start(small, *ANONYMOUS)
    assert depot.publish_address
    assert refuses(("127.0.0.2", depot.publish_address[1])), "it listens on one address only"
    # What came through something else on this machine may be from anywhere.
    assert Tool(depot.publishing(), X_Forwarded_For="192.0.2.1").open(FMRI).status == 401
    assert Tool(depot.publishing(), Host="pkg.example.com").open(FMRI).status == 401
    assert publish(depot, Host="localhost").status == 200


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "[::]", "192.0.2.1"])
def test_anonymous_on_other_addresses_is_refused(small: Path, address: str) -> None:
    status, text = fails("-d", small, "-p", "0", "-a", address, *ANONYMOUS)
    assert status == 2
    assert text == ("metaset: serve: --publish-anonymous: other machines can reach "
                    f"{address} (-a), and everybody could publish; it needs a loopback address "
                    "such as 127.0.0.1\n")


@pytest.mark.parametrize("arguments,word", [
    (["--publish-anonymous"], "--publish-port"),
    (["--publish-close", "staged"], "--publish-port"),
    (["--publish-area", "x"], "--publish-port"),
    (["--publish-port", "70000"], "--publish-port"),
    (["--publish-port", "0", "--publish-close", "later"], "--publish-close"),
    (["--publish-port", "0", "--publish-area", "a/b"], "a/b"),
    (["--preview", "sometimes"], "--preview"),
])
def test_wrong_options(small: Path, arguments: list[str], word: str) -> None:
    status, text = fails("-d", small, "-p", "0", *arguments)
    assert status == 2
    assert word in text


def test_ports_that_are_taken(start: StartDepot, small: Path) -> None:
    depot = start(small, "--publish-port", "0")
    assert depot.publish_address
    port = depot.publish_address[1]
    status, text = fails("-d", small, "-p", "0", "--publish-port", port)
    assert status == 1
    assert text == (f"metaset: serve: port {port} of 127.0.0.1 is taken by another process: choose "
                    "one with --publish-port, or --publish-port 0 for any that is free\n")
    status, text = fails("-d", small, "-p", port, "--publish-port", port)
    assert status == 2
    assert "that is the port of the depot itself" in text


def test_staged_and_committed(start: StartDepot, small: Path) -> None:
    grant_anonymous(small, "publish")
    depot = start(small, *ANONYMOUS, "--publish-close", "staged", "--publish-area", "nightly")
    assert publish(depot).status == 200
    assert b'"hello"' not in depot.get(CATALOG).body
    assert depot.get("/staging/nightly" + CATALOG).status == 404, "there is no preview"
    # Who may publish sees what waits.
    assert b'"hello"' in depot.publishing().ask("GET", CATALOG[1:]).body
    metaset("commit", "-a", "nightly", "-d", small)
    assert b'"hello"' in depot.get(CATALOG).body


def test_a_preview_for_everybody(start: StartDepot, small: Path) -> None:
    grant_anonymous(small, "publish")
    depot = start(small, *ANONYMOUS, "--publish-close", "staged", "--preview", "open",
                  "--base", "/depot", "--disable-ops", "info")
    assert publish(depot).status == 200
    assert b'"hello"' not in depot.get(CATALOG).body
    assert b'"hello"' in depot.get("/staging/default" + CATALOG).body
    assert depot.get(f"/staging/default/demo/file/1/{NAME}").status == 200
    package = "hello@1.0,5.11-1:20240601T080000Z"
    assert MANIFEST.encode() in depot.get(f"/staging/default/demo/manifest/0/{package}").body
    for operation in ("open", "info"):
        assert depot.get(f"/staging/default/{operation}/0/{package}").status == 404


def test_what_is_sent_to_an_area_waits_there(start: StartDepot, small: Path) -> None:
    """Also where packages are active at once otherwise."""
    grant_anonymous(small, "publish,commit,activate,preview")
    depot = start(small, *ANONYMOUS)
    tool = Tool(depot.publishing())
    tool.prefix = "staging/side/"
    assert tool.close(tool.begin(FMRI, MANIFEST, (CONTENT,))).status == 200
    assert b'"hello"' not in depot.get(CATALOG).body
    # As pkgrecv ends.
    assert tool.ask("GET", "admin/0?cmd=refresh").status == 200
    assert b'"hello"' not in depot.get(CATALOG).body
    assert "side" in metaset("stage", "list", "-d", small).stdout
    committed = tool.ask("POST", "api/1/commit", b"{}")
    assert committed.status == 200, committed.body
    assert b'"hello"' in depot.get(CATALOG).body


def test_a_preview_for_some(start: StartDepot, small: Path) -> None:
    """Also of what was staged with `metaset publish`: no port to publish to is needed."""
    token = make_token(small, "viewer", "preview")
    depot = start(small, "--preview", "granted")
    assert depot.publish_address is None and depot.log() == ""
    path = "/staging/default" + CATALOG
    assert depot.get(path).status == 401
    assert b'"first"' in depot.get(path, Authorization=f"Bearer {token}").body


def test_a_base_and_an_address_by_name(start: StartDepot, small: Path) -> None:
    grant_anonymous(small)
    depot = start(small, *ANONYMOUS, "--base", "/r", "-a", "localhost")
    assert publish(depot).status == 200
    assert rawhttp.ask(depot.publishing().address, "GET", "/versions/0").status == 404
    assert b"open" in depot.publishing().ask("GET", "versions/0").body


def test_metaset_publish_is_started_again(start: StartDepot, small: Path) -> None:
    grant_anonymous(small)
    depot = start(small, *ANONYMOUS)
    tool = Tool(depot.publishing())
    transaction = tool.begin(FMRI, MANIFEST, (CONTENT,))
    master = publish_master(depot)
    below = [master, *processes.descendants(master)]
    os.kill(master, signal.SIGKILL)
    all_gone(below)
    # It waits in the socket until somebody is there again.
    assert tool.close(transaction).status == 200
    assert b'"hello"' in depot.get(CATALOG).body
    assert "metaset-publish was killed by signal 9; starting it again" in depot.log()
    assert depot.process.poll() is None
    master = publish_master(depot)
    os.kill(master, signal.SIGKILL)
    assert depot.process.wait(60) == 1, "twice within a minute"
    assert depot.log().endswith("metaset: serve: metaset-publish was killed by signal 9\n")


def test_reload_renews_both(start: StartDepot, small: Path) -> None:
    grant_anonymous(small)
    depot = start(small, *ANONYMOUS)
    master = publish_master(depot)
    old = set(processes.children(master))
    assert old
    transaction = Tool(depot.publishing()).begin(FMRI, MANIFEST, (CONTENT,))
    depot.renew(depot.pid)
    eventually(lambda: processes.children(master) and not old & set(processes.children(master)),
               "the process of metaset-publish was replaced")
    assert Tool(depot.publishing()).close(transaction).status == 200
    assert publish_master(depot) == master


def test_stops_and_leaves_nothing(start: StartDepot, small: Path) -> None:
    grant_anonymous(small)
    depot = start(small, *ANONYMOUS, "--preview", "open")
    below = processes.descendants(depot.pid)
    assert ({processes.name_of(pid) for pid in below}
            == process_names("metaset-serve", "metaset-publish"))
    assert publish(depot).status == 200
    assert depot.stop() == 0
    all_gone(below)
    assert list(depot.temporary.iterdir()) == []
    for address in (depot.address, depot.publishing().address):
        assert refuses(address)
    assert depot.log() == ""


def test_a_publication_under_way_is_finished(start: StartDepot, small: Path) -> None:
    """The web server ends first, then the workers that it may still need."""
    grant_anonymous(small)
    depot = start(small, *ANONYMOUS)
    address = depot.publishing().address
    transaction = Tool(depot.publishing()).begin(FMRI, MANIFEST, (CONTENT,))
    workers = processes.children(publish_master(depot))
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    eventually(lambda: all(map(processes.is_stopped, workers)), "all threads are stopped")
    with rawhttp.Connection(address) as connection:
        connection.send("GET", f"/close/0/{transaction}", {"Host": "localhost"})
        eventually(lambda: has_connection(depot), "the web server has passed the request on")
        depot.process.send_signal(signal.SIGTERM)
        eventually(lambda: refuses(address), "it does not listen any more")
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
        assert connection.receive().status == 200
    assert depot.process.wait(60) == 0
    assert "hello" in metaset("list", "-d", small).stdout


def has_connection(depot: Depot) -> bool:
    """Whether somebody is connected to the socket of metaset-publish or waits in it."""
    path = str(depot.run_directory() / "p")
    lines = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()]
    return len([line for line in lines if line[-1] == path]) > 1


def test_a_token_gets_into_no_log(start: StartDepot, small: Path, tmp_path: Path) -> None:
    token = make_token(small, "build", "publish,commit,activate")
    log = tmp_path / "access.log"
    depot = start(small, "--publish-port", "0", "--access-log", str(log))
    tool = Tool(depot.publishing())
    tool.prefix = f"{token}/"
    large = os.urandom(200_000)  # does not fit into a buffer of nginx: it tells its log about that
    assert tool.close(tool.begin(FMRI, "", (large,))).status == 200
    os.kill(depot.masters("metaset-publish")[0], signal.SIGTERM)
    assert tool.open("x@1,5.11-1").status in (200, 502)
    depot.stop()
    assert token not in log.read_text() and token not in depot.log()
