"""Who asks: by an API key or a token, in the headers of a request or in the first message of a WebSocket."""

import time
from collections.abc import Mapping

from strawberry.exceptions import ConnectionRejectionError

from serving.gateway.context import Context
from serving.keys import Keys, given_key
from serving.rates import Meter
from serving.rights import Access
from serving.socket_messages import Closing
from serving.tokens import LEEWAY, Tokens

GONE = Closing(4403, "this API key or token is not accepted any more")
TOO_OFTEN = Closing(4429, "more requests than this API key has: try again later")


class Clients:
    """Tells who asks, and counts what they ask."""

    def __init__(self, keys: Keys, tokens: Tokens | None = None) -> None:
        self._keys = keys
        self._tokens = tokens
        self._meter = Meter()

    def access(self, headers: Mapping[str, str]) -> Access | None:
        """What a client with these headers, by lower-case names, may do; None if it is nobody who is accepted."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if self._tokens and scheme.lower() == "bearer":
            return self._tokens.access(token.strip())
        if self._tokens and not self._keys:
            return None
        return self._keys.access(given_key(headers) if self._keys else None)

    def wait(self, access: Access) -> float:
        """Counts a request; 0 if it is one in time, else the seconds until the next one is."""
        return self._meter.wait(access)

    def admit(self, context: Context) -> None:
        """Takes what a WebSocket brings in its first message, if it had nothing before.

        Raises:
            ConnectionRejectionError: it has brought nothing that is accepted.
        """
        state = context.request.state if context.request else None
        access: Access | None = state.access if state else None
        if access is None:
            brought = context.connection_params or {}
            access = self.access({name.lower(): str(value) for name, value in brought.items()})
        if access is None:
            raise ConnectionRejectionError
        context.access = access
        if state:
            state.access = access

    def objection(self, access: Access | None) -> Closing | None:
        """Why an operation over a WebSocket is not begun, if it is not: rights end while connections last."""
        if access is None:
            return None  # the handler refuses it
        if not self._stands(access):
            return GONE
        return TOO_OFTEN if self.wait(access) else None

    def _stands(self, access: Access) -> bool:
        return self._keys.holds(access) if access.until is None else time.time() < access.until + LEEWAY
