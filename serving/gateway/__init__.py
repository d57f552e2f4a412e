"""GraphQL from an SDL file: the directives of its fields say where their values come from."""

from serving.gateway.context import Context, RestCaller
from serving.gateway.errors import SchemaError
from serving.gateway.router import GatewayRouter
from serving.gateway.schema import GatewaySchema, build_schema, load_schema

__all__ = ["Context", "GatewayRouter", "GatewaySchema", "RestCaller", "SchemaError", "build_schema", "load_schema"]
