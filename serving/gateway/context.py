"""What the resolvers of one request share."""

from strawberry.fastapi import BaseContext

from serving.gateway import loader
from serving.gateway.services import RestCaller, Services
from store import Store


class Context(BaseContext):
    """One request's context.

    Attributes:
        values: loads the values of topics, together.
        rest: calls REST services.
        may_write: whether the client may run mutations.
    """

    def __init__(self, store: Store, services: Services, may_write: bool = True) -> None:
        super().__init__()
        self.values = loader.values(store)
        self.rest = RestCaller(services)
        self.may_write = may_write
