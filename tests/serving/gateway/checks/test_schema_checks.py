import re

import pytest

from schemas.topics import CATALOGUE
from serving.gateway.errors import SchemaError
from serving.gateway.schema import build_schema

ITEM = "type Item { id: Long! name: String! }"
RANGES = ", ".join(sorted(name for name, topic in CATALOGUE.items() if topic.axis))
EVENT = "type Event { artistId: Long! }"
INPUT = "input In { artistId: Long! albumId: Long! trackId: Long! timestamp: Long! }"


def uncolumned(refusal: SchemaError) -> list[str]:
    """What is wrong, without columns."""
    return [re.sub(r"^(s\.gql:\d+):\d+", r"\1", problem) for problem in refusal.problems]


def query(field: str, types: str = ITEM) -> str:
    return f"type Query {{\n  {field}\n}}\n{types}"


def root(kind: str, field: str, types: str = "") -> str:
    """A schema with one field of a mutation or a subscription, in line 2."""
    return f"type {kind} {{\n  {field}\n}}\n{types}\n{EVENT}\n{query('q(id: Long): Item')}"


TOPIC = {
    "unknown topic": (
        query('f(id: Long!): Long @topic(name: "count", keyArgument: "id")'),
        "s.gql:2: Query.f: there is no topic 'count': did you mean 'counts'?",
    ),
    "no key": (
        query('f(id: Long!): Long @topic(name: "counts")'),
        "s.gql:2: Query.f: @topic has neither keyArgument nor keyField: give one of them, or make the field a list of "
        "all values",
    ),
    "two keys": (
        query('f(id: Long!): Long @topic(name: "counts", keyArgument: "id", keyField: "id")'),
        "s.gql:2: Query.f: @topic has both keyArgument and keyField: give one of them",
    ),
    "list with one key": (
        query('f(id: Long!): [Item!]! @topic(name: "artists", keyArgument: "id")'),
        "s.gql:2: Query.f: keyArgument 'id' is Long!: make it [Long!] for a list of values, or the field single",
    ),
    "list of lists": (
        query('f(ids: [Long!]): [[Item]] @topic(name: "artists", keyArgument: "ids")'),
        "s.gql:2: Query.f: topic 'artists' gives a list: make [[Item]] a list of single values",
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
        query('f(id: String!): Long @topic(name: "counts", keyArgument: "id")'),
        "s.gql:2: Query.f: keyArgument 'id' is String!: make it Long",
    ),
    "keyArgument is a list": (
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
    "keyField is no scalar": (
        query(
            'f: A @rest(url: "http://a")',
            'type A { ids: [Long!] artist: Item @topic(name: "artists", keyField: "ids") }\n' + ITEM,
        ),
        "s.gql:4: A.artist: keyField 'ids' is [Long!], not Long: name another",
    ),
    "keyField of a list is no list": (
        query(
            'f: A @rest(url: "http://a")',
            'type A { id: Long artists: [Item] @topic(name: "artists", keyField: "id") }\n' + ITEM,
        ),
        "s.gql:4: A.artists: keyField 'id' is Long, not [Long]: name another",
    ),
    "keyField with a directive": (
        query(
            'n(id: Long!): Long @topic(name: "counts", keyArgument: "id")\n'
            '  f: Item @topic(name: "artists", keyField: "n")'
        ),
        "s.gql:3: Query.f: keyField 'n' has a directive of its own: name a field without one",
    ),
}

DAY = "type Day { start: Long! countPlays: Long! }"
RANGE = {
    "many values, but single": (
        query('f(id: Long!): Day @topic(name: "playsperday", keyArgument: "id")', DAY),
        "s.gql:2: Query.f: topic 'playsperday' has many values for a key, along time: make the field a list",
    ),
    "many values of all keys": (
        query('f: [Day] @topic(name: "playsperday")', DAY),
        "s.gql:2: Query.f: topic 'playsperday' has many values for a key, along time: give keyArgument or keyField",
    ),
    "many values of many keys": (
        query('f(ids: [Long!]!): [Day] @topic(name: "playsperday", keyArgument: "ids")', DAY),
        "s.gql:2: Query.f: keyArgument 'ids' is [Long!]!: make it Long",
    ),
    "range without a list": (
        query(
            'f(id: Long!, a: Long, b: Long): Day @topic(name: "playsperday", keyArgument: "id", rangeFrom: "a", '
            'rangeTo: "b")',
            DAY,
        ),
        "s.gql:2: Query.f: a range needs one key and a list: give keyArgument or keyField, and make the field a list",
    ),
    "range without a key": (
        query('f(a: Long, b: Long): [Day] @topic(name: "playsperday", rangeFrom: "a", rangeTo: "b")', DAY),
        "s.gql:2: Query.f: a range needs one key and a list: give keyArgument or keyField, and make the field a list",
    ),
    "only rangeFrom": (
        query('f(id: Long!, a: Long): [Day] @topic(name: "playsperday", keyArgument: "id", rangeFrom: "a")', DAY),
        "s.gql:2: Query.f: @topic has rangeFrom without rangeTo: name an argument for each; a null one leaves the "
        "range open",
    ),
    "only rangeTo": (
        query('f(id: Long!, a: Long): [Day] @topic(name: "playsperday", keyArgument: "id", rangeTo: "a")', DAY),
        "s.gql:2: Query.f: @topic has rangeTo without rangeFrom: name an argument for each; a null one leaves the "
        "range open",
    ),
    "range of a topic without time": (
        query(
            'f(id: [Long], a: Long, b: Long): [Item] @topic(name: "artists", keyArgument: "id", rangeFrom: "a", '
            'rangeTo: "b")'
        ),
        f"s.gql:2: Query.f: topic 'artists' has no axis of time for rangeFrom and rangeTo: use one of {RANGES}",
    ),
    "bound nowhere": (
        query(
            'f(id: Long!, a: Long): [Day] @topic(name: "playsperday", keyArgument: "id", rangeFrom: "a", rangeTo: "b")',
            DAY,
        ),
        "s.gql:2: Query.f: rangeTo 'b' is no argument of this field or of one above it (Query): name one of a, id",
    ),
    "bound of another type": (
        query(
            "f(id: Long!, a: String, b: Long): [Day] "
            '@topic(name: "playsperday", keyArgument: "id", rangeFrom: "a", rangeTo: "b")',
            DAY,
        ),
        "s.gql:2: Query.f: rangeFrom 'a' is String: make it Long, in seconds since 1970-01-01T00:00:00Z",
    ),
}

VALUES = {
    "object for a number": (
        query('f(id: Long!): Item @topic(name: "counts", keyArgument: "id")'),
        "s.gql:2: Query.f: topic 'counts' holds values of the type long, not Item: make it Long",
    ),
    "string for a number": (
        query('f(id: Long!): String @topic(name: "counts", keyArgument: "id")'),
        "s.gql:2: Query.f: topic 'counts' holds values of the type long, not String: make it Long",
    ),
    "number for an object": (
        query('f(id: Long!): Long @topic(name: "artists", keyArgument: "id")'),
        "s.gql:2: Query.f: topic 'artists' holds values of the type Item, not Long: "
        "make it an object type with fields of Item",
    ),
    "field that the value does not have": (
        query('f(id: Long!): A @topic(name: "artists", keyArgument: "id")', "type A {\n id: Long!\n title: String\n}"),
        "s.gql:6: A.title: values of the topic 'artists' are of the type Item, which has no 'title': give the "
        "field a directive, or name one of id, name",
    ),
    "field of another type": (
        query('f(id: Long!): A @topic(name: "artists", keyArgument: "id")', "type A { id: Long! name: Long }"),
        "s.gql:4: A.name: is Long, but a string in the values of topic 'artists': make it String",
    ),
    "field that is a list in the value": (
        query(
            'f(id: Long!): A @topic(name: "topartists", keyArgument: "id")',
            "type A { topK: B }\ntype B { id: Long! countPlays: Long! }",
        ),
        "s.gql:4: A.topK: is B, but a list in the values of topic 'topartists': make it "
        "[an object type with fields of Count!]",
    ),
    "field deep in the value": (
        query(
            'f(id: Long!): A @topic(name: "topartists", keyArgument: "id")',
            "type A { topK: [B!]! }\ntype B { id: Long! plays: Long! }",
        ),
        "s.gql:5: B.plays: values of the topic 'topartists' are of the type Count, which has no 'plays': give the "
        "field a directive, or name one of countPlays, id",
    ),
}

MUTATION = {
    "without a directive": (
        root("Mutation", "f(id: Long!): Event"),
        "s.gql:2: Mutation.f: a mutation needs @topic or @rest: give it one",
    ),
    "of a computed topic": (
        root("Mutation", 'f(id: Long!, n: Long!): Long @topic(name: "counts")'),
        "s.gql:2: Mutation.f: topic 'counts' is computed and cannot be written: "
        "use one of albums, artists, listeningevents, tracks",
    ),
    "with one argument": (
        root("Mutation", 'f(e: In!): Event @topic(name: "listeningevents")', INPUT),
        "s.gql:2: Mutation.f: a mutation has two arguments, the key and the value, not 1: declare exactly those",
    ),
    "with three arguments": (
        root("Mutation", 'f(id: Long!, e: In!, n: Int): Event @topic(name: "listeningevents")', INPUT),
        "s.gql:2: Mutation.f: a mutation has two arguments, the key and the value, not 3: declare exactly those",
    ),
    "with a key that may be null": (
        root("Mutation", 'f(id: Long, e: In!): Event @topic(name: "listeningevents")', INPUT),
        "s.gql:2: Mutation.f: argument 'id', the key, is Long: make it Long!",
    ),
    "with a key of another type": (
        root("Mutation", 'f(id: String!, e: In!): Event @topic(name: "listeningevents")', INPUT),
        "s.gql:2: Mutation.f: argument 'id', the key, is String!: make it Long!",
    ),
    "with another key": (
        root("Mutation", 'f(id: Long!, e: In!): Event @topic(name: "listeningevents", keyArgument: "e")', INPUT),
        "s.gql:2: Mutation.f: keyArgument 'e': the key is the first argument, 'id'",
    ),
    "with a range": (
        root(
            "Mutation",
            'f(id: Long!, e: In!): Event @topic(name: "listeningevents", rangeFrom: "id", rangeTo: "id")',
            INPUT,
        ),
        "s.gql:2: Mutation.f: a mutation has no range: take rangeFrom and rangeTo out",
    ),
    "with a keyField": (
        root("Mutation", 'f(id: Long!, e: In!): Event @topic(name: "listeningevents", keyField: "id")', INPUT),
        "s.gql:2: Mutation.f: a mutation has no fields beside it: take keyField out",
    ),
    "giving a list": (
        root("Mutation", 'f(id: Long!, e: In!): [Event] @topic(name: "listeningevents")', INPUT),
        "s.gql:2: Mutation.f: a mutation gives one value: make [Event] a single type",
    ),
    "of a value that is no input type": (
        root("Mutation", 'f(id: Long!, e: Long!): Event @topic(name: "listeningevents")'),
        "s.gql:2: Mutation.f: argument 'e', the value, is Long!: "
        "make it an input type with the fields of ListeningEvent",
    ),
    "of a value without a field": (
        root("Mutation", 'f(id: Long!, e: In!): Event @topic(name: "listeningevents")', INPUT.replace("trackId", "x")),
        "s.gql:2: Mutation.f: In.x is no field of ListeningEvent: "
        "name one of albumId, artistId, deleted, timestamp, trackId, userId",
    ),
    "of a value with a field that may be null": (
        root(
            "Mutation",
            'f(id: Long!, e: In!): Event @topic(name: "listeningevents")',
            INPUT.replace("trackId: Long!", "trackId: Long"),
        ),
        "s.gql:2: Mutation.f: In needs the field trackId: Long!",
    ),
    "of a value with a field of another type": (
        root(
            "Mutation",
            'f(id: Long!, e: In!): Event @topic(name: "listeningevents")',
            INPUT.replace("trackId: Long!", "trackId: String!"),
        ),
        "s.gql:2: Mutation.f: In.trackId is String!: make it Long",
    ),
    "giving what the topic does not hold": (
        root("Mutation", 'f(id: Long!, e: In!): Item @topic(name: "listeningevents")', INPUT),
        "s.gql:9: Item.id: values of the topic 'listeningevents' are of the type ListeningEvent, which has no 'id': "
        "give the field a directive, or name one of albumId, artistId, deleted, timestamp, trackId, userId",
    ),
}

FOLLOWED = (
    "counts, distinctalbums, distinctartists, distincttracks, firstlisten, lastlisten, listeningevents, topalbums, "
    "topartists, toptracks"
)
SUBSCRIPTION = {
    "without a directive": (
        root("Subscription", "f: Event"),
        "s.gql:2: Subscription.f: a subscription needs @topic: give it one",
    ),
    "of a service": (
        root("Subscription", 'f: Event @rest(url: "http://a")'),
        "s.gql:2: Subscription.f: a subscription needs @topic: give it one",
    ),
    "giving a list": (
        root("Subscription", 'f: [Event] @topic(name: "listeningevents")'),
        "s.gql:2: Subscription.f: a subscription gives one value: make [Event] a single type",
    ),
    "of a topic that does not tell": (
        root("Subscription", 'f: Item @topic(name: "artists")'),
        f"s.gql:2: Subscription.f: topic 'artists' does not tell of new values: use one of {FOLLOWED}",
    ),
    "with another key": (
        root("Subscription", 'f(id: Long): Event @topic(name: "listeningevents", keyArgument: "userId")'),
        "s.gql:2: Subscription.f: keyArgument 'userId' is no argument of this field: add it",
    ),
    "with a key of another type": (
        root("Subscription", 'f(id: [Long!]): Event @topic(name: "listeningevents", keyArgument: "id")'),
        "s.gql:2: Subscription.f: keyArgument 'id' is [Long!]: make it Long",
    ),
    "with a range": (
        root(
            "Subscription", 'f(a: Long, b: Long): Event @topic(name: "listeningevents", rangeFrom: "a", rangeTo: "b")'
        ),
        "s.gql:2: Subscription.f: a subscription has no range: take rangeFrom and rangeTo out",
    ),
}

REST = {
    "parameter nowhere": (
        query('f(id: Long!): Item @rest(url: "http://a", pathParameter: ["id"], queryParameter: ["limit"])'),
        "s.gql:2: Query.f: queryParameter 'limit' is no argument of this field or of one above it (Query): "
        "name one of id",
    ),
    "argument in two places": (
        query('f(id: Long!): Item @rest(url: "http://a", pathParameter: ["id"], queryParameter: ["id"])'),
        "s.gql:2: Query.f: argument 'id' is in two places: "
        "name it in one of pathParameter, queryParameter and bodyParameter",
    ),
    "body of a GET": (
        query('f(id: Long!): Item @rest(url: "http://a", bodyParameter: "id")'),
        "s.gql:2: Query.f: bodyParameter 'id': a GET has no body: add httpMethod: POST",
    ),
    "body parameter nowhere": (
        query('f(id: Long!): Item @rest(url: "http://a", pathParameter: ["id"], bodyParameter: "b", httpMethod: POST)'),
        "s.gql:2: Query.f: bodyParameter 'b' is no argument of this field or of one above it (Query): name one of id",
    ),
    "list in the path": (
        query('f(ids: [Long!]!): Item @rest(url: "http://a")'),
        "s.gql:2: Query.f: argument 'ids' is [Long!]!, which is no single segment of a path: "
        "name it in queryParameter or bodyParameter",
    ),
    "no address": (
        query('f(id: Long!): Item @rest(url: "recommender/x")'),
        "s.gql:2: Query.f: url 'recommender/x' is no address: write it like http://recommender/recommendation",
    ),
    "address of another scheme": (
        query('f(id: Long!): Item @rest(url: "file:///etc/passwd")'),
        "s.gql:2: Query.f: url 'file:///etc/passwd' is no address: write it like http://recommender/recommendation",
    ),
    "bad port": (
        query('f(id: Long!): Item @rest(url: "http://a:x/")'),
        "s.gql:2: Query.f: url 'http://a:x/' is no address: write it like http://recommender/recommendation",
    ),
    "password": (
        query('f(id: Long!): Item @rest(url: "http://u:p@a/")'),
        "s.gql:2: Query.f: url 'a' has a user or a password in it: take them out, the schema is no secret",
    ),
    "fragment in the url": (
        query('f(id: Long!): Item @rest(url: "http://a/{id}#b")'),
        "s.gql:2: Query.f: url 'http://a/{id}#b' has a fragment, which is never sent: take it out",
    ),
    "placeholder for the host": (
        query('f(id: String!): Item @rest(url: "http://{id}/x")'),
        "s.gql:2: Query.f: url 'http://{id}/x' has a placeholder for its host: write the host out",
    ),
    "unknown placeholder": (
        query('f(id: Long!): Item @rest(url: "http://a/{id}?q={itemId}")'),
        "s.gql:2: Query.f: placeholder 'itemId' is no argument of this field or of one above it (Query): "
        "name one of id",
    ),
    "placeholder of an unknown form": (
        query('f(id: Long!): Item @rest(url: "http://a/{id}/{item-id}")'),
        "s.gql:2: Query.f: url: '{item-id}' is no placeholder: write {name} or {secret.NAME}",
    ),
    "placeholder that does not end": (
        query('f(id: Long!): Item @rest(url: "http://a/{id}", headers: ["X-A: {id"])'),
        "s.gql:2: Query.f: headers: '{id' is no placeholder: write {name} or {secret.NAME}",
    ),
    "unknown secret": (
        query('f(id: Long!): Item @rest(url: "http://a/{id}", headers: ["Authorization: Bearer {secret.KEY}"])'),
        "s.gql:2: Query.f: there is no secret 'KEY': start the server with --secret KEY=VARIABLE",
    ),
    "no header": (
        query('f(id: Long!): Item @rest(url: "http://a/{id}", headers: ["X A: b"])'),
        "s.gql:2: Query.f: headers: 'X A: b' is no header: write it like 'Accept-Language: de'",
    ),
    "header of two lines": (
        query('f(id: Long!): Item @rest(url: "http://a/{id}", headers: ["X-A: b\\r\\nX-B: c"])'),
        "s.gql:2: Query.f: headers: 'X-A: b\\r\\nX-B: c' is no header: write it like 'Accept-Language: de'",
    ),
    "header of the connection": (
        query('f(id: Long!): Item @rest(url: "http://a/{id}", headers: ["host: b"])'),
        "s.gql:2: Query.f: headers: host is the server's own to say: take it out",
    ),
    "key of this server sent on": (
        query('f(id: Long!): Item @rest(url: "http://a/{id}", forward: ["X-API-Key"])'),
        "s.gql:2: Query.f: forward: X-API-Key is for this server alone: take it out",
    ),
    "two bodies": (
        query('f(id: Long!): Item @rest(url: "http://a", bodyParameter: "id", body: "1", httpMethod: PUT)'),
        "s.gql:2: Query.f: @rest has both body and bodyParameter: give one of them",
    ),
    "body that is no JSON": (
        query('f(id: Long!): Item @rest(url: "http://a/{id}", body: "{id}", httpMethod: PUT)'),
        "s.gql:2: Query.f: body is no JSON (unexpected character, expected a string key: line 1 column 2 (char 1)): "
        'placeholders stand in strings, like {"ids": "{ids}"}',
    ),
    "an object in a header": (
        query('f(in: In): Item @rest(url: "http://a", headers: ["X-A: {in}"])', "input In { a: Int } " + ITEM),
        "s.gql:2: Query.f: argument 'in' is In, an object: name it in bodyParameter or in body, which is sent as JSON",
    ),
    "an object in the query": (
        query('f(in: In): Item @rest(url: "http://a", queryParameter: ["in"])', "input In { a: Int } " + ITEM),
        "s.gql:2: Query.f: argument 'in' is In, an object: name it in bodyParameter or in body, which is sent as JSON",
    ),
    "batch without a key": (
        query('f(id: Long!): Item @rest(url: "http://a/{id}", batchBy: "id")'),
        "s.gql:2: Query.f: batchBy needs one placeholder for a field of Query, the key, and has none",
    ),
    "batch by a list": (
        query(
            'f: A @rest(url: "http://a")',
            'type A { ids: [Long] items: [Item] @rest(url: "http://a?id={ids}", batchBy: "id") } ' + ITEM,
        ),
        "s.gql:4: A.items: batchBy: 'ids', the key, is a list: name a field with one key",
    ),
    "batch of scalars": (
        query(
            'f: A @rest(url: "http://a")', 'type A { id: Long n: Int @rest(url: "http://a?id={id}", batchBy: "id") }'
        ),
        "s.gql:4: A.n: batchBy: is Int, but the answer is a list of objects with keys: make it an object",
    ),
    "unnamed argument": (
        query('f(id: Long!, n: Int): Item @rest(url: "http://a", pathParameter: ["id"])'),
        "s.gql:2: Query.f: argument 'n' is not sent: name it in pathParameter, queryParameter or "
        "bodyParameter, or in a placeholder",
    ),
}

OTHER = {
    "two directives": (
        query('f(id: Long!): Item @topic(name: "artists", keyArgument: "id") @rest(url: "http://a")'),
        "s.gql:2: Query.f: has more than one of @rest, @topic: keep one of them",
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
    "scalar": (
        query("f(a: Url): Item", "scalar Url\n" + ITEM),
        "s.gql:4: Url: this scalar is not known: use one of Int, Float, String, Boolean, ID, Long, DateTime, Date",
    ),
}

REFUSED = {
    f"{part}: {name}": case
    for part, cases in {
        "topic": TOPIC,
        "range": RANGE,
        "values": VALUES,
        "mutation": MUTATION,
        "subscription": SUBSCRIPTION,
        "rest": REST,
        "other": OTHER,
    }.items()
    for name, case in cases.items()
}


@pytest.mark.parametrize(("sdl", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(sdl: str, message: str) -> None:
    with pytest.raises(SchemaError) as refusal:
        build_schema(sdl, "s.gql")
    assert message in uncolumned(refusal.value)


@pytest.mark.parametrize(("host", "known"), [("a", True), ("B", True), ("c", False), ("c:80", True), ("c.org", True)])
def test_services_that_there_are(host: str, known: bool) -> None:
    sdl = query(f'f(id: Long!): Item @rest(url: "http://{host}/x")', ITEM)
    if known:
        build_schema(sdl, "s.gql", services=["b", "a"])
        return
    with pytest.raises(SchemaError) as refusal:
        build_schema(sdl, "s.gql", services=["b", "a"])
    assert refusal.value.problems == (
        "s.gql:2:3: Query.f: there is no service 'c': start the server with --service c=URL, or name one of a, b",
    )


def test_types_that_refer_to_themselves() -> None:
    build_schema(query("f(id: Long!): A", "type A { id: Long! a: A b(id: Long!): A }"))


def test_all_that_is_right() -> None:
    topics = (
        'one(id: Long!): Item @topic(name: "artists", keyArgument: "id")\n'
        'some(ids: [Long!]!): [Item]! @topic(name: "artists", keyArgument: "ids")\n'
        'all(limit: Int, after: Long): [Item!]! @topic(name: "artists")\n'
        "days(id: Int!, a: Int, b: Long!): [Day!]! "
        '@topic(name: "playsperday", keyArgument: "id", rangeFrom: "a", rangeTo: "b")\n'
        'everyDay(id: Long!): [Day!] @topic(name: "playsperday", keyArgument: "id")'
    )
    mutation = 'type Mutation { f(id: Long!, e: In!): Event @topic(name: "listeningevents") }'
    subscription = 'type Subscription { f(id: Long): Event @topic(name: "listeningevents", keyArgument: "id") }'
    build_schema(query(topics, "\n".join([ITEM, DAY, EVENT, INPUT, mutation, subscription])))
