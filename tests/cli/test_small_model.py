"""The chat format of the small model: what it reads, and what it may write. The model itself is
tried by `ask-licensing llm --try`.
"""

import json
from typing import Any

from assistant.cli.small_model import END, _chunks, choice_of, prompt_of

TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_case",
        "description": "Show a case.",
        "parameters": {"type": "object", "properties": {"case_number": {"type": "string"}}},
    },
}


def test_that_the_prompt_is_the_conversation_with_the_tools_in_its_instructions() -> None:
    call = {"function": {"name": "get_case", "arguments": '{"case_number": "C-1"}'}}
    prompt = prompt_of(
        [
            {"role": "system", "content": "Help."},
            {"role": "user", "content": "my case?"},
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "content": "It is open."},
        ],
        [TOOL],
    )
    parts = [part.strip() for part in prompt.split("<|im_start|>")[1:]]
    assert [part.split("\n")[0] for part in parts] == [
        "system", "user", "assistant", "user", "assistant",
    ]  # fmt: skip
    assert "functions.get_case:" in parts[0]
    assert json.dumps(TOOL["function"]["parameters"]) in parts[0]
    assert 'functions.get_case:\n{"case_number": "C-1"}' in parts[2]
    assert parts[3] == f"user\nThe function answered: It is open.{END}"


def test_that_without_tools_nothing_is_said_of_them() -> None:
    prompt = prompt_of([{"role": "assistant", "content": "Hello"}], [])
    assert prompt == f"<|im_start|>assistant\nHello{END}\n<|im_start|>assistant\n"


def test_that_it_may_begin_with_words_or_a_tool_and_only_with_the_tool_that_is_wanted() -> None:
    free = choice_of([TOOL], "auto")
    assert free == 'root ::= "message:" | "functions.get_case:"'
    assert choice_of([TOOL], "required") == 'root ::= "functions.get_case:"'
    wanted = {"type": "function", "function": {"name": "get_case"}}
    assert choice_of([TOOL, TOOL], wanted) == 'root ::= "functions.get_case:"'


def test_that_a_stream_ends_with_its_reason_and_what_was_read() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
    chunks = list(_chunks(iter([{"content": "Hi"}, {"finish": "stop", "usage": usage}])))
    assert [c["choices"][0]["delta"] for c in chunks[:2]] == [{"content": "Hi"}, {}]
    assert chunks[1]["choices"][0]["finish_reason"] == "stop"
    assert chunks[2] == {**chunks[0], "choices": [], "usage": usage}
