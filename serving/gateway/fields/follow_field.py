"""Subscriptions: they tell the new values of a topic, of one key or of all."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, TypeAlias

from schemas.events import NAMES
from schemas.topics import CATALOGUE, Topic
from serving.gateway.directives.sdl_directives import TopicDirective
from serving.gateway.fields.field import Arguments
from store.changes import UserChange
from store.histories.months import Events
from store.values import Address

News: TypeAlias = Mapping[str, Any] | Address
"""A value, or where there is one to be loaded."""


@dataclass(frozen=True)
class FollowField:
    """What a subscription follows.

    Attributes:
        argument: that holds the key; without it, all keys are followed.
    """

    topic: Topic
    argument: str | None

    def key(self, arguments: Arguments) -> int | None:
        """The key that is followed, a user; None for all."""
        return arguments.get(self.argument) if self.argument else None

    def news(self, changes: Sequence[UserChange]) -> Iterable[News]:
        """What the topic has anew after changes; events in the order of their time."""
        if self.topic.place.column is None:
            events = [event for change in changes for event in _events(change.user, change.added)]
            return sorted(events, key=itemgetter(str(self.topic.axis)))
        return [Address(self.topic.name, user) for user in dict.fromkeys(change.user for change in changes)]


def follow_field(directive: TopicDirective) -> FollowField:
    """What a field of `Subscription` means."""
    return FollowField(CATALOGUE[directive.name], directive.key_argument or None)


def _events(user: int, added: Events | None) -> Iterator[dict[str, Any]]:
    """The events that were added; none if they are so many that the feed does not list them."""
    if added is None:
        return
    columns = (added.artists, added.albums, added.tracks, added.timestamps)
    for row in zip(*(column.tolist() for column in columns), strict=True):
        yield {**dict(zip(NAMES, (user, *row), strict=True)), "deleted": False}
