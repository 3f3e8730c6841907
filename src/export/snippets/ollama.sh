# Ollama (ollama.com); run it in the folder of the export, where the Modelfile is.
# @if adapter
# base.gguf: the base model as a GGUF, put beside adapter.gguf.
# @end
ollama create tuned --file Modelfile
ollama run tuned '__PROMPT__'
