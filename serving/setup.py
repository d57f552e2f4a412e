"""How a server is set up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from serving.gateway.limits.request_limits import Limits
from serving.gateway.services.destinations import Destinations
from serving.gateway.services.transport import Service
from serving.gateway.topics.producer import Kafka
from serving.gateway.transports.persisted import TrustedDocuments
from serving.hosts import Hosts
from serving.keys import Keys
from serving.tokens import Tokens


@dataclass(frozen=True)
class Settings:
    """How a server is set up.

    Attributes:
        services: where the REST services are, by the host that the SDL names; some are part of the server unless they
            are given here.
        keys: the API keys that are accepted; without any, everybody may read, and write if they say so.
        hosts: the names under which the server answers; any, if this is None.
        limits: what may be asked for.
        production: whether the schema is kept from clients: no introspection, no GraphiQL, no names in messages that
            the client did not give itself.
        kafka: where mutations send what they write; without it, they write to the store.
        destinations: the hosts that `@rest` may call beside the services.
        documents: the only ones that are answered, if there are any.
        secrets: what `{secret.NAME}` stands for in a schema, by name.
        origins: of other pages that may ask in a browser.
        tokens: another way in than a key.
        claims: the names of claims of tokens by those of the arguments that they are.
    """

    services: Mapping[str, Service] = field(default_factory=dict)
    keys: Keys = field(default_factory=Keys)
    hosts: Hosts | None = None
    limits: Limits = field(default_factory=Limits)
    production: bool = False
    kafka: Kafka | None = None
    destinations: Destinations = field(default_factory=Destinations)
    documents: TrustedDocuments | None = None
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    origins: Sequence[str] = ()
    tokens: Tokens | None = None
    claims: Mapping[str, str] = field(default_factory=dict)
