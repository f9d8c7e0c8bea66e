"""Signing in (demo mode), and one's own profile."""

from datetime import timedelta

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse

from backend.core.auth import COOKIE, OWN_HAND, CurrentPerson
from backend.core.events import ActingDep
from backend.core.identity import by_address
from backend.core.problems import RESPONSES, Problem, answer, not_found
from backend.core.settings import settings
from backend.core.tokens import mint, mint_session
from backend.core.unit_of_work import WRITE_HEADERS, SessionDep, UnitOfWorkRoute
from backend.people import service
from backend.people.schemas import (
    DemoSignIn,
    McpToken,
    Me,
    MeAnswer,
    SignedIn,
    UpdateMe,
    VerifyEmail,
)

router = APIRouter(tags=["people"], route_class=UnitOfWorkRoute, responses=RESPONSES)
MCP_HOURS = 8


def demo_only() -> None:
    """404 outside demo mode, as if the call did not exist."""
    if not settings().demo_mode:
        raise not_found("such call", "`/api/v1/openapi.json` lists all calls.")


@router.post("/auth/demo", dependencies=[Depends(demo_only)])
async def sign_in_demo(body: DemoSignIn, session: SessionDep, response: Response) -> SignedIn:
    """Sign in as a person of the demo world; also sets the browser's session cookie."""
    person = await by_address(session, body.email)
    if person is None:
        raise Problem(
            404,
            "not-found",
            "Nobody of that name here",
            f"{body.email} is not in the demo world.",
            "GET /api/v1/demo/people lists everybody you can be.",
        )
    token = mint_session(person.id)
    response.set_cookie(
        COOKIE,
        token,
        max_age=settings().session_hours * 3600,
        httponly=True,
        samesite="lax",
        secure=settings().base_url.startswith("https://"),
    )
    return SignedIn(access_token=token, user=await service.me(session, person))


@router.post("/auth/sign-out", status_code=204)
async def sign_out(response: Response) -> None:
    """Forget the browser's session cookie."""
    response.delete_cookie(COOKIE)


@router.post("/auth/mcp-token", dependencies=OWN_HAND)
async def create_mcp_token(person: CurrentPerson) -> McpToken:
    """Mint a token for an MCP client: it may read and propose, and is refused by every write
    and by confirmations.
    """
    lifetime = timedelta(hours=MCP_HOURS)
    return McpToken(
        access_token=mint(person.id, "mcp", lifetime, via="mcp"),
        expires_in=int(lifetime.total_seconds()),
    )


@router.get("/me", operation_id="get_me")
async def get_me(person: CurrentPerson, session: SessionDep) -> Me:
    """Show your own profile and roles."""
    return await service.me(session, person)


@router.patch("/me", operation_id="update_me", dependencies=WRITE_HEADERS)
async def update_me(
    body: UpdateMe, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> MeAnswer:
    """Change your own profile: e-mail, name, phone, language, time zone, address. A new e-mail
    counts once `verify_email` confirms the code that is mailed there.
    """
    return await service.update(session, person, acting, body)


@router.post(
    "/me/email/verify",
    operation_id="verify_email",
    response_model=MeAnswer,
    dependencies=WRITE_HEADERS,
)
async def verify_email(
    body: VerifyEmail, person: CurrentPerson, acting: ActingDep, session: SessionDep
) -> MeAnswer | JSONResponse:
    """Confirm your new e-mail address with the code that was mailed there."""
    told = await service.verify_email(session, person, acting, body.code)
    # Answered, not raised: raising would take back that this try counts.
    return answer(told) if isinstance(told, Problem) else told
