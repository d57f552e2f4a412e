"""Checks of the arguments in scope: those which a field needs are there, and of the right type, on all ways to it."""

from collections.abc import Collection, Iterator, Mapping

from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    get_named_type,
    get_nullable_type,
    is_enum_type,
    is_leaf_type,
    is_list_type,
)

from schemas.topics import CATALOGUE
from serving.gateway.checks.scopes import Place, Scopes
from serving.gateway.checks.wording import choose
from serving.gateway.directives.sdl_directives import RestDirective, TopicDirective, directive_of
from serving.gateway.fields.rest_field import rest_field
from serving.gateway.fields.sources import ArgumentSource, MemberSource, Source
from serving.gateway.times import TIMES

KEY_TYPES: Mapping[str, tuple[str, ...]] = {"Long": ("Long", "Int"), "String": ("String", "ID")}
"""The SDL's scalars that may be a key, by the key's type in the catalogue. The names of an enum are strings, too."""


def is_key(kind: GraphQLType, wanted: str, *, many: bool = False) -> bool:
    """Whether values of a type can be keys of the type `wanted`, or lists of such."""
    kind = get_nullable_type(kind)  # type: ignore[call-overload]
    if many:
        return is_list_type(kind) and is_key(kind.of_type, wanted)
    return (is_enum_type(kind) and wanted == "String") or str(kind) in KEY_TYPES[wanted]


def place_error(owner: GraphQLObjectType, name: str, field: GraphQLField, message: str) -> GraphQLError:
    """A problem of a field."""
    return GraphQLError(f"{owner.name}.{name}: {message}", field.ast_node)


def wrong_scopes(schema: GraphQLSchema, scopes: Scopes) -> Iterator[GraphQLError]:
    """The fields that need an argument which is not in scope on some way to them, or is of another type there."""
    roots = (schema.mutation_type, schema.subscription_type)
    for place in scopes.places:
        owner = scopes.owner(place)
        for name, field in owner.fields.items():
            if owner not in roots or not isinstance(directive_of(field), TopicDirective):
                for message in _Check(scopes, place, field).problems(name):
                    yield place_error(owner, name, field, message)


class _Check:
    """Checks a field at a place."""

    def __init__(self, scopes: Scopes, place: Place, field: GraphQLField) -> None:
        self._scopes = scopes
        self._place = place
        self._field = field

    def problems(self, name: str) -> Iterator[str]:
        """What is wrong with the field, which has this name."""
        directive = directive_of(self._field)
        if isinstance(directive, TopicDirective):
            yield from self._key_argument(directive)
            yield from self._bounds(directive)
        elif isinstance(directive, RestDirective):
            yield from self._parameters(directive)
        elif self._place.group:
            yield from self._source(name)

    def _missing(self, option: str, name: str) -> Iterator[str]:
        """That an argument is not in scope."""
        way = self._scopes.missing(self._place, self._field, name)
        if way:
            names = self._scopes.names(self._place, self._field)
            remedy = choose(name, names) if names else "add the argument to the field"
            yield f"{option} {name!r} is no argument of this field or of one above it ({way}): {remedy}"

    def _kinds(self, name: str) -> list[GraphQLType]:
        return self._scopes.kinds(self._place, self._field, name)

    def _key_argument(self, directive: TopicDirective) -> Iterator[str]:
        name, topic = directive.key_argument, CATALOGUE.get(directive.name)
        if not name:
            return
        yield from self._missing("keyArgument", name)
        if topic is None:
            return
        many = is_list_type(get_nullable_type(self._field.type)) and topic.place.column is not None
        for kind in self._kinds(name):
            if is_key(kind, topic.key, many=many):
                continue
            remedy = f"[{topic.key}!] for a list of values, or the field single" if many else topic.key
            yield f"keyArgument {name!r} is {kind}: make it {remedy}"

    def _bounds(self, directive: TopicDirective) -> Iterator[str]:
        for option, name in (("rangeFrom", directive.range_from), ("rangeTo", directive.range_to)):
            if not name:
                continue
            yield from self._missing(option, name)
            for kind in self._kinds(name):
                if not is_key(kind, "Long") and str(get_nullable_type(kind)) not in TIMES:  # type: ignore[call-overload]
                    yield f"{option} {name!r} is {kind}: make it Long, in seconds since 1970-01-01T00:00:00Z"

    def _parameters(self, directive: RestDirective) -> Iterator[str]:
        to = rest_field(directive, self._field, self._scopes.owner(self._place), {})
        options = {
            **dict.fromkeys(directive.path_parameter or (), "pathParameter"),
            **dict.fromkeys(directive.query_parameter or (), "queryParameter"),
            **dict.fromkeys([directive.body_parameter] if directive.body_parameter else [], "bodyParameter"),
        }
        asked = [name for name, source in to.sources.items() if _is_argument(source, self._place)]
        for name in asked:
            yield from self._missing(options.get(name, "placeholder"), name)
        yield from self._path({name for one in to.parameters.path for name in one.names} & {*asked})
        pairs = (*to.parameters.query, *to.parameters.headers)
        for name in sorted({name for _, one in pairs for name in one.names} & {*asked}):
            for kind in self._kinds(name):
                if not is_leaf_type(get_named_type(kind)):
                    remedy = "name it in bodyParameter or in body, which is sent as JSON"
                    yield f"argument {name!r} is {kind}, an object: {remedy}"

    def _path(self, names: Collection[str]) -> Iterator[str]:
        for name in sorted(names):
            for kind in self._kinds(name):
                if not is_leaf_type(get_nullable_type(kind)):  # type: ignore[call-overload]
                    remedy = "name it in queryParameter or bodyParameter"
                    yield f"argument {name!r} is {kind}, which is no single segment of a path: {remedy}"

    def _source(self, name: str) -> Iterator[str]:
        if is_list_type(get_nullable_type(self._field.type)):
            way = self._scopes.way(self._place)
            yield f"a list needs a directive that says where its values come from ({way} has no value)"
        elif is_leaf_type(get_named_type(self._field.type)):
            lacking = self._scopes.missing(self._place, self._field, name)
            if lacking:
                yield f"has no directive, and no argument {name!r} is in scope ({lacking}): give it a directive"


def _is_argument(source: Source, place: Place) -> bool:
    """Whether a name of a directive is an argument in scope; in a group, fields of the object are arguments, too."""
    return isinstance(source, ArgumentSource) or (place.group and isinstance(source, MemberSource))
