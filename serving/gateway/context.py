"""What the resolvers of one request share."""

from strawberry.fastapi import BaseContext

from serving.gateway.loader import Loader
from serving.gateway.services import RestCaller, Services
from serving.gateway.topics import Topics


class Context(BaseContext):
    """The context of one request, or of one event of a subscription.

    Attributes:
        topics: of the server.
        values: loads the values of topics, together.
        rest: calls REST services.
        may_write: whether the client may run mutations.
    """

    def __init__(self, topics: Topics, services: Services, may_write: bool = True) -> None:
        super().__init__()
        self.topics = topics
        self.may_write = may_write
        self._services = services
        self.renew()

    def renew(self) -> None:
        """Forgets what was read: for what follows, the present counts."""
        self.values = Loader(self.topics.reader)
        self.rest = RestCaller(self._services)

    def another(self) -> "Context":
        """The context of another operation of the same client."""
        other = Context(self.topics, self._services, self.may_write)
        other.request, other.response = self.request, self.response
        other.background_tasks = self.background_tasks
        return other
