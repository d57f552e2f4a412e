"""What the resolvers of one request share."""

import logging
from collections.abc import Mapping
from typing import Any, TypeAlias

from strawberry.fastapi import BaseContext

from serving.gateway.services.caller import RestCaller
from serving.gateway.services.rest_call import Call, Keyed
from serving.gateway.services.transport import Services
from serving.gateway.topics.loader import Loader, TopicRequest
from serving.gateway.topics.server_topics import Topics
from serving.gateway.topics.topic_writer import Write
from serving.rights import Access

audit = logging.getLogger("serving.audit")
"""A line for each write, and for each schema that is applied."""

Request: TypeAlias = TopicRequest | Call | Keyed | Write
"""What a field may ask for."""


class Context(BaseContext):
    """The context of one request, or of one event of a subscription.

    Attributes:
        topics: of the server.
        values: loads the values of topics, together.
        rest: calls REST services.
        access: what the client may do.
    """

    def __init__(self, topics: Topics, services: Services, access: Access = Access.WRITE) -> None:
        super().__init__()
        self.topics = topics
        self.access = access
        self._services = services
        self.renew()

    def renew(self) -> None:
        """Forgets what was read: for what follows, the present counts."""
        self.values = Loader(self.topics.reader)
        self.rest = RestCaller(self._services, self._headers)

    def _headers(self) -> Mapping[str, str]:
        return self.request.headers if self.request else {}

    async def load(self, request: Request) -> Any:
        """What a field asks for: what is read, what a service answers, or what was written.

        Raises:
            GraphQLError, StoreError, DeliveryError: there is nothing; says why.
        """
        if isinstance(request, Call | Keyed):
            return await self.rest.fetch(request)
        if isinstance(request, Write):
            return await self._write(request)
        return await self.values.load(request)

    async def _write(self, request: Write) -> Any:
        outcome = "failed"
        try:
            written = await self.topics.writer.write(*request)
            outcome = "done"
        finally:
            audit.info("%s writes %s, key %r: %s", self.who, request.topic.name, request.key, outcome)
        self.renew()
        return written

    @property
    def who(self) -> str:
        """What the log calls the client."""
        client = self.request.client if self.request else None
        return f"{self.access.name} at {client.host if client else 'this process'}"

    def another(self) -> "Context":
        """The context of another operation of the same client."""
        other = Context(self.topics, self._services, self.access)
        other.request, other.response = self.request, self.response
        other.background_tasks = self.background_tasks
        return other
