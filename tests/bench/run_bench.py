"""Measures a depot: commits, what metasets cost, publication, HTTP against static files, memory,
searches, pages; and a group of depots.

    run_bench.py --metaset FILE --store-bench FILE --publish-load FILE --responder FILE
                 --nginx FILE --work DIRECTORY [--apache FILE] [--quick]

Prints each figure and whether it meets its bar. The exit status says whether everything worked, not
whether it was fast.
"""
from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import corpus
import group_bench
import http_cases
import memory
import pages
import publishing
import report
import search_bench
import wrk
from endpoint import Endpoint
from floor import Floor
from history import History
from http_cases import Case, Peers
from servers import Depot
from static_peer import ApacheStaticPeer, StaticPeer

BUILDS = {"1,752": 1, "35,040": 20}
MIB = 1 << 20
SYSTEM_PATH = os.environ.get("PATH", "") + ":/usr/sbin"
FLOOR = ";\n  floor: the same nginx in front of a FastCGI worker that has the answer ready"
PARTS = ("commits", "growth", "history", "ingestion", "publication", "http", "apache", "search",
         "pages", "group")


class Bench:
    """One run."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.work: Path = options.work
        self.scratch = self.work / "scratch"
        self.scratch.mkdir(parents=True, exist_ok=True)
        self.places = sum(1 for _ in self.scratch.iterdir())  # left by one that was stopped
        self.corpus, description = corpus.find_corpus(self.work)
        print(f"corpus: {description}; {os.cpu_count()} processors, "
              f"load {os.getloadavg()[0]:.1f}")

    def store_bench(self, what: str, repository: Path, number: int) -> dict[str, Any]:
        done = subprocess.run([str(self.options.store_bench), what, str(self.corpus),
                               str(repository), str(number)], text=True, stdout=subprocess.PIPE,
                              check=True)
        return json.loads(done.stdout)

    def loaded(self, builds: int) -> tuple[Path, dict[str, Any]]:
        """A repository with so many builds; kept for the next run of the same program."""
        program = hashlib.sha256(self.options.store_bench.read_bytes())
        program.update(str(self.corpus).encode())
        repository = self.work / f"loaded-{builds}"
        note = self.work / f"loaded-{builds}.json"
        if note.is_file():
            known = json.loads(note.read_text())
            if known["program"] == program.hexdigest():
                return repository, known
        note.unlink(missing_ok=True)
        shutil.rmtree(repository, ignore_errors=True)
        loaded = self.store_bench("load", repository, builds)
        loaded["program"] = program.hexdigest()
        note.write_text(json.dumps(loaded))
        return repository, loaded

    def place(self, name: str) -> Path:
        """A path of which nothing exists. What is there is removed at the end: some file systems
        look for free inodes among those that were just removed, for minutes."""
        self.places += 1
        return self.scratch / f"{self.places}-{name}"

    def copy(self, repository: Path) -> Path:
        """To be written to."""
        copy = self.place("copy")
        subprocess.run(["cp", "-a", str(repository), str(copy)], check=True)
        os.sync()  # a repository that is in use is on the disk already
        return copy

    def commits(self) -> None:
        report.heading("Commits of one package, until durable")
        medians = {}
        for name, builds in BUILDS.items():
            repository, loaded = self.loaded(builds)
            result = self.store_bench("commits", self.copy(repository), self.options.commits)
            medians[name] = result["commit_ms"]
            report.fact(f"{name} versions: database", loaded["database_bytes"] / MIB, "MiB")
            report.fact(f"{name} versions: loaded in", loaded["load_seconds"], "s")
            report.fact(f"{name} versions: staging (median)", result["stage_ms"], "ms")
            report.fact(f"{name} versions: catalog files, afterwards", result["finish_ms"], "ms")
            line = f"{name} versions: commit (median)"
            if builds == 1:
                report.fact(line, result["commit_ms"], "ms")
            else:
                report.at_most(line, result["commit_ms"], "ms", 25)
            report.fact(f"{name} versions: commit (90 %)", result["commit_p90_ms"], "ms")
        report.at_most("35,040 versions as against 1,752", medians["35,040"] / medians["1,752"],
                       "times", 3)

    def growth(self) -> None:
        report.heading(f"{self.options.metasets} metasets of one package on 1,752 packages")
        repository, _ = self.loaded(1)
        result = self.store_bench("growth", self.copy(repository), self.options.metasets)
        report.fact("manifest, compressed (mean)", result["manifest_bytes_each"], "B")
        report.at_most("each metaset beyond its manifest and its search index",
                       result["bytes_each"], "B", 4096)
        report.at_most("search index, all actions are new: as against their text",
                       result["index_per_text"], "times", 1.5)

    def with_history(self, builds: int, metasets: int) -> tuple[History, dict[str, Any]]:
        """A copy with so many more metasets of one package."""
        repository = self.copy(self.loaded(builds)[0])
        made = self.store_bench("history", repository, metasets)
        return History(self.options.metaset, repository, made["last"]), made

    def history(self) -> None:
        metasets, over = self.options.history, self.options.rollback
        report.heading(f"A history of {metasets:,} metasets of one package on 1,752 packages")
        history, made = self.with_history(1, metasets)
        report.fact("made in", made["seconds"], "s")
        report.at_most("each metaset beyond its manifest", made["bytes_each"], "B", 4096)
        history.commands()
        history.past_views(self.options.nginx, self.place("past"), metasets)
        report.heading(f"Rollback, 35,040 versions and {over:,} metasets of one package")
        repository = self.with_history(BUILDS["35,040"], over)[0].repository
        for count in (1, over):
            result = self.store_bench("rollback", repository, count)
            line = f"rollback over {count:,} metaset{'s' if count > 1 else ''}"
            report.at_most(line, result["rollback_ms"], "ms", 1000)
            report.fact(f"{line}: catalog files, afterwards", result["finish_ms"], "ms")

    def empty(self) -> Path:
        """A new repository."""
        repository = self.place("new")
        subprocess.run([str(self.options.metaset), "init", http_cases.PUBLISHER, "-d",
                        str(repository)], check=True, stdout=subprocess.DEVNULL)
        return repository

    def ingestion(self) -> None:
        report.heading("Payloads of 10 KB, until durable")
        result = self.store_bench("ingest", self.empty(), self.options.payloads)
        report.fact("compressed and written in a plain loop", result["plain_per_second"], "files/s")
        report.fact("through the payload store", result["stored_per_second"], "files/s")
        report.at_least("as against the plain loop", result["ratio"], "times", 0.7)

    def publication(self) -> None:
        report.heading(f"Packages of {publishing.FILES} payloads of {publishing.FILE_BYTES} bytes, "
                       "published over HTTP")
        found = {}
        for name, builds in {"0": 0, **BUILDS}.items():
            repository = self.copy(self.loaded(builds)[0]) if builds else self.empty()
            with Endpoint(self.options.metaset, self.options.nginx, repository,
                          self.place("publish")) as endpoint:
                load = publishing.Load(self.options.publish_load, endpoint)
                if not builds:
                    publishing.generator(load)
                found[name] = publishing.rates(load, self.options.repetitions, name)
                if not builds:
                    publishing.probed(load)
                    publishing.upload(load, self.options.payloads)
        publishing.flatness(found["0"], found["35,040"])

    def group(self) -> None:
        report.heading(f"A build of {group_bench.PACKAGES} packages rolls over "
                       f"{group_bench.MEMBERS} depots")
        group_bench.rollouts(self.place("group"), 2 * self.options.repetitions)
        report.heading(f"Replication of {group_bench.PACKAGES} payloads of "
                       f"{group_bench.LARGE_PAYLOAD // MIB} MiB")
        group_bench.replication(self.place("replication"), self.options.repetitions)

    def search(self) -> None:
        report.heading("Search, 1,752 versions")
        repository = self.copy(self.loaded(1)[0])
        indexed = self.store_bench("index", repository, 1)
        report.at_most("index of the corpus made in", indexed["seconds"], "s", 10)
        report.at_most("index as against the text of manifests",
                       indexed["index_bytes"] / indexed["text_bytes"], "times", 1.5)
        with Depot(self.options.metaset, self.options.nginx, repository,
                   self.place("search")) as depot:
            search_bench.measure(depot, self.options.seconds)

    def pages(self) -> None:
        report.heading(f"Pages, 1,752 versions: CPU time of a worker, at most {pages.BAR:g} ms")
        repository = self.copy(self.loaded(1)[0])
        with Depot(self.options.metaset, self.options.nginx, repository, self.place("pages"),
                   workers=1) as depot:
            pages.measure(depot, self.corpus)

    def http(self) -> None:
        repository, loaded = self.loaded(BUILDS["35,040"])
        options = self.options
        with (Depot(options.metaset, options.nginx, repository, self.place("serve")) as depot,
              StaticPeer(options.nginx, self.work / "static", depot.nginx_workers) as static,
              Floor(options.nginx, options.responder, depot, self.place("floor")) as floor):
            self.ratios("nginx", Peers(depot, static, floor), http_cases.make_cases(depot, loaded))
            self.waiting(depot, loaded)
            self.memory(depot)

    def apache(self) -> None:
        if not self.options.apache:
            return report.heading("There is no Apache to be measured")
        repository, loaded = self.loaded(BUILDS["35,040"])
        options = self.options
        with (Depot(options.metaset, options.apache, repository, self.place("serve"),
                    "apache") as depot,
              ApacheStaticPeer(options.apache, self.work / "static", depot) as static):
            cases = http_cases.of_apache(http_cases.make_cases(depot, loaded))
            self.ratios("Apache", Peers(depot, static, None), cases)

    def ratios(self, web: str, peers: Peers, cases: list[Case]) -> None:
        """To static files, and where a worker answers every time to one that does nothing."""
        options = self.options
        report.heading(f"HTTP, 35,040 versions, against static files of {web} (2 x 4 threads, "
                       f"{options.repetitions} x {options.seconds} s each)")
        print("  (by CPU: the ratio of CPU times, the client's included; other processes "
              "disturb it less" + (FLOOR if peers.floor else "") + ")")
        report.ratio_heading()
        for case in cases:
            if self.options.case not in case.name:
                continue
            http_cases.same_bytes(case, peers)
            for connections in http_cases.CONNECTIONS:
                report.ratio(http_cases.measure(case, connections, peers, options.repetitions,
                                                options.seconds))

    def waiting(self, depot: Depot, loaded: dict[str, Any]) -> None:
        """The longest that a request waits, with more connections than threads."""
        report.heading("64 kept connections, 8 threads, nothing from the cache")
        path = http_cases.manifest_path(loaded["small_manifest"])
        run = wrk.run(depot.url + path, 64, 3 * self.options.seconds, http_cases.NO_CACHE)
        report.at_most("longest wait", run.max_ms, "ms", 1000)

    def memory(self, depot: Depot) -> None:
        report.heading("Private memory of a worker, 35,040 versions")
        used = memory.of_workers(depot)
        report.at_most("after all this", (used.own + used.database) / MIB, "MiB", 64)
        memory.ask_for_everything(depot, self.options.manifests)
        used = memory.of_workers(depot)
        report.at_most("after every catalog file and many manifests", used.own / MIB, "MiB", 64)
        report.fact("pages of the database that are mapped besides", used.database / MIB, "MiB")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("--metaset", "--store-bench", "--publish-load", "--responder", "--nginx",
                 "--work"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--apache", type=Path, default=shutil.which("apache2", path=SYSTEM_PATH))
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument("--case", default="", help="only cases whose name contains this")
    parser.add_argument("--only", choices=PARTS, action="append")
    options = parser.parse_args()
    options.repetitions = 1 if options.quick else 3
    options.seconds = 1
    options.commits = 20 if options.quick else 60
    options.metasets = 200 if options.quick else 1000
    options.history = 500 if options.quick else 10000
    options.rollback = 100 if options.quick else 1000
    options.payloads = 1000 if options.quick else 2000
    options.manifests = 500 if options.quick else 3000
    return options


def main() -> int:
    start = time.monotonic()
    options = parse()
    bench = Bench(options)
    for part in options.only or PARTS:
        getattr(bench, part)()
    report.summary()
    shutil.rmtree(bench.scratch)
    print(f"{time.monotonic() - start:.0f} s")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (wrk.Broken, OSError, subprocess.SubprocessError) as error:
        sys.exit(f"bench: {error}")
