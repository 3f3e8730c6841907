# pip install mlx-lm (on a Mac); run it in the folder of the export.
# @if folder
# Put the base model's folder in place of the first name.
# @end
# @if beside
# It is in the download of the adapter for PEFT, as the folder base.
# @end
from mlx_lm import generate, load

model, tokenizer = load("__BASE_BESIDES__", adapter_path=".")
# @if stops
for token in [__STOPS__]:
    tokenizer.eos_token_ids.add(token)
# @end
# @if chat
messages = [{"role": "user", "content": "__PROMPT__"}]
prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True)
# @else
prompt = "__PROMPT__"
# @end
print(generate(model, tokenizer, prompt, max_tokens=64))
