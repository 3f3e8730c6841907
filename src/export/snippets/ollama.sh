# Ollama (ollama.com); run it in the folder of the export, where the Modelfile is.
# @if adapter
# @if basegguf
# base.gguf is the base model.
# @else
# base.gguf: the base model as a GGUF, put beside adapter.gguf; llama.cpp's convert_hf_to_gguf.py makes it of the model's folder.
# @end
# @end
ollama create tuned --file Modelfile
ollama run tuned '__PROMPT__'
