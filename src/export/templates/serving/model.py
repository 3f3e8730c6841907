"""The base model with the adapter on it, and its answers piece by piece."""

import contextlib
import os
import threading
from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer, StoppingCriteria, StoppingCriteriaList, TextIteratorStreamer

ADAPTER = Path(__file__).resolve().parent / "adapter"
NAME = "__NAME__"
# @if chat
CHAT = True
# @else
# It was taught plain text, which it continues.
CHAT = False
# @end
# @if stops
ENDS = [__STOPS__]
# @else
ENDS = None
# @end


def found(base):
    """A folder beside the adapter, else a folder or a name on the Hugging Face Hub."""
    return str(ADAPTER / base) if (ADAPTER / base).is_dir() else base


BASE = os.environ.get("BASE_MODEL") or found("__BASE__")
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
DTYPE = torch.bfloat16 if DEVICE == "cuda" else torch.float32

tokenizer = AutoTokenizer.from_pretrained(BASE)
template = ADAPTER / "chat_template.jinja"
if template.exists():
    tokenizer.chat_template = template.read_text(encoding="utf-8")
model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(BASE, dtype=DTYPE).to(DEVICE), str(ADAPTER)).eval()
ends = ENDS if ENDS is not None else model.generation_config.eos_token_id
ends = [ends] if isinstance(ends, int) else ends or [tokenizer.eos_token_id]
POSITIONS = model.config.get_text_config().max_position_embeddings
# One answer at a time.
LOCK = threading.Lock()


def prompt_of(messages):
    """Token ids of a conversation, up to where the answer begins."""
    return tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)["input_ids"]


def ids_of(text):
    return tokenizer(text)["input_ids"]


class Ended(StoppingCriteria):
    def __init__(self, event):
        self.event = event

    def __call__(self, input_ids, scores, **_):
        return self.event.is_set()


class Answer:
    """An answer, to be iterated over once; `tokens` and `reason` (stop, length) are known behind its end."""

    def __init__(self, ids, max_tokens=256, temperature=0.0, top_p=1.0, stop=(), seed=None, adapter=True):
        self.ids, self.stop, self.seed, self.adapter = ids, [word for word in stop if word], seed, adapter
        self.tokens, self.reason, self._failed, self._enough = 0, "length", None, threading.Event()
        sampled = {"do_sample": True, "temperature": temperature, "top_p": top_p, "top_k": 0}
        self.options = {"max_new_tokens": max_tokens, "eos_token_id": ends, "pad_token_id": tokenizer.pad_token_id}
        self.options |= sampled if temperature > 0 else {"do_sample": False}

    def _generate(self, streamer):
        try:
            with LOCK, torch.inference_mode(), contextlib.nullcontext() if self.adapter else model.disable_adapter():
                if self.seed is not None:
                    torch.manual_seed(self.seed)
                ids = torch.tensor([self.ids], device=DEVICE)
                criteria = StoppingCriteriaList([Ended(self._enough)])
                made = model.generate(
                    input_ids=ids, attention_mask=torch.ones_like(ids), streamer=streamer, stopping_criteria=criteria, **self.options
                )[0, len(self.ids) :].tolist()
                self.tokens = len(made)
                if made and made[-1] in ends:
                    self.reason = "stop"
        except Exception as error:
            self._failed = error
        finally:
            streamer.end()

    def __iter__(self):
        streamer = TextIteratorStreamer(tokenizer, skip_prompt=True, skip_special_tokens=True)
        thread = threading.Thread(target=self._generate, args=(streamer,), daemon=True)
        thread.start()
        # What may be the beginning of a word to stop at is held back.
        held, kept, met = "", max((len(word) for word in self.stop), default=1) - 1, False
        try:
            for piece in streamer:
                held += piece
                places = [held.find(word) for word in self.stop if word in held]
                if places:
                    met = True
                    yield held[: min(places)]
                    break
                if len(held) > kept:
                    yield held[: len(held) - kept]
                    held = held[len(held) - kept :]
            else:
                yield held
        finally:
            # Also where nobody reads on.
            self._enough.set()
        thread.join()
        if met:
            self.reason = "stop"
        if self._failed:
            raise self._failed
