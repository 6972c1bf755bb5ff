"""An nginx that an administrator has set up with the shipped files."""
from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

from depot import BUILD, ROOT, STOP_LIMIT
from waiting import eventually, listens

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
FCGIWRAP = shutil.which("fcgiwrap") or "/usr/sbin/fcgiwrap"

CONFIGURATION = """\
daemon off; worker_processes 1; pid {top}/nginx.pid; error_log {top}/error.log warn; {user}
events {{}}
http {{
  access_log off;
  client_body_temp_path {top}/body; fastcgi_temp_path {top}/fastcgi; proxy_temp_path {top}/proxy;
  scgi_temp_path {top}/scgi; uwsgi_temp_path {top}/uwsgi;
  include metaset/http.conf;
  include paths.conf;
  server {{
    listen 127.0.0.1:{port}{tls};
    set $metaset_serve_program "{serve}";
    set $metaset_publish_program "{publish}";
    large_client_header_buffers 1 48k;
    {content}
    include metaset/internal.conf;
  }}
}}
"""


class Nginx:
    """Runs until it is told to end. The programs of FastCGI listen at top/serve and top/publish."""

    def __init__(self, top: Path, port: int, content: str, web: str = "nginx",
                 tls: str = "") -> None:
        """`content` of the server; `web`: nginx, or nginx-cgi with an fcgiwrap of its own."""
        self._wrapper: subprocess.Popen[bytes] | None = None
        self._errors = top / "error.log"
        (top / "metaset").symlink_to(ROOT / "nginx")
        cgi = web == "nginx-cgi"
        paths = (ROOT / ("nginx/paths-cgi.conf" if cgi else "nginx/paths.conf")).read_text()
        sockets = ({"/run/fcgiwrap.socket": top / "wrap"} if cgi else
                   {"/run/metaset/publish.sock": top / "publish",
                    "/run/metaset/serve.sock": top / "serve"})
        for shipped, ours in {**sockets, "/var/cache/nginx/metaset": top / "cache"}.items():
            assert shipped in paths
            paths = paths.replace(shipped, str(ours))
        (top / "paths.conf").write_text(paths)
        main = top / "nginx.conf"
        main.write_text(CONFIGURATION.format(
            top=top, port=port, tls=tls, content=content,
            serve=BUILD / "metaset-serve" if cgi else "",
            publish=BUILD / "metaset-publish" if cgi else "",
            user="user root;" if os.geteuid() == 0 else ""))
        if cgi:
            # Its environment is that of the programs, to whom our own METASET_ variables are none.
            environment = {"PATH": os.environ["PATH"]}
            self._wrapper = subprocess.Popen([FCGIWRAP, "-c", "4", "-s", f"unix:{top}/wrap"],
                                             env=environment, start_new_session=True)
            eventually(lambda: listens(top / "wrap"), "fcgiwrap listens")
        self.process = subprocess.Popen([NGINX, "-p", str(top), "-c", str(main), "-e",
                                         str(top / "start.log")])

    def log(self) -> str:
        """What it has logged."""
        return self._errors.read_text() if self._errors.exists() else ""

    def poll(self) -> int | None:
        """The status, if it has ended."""
        return self.process.poll()

    def terminate(self) -> None:
        """SIGTERM."""
        self.process.terminate()
        if self._wrapper:
            # Its processes do not end with it.
            os.killpg(self._wrapper.pid, signal.SIGTERM)

    def wait(self, limit: float = STOP_LIMIT) -> int:
        """Until it has ended; its status."""
        if self._wrapper:
            self._wrapper.wait(limit)
        return self.process.wait(limit)
