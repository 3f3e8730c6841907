"""An OpenAI-compatible service: uvicorn app:app --port 8000

API_KEY, where it is set, is asked for as `Authorization: Bearer KEY`. BASE_MODEL names another place of the base model.
"""

import json
import os
import secrets
import time
import uuid

import jinja2
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field, model_validator
from starlette.exceptions import HTTPException as AnyRefusal

from model import CHAT, NAME, POSITIONS, Answer, ids_of, prompt_of

app = FastAPI(title=NAME)
KEY = os.environ.get("API_KEY")
# Answers of so many tokens, where a request names no number.
USUAL = 256


def authorised(request: Request):
    given = request.headers.get("authorization", "")
    if KEY and not secrets.compare_digest(given.encode(), f"Bearer {KEY}".encode()):
        raise HTTPException(401, "The key is missing or wrong.")


class Asked(BaseModel):
    model: str = NAME
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    temperature: float = Field(1.0, ge=0, le=2)
    top_p: float = Field(1.0, gt=0, le=1)
    stop: str | list[str] | None = None
    seed: int | None = Field(None, ge=-(2**63), lt=2**63)
    stream: bool = False
    n: int = Field(1, ge=1, le=1)

    @model_validator(mode="before")
    @classmethod
    def unsaid(cls, asked):
        """Clients write null for what they leave open."""
        return {name: value for name, value in asked.items() if value is not None} if isinstance(asked, dict) else asked


class Part(BaseModel):
    type: str
    text: str


class Message(BaseModel):
    role: str
    content: str | list[Part]


class ChatAsked(Asked):
    messages: list[Message] = Field(min_length=1)


class TextAsked(Asked):
    prompt: str


@app.exception_handler(AnyRefusal)
async def refused(_, error: HTTPException):
    return failure(error.status_code, error.detail)


@app.exception_handler(RequestValidationError)
async def invalid(_, error: RequestValidationError):
    first = error.errors()[0]
    return failure(400, f"{'.'.join(str(part) for part in first['loc'][1:]) or 'The request'}: {first['msg']}")


@app.exception_handler(Exception)
async def failed(_, error: Exception):
    return failure(500, f"No answer came of it: {type(error).__name__}: {error}")


def failure(status, message):
    kind = "invalid_request_error" if status < 500 else "server_error"
    return JSONResponse({"error": {"message": message, "type": kind, "param": None, "code": None}}, status)


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get("/v1/models", dependencies=[Depends(authorised)])
def models():
    return {"object": "list", "data": [{"id": NAME, "object": "model", "created": 0, "owned_by": "lapidary"}]}


@app.post("/v1/chat/completions", dependencies=[Depends(authorised)])
def chat(asked: ChatAsked):
    if not CHAT:
        raise HTTPException(400, "This model was taught plain text: ask /v1/completions.")
    messages = [{"role": m.role, "content": m.content if isinstance(m.content, str) else "".join(p.text for p in m.content)} for m in asked.messages]
    try:
        ids = prompt_of(messages)
    except jinja2.exceptions.TemplateError as error:
        raise HTTPException(400, f"The chat template refuses this conversation: {error}") from error
    return answered(asked, ids, "chat.completion")


@app.post("/v1/completions", dependencies=[Depends(authorised)])
def completion(asked: TextAsked):
    return answered(asked, ids_of(asked.prompt), "text_completion")


def answered(asked, ids, kind):
    room = POSITIONS - len(ids)
    most = asked.max_completion_tokens or asked.max_tokens or min(USUAL, max(1, room))
    if most > room:
        raise HTTPException(400, f"{len(ids)} tokens of prompt and {most} of answer are more than the model's {POSITIONS}.")
    stop = [asked.stop] if isinstance(asked.stop, str) else asked.stop or []
    answer = Answer(ids, most, asked.temperature, asked.top_p, stop, asked.seed)
    chat = kind == "chat.completion"
    about = {"id": f"{'chatcmpl' if chat else 'cmpl'}-{uuid.uuid4().hex}", "created": int(time.time()), "model": NAME}
    if asked.stream:
        return StreamingResponse(events(answer, about, chat), media_type="text/event-stream")
    text = "".join(answer)
    said = {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
    usage = {"prompt_tokens": len(ids), "completion_tokens": answer.tokens, "total_tokens": len(ids) + answer.tokens}
    return {**about, "object": kind, "choices": [{"index": 0, **said, "finish_reason": answer.reason}], "usage": usage}


def events(answer, about, chat):
    """Server-sent events, as OpenAI's clients read them."""
    kind = "chat.completion.chunk" if chat else "text_completion"

    def event(said, reason=None):
        choice = {"index": 0, **({"delta": said} if chat else {"text": said.get("content", "")}), "finish_reason": reason}
        return f"data: {json.dumps({**about, 'object': kind, 'choices': [choice]})}\n\n"

    try:
        if chat:
            yield event({"role": "assistant", "content": ""})
        for piece in answer:
            if piece:
                yield event({"content": piece})
        yield event({}, answer.reason)
    except Exception as error:
        yield f"data: {json.dumps({'error': {'message': str(error), 'type': 'server_error'}})}\n\n"
    yield "data: [DONE]\n\n"
