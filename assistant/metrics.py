"""What `/metrics` shows."""

from prometheus_client import Counter, Histogram

TURN_SECONDS = Histogram(
    "ask_licensing_turn_seconds",
    "Time from a message to its answer",
    ["engine", "portal"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 45),
)
ENGINE_FAILURES = Counter(
    "ask_licensing_engine_failures_total", "Turns an engine could not answer", ["engine"]
)
PROPOSALS = Counter(
    "ask_licensing_proposals_total",
    "Proposals by operation and how they ended",
    ["operation", "status"],
)
TOKENS = Counter("ask_licensing_model_tokens_total", "Tokens of the agent's model", ["kind"])
MONEY = Counter("ask_licensing_model_money_total", "Cost of the agent's model, by its price list")
