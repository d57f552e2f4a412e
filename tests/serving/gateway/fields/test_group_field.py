import pytest
from graphql import GraphQLObjectType

from serving.gateway.fields.field import GROUP, LoadedField, PresentField
from serving.gateway.fields.group_field import GroupField, NullableGroupField, group_field, topics_beneath
from serving.gateway.sdl import contract
from store.values import Address

SDL = """
type Query {{ user(userId: Long!, artistId: Long): {type} }}
type User {{ charts: Charts @topic(name: "topartists", keyArgument: "userId") inner: Inner!
             own(userId: Long): Long @topic(name: "counts", keyArgument: "userId")
             events: [Event!] @topic(name: "listeningevents", keyArgument: "userId") }}
type Inner {{ last: Long @topic(name: "lastlisten", keyArgument: "userId")
              artist: Item @topic(name: "artists", keyArgument: "artistId") }}
type Charts {{ topK: [Entry!]! }}
type Entry {{ id: Long! }}
type Item {{ id: Long! name: String! }}
type Event {{ timestamp: Long! }}
"""


def group(type_: str, sdl: str = SDL) -> PresentField | LoadedField[list[Address | None]]:
    """What the field of Query means."""
    schema = contract(sdl.format(type=type_), "s.gql")
    assert isinstance(schema.query_type, GraphQLObjectType)
    return group_field(schema.query_type.fields["user"], topics_beneath(schema))


def test_a_group_that_may_be_null_asks_for_one_key_of_each_row() -> None:
    field = group("User")
    assert isinstance(field, NullableGroupField)
    addresses = [Address("lastlisten", 5), Address("artists", 7)]
    assert set(field.request(GROUP, {"userId": 5, "artistId": 7})) == set(addresses)
    assert field.request(GROUP, {"userId": 5, "artistId": None}) == addresses[:1]
    assert field.request(GROUP, {}) == []


@pytest.mark.parametrize(
    ("loaded", "there"), [([None, None], False), ([0, None], True), ([None, {}], True), ([], False)]
)
def test_it_is_there_if_one_of_them_has_a_value(loaded: list[object], there: bool) -> None:
    field = group("User")
    assert isinstance(field, NullableGroupField)
    assert (field.value([], loaded) is GROUP) == there


@pytest.mark.parametrize("sdl", [SDL, "type Query {{ user(userId: Long!): {type} }} type User {{ userId: Long }}"])
def test_a_group_that_is_always_there_asks_for_nothing(sdl: str) -> None:
    field = group("User!" if sdl is SDL else "User", sdl)
    assert isinstance(field, GroupField)
    assert field.value(GROUP, {}) is GROUP
