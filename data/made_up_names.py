"""Made-up names of artists, albums and tracks, as untidy as real ones: quotes, scripts, stray spaces, control codes."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.format import KINDS
from data.music import Catalogue, has_name


def _words(text: str) -> list[str]:
    return text.split()


_ADJECTIVES = _words("""
Amber Autumn Bitter Blue Broken Burning Cold Crimson Distant Electric Empty Endless Fading Fallen Final
Forgotten Frozen Gentle Golden Heavy Hidden Hollow Idle Iron Last Little Lonely Lost Lucky Midnight Modern Naked Nervous
New Northern Old Open Pale Paper Perfect Quiet Rapid Restless Royal Rusty Sacred Secret Silent Silver Simple Slow Small
Solar Static Stolen Strange Summer Sweet Tender Tiny Twisted Velvet Violet Wandering Warm White Wicked Wild Winter
Wooden Yellow Young
""")
_NOUNS = _words("""
Alley Anchor Angel Arrow Avenue Balcony Ballad Beach Bell Bird Bridge Candle Canyon Carousel Castle Chapel
Circle City Cloud Coast Compass Corner Country Crowd Crown Dance Day Desert Diary Dream Echo Engine Evening Eye Feather
Fever Field Fire Flame Flower Forest Fountain Frontier Garden Ghost Glass Harbour Heart Highway Hill Home Horizon Hour
House Island Journey Kingdom Ladder Lake Lantern Letter Light Lion Machine Map Market Memory Mirror Moon Morning
Motel Mountain Night Ocean Orchard Orchestra Parade Party Picture Pilot Planet Radio Rain Riot River Road Room Rose
Sailor Sea Season Shadow Signal Sister Sky Smoke Snow Song Sparrow Spring Stone Storm Story Stranger Street Sun Swan
Telephone Temple Thunder Tide Tiger Tower Town Train Valley Voice Wall Water Wave Whisper Wind Window Wolf Wonder
""")
_OTHER_SCRIPTS = _words("Größe Çiçek Żółć Ångström Ночь Ελπίδα 夜空 さくら 사랑 ليل אור 🎵 👩\u200d🎤 Nai\u0308ve")
_STRAY = [" Early ", "Skam\x17be "]


def _weighted(choices: dict[str, int], total: int = 1000) -> Any:
    """A table to draw from by index: each choice as often as said, and the rest empty."""
    table = [choice for choice, times in choices.items() for _ in range(times)]
    return pa.array(table + [""] * (total - len(table)))


_FIRST = pa.array([f"{word} " for word in _ADJECTIVES * 10 + _OTHER_SCRIPTS] + _STRAY)
_SECOND = pa.array(_NOUNS)
_LAST = {
    "artists": _weighted(
        {" Trio": 20, " Orchestra": 20, ' "Doc" Brass Band': 2, " Ü": 2, " & אחים": 1, " ": 1, " 🎸": 1}
        | {f" and the {noun}": 3 for noun in _NOUNS}
        | {f" {letter}.": 8 for letter in "ABCDEFGHIJKLMNOPQRSTUVWYZ"}
    ),
    "albums": _weighted(
        {" EP": 60, " (Deluxe Edition)": 50, " [Disc 2]": 30, " – Ao Vivo em São Paulo": 5, ' ("Best Of")': 2}
        | {" ~夜~": 2, "  ": 2}
        | {f" and {noun}": 2 for noun in _NOUNS}
        | {f" {numeral}": 20 for numeral in ("II", "III", "IV", "V")}
    ),
    "tracks": _weighted(
        {" (Live)": 40, " (Album Version)": 30, " - Radio Edit": 20, ' (12" Mix)': 3, ' "Reprise"': 2}
        | {" (Жара)": 2, " ♥": 2, "\x17": 1, " ": 1}
        | {f", Pt. {number}": 12 for number in range(1, 5)}
        | {f" of the {noun}": 3 for noun in _NOUNS}
    ),
}
_EMPTY = {"artists": 0.0, "albums": 0.04, "tracks": 0.0}

CHUNK = 500_000
"""Items which are named at a time."""


def named(catalogue: Catalogue, kind: str, seed: int, chunk: int) -> Any:
    """Columns of the file of names of `kind` artists, albums or tracks: for the items of the `chunk`-th CHUNK places.

    Returns:
        id, name (quoted where it needs to be) and, except for artists, artist's id.
    """
    places = np.arange(chunk * CHUNK, min((chunk + 1) * CHUNK, catalogue.size(kind)))
    names = _names(np.random.default_rng([seed, 2, KINDS.index(kind), chunk]), kind, len(places))
    kept = has_name(kind, places)
    places = places[kept]
    columns = [catalogue.ids(kind, places), quoted(names.filter(pa.array(kept)))]
    if kind != "artists":
        columns.append(catalogue.ids("artists", catalogue.artist_of(kind, places)))
    return columns


def _names(rng: np.random.Generator, kind: str, count: int) -> Any:
    parts = [table.take(pa.array(rng.integers(0, len(table), count))) for table in (_FIRST, _SECOND, _LAST[kind])]
    empty = pa.array(rng.random(count) < _EMPTY[kind])
    return pc.if_else(empty, "", pc.binary_join_element_wise(*parts, ""))


def quoted(names: Any) -> Any:
    """Names with quotes in quotes, the ones within doubled: as Python's csv module writes them by default."""
    doubled = pc.binary_join_element_wise('"', pc.replace_substring(names, '"', '""'), '"', "")
    return pc.if_else(pc.match_substring(names, '"'), doubled, names)
