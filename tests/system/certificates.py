"""Certificates made by openssl, for tests only."""
from __future__ import annotations

import ssl
import subprocess
from pathlib import Path


def _openssl(*arguments: object) -> str:
    return subprocess.run(["openssl", *map(str, arguments)], check=True, text=True,
                          capture_output=True, timeout=60).stdout


class Authority:
    """A certificate authority with a directory for all that it signs."""

    def __init__(self, directory: Path, name: str) -> None:
        directory.mkdir()
        self._directory = directory
        self._key = directory / "ca.key"
        self.certificate = directory / "ca.pem"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                 "-nodes", "-days", 2, "-subj", f"/CN={name}", "-keyout", self._key, "-out",
                 self.certificate)

    def sign(self, subject: str, *extensions: str, days: int = 1) -> Path:
        """A certificate and its key, in one file; `subject` as in "/O=Example/CN=build"."""
        number = len(list(self._directory.iterdir()))
        request, signed, key, both = (self._directory / f"{number}.{end}"
                                      for end in ("csr", "crt", "key", "pem"))
        _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-subj", subject, "-keyout", key, "-out", request)
        more: list[object] = []
        if extensions:
            file = self._directory / f"{number}.ext"
            file.write_text("".join(line + "\n" for line in extensions))
            more = ["-extfile", file]
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key,
                 "-CAcreateserial", "-days", days, "-out", signed, *more)
        both.write_text(signed.read_text() + key.read_text())
        return both


def fingerprint(certificate: Path) -> str:
    """SHA-1 as openssl prints it: "AB:CD:..."."""
    return _openssl("x509", "-in", certificate, "-noout", "-fingerprint", "-sha1"
                    ).strip().partition("=")[2]


def client(authority: Authority, certificate: Path | None = None) -> ssl.SSLContext:
    """How a client speaks to servers of that authority, with its own certificate if it has one."""
    context = ssl.create_default_context(cafile=str(authority.certificate))
    if certificate:
        context.load_cert_chain(certificate)
    return context
