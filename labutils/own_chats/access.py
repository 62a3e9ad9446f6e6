"""Who may open the app's page: whoever has its token, as with Jupyter.

A page on 127.0.0.1 is within reach of this machine's other users, and of any site in its browser
whose name is made to point there (DNS rebinding).
"""

from __future__ import annotations

import hmac
import re
import secrets
from typing import TYPE_CHECKING

from labutils.common.errors import LabError

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection
    from starlette.types import ASGIApp, Receive, Scope, Send

STARTED = "/gradio_api/startup-events"
"""What gradio asks itself on starting; its answer tells nobody anything."""

WITHOUT_TOKEN = (
    "This page opens with the address that `python -m labutils app` printed, which ends in a "
    "token. Programs send it as a header: Authorization: Bearer TOKEN\n"
)


def token_of(given: str | None) -> str:
    """The token to ask for: the given one, or else one that nobody can guess.

    Raises:
        LabError: one is given that is short, or has signs that an address or a cookie cannot have.
    """
    if given is not None and not re.fullmatch(r"[\w-]{8,}", given, re.ASCII):
        raise LabError("--token takes 8 or more letters, digits, - and _. Without it one is drawn.")
    return given or secrets.token_urlsafe(24)


class TokenRequired:
    """ASGI middleware that answers 401 to whoever does not have the token.

    It is taken from the address of the page (`?token=`, which then leaves a cookie and goes), from
    that cookie, or from a header (`Authorization: Bearer`).

    Args:
        app: what answers the others.
        token: of this start of the app, ASCII.
        cookie: its name; browsers share cookies between ports, so it should have the port.
    """

    def __init__(self, app: ASGIApp, token: str, cookie: str) -> None:
        self.app, self.token, self.cookie = app, token.encode(), cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        from starlette.requests import HTTPConnection
        from starlette.responses import PlainTextResponse, RedirectResponse

        if scope["type"] == "lifespan" or scope["path"] == STARTED:
            return await self.app(scope, receive, send)
        asked = HTTPConnection(scope)
        if scope["path"] == "/" and self._fits(asked.query_params.get("token")):
            answer = RedirectResponse("/", status_code=303)
            answer.set_cookie(self.cookie, self.token.decode(), httponly=True, samesite="lax")
            return await answer(scope, receive, send)
        if self._let_in(asked):
            return await self.app(scope, receive, send)
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        await PlainTextResponse(WITHOUT_TOKEN, status_code=401)(scope, receive, send)

    def _let_in(self, asked: HTTPConnection) -> bool:
        kind, _, bearer = asked.headers.get("authorization", "").partition(" ")
        by_header = kind.lower() == "bearer" and self._fits(bearer)
        return by_header or self._fits(asked.cookies.get(self.cookie))

    def _fits(self, given: str | None) -> bool:
        return hmac.compare_digest((given or "").encode(), self.token)
