"""The history service within the server: its answers by GraphQL, with names."""

from datetime import date
from pathlib import Path

from schemas import DEFAULT_SCHEMA
from serving.app import create_app
from store import open_store
from tests import oracle as events
from tests.pipelines.jobs import run_profile
from tests.serving.clients import ask
from tests.serving.history import oracle

SAMPLE = Path(__file__).parents[3] / "data/sample"
USER = 30650547

QUERY = """query ($userId: Long!) {
    getUserProfile(userId: $userId) {
        listening(from: "2012-01-01", to: "2013-01-01", timeZone: "Europe/Berlin", per: MONTH, limit: 3) {
            countPlays
            albumCharts { topK { id countPlays artistId artist { name } album { name } } }
            trackCharts { topK { id countPlays artistId albumId artist { name } track { name } } }
            newArtists { count topK { id countPlays artist { name } } }
            activity { firstDay countPlays }
            weekHours
        }
    }
    getUsers(startsWith: "30", limit: 1) { countUsers users { userId totalListenCount } }
}"""


def test_the_listening_of_a_year_by_graphql(lmdb_url: str) -> None:
    run_profile(SAMPLE / "LFM-1b_LEs.txt", lmdb_url)
    lines = (SAMPLE / "LFM-1b_LEs.txt").read_text().splitlines()
    history = [event for event in events.distinct(events.parse(lines)) if event.user == USER]
    year = oracle.listening(history, date(2012, 1, 1), date(2013, 1, 1), "Europe/Berlin", "MONTH", 3)
    artists, albums, tracks = (events.names(SAMPLE / f"LFM-1b_{kind}.txt") for kind in ("artists", "albums", "tracks"))
    store = open_store(lmdb_url)
    data = ask(create_app(DEFAULT_SCHEMA, store), QUERY, {"userId": USER})["data"]
    store.close()
    listening = data["getUserProfile"]["listening"]
    for chart in (listening[name]["topK"] for name in ("albumCharts", "trackCharts", "newArtists")):
        for entry in chart:
            assert entry.pop("artist")["name"] == artists[entry.get("artistId", entry["id"])]
            assert "album" not in entry or entry.pop("album")["name"] == albums[entry["id"]]
            assert "track" not in entry or entry.pop("track")["name"] == tracks[entry["id"]]
    assert year["countPlays"] > 100
    assert listening == {name: year[name] for name in listening}
    assert data["getUsers"] == {"countUsers": 1, "users": [{"userId": USER, "totalListenCount": len(history)}]}
