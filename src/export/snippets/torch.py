# pip install torch transformers; run it in the folder of the export.
# @if folder
# Put the base model's folder in place of the first name.
# @end
# @if beside
# It is in the download of the adapter for PEFT, as the folder base.
# @end
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

base = "__BASE_BESIDES__"
tokenizer = AutoTokenizer.from_pretrained(base)
model = AutoModelForCausalLM.from_pretrained(base, dtype="float32")
# @if adapter
adapter = torch.load("adapter.pt", weights_only=True)
for name, a in adapter.items():
    if name.endswith(".lora_A.weight"):
        layer = model.get_submodule(name.removeprefix("base_model.model.").removesuffix(".lora_A.weight"))
        layer.weight.data += __SCALING__ * adapter[name.replace(".lora_A.", ".lora_B.")] @ a
# @else
# The head is the embedding once more.
model.load_state_dict(torch.load("model.pt", weights_only=True), strict=False)
# @end

# @if chat
messages = [{"role": "user", "content": "__PROMPT__"}]
inputs = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True, return_tensors="pt")
# @else
inputs = tokenizer("__PROMPT__", return_tensors="pt")
# @end
# @if stops
answer = model.generate(**inputs, max_new_tokens=64, do_sample=False, eos_token_id=[__STOPS__])
# @else
answer = model.generate(**inputs, max_new_tokens=64, do_sample=False)
# @end
print(tokenizer.decode(answer[0][inputs["input_ids"].shape[1] :], skip_special_tokens=True))
