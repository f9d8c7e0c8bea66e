"""The small model behind an OpenAI-compatible server: llama-cpp-python's, with a chat format of
our own. Run by `ask-licensing llm` in an environment that has nothing else of ours.

The library's own format for tools can't stream while there are tools, and lets plain words be
nothing but a tool's name. This one first lets the model choose between words and a tool, then
has it write either; a tool's arguments can only be JSON that fits the tool's schema.
"""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any, NotRequired

FORMAT = "ask-licensing"
WORDS = "message:"
MOST_WORDS, MOST_ARGUMENTS = 300, 300  # tokens
END = "<|im_end|>"
Json = dict[str, Any]


def prompt_of(messages: list[Json], tools: list[Json]) -> str:
    """The conversation in ChatML, with the tools and their schemas in the system message."""
    told = "".join(f"<|im_start|>{_role(one)}\n{_content(one, tools)}{END}\n" for one in messages)
    return f"{told}<|im_start|>assistant\n"


def _role(message: Json) -> str:
    return "user" if message["role"] == "tool" else str(message["role"])


def _content(message: Json, tools: list[Json]) -> str:
    content, role = str(message.get("content") or ""), message["role"]
    if role == "system" and tools:
        return content + _explained(tools)
    if role == "tool":
        return f"The function answered: {content}"
    calls = [one["function"] for one in message.get("tool_calls") or []]
    if calls:
        return "\n".join(f"functions.{one['name']}:\n{one['arguments']}" for one in calls)
    return f"{WORDS}\n{content}" if role == "assistant" and tools else content


def _explained(tools: list[Json]) -> str:
    functions = "\n".join(
        f"functions.{one['name']}:\n{json.dumps(one.get('parameters', {}))}\n"
        for one in (tool["function"] for tool in tools)
    )
    return (
        f"\n\nYou have access to these functions:\n\n{functions}\n"
        f"Answer with a message that begins with '{WORDS}', or with a function call that begins "
        'with its name:\n\nfunctions.<function_name>:\n{ "arg1": "value1" }'
    )


def choice_of(tools: list[Json], wanted: Any) -> str:
    """The grammar of the first words: that it speaks, or which tool it uses."""
    names = [f"functions.{tool['function']['name']}:" for tool in tools]
    if isinstance(wanted, dict):
        names = [f"functions.{wanted['function']['name']}:"]
    elif wanted != "required":
        names = [WORDS, *names]
    return "root ::= " + " | ".join(json.dumps(name) for name in names)


def answer(
    llama: Any, messages: list[Json], tools: list[Json] | None = None, tool_choice: Any = None,
    stream: bool = False, **_: Any,
) -> Json | Iterator[Json]:  # fmt: skip
    """Answer a chat completion, as llama-cpp-python asks a chat format to."""
    said = _said(llama, messages, [] if tool_choice == "none" else tools or [], tool_choice)
    if stream:
        return _chunks(said)
    parts = list(said)
    message: Json = {"role": "assistant", "content": "".join(p.get("content", "") for p in parts)}
    if calls := [call for part in parts for call in part.get("tool_calls", [])]:
        message["tool_calls"] = calls
    finish = parts[-1]["finish"]
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
    return _envelope("chat.completion") | {"choices": [choice], "usage": parts[-1]["usage"]}


def _said(llama: Any, messages: list[Json], tools: list[Json], wanted: Any) -> Iterator[Json]:
    """Pieces of a message (`content` or `tool_calls`); the last one has `finish` and `usage`."""
    from llama_cpp import LlamaGrammar

    prompt, chosen = prompt_of(messages, tools), WORDS
    if tools:
        grammar = LlamaGrammar.from_string(choice_of(tools, wanted), verbose=False)
        told = llama.create_completion(prompt, temperature=0, max_tokens=40, grammar=grammar)
        chosen = told["choices"][0]["text"]
        prompt += chosen
    spent, finish = "", "tool_calls"
    if chosen == WORDS:
        for part in llama.create_completion(
            f"{prompt}\n", temperature=0.2, max_tokens=MOST_WORDS, stop=[END], stream=True
        ):
            spent += part["choices"][0]["text"]
            finish = part["choices"][0]["finish_reason"] or "stop"
            yield {"content": part["choices"][0]["text"]}
    else:
        name = chosen.removeprefix("functions.").rstrip(":")
        schema = next(t["function"]["parameters"] for t in tools if t["function"]["name"] == name)
        told = llama.create_completion(
            f"{prompt}\n", temperature=0, max_tokens=MOST_ARGUMENTS,
            grammar=LlamaGrammar.from_json_schema(json.dumps(schema), verbose=False),
        )  # fmt: skip
        spent = told["choices"][0]["text"]
        function = {"name": name, "arguments": spent}
        call_id = f"call_{uuid.uuid4().hex[:12]}"
        call = {"index": 0, "id": call_id, "type": "function", "function": function}
        yield {"tool_calls": [call]}
    yield {"finish": finish, "usage": _usage(llama, prompt, spent)}


def _usage(llama: Any, prompt: str, spent: str) -> Json:
    told, said = (
        len(llama.tokenize(text.encode(), add_bos=False, special=True)) for text in (prompt, spent)
    )
    return {"prompt_tokens": told, "completion_tokens": said, "total_tokens": told + said}


def _chunks(said: Iterator[Json]) -> Iterator[Json]:
    frame = _envelope("chat.completion.chunk")
    for part in said:
        finish, usage = part.pop("finish", None), part.pop("usage", None)
        choice = {"index": 0, "delta": part, "finish_reason": finish, "logprobs": None}
        yield frame | {"choices": [choice]}
        if usage:
            yield frame | {"choices": [], "usage": usage}


def _envelope(kind: str) -> Json:
    made = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time())}
    return {**made, "object": kind, "model": "small"}


def main() -> None:
    """Serve; the arguments are those of `python -m llama_cpp.server`."""
    from llama_cpp import llama_types
    from llama_cpp.llama_chat_format import register_chat_completion_handler

    # Who calls a tool may say nothing beside it; the server is read after this, and takes it so.
    said = llama_types.ChatCompletionRequestAssistantMessage.__annotations__
    said["content"] = NotRequired[str | None]
    from llama_cpp.server.__main__ import main as serve

    register_chat_completion_handler(FORMAT)(answer)
    serve()


if __name__ == "__main__":
    main()
