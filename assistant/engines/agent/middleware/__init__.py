"""The agent's middleware, one a file, in the order in which they surround a step. They belong to
the agent, which is compiled once; what a turn gathers is in the run's context, an `AgentTurn`.

1. `limits`: first, so that nothing gets round them: model calls, tool calls, tokens.
2. `offering`: what the model is told in this step, instructions and tools.
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
from backend.core.client import LicensingApi

__all__ = ["in_order"]


def in_order(api: LicensingApi) -> list[AgentMiddleware[Any, Any, Any]]:
    """All of them, outermost first."""
    return [Limits(), Offering(api), WholeAnswers(), FirstWrite(api), Calls(api)]
