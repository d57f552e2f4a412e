from pathlib import Path

import pytest

from schemas import DEFAULT_SCHEMA
from serving.gateway.errors import SchemaError
from serving.gateway.schema import build_schema, load_schema

REFUSED = {
    "syntax": ("type Query {\n  f: Long!!\n}", "s.gql:2:11: Syntax Error: Expected Name, found '!'."),
    "empty": ("", "s.gql:1:1: Syntax Error: Unexpected <EOF>."),
    "unknown type": ("type Query {\n  f: Lnog\n}", "s.gql:2:6: Query.f: Unknown type 'Lnog'. Did you mean 'Long'?"),
    "unknown directive": (
        "type Query {\n\n  f: Long @topics\n}",
        "s.gql:3:12: Query.f: Unknown directive '@topics': did you mean '@topic'?",
    ),
    "unknown directive argument": (
        'type Query {\n  f: Long @topic(nam: "counts")\n}',
        "s.gql:2:18: Query.f: Unknown argument 'nam' on directive '@topic'. Did you mean 'name'?",
    ),
    "missing directive argument": (
        "type Query {\n  f: Long @topic\n}",
        "s.gql:2:12: Query.f: Argument '@topic(name:)' of type 'String!' is required, but it was not provided: add it",
    ),
    "no query": ("type A {\n  f: Long\n}", "s.gql: Query root type must be provided: add type Query, with a field"),
    "scalar of the prelude": (
        "type Query { f(f: Long): Long }\nscalar Long",
        "s.gql:2:8: Long: There can be only one type named 'Long': take one of them out, or rename it",
    ),
    "field twice in merged types": (
        "type Query { f: Long }\n\ntype Query {\n  f: Long\n}",
        "s.gql:4:3: Query.f: Field 'Query.f' can only be defined once: take one of them out, or rename it",
    ),
    "other type twice": (
        "type Query { f(f: Int): Int }\ntype A { a: Int }\ntype A { b: Int }",
        "s.gql:3:6: A: There can be only one type named 'A': take one of them out, or rename it",
    ),
}


@pytest.mark.parametrize(("sdl", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(sdl: str, message: str) -> None:
    with pytest.raises(SchemaError) as refusal:
        build_schema(sdl, "s.gql")
    assert message in refusal.value.problems


@pytest.mark.parametrize("second", ["type Query", "extend type Query"])
def test_query_in_two_parts_is_merged(second: str) -> None:
    schema = build_schema(f"type Query {{ a(a: Int): A }} {second} {{ b(a: Int): A }} type A {{ a: Int }}")
    assert "type Query {\n  a(a: Int): A\n  b(a: Int): A\n}" in schema.as_str()


def test_path_is_in_messages(tmp_path: Path) -> None:
    path = tmp_path / "broken.gql"
    path.write_text("type Query {")
    with pytest.raises(SchemaError, match=r"broken\.gql:1:13: Syntax Error: Expected Name, found <EOF>\."):
        load_schema(path)


def test_unreadable_files(tmp_path: Path) -> None:
    remedy = "name a GraphQL SDL file in UTF-8"
    with pytest.raises(SchemaError, match=rf"none\.gql: No such file or directory: {remedy}"):
        load_schema(tmp_path / "none.gql")
    with pytest.raises(SchemaError, match=f"Is a directory: {remedy}"):
        load_schema(tmp_path)
    (tmp_path / "latin.gql").write_bytes("# Motörhead".encode("latin-1"))
    with pytest.raises(SchemaError, match=rf"'utf-8' codec can't decode .*: {remedy}"):
        load_schema(tmp_path / "latin.gql")


def test_default_schema_is_served() -> None:
    load_schema(DEFAULT_SCHEMA)
