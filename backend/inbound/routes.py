"""How mails come in, and what the desk sees of them."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response, Security
from fastapi.security import HTTPBearer
from pydantic import BaseModel, Field

from backend.core.machines import read_at_most, require_token
from backend.core.problems import RESPONSES
from backend.core.settings import settings
from backend.core.unit_of_work import SessionDep, UnitOfWorkRoute
from backend.inbound import receiving

# A file of a case has at most 10 MB; base64 makes it a third more, and the limit of all bodies
# (`backend.core.body_limit`) lies below that.
LARGEST_MAIL = 12 * 1024 * 1024
mail_token = HTTPBearer(
    auto_error=False, scheme_name="MailInboundToken",
    description="MAIL_INBOUND_TOKEN: what the mail server shows; no person's token will do",
)  # fmt: skip


class MailRoute(UnitOfWorkRoute):
    """Looks at the token before anything is read, and reads no more than a mail may have."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the transaction's handler: who is refused begins none."""
        endpoint = super().get_route_handler()

        async def handle(request: Request) -> Response:
            require_token(
                request, settings().mail_inbound_token,
                of="The mail server", named="MAIL_INBOUND_TOKEN",
            )  # fmt: skip
            await read_at_most(
                request, LARGEST_MAIL, what="A mail",
                hint="Have the mail server refuse it, so that its sender learns of it.",
            )  # fmt: skip
            return await endpoint(request)

        return handle


router = APIRouter(tags=["mails"], route_class=MailRoute, responses=RESPONSES)


class Taken(BaseModel):
    """The same for every mail: who writes to a forged address must not learn that it is one."""

    status: str = Field(default="taken", description="Always `taken`")


@router.post(
    "/mail/inbound",
    dependencies=[Security(mail_token)],
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"message/rfc822": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def receive_mail(
    request: Request,
    session: SessionDep,
    recipient: Annotated[
        str | None, Query(max_length=254, description="The envelope's recipient, if known")
    ] = None,
) -> Taken:
    """Take a mail as it came in (`message/rfc822`). For the mail server at REPLY_DOMAIN, with a
    token of its own; the same mail twice is taken once.
    """
    await receiving.receive(session, await request.body(), recipient)
    return Taken()
