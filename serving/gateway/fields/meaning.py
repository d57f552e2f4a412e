"""The meaning of each field of an SDL, by its directive, or by what it is without one."""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, get_named_type, is_non_null_type
from strawberry.schema.schema_converter import GraphQLCoreConverter

from serving.gateway.directives.sdl_directives import Directive, RestDirective, TopicDirective, directive_of
from serving.gateway.fields.field import Field
from serving.gateway.fields.follow_field import FollowField, follow_field
from serving.gateway.fields.group_field import group_field, topics_beneath
from serving.gateway.fields.member_field import ArgumentField, MemberField
from serving.gateway.fields.rest_field import rest_field
from serving.gateway.fields.topic_field import topic_field
from serving.gateway.fields.write_field import write_field


class Meaning(NamedTuple):
    """What a field means. Without a directive, that depends on the object: one type may be a value here, a group there.

    Attributes:
        in_value: where the object has a value.
        in_group: where it only groups its fields.
    """

    in_value: Field
    in_group: Field


AnyMeaning: TypeAlias = Meaning | FollowField
"""Of a field, which is a subscription or has one value."""


class Meanings:
    """The meanings of the fields of a checked schema."""

    def __init__(self, schema: GraphQLSchema, secrets: Mapping[str, str]) -> None:
        self._schema = schema
        self._secrets = secrets
        self._beneath = topics_beneath(schema)

    def of(self, owner: GraphQLObjectType, name: str) -> AnyMeaning:
        """The meaning of the field of this name."""
        field = owner.fields[name]
        directive = directive_of(field)
        if directive is None:
            return self._part(owner, name)
        if isinstance(directive, TopicDirective) and owner is self._schema.subscription_type:
            return follow_field(directive)
        directed = self._directed(owner, directive, field)
        return Meaning(directed, directed)

    def _directed(self, owner: GraphQLObjectType, directive: Directive, field: GraphQLField) -> Field:
        if isinstance(directive, RestDirective):
            return rest_field(directive, field, owner, self._secrets)
        written = owner is self._schema.mutation_type
        return write_field(directive, field) if written else topic_field(directive, field, owner)

    def _part(self, owner: GraphQLObjectType, name: str) -> Meaning:
        """Part of a value; in a group a group within it, or an argument."""
        field = owner.fields[name]
        member = MemberField(f"{owner.name}.{name}", name, is_non_null_type(field.type))
        grouping = isinstance(get_named_type(field.type), GraphQLObjectType)
        return Meaning(member, group_field(field, self._beneath) if grouping else ArgumentField(name))


def meaning_of(field: GraphQLField) -> Meaning:
    """The meaning of a field of the served schema, which its Strawberry field holds."""
    found: Meaning = field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].meaning
    return found
