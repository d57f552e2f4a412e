"""What is special about the store in Bigtable."""

import time
from collections.abc import Iterator
from threading import Thread

import grpc
import pytest

from store import Cell, Store, StoreAwayError, StoreError, open_store
from store.bigtable import bigtable_store, conditional, rpc
from store.bigtable.rpc import Rpc
from store.layout import TABLES, USERS, row_key
from tests.parts.processes import free_port
from tests.parts.relay import Relay, relaying
from tests.store.writers import row_of


def test_bigtable_which_does_not_answer_is_told_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIGTABLE_EMULATOR_HOST", f"127.0.0.1:{free_port()}")
    start = time.monotonic()
    with pytest.raises(StoreError, match="Bigtable does not answer at 127.0.0.1:.*: start the emulator, or correct or"):
        open_store("bigtable://tests/unreachable", create=True)
    assert time.monotonic() - start < 30


def test_writes_which_fail_are_errors(bigtable_url: str) -> None:
    store = open_store(bigtable_url, create=True)
    with pytest.raises(StoreError, match=f"store {bigtable_url}: "):
        store.write(USERS, [(row_key(1), [Cell("no such family", b"a", b"")])])
    with pytest.raises(StoreError, match=f"store {bigtable_url}: "):
        store.update(USERS, [row_key(1)], lambda _: [(row_key(1), [Cell("no such family", b"a", b"")])])
    store.close()


def test_missing_families_are_made(bigtable_url: str) -> None:
    first = open_store(bigtable_url, create=True)
    first.close()
    from google.cloud.bigtable_admin_v2 import BaseBigtableTableAdminClient
    from google.cloud.bigtable_admin_v2.services.bigtable_table_admin.transports import BigtableTableAdminGrpcTransport

    host = rpc.emulator()
    with grpc.insecure_channel(host) as channel:
        admin = BaseBigtableTableAdminClient(transport=BigtableTableAdminGrpcTransport(channel=channel))
        table = f"{bigtable_url.replace('bigtable://tests/', 'projects/tests/instances/')}/tables/{USERS}"
        drop = [{"id": family, "drop": True} for family in TABLES[USERS][4:]]
        admin.modify_column_families({"name": table, "modifications": drop})
    store = open_store(bigtable_url, create=True)
    store.write(USERS, [(row_key(1), [Cell(TABLES[USERS][-1], b"a", b"1")])])
    assert store.rows(USERS, [row_key(1)]) == {row_key(1): [Cell(TABLES[USERS][-1], b"a", b"1")]}
    store.close()


def test_nothing_is_sent_where_nothing_changes(bigtable_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(bigtable_url, create=True)
    sent = []
    send = Rpc.check_and_mutate_row

    def noted(rpc: Rpc, request: object) -> object:
        sent.append(request)
        return send(rpc, request)

    monkeypatch.setattr(Rpc, "check_and_mutate_row", noted)
    for generation in (1, 1, 2, 2):
        store.update(USERS, [row_key(1)], lambda _, g=generation: [(row_key(1), row_of(g))])  # type: ignore[misc]
    assert len(sent) == 2
    store.close()


def test_a_passing_failure_is_tried_again(bigtable_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first answers of the server are lost on the way, after the write was done."""
    store = open_store(bigtable_url, create=True)
    lost = [True, True]
    send, result = Rpc.mutate_rows, conditional._result

    class Cut(grpc.RpcError):
        def code(self) -> grpc.StatusCode:
            return grpc.StatusCode.UNAVAILABLE

        def details(self) -> str:
            return "cut"

        def trailing_metadata(self) -> tuple[()]:
            return ()

    class CutCall:
        def result(self) -> None:
            raise Cut

    def cut_stream(rpc: Rpc, request: object) -> object:
        answer = list(send(rpc, request))
        if lost and lost.pop():
            raise Cut
        return answer

    def cut_answer(request: object, response: object) -> object:
        return result(request, CutCall() if lost and lost.pop() else response)

    monkeypatch.setattr(Rpc, "mutate_rows", cut_stream)
    store.write(USERS, [(row_key(i), row_of(5)) for i in range(20)])
    assert dict(store.scan(USERS)) == {row_key(i): row_of(5) for i in range(20)}
    lost += [True, True]
    monkeypatch.setattr(conditional, "_result", cut_answer)
    store.update(USERS, [row_key(i) for i in range(5)], lambda _: [(row_key(i), row_of(6)) for i in range(5)])
    assert dict(store.scan(USERS, stop=row_key(5))) == {row_key(i): row_of(6) for i in range(5)}
    assert not lost
    store.close()


@pytest.fixture
def relay(emulator: str) -> Iterator[Relay]:
    """The way to the emulator."""
    with relaying(emulator) as relay:
        yield relay


@pytest.fixture
def behind(relay: Relay, bigtable_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store with 400 rows, behind the relay."""
    monkeypatch.setenv("BIGTABLE_EMULATOR_HOST", relay.address)  # bigtable_url goes past it
    store = open_store(bigtable_url, create=True)
    store.write(USERS, [(row_key(i), row_of(19)) for i in range(400)])
    yield store
    store.close()


def test_reads_go_on_when_the_network_is_back(behind: Store, relay: Relay) -> None:
    relay.cut()
    found: list[object] = []
    reading = Thread(target=lambda: found.append(behind.rows(USERS, [row_key(3)])))
    reading.start()
    while not relay.refused:
        assert reading.is_alive()
    relay.mend()
    reading.join()
    assert found == [{row_key(3): row_of(19)}]


def test_reads_of_a_store_that_stays_away_are_errors(
    behind: Store, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rpc, "PATIENCE_SECONDS", 1)
    relay.cut()
    with pytest.raises(StoreAwayError, match="Bigtable does not answer at"):
        behind.rows(USERS, [row_key(3)])
    with pytest.raises(StoreAwayError, match="Bigtable does not answer at"):
        list(behind.scan(USERS))


def test_a_scan_goes_on_where_it_was_cut_off(behind: Store, relay: Relay) -> None:
    scan = behind.scan(USERS, row_key(2), row_key(390))
    found = [next(scan) for _ in range(3)]
    relay.cut()
    relay.mend()
    assert [*found, *scan] == [(row_key(i), row_of(19)) for i in range(2, 390)]


def test_a_scan_may_take_longer_than_a_request(bigtable_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(bigtable_url, create=True)
    long = [Cell("history", b"month", bytes(1 << 20))]
    store.write(USERS, [(row_key(i), long) for i in range(30)])
    monkeypatch.setattr(bigtable_store, "READ_SECONDS", 0.5)
    keys = []
    for key, row in store.scan(USERS):
        assert row == long
        keys.append(key)
        time.sleep(0.05)  # who reads is slow: the server waits, with more than fits into buffers
    assert keys == [row_key(i) for i in range(30)]
    store.close()
