# pip install vllm; run it in the folder of the export.
# @if adapter
# @if template
vllm serve '__BASE__' --enable-lora --max-lora-rank __RANK__ --lora-modules tuned=. --chat-template chat_template.jinja --port 8000 &
# @else
vllm serve '__BASE__' --enable-lora --max-lora-rank __RANK__ --lora-modules tuned=. --port 8000 &
# @end
# @else
vllm serve . --served-model-name tuned --port 8000 &
# @end
until curl --silent --fail --output /dev/null http://localhost:8000/health; do sleep 2; done
# @if chat
curl http://localhost:8000/v1/chat/completions --header 'Content-Type: application/json' \
  --data '{"model": "tuned", "messages": [{"role": "user", "content": "__PROMPT__"}], "max_tokens": 64, "temperature": 0}'
# @else
curl http://localhost:8000/v1/completions --header 'Content-Type: application/json' \
  --data '{"model": "tuned", "prompt": "__PROMPT__", "max_tokens": 64, "temperature": 0}'
# @end
