/** Files of a model folder that a model is made of; what else lies there plays no part. */
export function isModelFile(name: string): boolean {
  return (
    /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map)\.json$/.test(name) ||
    name === 'chat_template.jinja' ||
    name === 'model.safetensors.index.json' ||
    name.endsWith('.safetensors')
  )
}
