# @if adapter
# pip install torch transformers peft; run it in the folder of the export.
from peft import PeftModel
# @else
# pip install torch transformers; run it in the folder of the export.
# @end
from transformers import AutoModelForCausalLM, AutoTokenizer

# @if adapter
# As the studio computes; "bfloat16" takes half of the memory, and may choose another word now and then.
base = AutoModelForCausalLM.from_pretrained("__BASE__", dtype="float32")
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
