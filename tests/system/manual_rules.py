"""What the commands of the manual become before a test runs them, and which are not run.

Everything here is a difference between what a reader types and what is tested: keep it short.
"""
from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from ports import free_port

# Directories of the pages that are below the test's own.
DIRECTORIES = ("srv", "etc/nginx", "etc/metaset", "run/metaset", "var/cache/nginx",
               "var/log/nginx", "var/tmp", "tmp/tour", "media/usb", "backup", "tank",
               "usr/local/share/metaset")
PATHS = re.compile(r"(?:(?<=file://)|(?<![\w./-]))/(?=(?:%s)\b)" % "|".join(DIRECTORIES))
# Ports that the pages name; each test has others.
PORTS = (80, 2379, 7040, 10000, 10001, 10002, 10003, 10004)
HOSTS = r"(?:pkg\.example\.com|etcd[123]|127\.0\.0\.1|10\.0\.0\.1[1-9])"
# Where a page says no port.
HOST_PORTS = {"pkg.example.com": 80, "build.example.com": 10003, "localhost": 10002}


@dataclass(frozen=True)
class Change:
    """Another text in place of what matches."""

    pattern: str
    text: str
    why: str


CHANGES = (
    Change(r"runuser -u \w+ -- ", "", "tests have one user"),
    Change(r"chgrp (?:metaset-serve|www-data) ", 'chgrp "$(id -gn)" ', "tests have one user"),
    Change(r"chown -R metaset: ", 'chown -R "$(id -un)": ', "tests have one user"),
    Change(r"https://(?=(?:pkg|build)\.example\.com|etcd)", "http://",
           "tests/system/test_tls.py is about TLS"),
    Change(r"(?<=listen )80;", "127.0.0.1:80;", "only this machine can reach tests"),
    Change(r"metaset serve (?!.*(?:-p|--port) )", "metaset serve -p 10000 ", "that is the default"),
    Change(r"/publish/TOKEN/", "/publish/$TOKEN/", "it is a token of the test"),
    Change(r"https?://etcd1:2379(?:,https?://etcd[23]:2379)+", "http://etcd1:2379",
           "one member of etcd is enough"),
)


@dataclass(frozen=True)
class NotRun:
    """A command that is not run, and what is run in its place, if something has to be."""

    pattern: str
    why: str
    instead: str = ""


NOT_RUN = (
    NotRun(r"systemd-sysusers|systemctl daemon-reload", "it changes the system"),
    NotRun(r"systemctl (?:enable|start|restart) .*metaset-serve\.service",
           "tests do not use the system's services",
           "serve_in_background metaset-serve -s /run/metaset/serve.sock"),
    NotRun(r"systemctl (?:enable|start|restart) .*metaset-publish\.service",
           "tests do not use the system's services",
           "serve_in_background metaset-publish -s /run/metaset/publish.sock"),
    NotRun(r"vi ", "it is for people", "edit_configuration /etc/nginx/conf.d/*.conf"),
    NotRun(r"pkg set-publisher ", "this machine has no packages of pkg(7)"),
    NotRun(r"svccfg |svcadm refresh ", "there is no SMF"),
    NotRun(r"svcadm restart pkg/server", "there is no SMF", "last_publication"),
    NotRun(r"zfs snapshot ", "there is no ZFS"),
    NotRun(r"zfs send ", "there is no ZFS", "cp -a tank/depot /tank/incoming"),
    NotRun(r"rsync .* build:", "there is no other machine",
           "(cd /srv/build && cp --parents $(cat ~/list) /srv/depot)"),
    NotRun(r"pkgsend (?:.|\n)*--cert", "tests/system/test_tls.py is about certificates"),
)


# Examples that are neither commands nor configuration of nginx begin like this.
TEXTS = (
    ("scrape_configs:", "configuration of Prometheus"),
    ("sum(", "a question to Prometheus"),
    ("<", "configuration of Apache"),
)


@dataclass(frozen=True)
class Status:
    """What a command ends with, if not with 0."""

    pattern: str
    status: int
    why: str


STATUSES = (
    Status(r"metaset import -d depot2", 4, "nothing was published since"),
    Status(r"metaset verify -d /srv/metaset/drill", 3, "payloads were deleted"),
    Status(r"metaset gc .*-n", 4, "nothing is old enough"),
)

# The stock tools are not in Debian: METASET_PKG names the command pkg, the others are beside it.
STOCK_TOOL = re.compile(r"(?:pkg|pkgrepo|pkgsend|pkgrecv|pkgsign|pkg\.depotd) ")
STOCK_DIRECTORY = os.path.dirname(os.environ.get("METASET_PKG", ""))


def statuses_for(command: str) -> set[int]:
    """Those that are right."""
    return {0, *(rule.status for rule in STATUSES if re.match(rule.pattern, command))}


def rule_for(command: str) -> NotRun | None:
    """Why it is not run; None if it is."""
    for rule in NOT_RUN:
        if re.match(r"(?:sudo )?(?:%s)" % rule.pattern, command):
            return rule
    if STOCK_TOOL.match(command) and not STOCK_DIRECTORY:
        return NotRun(STOCK_TOOL.pattern, "the stock tools are not here: METASET_PKG")
    return None


class Place:
    """Where the commands of one page run: paths and ports of their own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ports = {port: free_port() for port in PORTS}
        for directory in DIRECTORIES:
            (root / directory).mkdir(parents=True, exist_ok=True)

    def adapted(self, text: str) -> str:
        """The command for this place."""
        for change in CHANGES:
            text = re.sub(change.pattern, change.text, text)
        for host, port in HOST_PORTS.items():
            text = re.sub(rf"(?<=://){re.escape(host)}(?![:\w])", f"127.0.0.1:{port}", text)
        for port, ours in self.ports.items():
            text = re.sub(rf"{HOSTS}:{port}\b", f"127.0.0.1:{ours}", text)
            if port > 9999:
                text = re.sub(rf"(?<![\w.:@]){port}\b", str(ours), text)
        return PATHS.sub(f"{self.root}/", text)

    def as_shown(self, output: str) -> str:
        """What it printed, as if it had run in the reader's place."""
        output = output.replace(f"{self.root}/home/", "").replace(str(self.root), "")
        for port, ours in self.ports.items():
            name = "pkg.example.com" if port == 80 else f"127.0.0.1:{port}"
            output = output.replace(f"127.0.0.1:{ours}", name).replace(str(ours), str(port))
        return output


# What differs each time.
VARYING = (
    (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?", "TIME"),
    (r"\b\d{8}T\d{6}Z", "TIME"),
    (r"\bmst_[0-9a-f]+_[0-9a-f]+", "TOKEN"),
    (r"\b[0-9a-f]{40}(?:[0-9a-f]{24})?\b", "HASH"),
    (r"\b[\w.-]+@[\w.-]*[a-zA-Z][\w.-]*(?!\S*[@,:])", "WHO"),
    (r"\b\d+(?:\.\d+)? (?:B|KB|MB|GB|bytes)\b", "SIZE"),
    (r"\b\d+(?:\.\d+)? (?:s|ms)\b", "DURATION"),
    (r"\s+", " "),
)


def without_varying(line: str) -> str:
    """To be compared."""
    for pattern, name in VARYING:
        line = re.sub(pattern, name, line)
    return line.strip()


def matches(shown: list[str], printed: list[str]) -> bool:
    """Whether the output is what the page shows."""
    pattern = r"\n".join(
        r"(?:.*\n)*.*" if line.strip() == "..." else
        re.escape(without_varying(line)).replace(re.escape("..."), ".*") for line in shown)
    return re.fullmatch(pattern, "\n".join(map(without_varying, printed))) is not None
