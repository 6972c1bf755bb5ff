"""The relay does to connections what it says."""
from __future__ import annotations

import time

import pytest

import rawhttp
from depot import Depot
from relay import DELAY, DROP, PASS, STALL, Relay

PATH = "/versions/0/"


def address(relay: Relay) -> rawhttp.Address:
    host, _, port = relay.endpoints[0].removeprefix("http://").partition(":")
    return host, int(port)


def test_modes(depot: Depot) -> None:
    with Relay(["http://%s:%d" % depot.address]) as relay:
        with rawhttp.Connection(address(relay), timeout=1) as kept:
            assert kept.ask("GET", PATH).status == 200
            relay.become(DELAY, 150)
            begin = time.monotonic()
            assert kept.ask("GET", PATH).status == 200
            assert time.monotonic() - begin >= 0.3  # there and back
            relay.become(STALL)
            with pytest.raises(TimeoutError):
                kept.ask("GET", PATH)
            relay.become(PASS)  # nothing was lost
            assert kept.receive().status == 200
            relay.become(DROP)
            with pytest.raises((OSError, rawhttp.BrokenAnswer)):
                kept.ask("GET", PATH)
        with pytest.raises((OSError, rawhttp.BrokenAnswer)):
            rawhttp.ask(address(relay), "GET", PATH)
        relay.become(PASS)
        assert rawhttp.ask(address(relay), "GET", PATH).status == 200
