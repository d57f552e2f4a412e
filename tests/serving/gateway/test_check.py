import pytest

from serving.gateway import SchemaError, build_schema

ITEM = "type Item { id: Long! name: String! }"
TOPICS = (
    "albums, artists, counts, firstlisten, lastlisten, listeningevents, playsperday, topalbums, topalbumspermonth, "
    "topalbumsperyear, topartists, topartistspermonth, topartistsperyear, toptracks, toptrackspermonth, "
    "toptracksperyear, tracks, trendingalbums, trendingartists, trendingtracks"
)
SINGLE = "albums, artists, counts, firstlisten, lastlisten, topalbums, topartists, toptracks, tracks"


def query(field: str, types: str = ITEM) -> str:
    return f"type Query {{\n  {field}\n}}\n{types}"


REFUSED = {
    "unknown topic": (
        query('f(id: Long!): Long @topic(name: "count", keyArgument: "id")'),
        f"s.gql:2: Query.f: there is no topic 'count': use one of {TOPICS}",
    ),
    "windows": (
        query('f(id: Long!): Long @topic(name: "playsperday", keyArgument: "id")'),
        f"s.gql:2: Query.f: topic 'playsperday' has no single value for a key; ranges come later: use one of {SINGLE}",
    ),
    "no key": (
        query('f(id: Long!): Long @topic(name: "counts")'),
        "s.gql:2: Query.f: @topic has neither keyArgument nor keyField: give one of them",
    ),
    "two keys": (
        query('f(id: Long!): Long @topic(name: "counts", keyArgument: "id", keyField: "id")'),
        "s.gql:2: Query.f: @topic has both keyArgument and keyField: give one of them",
    ),
    "list": (
        query('f(id: Long!): [Item!]! @topic(name: "artists", keyArgument: "id")'),
        "s.gql:2: Query.f: topic 'artists' gives one value for a key: make [Item!]! a single type",
    ),
    "object for a number": (
        query('f(id: Long!): Item @topic(name: "counts", keyArgument: "id")'),
        "s.gql:2: Query.f: topic 'counts' holds values of the type long, not Item: make it Long",
    ),
    "number for an object": (
        query('f(id: Long!): Long @topic(name: "artists", keyArgument: "id")'),
        "s.gql:2: Query.f: topic 'artists' holds values of the type Item, not Long: "
        "make it an object type with fields of Item",
    ),
    "keyArgument nowhere": (
        query('f(id: Long!): Long @topic(name: "counts", keyArgument: "userId")'),
        "s.gql:2: Query.f: keyArgument 'userId' is no argument of this field or of one above it (Query): "
        "name one of id",
    ),
    "keyArgument not on all ways": (
        query("a(id: Long!): A b: A", 'type A { f: Long @topic(name: "counts", keyArgument: "id") }'),
        "s.gql:4: A.f: keyArgument 'id' is no argument of this field or of one above it (Query.b): "
        "add the argument to the field",
    ),
    "keyArgument of another type": (
        query('f(id: [Long!]!): Long @topic(name: "counts", keyArgument: "id")'),
        "s.gql:2: Query.f: keyArgument 'id' is [Long!]!: make it Long",
    ),
    "keyField nowhere": (
        query('f: Item @topic(name: "artists", keyField: "artistId")'),
        "s.gql:2: Query.f: keyField 'artistId' is no field of Query: name one of f",
    ),
    "keyField of another type": (
        query(
            'f(id: Long!): Item @topic(name: "artists", keyArgument: "id")',
            'type Item { id: Long! name: String! album: Item @topic(name: "albums", keyField: "name") }',
        ),
        "s.gql:4: Item.album: keyField 'name' is String!, not Long: name another",
    ),
    "keyField with a directive": (
        query(
            'n(id: Long!): Long @topic(name: "counts", keyArgument: "id")\n'
            '  f: Item @topic(name: "artists", keyField: "n")'
        ),
        "s.gql:3: Query.f: keyField 'n' has a directive of its own: name a field without one",
    ),
    "two directives": (
        query('f(id: Long!): Item @topic(name: "artists", keyArgument: "id") @rest(url: "http://a")'),
        "s.gql:2: Query.f: has more than one of @rest, @topic: keep one of them",
    ),
    "rest parameter": (
        query('f(id: Long!): Item @rest(url: "http://a", pathParameter: ["id"], queryParameter: ["limit"])'),
        "s.gql:2: Query.f: queryParameter 'limit' is no argument of this field or of one above it: name one of id",
    ),
    "value from nowhere": (
        query("f(id: Long!): A", "type A { id: Long! name: String }"),
        "s.gql:4: A.name: has no directive, and no argument 'name' is in scope (Query.f): give it a directive",
    ),
    "list from nowhere": (
        query("f(id: Long!): [Item]"),
        "s.gql:2: Query.f: a list needs a directive that says where its values come from (Query has no value)",
    ),
    "interface": (
        query("f: Item", "interface Named { name: String } type Item { name: String }"),
        "s.gql:4: Named: interfaces are not supported: write their fields into the object types",
    ),
    "union": (
        query("f: Both", "union Both = Item\n" + ITEM),
        "s.gql:4: Both: unions are not supported: use one object type with nullable fields",
    ),
    "input": (
        query("f(a: In): Item", "input In { a: Int }\n" + ITEM),
        "s.gql:4: In: input types are not supported yet: use single arguments",
    ),
    "scalar": (
        query("f(a: Date): Item", "scalar Date\n" + ITEM),
        "s.gql:4: Date: this scalar is not known: use one of Int, Float, String, Boolean, ID, Long",
    ),
    "mutation": (
        query("f(id: Long, name: String): Item", "type Mutation { a: Int }\n" + ITEM),
        "s.gql:4: Mutation: mutations and subscriptions are not supported yet: take this type out",
    ),
}


@pytest.mark.parametrize(("sdl", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(sdl: str, message: str) -> None:
    with pytest.raises(SchemaError) as refusal:
        build_schema(sdl, "s.gql")
    assert message in refusal.value.problems


def test_all_problems_at_once() -> None:
    fields = 'a: Long @topic(name: "a", keyField: "b")\n  b: Long @topic(name: "counts")'
    with pytest.raises(SchemaError) as refusal:
        build_schema(query(fields), "s.gql")
    assert str(refusal.value).splitlines() == [
        f"s.gql:2: Query.a: there is no topic 'a': use one of {TOPICS}",
        "s.gql:3: Query.b: @topic has neither keyArgument nor keyField: give one of them",
    ]


def test_types_that_refer_to_themselves() -> None:
    build_schema(query("f(id: Long!): A", "type A { id: Long! a: A b(id: Long!, c: Int): A }"))
