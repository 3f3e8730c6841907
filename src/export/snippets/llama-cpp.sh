# llama.cpp (brew install llama.cpp, or github.com/ggml-org/llama.cpp); run it in the folder of the export.
# @if adapter
# @if basegguf
# base.gguf is the base model.
# @else
# base.gguf: the base model as a GGUF, put beside adapter.gguf; llama.cpp's convert_hf_to_gguf.py makes it of the model's folder.
# @end
llama-server --model base.gguf --lora adapter.gguf --jinja --ctx-size __CONTEXT__ --port 8080 &
# @else
llama-server --model model.gguf --jinja --ctx-size __CONTEXT__ --port 8080 &
# @end
until curl --silent --fail --output /dev/null http://localhost:8080/health; do sleep 1; done
# @if chat
curl http://localhost:8080/v1/chat/completions --header 'Content-Type: application/json' \
  --data '{"messages": [{"role": "user", "content": "__PROMPT__"}], "max_tokens": 64, "temperature": 0}'
# @else
curl http://localhost:8080/v1/completions --header 'Content-Type: application/json' \
  --data '{"prompt": "__PROMPT__", "max_tokens": 64, "temperature": 0}'
# @end
