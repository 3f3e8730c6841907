# pip install torch transformers peft; run it in the folder of the export.
# @if adapter
from peft import PeftModel
# @end
from transformers import AutoModelForCausalLM, AutoTokenizer

# @if adapter
base = AutoModelForCausalLM.from_pretrained("__BASE__")
tokenizer = AutoTokenizer.from_pretrained("__BASE__")
# @if template
tokenizer.chat_template = open("chat_template.jinja", encoding="utf-8").read()
# @end
model = PeftModel.from_pretrained(base, ".")
# @else
model = AutoModelForCausalLM.from_pretrained(".")
tokenizer = AutoTokenizer.from_pretrained(".")
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
