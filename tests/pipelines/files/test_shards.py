import pytest

from pipelines.files.shards import scatter
from tests.oracle import Event
from tests.store.profiles.samples import columns, random_events


@pytest.mark.parametrize("shards", [1, 5, 64])
@pytest.mark.parametrize("wide", [False, True])
def test_shards_hold_all_rows_of_their_users_in_order(shards: int, wide: bool) -> None:
    events = [e._replace(user=e.user % 1000, album=e.album % 1000) for e in random_events(2, 400)]
    found = [
        Event(*row) for _, part in scatter(columns(events), 400, shards, wide) for row in part.reshape(5, -1).T.tolist()
    ]
    assert sorted(found) == sorted(events)
    for user in {e.user for e in events}:
        assert [e for e in found if e.user == user] == [e for e in events if e.user == user]
    owners = [{int(user) for user in part.reshape(5, -1)[0]} for _, part in scatter(columns(events), 400, shards, wide)]
    assert sum(map(len, owners)) == len({e.user for e in events})
