"""Who comes in: signing in and out, and what others than support people get to see."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from assistant.console import pages, repository
from backend.core.auth import COOKIE, claims_of, current_person, same_origin, sign_in_problem
from backend.core.database import database
from backend.core.identity import Person, by_address
from backend.core.problems import Problem, forbidden, not_found
from backend.core.settings import settings
from backend.core.tokens import mint_session

HOME = "/console"
SIGN_IN = f"{HOME}/sign-in"
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class ConsoleRoute(APIRoute):
    """A route whose refusals are pages, or a notice on the page that asked for a part."""

    def get_route_handler(self) -> Handler:
        """Wrap FastAPI's handler."""
        endpoint = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await endpoint(request)
            except Problem as problem:
                return refusal(request, problem)
            except (HTTPException, RequestValidationError):
                return refusal(request, not_found("page", "Go back to the queue."))

        return handle


def refusal(request: Request, problem: Problem) -> Response:
    """What a refusal looks like. Whoever has typed something keeps the page it is on."""
    status, here = problem.body.status, request.url.path
    context = {"problem": problem.body, "sign_in": SIGN_IN, "person": None}
    if pages.is_htmx(request):
        return pages.page(
            "notice.html", context, status, **{"HX-Retarget": "#notice", "HX-Reswap": "innerHTML"}
        )
    if status == 401 and request.method == "GET":
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{SIGN_IN}?{urlencode({'next': here + query})}", 303)
    return pages.page("refused.html", context, status)


async def _agent(request: Request) -> Person:
    claims = claims_of(request)
    if claims is None or claims.audience != "api":
        raise sign_in_problem()
    person = await current_person(request, claims)
    if not person.is_support:
        raise forbidden(
            f"{person.name}, this is the desk of the support team. You are signed in as "
            f"{person.email}.",
            "Your own cases and the assistant are on the start page.",
        )
    return person


Agent = Annotated[Person, Depends(_agent)]
router = APIRouter(prefix=HOME, include_in_schema=False, route_class=ConsoleRoute)


def _inside(address: str | None) -> str:
    """Where to go after signing in: a page of the console and nothing else."""
    parts = urlsplit(address or "")
    ours = parts.path == HOME or parts.path.startswith(f"{HOME}/")
    if not ours or parts.scheme or parts.netloc or parts.path == SIGN_IN:
        return HOME
    return parts.path + (f"?{parts.query}" if parts.query else "")


async def _sign_in_page(target: str | None, status: int = 200, problem: str = "") -> Response:
    async with database().read() as session:
        people = await repository.support_people(session) if settings().demo_mode else []
    return pages.page(
        "sign_in.html",
        {
            "people": people,
            "target": _inside(target),
            "problem": problem,
            "demo": settings().demo_mode,
        },
        status,
    )


@router.get("/sign-in")
async def show_sign_in(request: Request) -> Response:
    """The support people of the demo world to choose from."""
    return await _sign_in_page(request.query_params.get("next"))


@router.post("/sign-in")
async def sign_in(
    request: Request, email: Annotated[str, Form()] = "", target: Annotated[str, Form()] = HOME
) -> Response:
    """Sign in as one of them. Another site cannot send this form for somebody."""
    if not settings().demo_mode:
        raise not_found("sign-in by name", "Sign in the way your organisation does.")
    if not same_origin(request):
        raise forbidden("This form was sent from another site.", "Sign in on this page.")
    async with database().read() as session:
        person = await by_address(session, email.strip().lower())
    if person is None or not person.is_support:
        return await _sign_in_page(
            target, 422, f"{email or 'Nobody'} is not a support person of the demo world."
        )
    response = RedirectResponse(_inside(target), 303)
    response.set_cookie(
        COOKIE,
        mint_session(person.id),
        max_age=settings().session_hours * 3600,
        httponly=True,
        samesite="lax",
        secure=settings().base_url.startswith("https://"),
    )
    return response


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """Forget the session cookie."""
    if not same_origin(request):
        raise forbidden("This form was sent from another site.", "Use the button in the console.")
    response = RedirectResponse(SIGN_IN, 303)
    response.delete_cookie(COOKIE)
    return response
