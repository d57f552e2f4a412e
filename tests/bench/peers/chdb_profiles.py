"""The profiles with chDB, ClickHouse's engine: `python -m tests.bench.peers.chdb_profiles EVENTS OUT keep|drop`."""

import sys
from pathlib import Path

from chdb.session import Session


def top(item: str) -> str:
    """The chart of one kind of item as `id:plays,...`."""
    chart = f"groupArraySorted(10)((-toInt64(c), {item}))"
    shown = f"arrayMap(x -> concat(toString(x.2), ':', toString(-x.1)), {chart})"
    return f"""(SELECT u, arrayStringConcat({shown}, ',') AS p
        FROM (SELECT u, {item}, count() AS c FROM d.e GROUP BY u, {item}) GROUP BY u)"""


def main(events: str, out: str, repeats: str) -> None:
    """Writes a line for each user: id, count, first, last, charts of artists, albums, tracks."""
    columns = ", ".join(f"{name} UInt64" for name in "uabts")
    source = f"file('{Path(events).resolve()}', 'TSV', '{columns}')"
    session = Session()
    session.query("CREATE DATABASE d ENGINE = Atomic")
    session.query(f"CREATE TABLE d.e ({columns}) ENGINE = Memory")
    if repeats == "drop":
        distinct = f"SELECT u, t, s, min((a, b)) AS x FROM {source} GROUP BY u, t, s"
        source = f"(SELECT u, x.1 AS a, x.2 AS b, t, s FROM ({distinct}))"
    session.query(f"INSERT INTO d.e SELECT u, a, b, t, s FROM {source}")
    result = session.query(
        f"""SELECT n.u, n.n, n.f, n.l, a.p, b.p, t.p
        FROM (SELECT u, count() AS n, min(s) AS f, max(s) AS l FROM d.e GROUP BY u) AS n
        INNER JOIN {top("a")} AS a ON n.u = a.u INNER JOIN {top("b")} AS b ON n.u = b.u
        INNER JOIN {top("t")} AS t ON n.u = t.u""",
        "TSV",
    )
    Path(out).write_bytes(result.bytes())


if __name__ == "__main__":
    main(*sys.argv[1:])
