"""What is counted, and how it is told: /metrics, over all workers, whatever becomes of them."""
from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import prometheus
from depot import METASET_SERVE, Depot, StartDepot, metaset
from etcd import EtcdCluster
from gate import Gate, hold_metaset
from group import Group
from processes import is_running
from prometheus import Family
from waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
PAYLOAD = hashlib.sha1(b"first\n").hexdigest()
FIRST = "first@1.0%2C5.11-1%3A20240501T100000Z"
OPTIONS = ("--metrics", "on", "--workers", "3", "--threads", "2")


def scrape(depot: Depot) -> dict[str, Family]:
    reply = depot.get("/metrics")
    assert reply.status == 200, reply.body
    assert reply.get("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    assert "no-" in str(reply.get("Cache-Control"))
    return prometheus.parse(reply.body.decode())


def settled(depot: Depot) -> dict[str, Family]:
    """When nothing but this is under way: what is answered may not be counted yet."""
    def alone() -> dict[str, Family] | None:
        families = scrape(depot)
        return families if families["metaset_requests_in_flight"].value() == 1 else None

    return eventually(alone, "nothing else runs")


def requests(depot: Depot, operation: str, status: str = "200") -> float:
    return scrape(depot)["metaset_requests_total"].total(operation=operation, status=status)


def ask_all_workers(depot: Depot) -> None:
    """Asks many things at once, until each worker has been asked something."""
    count = len(depot.workers())

    def all_asked() -> bool:
        with ThreadPoolExecutor(24) as clients:
            list(clients.map(lambda _: depot.get("/metaset"), range(96)))
        return scrape(depot)["metaset_workers"].value(program="metaset-serve") == count

    eventually(all_asked, "all workers count")


def test_off_unless_configured(small: Path, start: StartDepot) -> None:
    depot = start(small)
    assert depot.get("/metrics").status == 404
    assert not (small / "catalog" / "metrics").exists()


def test_what_is_counted(small: Path, start: StartDepot) -> None:
    depot = start(small, *OPTIONS)
    ask_all_workers(depot)
    for _ in range(20):
        assert depot.get("/versions/0/").status == 200
    depot.get("/catalog/1/catalog.nothing")
    depot.get("/no/such/page")
    depot.get("/file/1/" + PAYLOAD)  # by nginx
    families = settled(depot)
    counted = families["metaset_requests_total"]
    # One more: `metaset serve` asks until its depot answers.
    assert counted.value(operation="versions/0", status="200") >= 21
    assert counted.value(operation="catalog/1", status="404") == 1
    assert counted.value(operation="pages", status="404") == 1
    assert counted.total(operation="file/1") == 0
    durations = families["metaset_request_duration_seconds"]
    assert durations.value("_count", operation="versions/0") == \
        counted.value(operation="versions/0", status="200")
    assert 0 < durations.value("_sum", operation="versions/0") < 5
    assert families["metaset_sent_bytes_total"].value(operation="versions/0") > 20 * 50
    assert families["metaset_workers"].value(program="metaset-serve") == 3
    assert families["metaset_requests_in_flight"].value() == 1  # this one
    assert families["metaset_active_metaset"].value() == 2
    assert families["metaset_newest_metaset"].value() == 2
    assert families["metaset_repository_up"].value() == 1
    assert families["metaset_lmdb_readers"].value(environment="committed") >= 1
    assert families["metaset_lmdb_map_bytes"].value(environment="committed") >= 1 << 30
    assert families["metaset_disk_free_bytes"].value() > 0
    # metaset-serve does not open what is staged.
    assert "metaset_staging_areas" not in families and "metaset_group_phase" not in families

    def one_more() -> bool:
        before, after = (families["metaset_requests_total"].total(operation="metrics")
                         for families in (settled(depot), scrape(depot)))
        return after == before + 1

    eventually(one_more, "what is answered was counted when the next one asks, and that once")


def test_large_files_are_handed_over(large: Path, start: StartDepot) -> None:
    depot = start(large, *OPTIONS)
    body = depot.get("/catalog/1/catalog.summary.C").body
    families = settled(depot)
    assert families["metaset_handed_over_bytes_total"].value(operation="catalog/1") == len(body)
    assert families["metaset_sent_bytes_total"].total(operation="catalog/1") == 0


@pytest.mark.parametrize("path", ("/demo/metrics", "/metrics/0", "/metrics?x=1",
                                  "/metaset/1/metrics"))
def test_only_one_address(path: str, small: Path, start: StartDepot) -> None:
    assert start(small, *OPTIONS).get(path).status == 404


def test_for_this_machine_only(small: Path, start: StartDepot) -> None:
    depot = start(small, *OPTIONS)
    for name, value in (("X-Forwarded-For", "192.0.2.7"), ("Forwarded", "for=192.0.2.7"),
                        ("Origin", "http://evil.example"), ("Sec-Fetch-Site", "cross-site")):
        reply = depot.ask("GET", "/metrics", {name: value})
        assert reply.status == 403 and "METASET_METRICS_TO" in reply.message()
    proxied = start(small, *OPTIONS, "--trusted-proxy", "127.0.0.1")
    assert proxied.ask("GET", "/metrics", {"X-Forwarded-For": "192.0.2.7"}).status == 403


def test_sums_never_go_back(small: Path, start: StartDepot) -> None:
    """Workers are killed and renewed while clients ask."""
    depot = start(small, *OPTIONS)
    stop = threading.Event()
    answered = 0

    def ask() -> None:
        nonlocal answered
        while not stop.is_set():
            if depot.get("/versions/0/").status == 200:
                answered += 1

    client = threading.Thread(target=ask)
    client.start()
    seen = [requests(depot, "versions/0")]
    try:
        for _ in range(6):
            old = depot.workers()
            victim = old[0]
            os.kill(victim, signal.SIGKILL)
            eventually(lambda: not is_running(victim) and len(depot.workers()) == 3,
                       "there is another worker")
            seen.append(requests(depot, "versions/0"))
        depot.renew()
        seen.append(requests(depot, "versions/0"))
        before = answered
        eventually(lambda: answered > before + 10, "the new workers answer")
    finally:
        stop.set()
        client.join()
    assert seen == sorted(seen) and seen[0] < seen[-1]
    ask_all_workers(depot)
    families = settled(depot)
    # Killed after it had answered, before it counted: at most one for each thread of each victim.
    counted = families["metaset_requests_total"].value(operation="versions/0", status="200")
    assert answered - 12 <= counted
    assert families["metaset_workers"].value(program="metaset-serve") == 3


def test_a_file_that_was_removed_or_damaged(small: Path, start: StartDepot) -> None:
    depot = start(small, *OPTIONS)
    file = small / "catalog" / "metrics"
    assert requests(depot, "versions/0") >= 1
    file.unlink()
    eventually(lambda: depot.get("/versions/0/").status == 200 and file.exists(),
               "it is there again")
    ask_all_workers(depot)
    damaged = small / "catalog" / "damaged"
    damaged.write_bytes(b"MSCNT001" + bytes(100))
    damaged.rename(file)
    eventually(lambda: depot.get("/metrics").status == 200, "it was replaced")
    foreign = small / "catalog" / "foreign"
    foreign.write_text("precious\n")
    other = start(small, "--metrics", str(foreign))
    assert other.get("/versions/0/").status == 200
    assert foreign.read_text() == "precious\n"
    assert f"Requests are not counted: {foreign}: this is no file of counters" in other.log()


def test_publication_is_counted(small: Path, tmp_path: Path, start: StartDepot) -> None:
    metaset("grant", "add", "anonymous", "publish,commit,activate", "-d", small)
    depot = start(small, *OPTIONS, "--publish-port", "0", "--publish-anonymous")
    port = depot.publishing()
    opened = port.ask("GET", "open/0/second%401.0", {"Client-Release": "5.11"})
    assert opened.status == 200, opened.body
    transaction = str(opened.get("Transaction-ID"))
    body = b"a body" * 1000
    added = port.ask("POST", f"add/0/{transaction}/file",
                     {"X-IPkg-SetAttr0": "path=etc/x", "X-IPkg-SetAttr1": "mode=0644",
                      "X-IPkg-SetAttr2": "owner=root", "X-IPkg-SetAttr3": "group=bin",
                      "X-IPkg-SetAttr4": f"pkg.size={len(body)}"}, body)
    assert added.status == 200, added.body
    assert prometheus.parse(port.ask("GET", "metrics").body.decode())[
        "metaset_open_transactions"].value() == 1
    assert port.ask("GET", f"close/0/{transaction}").status == 200
    assert port.ask("GET", "open/0/third%401.0", {"Client-Release": "5.11"}).status == 200
    settled(depot)
    for text in (port.ask("GET", "metrics").body, depot.get("/metrics").body):
        families = prometheus.parse(text.decode())
        transactions = families["metaset_transactions_total"]
        assert transactions.value(event="opened") == 2
        assert transactions.value(event="closed") == 1
        assert transactions.value(event="abandoned") == 0
        assert families["metaset_commits_total"].value() == 1
        assert families["metaset_received_bytes_total"].value(operation="add/0") == len(body)
        assert families["metaset_workers"].value(program="metaset-publish") == 1
        assert families["metaset_active_metaset"].value() == 3
    staged = prometheus.parse(port.ask("GET", "metrics").body.decode())
    assert staged["metaset_staging_areas"].value() == 0
    assert staged["metaset_lmdb_transactions_total"].value(environment="staging") >= 1


def test_a_member_of_a_group(small: Path, tmp_path: Path, start: StartDepot, gate: Gate) -> None:
    hold_metaset(small, tmp_path)
    depot = start(small, *OPTIONS, "--group", str(gate.path))
    gate.open(2)
    families = scrape(depot)
    assert families["metaset_group_phase"].value(phase="open") == 1
    assert families["metaset_group_metaset"].value() == 2
    assert families["metaset_newest_metaset"].value() == 3
    assert families["metaset_group_lease_seconds"].value() > 0
    gate.close()
    families = scrape(depot)
    assert families["metaset_group_phase"].value(phase="open") == 0
    assert families["metaset_group_phase"].value(phase="closed") == 1
    assert families["metaset_group_lease_seconds"].value() == 0


def test_the_id_of_a_request_is_in_both_logs(small: Path, tmp_path: Path,
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    """A template that is broken makes workers log something."""
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "foot.mustache").write_text("{{{title}}}")
    log = tmp_path / "access.log"
    monkeypatch.setenv("METASET_LOG", "json")
    with Depot(small, tmp_path / "logged", "--access-log", str(log), "--templates",
               str(templates)) as depot:
        reply = depot.get("/")
        assert reply.status == 500
        eventually(lambda: log.exists() and '"GET / HTTP' in log.read_text(), "it is logged")
        found = re.search(r'"GET / HTTP/1\.1" 500 .* ([0-9a-f]{32})\n', log.read_text())
        assert found, log.read_text()
        assert f"under the reference {found[1]}." in reply.message()
        lines = [json.loads(line) for line in depot.log().splitlines() if line.startswith("{")]
        assert [line for line in lines if line.get("request") == found[1]
                and line["level"] == "error" and "foot.mustache" in line["message"]], lines


NAMES = re.compile(r"\bmetaset_[a-z_]+")


def everything(small: Path, tmp_path: Path, start: StartDepot, gate: Gate) -> set[str]:
    """The names of all metrics that there are."""
    hold_metaset(small, tmp_path)
    gate.open(2)
    depot = start(small, *OPTIONS, "--group", str(gate.path), "--publish-port", "0")
    replica = tmp_path / "replica"
    metaset("replicate", "-d", replica, "--from", f"http://127.0.0.1:{depot.address[1]}/")
    other = start(replica, "--metrics", "on")
    metaset("replicate", "-d", replica, "--from", f"http://127.0.0.1:{depot.address[1]}/",
            check=False)
    families = {**scrape(depot), **scrape(other),
                **prometheus.parse(depot.publishing().ask("GET", "metrics").body.decode())}
    assert families["metaset_replication_lag_metasets"].value() == 0
    assert families["metaset_replication_source_metaset"].value() == 2
    # Only where an agent runs (test_group_members.py).
    return set(families) | {"metaset_group_members", "metaset_group_members_in",
                            "metaset_group_seen_timestamp_seconds"}


def test_the_manual_and_the_dashboard_name_what_there_is(
        small: Path, tmp_path: Path, start: StartDepot, gate: Gate) -> None:
    names = everything(small, tmp_path, start, gate)
    page = (ROOT / "man" / "metaset-metrics.5").read_text()
    described = {name for line in page.splitlines() if line.startswith(".It Ic ")
                 for name in NAMES.findall(line)}
    assert described == names
    dashboard = json.loads((ROOT / "grafana" / "metaset.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    expressions += [one["expr"] for one in dashboard["annotations"]["list"]]
    used = {re.sub("_(bucket|sum|count)$", "", name)
            for text in expressions for name in NAMES.findall(text)}
    assert used == names, used ^ names
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)


@pytest.mark.xdist_group("groups")
def test_an_agent_tells_of_its_group(tmp_path: Path, start: StartDepot) -> None:
    with EtcdCluster(tmp_path / "etcd") as etcd, \
            Group(tmp_path / "group", etcd, members=2) as group:
        gate = tmp_path / "group" / "member0" / "gate"
        depot = start(group.members[0].repository, *OPTIONS, "--group", str(gate))

        def both_are_in() -> dict[str, Family] | None:
            families = scrape(depot)
            told = families.get("metaset_group_members_in")
            return families if told and told.value() == 2 else None

        families = eventually(both_are_in, "the agent has told")
    assert families["metaset_group_members"].value() == 2
    assert families["metaset_group_phase"].value(phase="open") == 1
    assert families["metaset_replication_lag_metasets"].value() == 0
    assert abs(families["metaset_group_seen_timestamp_seconds"].value() - time.time()) < 30


def cgi(repository: Path, uri: str, **more: str) -> str:
    """What metaset-serve answers as a CGI program."""
    environment = {"PATH": os.environ["PATH"], "GATEWAY_INTERFACE": "CGI/1.1",
                   "REQUEST_METHOD": "GET", "REQUEST_URI": uri, "METASET_ROOT": str(repository),
                   "METASET_METRICS": "on", **more}
    return subprocess.run([str(METASET_SERVE)], env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=True, timeout=60).stdout


def test_cgi_programs_count_too(small: Path, start: StartDepot) -> None:
    for _ in range(3):
        assert cgi(small, "/versions/0/").startswith("Status: 200")
    assert cgi(small, "/metrics", REMOTE_ADDR="192.0.2.7").startswith("Status: 403")
    assert cgi(small, "/metrics").startswith("Status: 403")  # nobody knows from where
    for more in ({"REMOTE_ADDR": "::1"},
                 {"REMOTE_ADDR": "192.0.2.7", "METASET_METRICS_TO": "all"}):
        reply = cgi(small, "/metrics", **more)
        families = prometheus.parse(reply.partition("\n\n")[2])
        counted = families["metaset_requests_total"]
        assert counted.value(operation="versions/0", status="200") == 3
        assert counted.value(operation="metrics", status="403") == 2
        assert families["metaset_workers"].value(program="metaset-serve") == 0
    depot = start(small, *OPTIONS)
    assert requests(depot, "versions/0") >= 4
