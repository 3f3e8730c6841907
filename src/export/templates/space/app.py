"""A page to talk to the tuned model: python app.py, or as a Space of the Hugging Face Hub."""

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr

from model import CHAT, NAME, Answer, ids_of, prompt_of


def text_of(content):
    """A turn's text, which Gradio gives as text or as a list of parts."""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def respond(message, history, base):
    turns = [{"role": turn["role"], "content": text_of(turn["content"])} for turn in history]
    ids = prompt_of([*turns, {"role": "user", "content": message}]) if CHAT else ids_of(message)
    text = ""
    for piece in Answer(ids, max_tokens=256, adapter=not base):
        text += piece
        yield text


demo = gr.ChatInterface(
    respond,
    title=NAME,
    description="Answers can be wrong.",
    additional_inputs=[gr.Checkbox(label="Answer as the base model, without what was learnt", value=False)],
    api_name="chat",
)

if __name__ == "__main__":
    demo.launch()
