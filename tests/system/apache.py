"""An Apache that an administrator has set up with the shipped files."""
from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from depot import BUILD, ROOT, STOP_LIMIT

APACHE = shutil.which("apache2") or "/usr/sbin/apache2"
MODULES = Path("/usr/lib/apache2/modules")
# How it reaches the programs: the shipped file, and the modules for it.
WAYS = {"apache": ("proxy-fcgi", ("slotmem_shm", "proxy", "proxy_fcgi", "proxy_balancer",
                                  "lbmethod_byrequests")), "apache-fcgid": ("fcgid", ("fcgid",)),
        "apache-cgi": ("cgi", ("cgid",))}
COMMON = ("mpm_event", "authz_core", "alias", "buffer", "env", "headers", "macro", "reqtimeout",
          "rewrite", "setenvif", "unique_id", "xsendfile")

CONFIGURATION = """\
ServerRoot {top}
DefaultRuntimeDir {top}
PidFile {top}/apache.pid
Mutex file:{top}
ErrorLog {top}/error.log
LogLevel warn
ServerName localhost
{user}
StartServers 1
ServerLimit 1
ThreadsPerChild 32
MaxRequestWorkers 32
{modules}
Include {top}/paths.conf
Include {shipped}/{way}.conf
Include {shipped}/depot.conf
Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
Use MetasetServer
{content}
</VirtualHost>
"""
# What root may do, its programs may, whoever they become: Apache refuses to stay root.
ALLOWED = "+dac_override,+dac_read_search,+fowner,+chown"
PRIVILEGED = ("setpriv", "--securebits", "+no_setuid_fixup", "--inh-caps", ALLOWED,
              "--ambient-caps", ALLOWED)


class Apache:
    """Runs until stop(). The programs of FastCGI listen at top/serve and top/publish."""

    def __init__(self, top: Path, port: int, content: str, web: str = "apache",
                 modules: tuple[str, ...] = ()) -> None:
        """`content` of the virtual host; `web`: one of WAYS."""
        way, more = WAYS[web]
        paths = (ROOT / "apache/paths.conf").read_text()
        for shipped, ours in {"/run/metaset/publish.sock": top / "publish",
                              "/run/metaset/serve.sock": top / "serve",
                              "/usr/local/bin/": f"{BUILD}/"}.items():
            assert shipped in paths
            paths = paths.replace(shipped, str(ours))
        (top / "paths.conf").write_text(paths)
        root = os.geteuid() == 0
        load = "".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so\n"
                       for name in (*COMMON, *more, *modules))
        if web == "apache-fcgid":
            load += f"FcgidIPCDir {top}/fcgid\nFcgidProcessTableFile {top}/fcgid_shm\n"
            (top / "fcgid").mkdir()
        if web == "apache-cgi":
            load += f"ScriptSock {top}/cgid\n"
        main = top / "apache.conf"
        main.write_text(CONFIGURATION.format(
            top=top, shipped=ROOT / "apache", way=way, port=port, modules=load, content=content,
            user="User nobody\nGroup nogroup" if root else ""))
        self._errors = top / "error.log"
        self.process = subprocess.Popen([*(PRIVILEGED if root else ()), APACHE, "-DFOREGROUND",
                                         "-f", str(main)])

    def log(self) -> str:
        """What it has logged."""
        return self._errors.read_text() if self._errors.exists() else ""

    def poll(self) -> int | None:
        """The status, if it has ended."""
        return self.process.poll()

    def terminate(self) -> None:
        """SIGTERM."""
        self.process.terminate()

    def wait(self, limit: float = STOP_LIMIT) -> int:
        """Until it has ended; its status."""
        return self.process.wait(limit)
