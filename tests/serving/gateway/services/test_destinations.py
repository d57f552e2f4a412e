import asyncio
import ipaddress
from contextlib import aclosing

import pytest
from graphql import GraphQLError

from serving.arguments import options
from serving.gateway.services.destinations import Destinations
from serving.gateway.services.rest_call import Answer, Call
from serving.gateway.services.transport import Services
from tests.serving.services import response, says

PRIVATE = [
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "127.0.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
]
PRIVATE6 = ["::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::", "ff02::1"]


def fetch(url: str, *listed: str) -> Answer:
    """The answer of whom a schema calls by an address."""

    async def run() -> Answer:
        async with aclosing(Services(destinations=Destinations(listed))) as services:
            return await services.fetch(Call("GET", url, None))

    return asyncio.run(run())


@pytest.mark.parametrize("listed", [["127.0.0.1"], ["127.0.0.0/8"], ["127.0.0.1:{port}"], ["::1", "127.0.0.1"]])
def test_addresses_that_are_listed(listed: list[str]) -> None:
    with says(response(b"{}")) as (url, seen):
        port = url.rpartition(":")[2]
        assert fetch(f"{url}/x", *(one.format(port=port) for one in listed)) == Answer(200, b"{}")
    assert f"host: 127.0.0.1:{port}" in seen[0].lower()


@pytest.mark.parametrize("listed", [[], ["10.0.0.0/8"], ["127.0.0.1:1"], ["localhost"], ["27.0.0.1"]])
def test_addresses_that_are_not(listed: list[str]) -> None:
    refusal = r"'127\.0\.0\.1' may not be called: start the server with --rest_host"
    with says(response(b"{}")) as (url, seen), pytest.raises(GraphQLError, match=refusal):
        fetch(f"{url}/x", *listed)
    assert not seen


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]"])
def test_other_ways_to_write_an_address_are_not_listed(host: str) -> None:
    with says(response(b"{}")) as (url, seen), pytest.raises(GraphQLError, match="may not be called"):
        fetch(url.replace("127.0.0.1", host), "api.example.org")
    assert not seen


def test_what_is_no_address_at_all() -> None:
    with pytest.raises(GraphQLError, match="has no valid URL in the schema"):
        fetch("http://0177.0.0.1/x", "0177.0.0.1")


def test_a_listed_name_leads_to_private_addresses_only_if_they_are_listed_too() -> None:
    with says(response(b"{}")) as (url, seen):
        named = url.replace("127.0.0.1", "localhost")
        with pytest.raises(GraphQLError, match="leads to no address that may be called"):
            fetch(named, "localhost")
        assert not seen
        assert fetch(named, "localhost", "127.0.0.0/8").status == 200
    assert "host: localhost:" in seen[0].lower()


@pytest.mark.parametrize("address", [*PRIVATE, *PRIVATE6])
def test_what_a_name_may_not_lead_to(address: str) -> None:
    named = Destinations(["api.example.org"])
    assert not named.permits(ipaddress.ip_address(address), "api.example.org", 443)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_what_a_name_may_lead_to(address: str) -> None:
    assert Destinations(["api.example.org"]).permits(ipaddress.ip_address(address), "api.example.org", None)


def test_names_are_listed_with_or_without_a_port() -> None:
    hosts = Destinations(["API.example.org", "other.example:8443", "1.2.3.0/24"])
    assert hosts.lists("api.example.org.", 443)
    assert hosts.lists("other.example", 8443)
    assert hosts.lists("1.2.3.4", None)
    for host, port in [("other.example", None), ("example.org", None), ("evil.api.example.org", None), ("1.2.4.1", 80)]:
        assert not hosts.lists(host, port)


@pytest.mark.parametrize("given", ["", "http://a.example", "a/b", "u@a", "a:port"])
def test_what_is_no_host(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options(["--rest_host", given])
    assert "argument --rest_host: " in capsys.readouterr().err
