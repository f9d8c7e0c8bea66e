"""The agent's middleware, one a file, in the order in which they surround a step.

1. `limits`: first, so that nothing gets round them: model calls, tool calls, tokens.
2. `offering`: which tools the model is told of in this step.
3. `whole_answers`: a cut-off or empty answer is a failure, before anybody acts on it.
4. `first_write`: of a step's calls only the first write stays, without text beside it; calls
   whose arguments are not JSON go back to the model.
5. `calls`: innermost, where tools would run: reads are called, writes become proposals.
"""

from typing import Any

from langchain.agents.middleware import AgentMiddleware

from assistant.engines.agent.middleware.calls import Calls
from assistant.engines.agent.middleware.first_write import FirstWrite
from assistant.engines.agent.middleware.limits import Limits
from assistant.engines.agent.middleware.offering import Offering
from assistant.engines.agent.middleware.whole_answers import WholeAnswers
from assistant.engines.agent.turn import AgentTurn
from backend.core.client import LicensingApi

__all__ = ["in_order"]


def in_order(turn: AgentTurn, api: LicensingApi) -> list[AgentMiddleware[Any, Any, Any]]:
    """All of them for one turn, outermost first."""
    return [
        Limits(turn),
        Offering(turn, api),
        WholeAnswers(turn),
        FirstWrite(api),
        Calls(turn, api),
    ]
