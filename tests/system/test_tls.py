"""Publication over TLS: who a client certificate makes somebody, and who it does not."""
from __future__ import annotations

import ssl
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Iterator

import pytest

from certificates import Authority, client, fingerprint
from depot import IS_APACHE, metaset
from publisher import Publisher, Tls, Tool
from rawhttp import BrokenAnswer, Reply
from repositories import create

FMRI = "pkg://demo/hello@1.0,5.11:20240601T080000Z"
RIGHTS = "publish,commit,activate"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The one that the web server trusts."""
    return Authority(tmp_path_factory.mktemp("tls") / "ca", "Test Authority")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty one, publisher `demo`."""
    return create(tmp_path / "repository", "demo")


@pytest.fixture
def endpoint(authority: Authority, repository: Path, tmp_path: Path) -> Iterator[Publisher]:
    """With `cert,token` and a client certificate that is asked for but not demanded."""
    own = authority.sign("/CN=depot", "subjectAltName=IP:127.0.0.1")
    running = Publisher(repository, tmp_path / "endpoint", auth="cert,token",
                        tls=Tls(own, authority.certificate, client(authority)))
    yield running
    running.stop()


class Certified:
    """The endpoint, as somebody with a certificate asks it."""

    def __init__(self, endpoint: Publisher, authority: Authority, certificate: Path) -> None:
        self._endpoint = endpoint
        self._tls = client(authority, certificate)

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None,
            body: bytes = b"") -> Reply:
        """A request below the endpoint's address."""
        return self._endpoint.ask(method, path, headers, body, self._tls)


def message(reply: Reply) -> str:
    """What a tool prints: the text of <p> in a page that must be XML."""
    page = ET.fromstring(reply.body.decode().partition(">")[2] if reply.body.startswith(b"<!")
                         else reply.body.decode())
    return "".join(text.text or "" for text in page.iter("p"))


def publish(tool: Tool, fmri: str = FMRI) -> None:
    """A whole publication that must succeed."""
    closed = tool.close(tool.begin(fmri, "set name=pkg.summary value=Hello\n", (b"hello",)))
    assert closed.status == 200, closed
    assert closed.get("State") == "PUBLISHED"


def test_the_subject_is_an_identity(authority: Authority, repository: Path,
                                    endpoint: Publisher) -> None:
    build = Tool(Certified(endpoint, authority, authority.sign("/O=Example/OU=Build/CN=build1")))
    refused = build.open(FMRI)
    assert refused.status == 403
    assert message(refused) == ("cert:CN=build1,OU=Build,O=Example has no grant of the right "
                                "'publish' for publisher 'demo' and staging area 'default'.")
    metaset("grant", "add", "cert:CN=build1,OU=Build,O=Example", RIGHTS, "-d", repository)
    publish(build)
    # Another one of the same authority is somebody else, also if its name is longer or its parts
    # are put differently.
    for subject in ("/O=Example/OU=Build/CN=build2", "/O=Example/OU=Build/CN=build10",
                    "/CN=build1,OU=Build,O=Example", "/CN=build1"):
        other = Tool(Certified(endpoint, authority, authority.sign(subject)))
        assert other.open(FMRI).status == 403, subject
    assert " cert:CN=build1,OU=Build,O=Example " in metaset("audit", "-d", repository).stdout


def test_the_fingerprint_is_an_identity(authority: Authority, repository: Path,
                                        endpoint: Publisher) -> None:
    granted = authority.sign("/CN=build")
    same_name = authority.sign("/CN=build")
    metaset("grant", "add", f"fingerprint:{fingerprint(granted)}", RIGHTS, "-d", repository)
    publish(Tool(Certified(endpoint, authority, granted)))
    assert Tool(Certified(endpoint, authority, same_name)).open(FMRI).status == 403


def test_without_certificate(repository: Path, endpoint: Publisher) -> None:
    refused = Tool(endpoint).open(FMRI)
    assert refused.status == 401
    assert message(refused) == "This location wants a client certificate or a metaset token."
    metaset("grant", "add", "token:build", RIGHTS, "-d", repository)
    text = metaset("token", "create", "build", "-d", repository).stdout
    token = next(word for word in text.split() if word.startswith("mst_"))
    publish(Tool(endpoint, Authorization=f"Bearer {token}"))


def test_header_fields_are_no_certificate(authority: Authority, repository: Path,
                                          endpoint: Publisher) -> None:
    certificate = authority.sign("/CN=build")
    print_ = fingerprint(certificate)
    metaset("grant", "add", "cert:CN=build", RIGHTS, "-d", repository)
    metaset("grant", "add", f"fingerprint:{print_}", RIGHTS, "-d", repository)
    bare = print_.replace(":", "").lower()
    for names in (("SSL-Client-Verify", "SSL-Client-S-DN", "SSL-Client-Fingerprint"),
                  ("SSL_CLIENT_VERIFY", "SSL_CLIENT_S_DN", "SSL_CLIENT_FINGERPRINT"),
                  ("X-SSL-Client-Verify", "X-SSL-Client-S-DN", "X-SSL-Client-Fingerprint")):
        forged = dict(zip(names, ("SUCCESS", "CN=build", bare)))
        assert endpoint.ask("GET", "open/0/" + "x%401", {"Client-Release": "5.11", **forged}
                            ).status == 401, names
        # Nor do they turn a certificate into another one.
        other = client(authority, authority.sign("/CN=other"))
        reply = endpoint.ask("GET", "open/0/" + "x%401", {"Client-Release": "5.11", **forged},
                             tls=other)
        assert reply.status == 403 and message(reply).startswith("cert:CN=other "), names


def refuse(build: Certified) -> None:
    """nginx answers; Apache ends the connection before there is a request."""
    if IS_APACHE:
        with pytest.raises((ssl.SSLError, ConnectionError, BrokenAnswer)):
            Tool(build).open(FMRI)
        return
    refused = Tool(build).open(FMRI)
    assert refused.status == 400
    assert "did not accept the client certificate" in message(refused)


def test_certificates_of_others(authority: Authority, repository: Path, endpoint: Publisher,
                                tmp_path: Path) -> None:
    metaset("grant", "add", "cert:CN=build", RIGHTS, "-d", repository)
    stranger = Authority(tmp_path / "stranger", "Test Authority")
    for certificate in (stranger.sign("/CN=build"), stranger.sign("/O=Example/CN=other")):
        refuse(Certified(endpoint, authority, certificate))
    assert not list((repository / "staging").glob("open/*"))


def test_a_certificate_that_is_over(authority: Authority, repository: Path,
                                    endpoint: Publisher) -> None:
    metaset("grant", "add", "cert:CN=build", RIGHTS, "-d", repository)
    over = authority.sign("/CN=build", days=-1)
    refuse(Certified(endpoint, authority, over))
