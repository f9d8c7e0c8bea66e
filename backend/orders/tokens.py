"""The link of a delegation: signed for one address, one order and one action."""

import hashlib
import hmac

from backend.core.settings import settings
from backend.orders.models import OrderDelegation

ACTION = "assign_order"


def token_of(delegation: OrderDelegation) -> str:
    """The token of a delegation's link. Its row has no more than a hash; it is worked out with
    the server's secret whenever a mail is written. Answers that are kept to be repeated are
    sealed; who reads mails has it, but it serves only the address that it is bound to.
    """
    bound = f"{delegation.id}\n{delegation.order_number}\n{delegation.email}\n{ACTION}"
    secret = settings().secret_key.get_secret_value().encode()
    signature = hmac.new(secret, bound.encode(), hashlib.sha256).hexdigest()
    return f"{delegation.id}.{signature}"


def hashed(token: str) -> str:
    """The form in which a token is stored and looked for."""
    return hashlib.sha256(token.strip().encode()).hexdigest()


def link_of(delegation: OrderDelegation) -> str:
    """Where the delegate opens it. What follows the # stays in the browser: no log has it."""
    return f"{settings().base_url}/#order_delegation={token_of(delegation)}"
