# @if hdf
# pip install h5py torch transformers; run it in the folder of the export.
# @else
# pip install torch transformers; run it in the folder of the export.
# @end
# @if folder
# Put the base model's folder in place of the first name.
# @end
# @if beside
# It is in the download of the adapter for PEFT, as the folder base.
# @end
# @if hdf
import h5py
# @end
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

base = "__BASE_BESIDES__"
tokenizer = AutoTokenizer.from_pretrained(base)
model = AutoModelForCausalLM.from_pretrained(base, dtype="float32")
# @if hdf
tensors = {}
with h5py.File("__FILE__") as file:
    file.visititems(lambda name, found: tensors.update({name: torch.from_numpy(found[()])} if isinstance(found, h5py.Dataset) else {}))
# @else
tensors = torch.load("__FILE__", weights_only=True)
# @end
# @if adapter
for name, a in tensors.items():
    if name.endswith(".lora_A.weight"):
        layer = model.get_submodule(name.removeprefix("base_model.model.").removesuffix(".lora_A.weight"))
        layer.weight.data += __SCALING__ * tensors[name.replace(".lora_A.", ".lora_B.")] @ a
# @else
# The head is the embedding once more.
model.load_state_dict(tensors, strict=False)
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
