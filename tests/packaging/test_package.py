"""The package from its installation to its end, on a machine of its own.

Each test goes on where the one before it stopped.
"""
from __future__ import annotations

import fnmatch
import os
import re
import shutil
from pathlib import Path

import debian
from etcd import ETCD
from machine import Asking, Machine
from manual import group_drop_in, readme_steps, root_example, script, steps_behind
from waiting import eventually

HOST = "pkg.example.com"  # that of the sample site
URL = "http://127.0.0.1/versions/0/"
PUBLISH_URL = "http://127.0.0.1:81/versions/0/"  # that of SITE
TIME = ",5.11-1:20240501T100000Z"
SERVICES = ["metaset-serve", "metaset-publish"]
SITE = """\
server {
    listen 127.0.0.1:81;
    large_client_header_buffers 1 48k;
    location ^~ / {
        set $metaset_root /srv/metaset/release;
        set $metaset_auth token;
        include metaset/publish.conf;
    }
    include metaset/internal.conf;
}
"""
# What the sample says is elsewhere.
AGENT = {"METASET_ETCD": "http://127.0.0.1:2379", "LISTEN": "127.0.0.1:7040",
         "OPTIONS": "--ttl 10 --from /srv/metaset/other"}
ETCD_UNIT = ("[Service]\\nStateDirectory=etcd\\n"
             "ExecStart=/usr/local/bin/etcd --data-dir /var/lib/etcd\\n")
# What belongs to the system, or to nobody in particular.
SYSTEM = ["etc/*-", "etc/.pwd.lock", "etc/ld.so.cache", "usr/share/man/*/cat*", "var/log/*",
          "var/lib/dpkg/*", "var/lib/apt/*", "var/cache/apt/*", "var/cache/debconf/*",
          "var/cache/ldconfig/*",
          # What an administrator has enabled of Apache.
          "etc/apache2/mods-enabled/*", "var/lib/apache2/*"]


def files_of(machine: Machine) -> set[str]:
    """Everything that a package could leave behind."""
    found = set()
    for top in ("etc", "usr", "srv", "var"):
        for directory, names, files in os.walk(machine.root / top):
            for name in [*names, *files]:
                found.add(os.path.relpath(os.path.join(directory, name), machine.root))
    return {name for name in found if not any(fnmatch.fnmatch(name, one) for one in SYSTEM)}


def publish(machine: Machine, version: str) -> None:
    """A package, as somebody who works on that machine."""
    machine.run(f"""
        rm -rf /tmp/proto && mkdir -p /tmp/proto/etc
        echo hello {version} >/tmp/proto/etc/hello
        printf 'set name=pkg.fmri value=hello@{version}{TIME}\\nset name=pkg.summary value=hello\\n\
file NOHASH path=etc/hello owner=root group=bin mode=0644\\n' >/tmp/hello.p5m
        runuser -u metaset -- metaset publish -s /srv/metaset/release --keep-timestamp \
            -d /tmp/proto /tmp/hello.p5m
        runuser -u metaset -- metaset commit -d /srv/metaset/release -m 'version {version}'""")


def get(machine: Machine, path: str, port: int = 80, *options: str) -> str:
    return machine.run(f"curl -fsS -H 'Host: {HOST}' {' '.join(options)} "
                       f"'http://127.0.0.1:{port}{path}'").stdout


def published_hello(machine: Machine, version: str) -> None:
    """What publish() put into that version comes back."""
    manifest = get(machine, f"/example.com/manifest/0/hello@{version}{TIME}")
    payload = re.search(r"^file (\w+) ", manifest, re.M)
    assert payload
    get(machine, f"/example.com/file/1/{payload[1]}", 80, "--output /tmp/payload")
    assert machine.run("gunzip </tmp/payload").stdout == f"hello {version}\n"


def catalog(machine: Machine) -> str:
    """As a client refreshes: parts are of the metaset that it was told of."""
    get(machine, "/example.com/catalog/1/catalog.attrs")
    return get(machine, "/example.com/catalog/1/catalog.base.C")


def test_lintian_finds_nothing(package: Path) -> None:
    debian.run("lintian", "--allow-root", "--fail-on", "error,warning", package)


def test_installation_as_the_readme_says(machine: Machine) -> None:
    before = files_of(machine)
    (machine.root.parent / "before").write_text("\n".join(before))
    *steps, question = readme_steps("as root")
    machine.run("\n".join(steps))
    eventually(lambda: machine.run(question, check=False).returncode == 0, "nginx has the site")
    for name in SERVICES:
        assert machine.run(f"systemctl is-active {name}.socket {name}.service").stdout
    for server in ("nginx", "apache2"):  # what sites log is rotated by their packages
        site = f"/etc/{server}/sites-available/metaset*"
        logs = machine.run(f"grep -hoE '/var/log/[^ ]*[.]log' {site}").stdout.split()
        rotated = machine.run(f"grep -oE '^/[^ ]+' /etc/logrotate.d/{server}").stdout.split()
        assert logs and all(any(fnmatch.fnmatch(log, one) for one in rotated) for log in logs)
    assert "workers answer" in machine.show("metaset-serve", "StatusText")
    assert machine.show("metaset-publish", "StatusText") == "1 worker answers"
    assert machine.show("metaset-serve", "Type") == "notify"


def test_the_sample_site_serves_what_is_published(machine: Machine) -> None:
    publish(machine, "1.0")
    assert "hello" in catalog(machine)
    published_hello(machine, "1.0")
    # The rights that the README gives to metaset-serve are those that it needs.
    machine.run("rm -r /srv/metaset/release/catalog/??")
    assert "hello" in catalog(machine)
    made = machine.run("find /srv/metaset/release/catalog -type f -user metaset-serve").stdout
    assert made and "warning" not in machine.journal("metaset-serve")


def test_metaset_publish_takes_packages(machine: Machine) -> None:
    (machine.root / "etc/nginx/conf.d/publish.conf").write_text(SITE)
    machine.run("nginx -t && systemctl reload nginx")
    made = machine.run("runuser -u metaset -- metaset token create build1 "
                       "-d /srv/metaset/release")
    token = re.search(r"mst_[0-9a-f_]+", made.stdout)
    assert token
    machine.run("runuser -u metaset -- metaset grant add token:build1 publish,commit,activate "
                "-d /srv/metaset/release")
    who = f"-H 'Authorization: Bearer {token[0]}'"
    eventually(lambda: machine.run(f"curl -fsS {PUBLISH_URL}",
                                   check=False).returncode == 0, "nginx has the site")
    head = get(machine, "/open/0/pkg%3A%2F%2Fexample.com%2Fother%401.0%2C5.11", 81, who,
               "--include", "-H 'Client-Release: 5.11'")
    transaction = re.search(r"^Transaction-ID: (\S+)", head, re.M | re.I)
    assert transaction
    get(machine, f"/add/0/{transaction[1]}/set", 81, who, "--data ''",
        "-H 'X-IPkg-SetAttr0: name=pkg.summary'", "-H 'X-IPkg-SetAttr1: value=other'")
    get(machine, f"/close/0/{transaction[1]}", 81, who)
    assert "other" in catalog(machine)


def test_no_request_is_lost_by_reloads_and_restarts(machine: Machine) -> None:
    for name, url in zip(SERVICES, (URL, PUBLISH_URL)):
        asking = Asking(machine, url, HOST)
        for _ in range(3):
            machine.run(f"systemctl reload {name}")
            eventually(lambda: machine.show(name, "ActiveState") == "active", "it is ready")
        machine.run(f"systemctl restart {name}")
        assert set(asking.result()) == {"200"}, machine.journal(name)


def test_the_watchdog_starts_it_again(machine: Machine) -> None:
    machine.run("mkdir -p /run/systemd/system/metaset-serve.service.d")
    drop_in = "/run/systemd/system/metaset-serve.service.d/test.conf"
    machine.run(f"printf '[Service]\\nWatchdogSec=1\\n' >{drop_in}; systemctl daemon-reload; "
                "systemctl restart metaset-serve")
    old = machine.show("metaset-serve", "MainPID")
    machine.run("sleep 4")
    assert machine.show("metaset-serve", "NRestarts") == "0", machine.journal("metaset-serve")
    machine.run(f"kill -STOP {old}")
    eventually(lambda: machine.show("metaset-serve", "MainPID") not in ("0", old)
               and machine.show("metaset-serve", "ActiveState") == "active", "it runs again")
    assert "watchdog" in machine.journal("metaset-serve").lower()
    assert get(machine, "/versions/0/")
    machine.run(f"rm {drop_in}; systemctl daemon-reload; systemctl restart metaset-serve")


def test_maintenance(machine: Machine) -> None:
    machine.run("systemctl enable --now metaset-gc@release.timer metaset-verify@release.timer")
    publish(machine, "1.1")
    machine.run("echo 'GC_OPTIONS=--keep-last 1' >>/etc/metaset/maintenance.conf")
    for job in ("gc", "verify"):
        machine.run(f"systemctl start metaset-{job}@release")
        name = f"metaset-{job}@release.service"
        eventually(lambda: machine.show(name, "ActiveState") != "active", f"{job} has ended")
        assert machine.show(name, "Result") == "success", machine.journal(name)
    assert "hello" in catalog(machine)
    past = machine.run(f"curl -s -o /dev/null -w '%{{http_code}}' -H 'Host: {HOST}' "
                       "http://127.0.0.1/metaset/2/example.com/catalog/1/catalog.attrs")
    assert past.stdout == "404"  # forgotten


def test_an_agent(machine: Machine) -> None:
    """What it needs for its group; the depot answers what it allows."""
    assert ETCD
    shutil.copy(ETCD, machine.root / "usr/local/bin/etcd")
    machine.run(f"printf '{ETCD_UNIT}' >/run/systemd/system/etcd.service; "
                "systemctl daemon-reload; systemctl start etcd")
    sample = (machine.root / "usr/share/metaset/systemd/agent.conf").read_text()
    for name, value in AGENT.items():
        sample, found = re.subn(f"^{name}=.*", f"{name}={value}", sample, flags=re.M)
        assert found == 1
    (machine.root / "etc/metaset/agent-release.conf").write_text(sample)
    machine.run("systemctl start metaset-agent@release")
    unit = "metaset-agent@release"
    try:
        eventually(lambda: machine.show(unit, "StatusText")
                   == "member depot1 takes part in group web", "it is in the group", 20)
    except AssertionError:
        raise AssertionError(machine.journal(unit) + machine.journal("etcd")) from None
    site = machine.root / "etc/nginx/sites-available/metaset"
    text = site.read_text()
    site.write_text(text.replace(
        "set $metaset_root /srv/metaset/release;\n",
        "set $metaset_root /srv/metaset/release;\n"
        "        set $metaset_group /run/metaset/group/release;\n", 1))
    machine.run("mkdir -p /etc/systemd/system/metaset-serve.service.d")
    (machine.root / "etc/systemd/system/metaset-serve.service.d/group.conf").write_text(
        group_drop_in())
    machine.run("systemctl daemon-reload; systemctl restart metaset-serve; nginx -t; "
                "systemctl reload nginx")
    eventually(lambda: get(machine, "/healthz") == "ok\n", "the depot answers")
    assert "hello" in catalog(machine)
    site.write_text(text)
    machine.run("systemctl stop metaset-agent@release etcd; nginx -t; systemctl reload nginx")
    machine.run("rm -r /etc/systemd/system/metaset-serve.service.d; systemctl daemon-reload; "
                "systemctl restart metaset-serve; rm -rf /var/lib/etcd /usr/local/bin/etcd "
                "/etc/metaset/agent-release.conf")


def test_the_sample_site_under_apache(machine: Machine) -> None:
    """Installed beside nginx, which goes on after it."""
    machine.run("systemctl stop nginx")
    *steps, question = readme_steps("the repository from above")
    machine.run("\n".join(steps))
    eventually(lambda: machine.run(question, check=False).returncode == 0, "Apache has the site")
    assert get(machine, "/versions/0/", 80, "--include").split("Server: ")[1].startswith("Apache")
    assert "hello" in catalog(machine)
    published_hello(machine, "1.1")
    asking = Asking(machine, URL, HOST)
    machine.run("systemctl reload metaset-serve; systemctl restart metaset-serve")
    assert set(asking.result()) == {"200"}, machine.journal("metaset-serve")
    machine.run("systemctl disable --now apache2; systemctl start nginx")
    assert "hello" in catalog(machine)


def test_the_recovery_drill(machine: Machine) -> None:
    """As root, by the words of metaset-admin(7); services have users of their own here."""
    machine.run("mkdir -p /backup/release; runuser -u metaset -- metaset replicate "
                "--from /srv/metaset/release --activate -d /srv/metaset/follower")
    machine.run(script(steps_behind("metaset-admin.7", "Back up")))
    publish(machine, "1.2")
    machine.run("runuser -u metaset -- metaset replicate --from /srv/metaset/release --activate "
                "-d /srv/metaset/follower; systemd-run -q --unit follower -p User=metaset "
                "metaset serve -p 10001 -d /srv/metaset/follower")
    eventually(lambda: machine.run("curl -fs http://127.0.0.1:10001/versions/0/",
                                   check=False).returncode == 0, "the follower answers")
    machine.run(script(steps_behind("metaset-admin.7", "A DISASTER RECOVERY DRILL")))
    # Everybody can do what they could before.
    assert "hello" in catalog(machine)
    publish(machine, "1.3")
    # Workers look once in a second whether the repository is another one.
    assert get(machine, f"/example.com/manifest/0/hello@1.3{TIME}", 80,
               "--retry 9 --retry-delay 1 --retry-all-errors")
    machine.run("rm -r /srv/metaset/release/catalog/??")
    assert "hello" in catalog(machine)
    made = machine.run("find /srv/metaset/release/catalog -type f -user metaset-serve").stdout
    assert made and "warning" not in machine.journal("metaset-serve")
    machine.run("systemctl stop follower; rm -r /srv/metaset/lost /srv/metaset/follower /backup")


def test_a_stock_repository_is_taken_over(machine: Machine) -> None:
    """By the words of metaset-migrate(7), as far as they need no stock depot."""
    machine.run("""
        mv /srv/metaset/release /srv/metaset/old
        active=$(metaset log -n 1 --json -d /srv/metaset/old |
                 sed -n 's/.*"number": *\\([0-9]*\\).*/\\1/p' | head -n 1)
        metaset export -d /srv/metaset/old "$active" /srv/stock""")
    steps = steps_behind("metaset-migrate.7", "Step 2: import")
    steps += [step for step in steps_behind("metaset-migrate.7", "Step 5: switch the address")
              if step.command.startswith(("cd ", "chgrp ", "chmod "))]
    machine.run(script(steps))
    publish(machine, "1.4")
    assert get(machine, f"/example.com/manifest/0/hello@1.3{TIME}")
    assert "hello" in catalog(machine)
    machine.run("rm -r /srv/metaset/release /srv/stock; mv /srv/metaset/old /srv/metaset/release")
    eventually(lambda: machine.run(f"curl -fsS -H 'Host: {HOST}' {URL}",
                                   check=False).returncode == 0, "it is as it was")


def test_an_upgrade_loses_no_request(machine: Machine, package: Path, tmp_path: Path) -> None:
    debian.run("cp", debian.next_version(package, tmp_path), machine.root / "root/metaset_next.deb")
    old = [machine.show(name, "MainPID") for name in SERVICES]
    asking = [Asking(machine, url, HOST) for url in (URL, PUBLISH_URL)]
    machine.run("dpkg -i metaset_next.deb")
    for name, pid, one in zip(SERVICES, old, asking):
        counts = one.result()
        assert set(counts) == {"200"} and counts["200"] > 100, machine.journal(name)
        assert machine.show(name, "MainPID") not in ("0", pid)
    assert machine.run("dpkg-query -W -f '${Version}' metaset").stdout.endswith("+1")
    assert "keep-last" in machine.run("cat /etc/metaset/maintenance.conf").stdout
    assert "hello" in catalog(machine)


def test_removal_leaves_data_and_configuration(machine: Machine) -> None:
    machine.run("systemctl start metaset-gc@by-hand.timer; "
                "rm /etc/nginx/conf.d/publish.conf; apt-get remove -q -y metaset")
    machine.run("nginx -t && systemctl is-active nginx && apachectl configtest")
    left = machine.run("systemctl list-units --all --plain --no-legend 'metaset*@*'").stdout
    assert left == "" and not machine.run("find /etc/systemd -name 'metaset*@*'").stdout
    assert machine.run("command -v metaset metaset-serve", check=False).returncode != 0
    for name in SERVICES:
        assert machine.run(f"systemctl is-active {name}.service", check=False).returncode != 0
    assert (machine.root / "srv/metaset/release/committed/data.mdb").exists()
    assert (machine.root / "etc/nginx/sites-available/metaset").exists()
    assert "keep-last" in (machine.root / "etc/metaset/maintenance.conf").read_text()


def test_installed_again_it_serves_what_it_did(machine: Machine) -> None:
    """The enabled site is what its removal took."""
    machine.run("dpkg -i metaset_next.deb; nginx -t; "
                "ln -s ../sites-available/metaset /etc/nginx/sites-enabled/metaset; "
                "systemctl reload nginx")
    eventually(lambda: machine.run(f"curl -fsS -H 'Host: {HOST}' {URL}",
                                   check=False).returncode == 0, "nginx has the site")
    assert "hello" in catalog(machine)
    publish(machine, "1.5")
    assert "hello" in catalog(machine)
    machine.run("apt-get remove -q -y metaset")


def test_purging_leaves_nothing_but_users(machine: Machine) -> None:
    machine.run("rm -r /srv/metaset/release; apt-get purge -q -y metaset")
    machine.run("nginx -t && systemctl restart nginx")
    left = files_of(machine) - set((machine.root.parent / "before").read_text().split("\n"))
    assert left == set()
    assert not (machine.root / "srv/metaset").exists()


def test_without_a_package_as_the_manual_says(machine: Machine) -> None:
    """make install, and then what the pages of both workers have as examples."""
    debian.run("make", "-C", debian.ROOT, "install", "UNITY=1", "PREFIX=/usr/local",
               f"DESTDIR={machine.root}")
    machine.run(root_example("metaset-serve.8", "EXAMPLES"))
    eventually(lambda: machine.run(f"curl -fsS -H 'Host: {HOST}' {URL}",
                                   check=False).returncode == 0, "nginx has the site")
    publish(machine, "2.0")
    assert "hello" in catalog(machine)
    assert "workers answer" in machine.show("metaset-serve", "StatusText")
    made = machine.run(root_example("metaset-publish.8", "Users and permissions"))
    assert "mst_" in made.stdout
    assert machine.show("metaset-publish", "StatusText") == "1 worker answers"
