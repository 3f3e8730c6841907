# pip install keras keras-hub torch transformers; run it in the folder of the export.
import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import keras_hub
import numpy as np
from transformers import AutoTokenizer

model = keras_hub.models.Backbone.from_preset(".", dtype="float32")
tokenizer = AutoTokenizer.from_pretrained("tokenizer")

# @if chat
messages = [{"role": "user", "content": "__PROMPT__"}]
ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)["input_ids"]
# @else
ids = tokenizer("__PROMPT__")["input_ids"]
# @end
# @if stops
ends = [__STOPS__]
# @else
ends = [tokenizer.eos_token_id]
# @end
answer = []
while len(answer) < 64 and not (answer and answer[-1] in ends):
    tokens = np.array([ids + answer])
    hidden = model({"token_ids": tokens, "padding_mask": np.ones_like(tokens)})
    answer.append(int(keras.ops.argmax(model.token_embedding(hidden[:, -1], reverse=True))))
print(tokenizer.decode(answer, skip_special_tokens=True))
