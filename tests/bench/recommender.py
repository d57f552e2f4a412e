"""The recommender against its peers: `python -m tests.bench.recommender [--write]`.

Quality on the HetRec Last.fm data (`tests.bench.hetrec`), then what requests cost: in this process on graphs in the
shape of LFM-1b, and over HTTP.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from pathlib import Path

import numpy as np
import psutil
from scipy import sparse

from serving.recommender.ranking import DEFAULTS, Algorithm, recommend
from serving.recommender.view import View
from tests.bench.graphs import Made, make
from tests.bench.hetrec import K, Scores, quality, splits
from tests.bench.load import load
from tests.bench.measure import cost, insert, python, table
from tests.bench.peers import recommenders
from tests.bench.peers.plain_salsa import PlainSalsa
from tests.parts.processes import free_port, listening
from tests.serving.recommender.graphs import view_of_matrix

DOCUMENT = Path(__file__).parents[2] / "docs/recommender.md"
SEEDS = 3
PARTS = ("quality", "cost", "http")
POLL_SECONDS = 0.05


def main(argv: Sequence[str] | None = None) -> None:
    """Measures and prints the tables; `--write` puts them into docs/recommender.md."""
    parser = argparse.ArgumentParser("python -m tests.bench.recommender", description=__doc__)
    parser.add_argument("--edges", type=int, nargs="+", default=[1_000_000, 10_000_000, 50_000_000])
    parser.add_argument("--requests", type=int, default=1000, help="for each figure (%(default)s)")
    parser.add_argument("--events", type=int, default=2_000_000, help="of the store that is served (%(default)s)")
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS, help="what is measured (%(default)s)")
    parser.add_argument("--write", action="store_true", help=f"write the tables into {DOCUMENT.name}")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        parts: dict[str, Callable[[], str]] = {
            "quality": partial(qualities, place),
            "cost": partial(costs, place, options.edges, options.requests),
            "http": partial(served, place, options.events),
        }
        for name in options.parts:
            text = parts[name]()
            print(text + "\n", flush=True)
            if options.write:
                insert(DOCUMENT, name, text)


def qualities(place: Path) -> str:
    """Recall and NDCG of all, and as parts of those of EASE."""
    sides: dict[str, Callable[[sparse.csr_matrix], Scores]] = {
        "popularity": recommenders.popularity,
        "`algorithm=salsa`": partial(ours, place, Algorithm.SALSA),
        "`algorithm=paths`, the default": partial(ours, place, Algorithm.PATHS),
        "item-kNN (cosine, `implicit`)": recommenders.item_knn,
        "ALS (`implicit`)": recommenders.als,
        "EASE": recommenders.ease,
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for split in splits(SEEDS):
        for name, side in sides.items():
            print(f"quality: {name}", file=sys.stderr, flush=True)
            found[name].append(quality(side(split.known), split))
    means = {name: np.mean(values, axis=0) for name, values in found.items()}
    rows = [
        [name, *(f"{value:.4f}" for value in mean), *(f"{part:.3f}" for part in mean / means["EASE"])]
        for name, mean in means.items()
    ]
    return table(["", f"R@{K}", f"NDCG@{K}", "R / EASE's", "NDCG / EASE's"], rows)


def ours(place: Path, algorithm: Algorithm, known: sparse.csr_matrix) -> Scores:
    """The scores of what the service recommends with its defaults, the user's number being the seed."""
    view = view_of_matrix(place, known)
    scores = np.full(known.shape, -np.inf)
    for user in np.flatnonzero(np.diff(known.indptr)).tolist():
        for item, score, _ in recommend(view, user, algorithm, DEFAULTS[algorithm], user, K):
            scores[user, item] = score
    return scores


def costs(place: Path, sizes: Sequence[int], requests: int) -> str:
    """What a request costs, by the size of the graph; with plain Python for the second size."""
    rows = []
    for edges in sizes:
        print(f"cost: {edges:,} edges", file=sys.stderr, flush=True)
        made = make(place / f"edges-{edges}", edges)
        users = np.random.default_rng(2).integers(0, made.users, requests).tolist()
        times = {algorithm: times_of(made.view, algorithm, users) for algorithm in Algorithm}
        salsa, paths = (np.percentile(times[a], (50, 99)) * 1e3 for a in (Algorithm.SALSA, Algorithm.PATHS))
        plain = times_of_plain(made, users[:5])
        rows.append(
            [
                f"{made.edges / 1e6:.1f} M",
                f"{made.bytes_per_edge:.1f}",
                f"{made.seconds / made.edges * 1e6:.2f}",
                f"{made.loading:.3f}",
                f"{salsa[0]:.1f} / {salsa[1]:.1f}",
                f"{paths[0]:.1f} / {paths[1]:.1f}",
                f"{np.mean(plain) / np.mean(times[Algorithm.SALSA][: len(plain)]):.0f}",
            ]
        )
        shutil.rmtree(place / f"edges-{edges}")
    header = [
        "edges",
        "bytes / edge",
        "s / M edges written",
        "s to load",
        "`salsa` CPU ms p50 / p99",
        "`paths` CPU ms p50 / p99",
    ]
    return table([*header, "plain Python / `salsa`"], rows)


def times_of(view: View, algorithm: Algorithm, users: Sequence[int]) -> list[float]:
    """The processor time of a request of each user, in seconds."""
    times = []
    for user in [*users[:20], *users]:
        start = time.thread_time()
        recommend(view, user, algorithm, DEFAULTS[algorithm], user, 10)
        times.append(time.thread_time() - start)
    return times[20:]


def times_of_plain(made: Made, users: Sequence[int]) -> list[float]:
    """The processor time of the same in plain Python, rows being lists already."""
    plain, how, times = PlainSalsa(made.graph.users, made.graph.items), DEFAULTS[Algorithm.SALSA], []
    for user in users:
        plain.recommend(user, how.walks, how.length, how.reset, 10)
        start = time.thread_time()
        plain.recommend(user, how.walks, how.length, how.reset, 10)
        times.append(time.thread_time() - start)
    return times


def served(place: Path, events: int) -> str:
    """Throughput and latency over HTTP, one worker."""
    data, store = place / "data", f"lmdb:{place / 'store'}"
    cost(python("data.generate", "--events", str(events), "--seed", "1", str(data)))
    cost(
        python(
            "pipelines.profile",
            "--events",
            str(data / "LFM-1b_LEs.txt"),
            "--store",
            store,
            "--rejects",
            str(place / "r"),
        )
    )
    with (data / "LFM-1b_LEs.txt").open() as lines:
        users = sorted({line.partition("\t")[0] for line in lines})
    port, rows = free_port(), []
    with listening(
        python("serving.recommender", "--store", store, "--port", str(port)), port, place / "log"
    ) as process:
        server = psutil.Process(process.pid)
        for algorithm in Algorithm:
            paths = [f"/recommendation/{user}/artist?algorithm={algorithm}" for user in users]
            _await_graph(port, paths[0])
            asyncio.run(load(port, paths, 2, 5))  # it compiles
            for connections in (1, 16, 64):
                print(f"http: {algorithm}, {connections} connections", file=sys.stderr, flush=True)
                rows.append([f"`{algorithm}`", str(connections), *under_load(server, port, paths, connections)])
    return table(["", "connections", "requests/s", "p50 ms", "p99 ms", "server CPU ms / request"], rows)


def _await_graph(port: int, path: str) -> None:
    """Asks until the service has built its first graph."""
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}").close()
        except urllib.error.HTTPError as error:
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
            time.sleep(POLL_SECONDS)
        else:
            return


def under_load(
    server: psutil.Process, port: int, paths: Sequence[str], connections: int, seconds: float = 8
) -> list[str]:
    """The figures of a server under load."""
    before = sum(server.cpu_times()[:2])
    took = asyncio.run(load(port, paths, connections, seconds))
    used = sum(server.cpu_times()[:2]) - before
    p50, p99 = np.percentile(took, (50, 99)) * 1e3
    return [f"{len(took) / seconds:.0f}", f"{p50:.1f}", f"{p99:.1f}", f"{used / len(took) * 1e3:.2f}"]


if __name__ == "__main__":
    main()
