"""One attempt: the message over HTTP, and what came of it. Nothing here touches the database."""

import asyncio
import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from backend.core.fields import clean
from backend.webhooks.addresses import Forbidden, target_of
from backend.webhooks.models import EXCERPT_LENGTH, WebhookDelivery, WebhookEndpoint
from backend.webhooks.signing import SecretLost, signed_headers

SECONDS = 10.0
# Of an answer only this much is read, and only this long waited for once its status is known.
MOST_BYTES = 4096
BODY_SECONDS = 2.0
GONE = 410
LONGEST_WAIT = timedelta(hours=24)


@dataclass(frozen=True)
class Outcome:
    """What became of an attempt. `status` is None when there was no answer at all."""

    status: int | None
    answer: str = ""
    error: str = ""
    duration_ms: int = 0
    retry_after: timedelta | None = None

    @property
    def delivered(self) -> bool:
        """Only a 2xx counts; a redirect is a wrong address."""
        return self.status is not None and 200 <= self.status < 300


async def send(endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> Outcome:
    """Send a message once, `SECONDS` at most in all. Never raises for what a receiver does."""
    begun = time.monotonic()
    try:
        async with asyncio.timeout(SECONDS):
            outcome = await _post(endpoint, delivery)
    except TimeoutError:
        outcome = Outcome(None, error=f"No answer within {SECONDS:g} seconds.")
    except httpx.HTTPError as exc:
        outcome = Outcome(None, error=_said(exc))
    except Forbidden as exc:
        outcome = Outcome(None, error=str(exc))
    except SecretLost as exc:
        outcome = Outcome(None, error=f"It can’t be signed: {exc}. Rotate the secret.")
    except OSError as exc:
        outcome = Outcome(None, error=f"The name leads nowhere: {exc.strerror or exc}.")
    took = round((time.monotonic() - begun) * 1000)
    return Outcome(outcome.status, outcome.answer, outcome.error[:300], took, outcome.retry_after)


async def _post(endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> Outcome:
    target = await target_of(endpoint.url)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "ask-licensing-webhooks/1",
        "Host": target.host_header,
        **signed_headers(endpoint, delivery),
    }
    # Without the environment's proxies: they would choose the address once more.
    async with (
        httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=SECONDS) as http,
        http.stream(
            "POST",
            target.url,
            content=delivery.body.encode(),
            headers=headers,
            extensions={"sni_hostname": target.host},
        ) as response,
    ):
        answer = await _beginning(response)
        return Outcome(
            response.status_code,
            answer,
            _why_not(response.status_code),
            retry_after=_retry_after(response.headers.get("Retry-After")),
        )


def _why_not(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"It answered {status}: redirects are not followed. Set the address it leads to."
    if status == GONE:
        return "It answered 410: it wants no more messages."
    return f"It answered {status}."


async def _beginning(response: httpx.Response) -> str:
    """The first words of an answer, as sent: an answer that unfolds to gigabytes stays folded."""
    read = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in response.aiter_raw():
                read += chunk
                if len(read) >= MOST_BYTES:
                    break
    except (TimeoutError, httpx.HTTPError):
        pass  # The status has been told; the words are only for people to look at.
    return str(clean(bytes(read[:MOST_BYTES]).decode("utf-8", "replace")))[:EXCERPT_LENGTH]


def _retry_after(said: str | None) -> timedelta | None:
    """How long the receiver wants to be left alone: seconds or a date, a day at most."""
    if not said:
        return None
    if said.strip().isdigit():
        return min(timedelta(seconds=min(int(said.strip()[:9]), 10**8)), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    wait = moment - datetime.now(UTC)
    return min(max(wait, timedelta(0)), LONGEST_WAIT)


def _said(exc: httpx.HTTPError) -> str:
    """What went wrong, for people who can do something about it."""
    cause: BaseException | None = exc
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"Its certificate is not valid: {cause.verify_message}."
        cause = cause.__cause__ or cause.__context__
    if isinstance(exc, httpx.TimeoutException):
        return f"No answer within {SECONDS:g} seconds."
    if isinstance(exc, httpx.ConnectError):
        return f"It can’t be reached: {exc}."
    return f"The connection broke: {str(exc) or type(exc).__name__}."
