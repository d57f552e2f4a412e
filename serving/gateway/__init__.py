"""GraphQL from an SDL file: the directives of its fields say where their values come from."""

from serving.gateway.context import Context
from serving.gateway.errors import SchemaError
from serving.gateway.limits import Limits
from serving.gateway.producer import Kafka, Producer
from serving.gateway.router import GatewayRouter
from serving.gateway.schema import GatewaySchema, build_schema, load_schema
from serving.gateway.services import Service, Services
from serving.gateway.topics import Topics

__all__ = [
    "Context",
    "GatewayRouter",
    "GatewaySchema",
    "Kafka",
    "Limits",
    "Producer",
    "SchemaError",
    "Service",
    "Services",
    "Topics",
    "build_schema",
    "load_schema",
]
