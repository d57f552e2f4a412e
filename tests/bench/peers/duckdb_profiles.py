"""The profiles with DuckDB: `python -m tests.bench.peers.duckdb_profiles EVENTS OUT keep|drop`.

The fastest of several forms that were tried: repeats are dropped by one grouping with packed numbers of 128 bits, the
events are then grouped once by all ids, and the charts are rolled up from there with max(..., 10).
"""

import sys

import duckdb

MASK = (1 << 64) - 1
LARGEST = (1 << 63) - 1


def top(item: str) -> str:
    """The chart of one kind of item as `id:plays,...`."""
    counts = f"SELECT u, {item}, sum(c)::BIGINT c FROM q GROUP BY u, {item}"
    shown = f"({LARGEST} - (x & {MASK}))::VARCHAR || ':' || (x >> 64)::VARCHAR"
    return f"""(SELECT u, array_to_string(list_transform(
        max((c::HUGEINT << 64) | ({LARGEST} - {item}), 10), lambda x: {shown}), ',') p FROM ({counts}) GROUP BY u)"""


def main(events: str, out: str, repeats: str) -> None:
    """Writes a line for each user: id, count, first, last, charts of artists, albums, tracks."""
    columns = dict.fromkeys("uabts", "BIGINT")
    source = f"read_csv('{events}', delim='\t', header=false, auto_detect=false, columns={columns})"
    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order=false")
    if repeats == "drop":
        connection.execute(
            f"CREATE TEMP TABLE d AS SELECT u, s, t, min((a::HUGEINT << 64) | b) ab FROM {source} GROUP BY u, s, t"
        )
        source = f"(SELECT u, (ab >> 64)::BIGINT a, (ab & {MASK})::BIGINT b, t, s FROM d)"
    connection.execute(
        f"CREATE TEMP TABLE q AS SELECT u, a, b, t, count(*) c, min(s) f, max(s) l FROM {source} GROUP BY u, a, b, t"
    )
    connection.execute(
        f"""COPY (SELECT n.u, n.n, n.f, n.l, a.p, b.p, t.p
        FROM (SELECT u, sum(c)::BIGINT n, min(f) f, max(l) l FROM q GROUP BY u) n
        JOIN {top("a")} a USING (u) JOIN {top("b")} b USING (u) JOIN {top("t")} t USING (u))
        TO '{out}' (HEADER false, DELIMITER '\t', QUOTE '')"""
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
