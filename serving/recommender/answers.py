"""What the service answers, from a view of the graph, and names from the store."""

import logging
from collections.abc import Sequence
from typing import Any

from schemas.topics import UNKNOWN_NAME
from serving.recommender.ranking import Algorithm, Walks, recommend
from serving.recommender.view import View
from store import Store, StoreError, values
from store.values import Address

log = logging.getLogger("serving.recommender")


def recommendations(
    view: View, user: int, algorithm: Algorithm, how: Walks, seed: int, limit: int, explain: bool
) -> dict[str, Any]:
    """Recommendations for a user id; what is popular now if the walks lead to nothing new, or have no start."""
    number = view.user(user)
    own = () if number is None else view.items_of(number)
    found = recommend(view, number, algorithm, how, seed, limit) if number is not None and len(own) else []
    if not found:
        known = set() if number is None else set(view.item_ids(view.items_of(number)).tolist())
        return {"recommendations": _popular(view, known, limit, explain), "coldStart": True}
    entries = [
        {"id": item, "score": score, **({"because": [{"id": reason} for reason in because]} if explain else {})}
        for item, score, because in found
    ]
    return {"recommendations": entries, "coldStart": False}


def _popular(view: View, known: set[int], limit: int, explain: bool) -> list[dict[str, Any]]:
    ids, popularity = view.popular
    new = [(item, score) for item, score in zip(ids.tolist(), popularity.tolist(), strict=True) if item not in known]
    return [{"id": item, "score": score, **({"because": []} if explain else {})} for item, score in new[:limit]]


def add_names(store: Store, field: str, entries: Sequence[dict[str, Any]]) -> None:
    """Adds the names of recommendations, None where it is not known, and of their reasons.

    A store that is away costs the names alone.
    """
    reasons = [reason for entry in entries for reason in entry.get("because", ())]
    ids = [item["id"] for item in (*entries, *reasons)]
    try:
        items = dict(zip(ids, values.read(store, [Address(f"{field}s", item) for item in ids]), strict=True))
    except StoreError:
        log.exception("recommendations stay without names")
        items = dict.fromkeys(ids)
    for entry in entries:
        entry["name"] = _name(items[entry["id"]], None)
    for reason in reasons:
        reason["name"] = _name(items[reason["id"]], UNKNOWN_NAME)


def _name(item: Any, unknown: str | None) -> str | None:
    return unknown if item is None else str(item["name"])


def listeners(view: View, item: int, limit: int) -> dict[str, Any] | None:
    """Who plays an item; None if nobody does."""
    found = view.listeners(item, limit)
    if not found.listeners:
        return None
    top = [{"userId": user, "plays": plays} for user, plays in found.top]
    return {"listeners": found.listeners, "plays": found.plays, "top": top}
