import { expect, test } from 'vitest'
import { filled } from '../../src/export/filled.ts'
import { filledSnippets } from '../../src/export/snippets.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'

const base = { at: 'google/gemma-3-270m', kind: 'hub' as const }

test('a snippet is filled for its format: an adapter names its base and where answers end, a merged model neither', () => {
  const config = parseRunConfig({ lora: { r: 12 } })
  const all = filledSnippets({ config, template: '{{ messages }}', baseModel: 'gemma' }, base, [1, 106], {
    positions: 4096,
  })
  const of = (target: string, format: string) =>
    all.find((one) => one.target === target && one.formats.includes(format))!.text
  const adapter = of('transformers', 'peft')
  expect(adapter).toContain('from_pretrained("google/gemma-3-270m", dtype="float32")')
  expect(adapter).toContain('eos_token_id=[1, 106]')
  expect(adapter).toContain('open("chat_template.jinja"')
  const merged = of('transformers', 'merged-f32')
  expect(merged).not.toContain('gemma')
  expect(merged).not.toContain('peft import')
  expect(merged).toContain('apply_chat_template')
  expect(of('server', 'peft')).toContain("vllm serve 'google/gemma-3-270m' --enable-lora --max-lora-rank 16 ")
  expect(of('llama.cpp', 'gguf-q8_0')).toContain('--model model.gguf')
  expect(of('llama.cpp', 'gguf-lora')).toContain('--lora adapter.gguf')
  expect(of('mlx', 'mlx')).toContain('load("google/gemma-3-270m", adapter_path=".")')
  expect(of('torch', 'pt')).toContain('+= 0.6666666666666666 * tensors[')
  expect(of('torch', 'pt')).toContain('eos_token_id=[1, 106]')
  expect(of('torch', 'pt-merged')).toMatch(
    /load\("model\.pt", weights_only=True\)[\s\S]*eos_token_id=\[1, 106\]/,
  )
  expect(of('keras', 'h5')).toMatch(
    /^import h5py$[\s\S]*File\("adapter\.h5"\)[\s\S]*= 0\.6666666666666666 \* tensors\[/m,
  )
  expect(of('keras', 'h5-merged')).toMatch(/File\("model\.h5"\)[\s\S]*load_state_dict/)
  const inKeras = filledSnippets({ config, template: null, baseModel: 'gemma' }, base, [1, 106], {
    kerashub: true,
  })
  const keras = inKeras.filter(({ target }) => target === 'keras').map(({ text }) => text)
  expect(keras.map((text) => text.includes('Backbone.from_preset("."'))).toEqual([false, true])
  expect(keras[1]).toContain('ends = [1, 106]')
  const beside = filledSnippets(
    { config, template: null, baseModel: 'Pebble' },
    { at: 'base', kind: 'beside' },
  )
  // It lies beside PEFT's adapter alone.
  expect(beside.find(({ target }) => target === 'mlx')!.text).toContain('load("path/to/Pebble"')
  expect(of('web', 'gguf')).toContain('n_ctx: 4096')
  expect(of('web', 'gguf')).not.toContain('adapter')
  expect(of('web', 'gguf-lora')).toContain('lora_adapters')
  expect(of('web', 'gguf-lora')).not.toContain('model.gguf')
  const withBase = filledSnippets({ config, template: null, baseModel: 'Pebble' }, base, [], {
    basegguf: true,
  })
  for (const target of ['llama.cpp', 'ollama', 'web']) {
    expect(of(target, 'gguf-lora')).toMatch(/base model as a GGUF/)
    const text = withBase.find((one) => one.target === target && one.formats.includes('gguf-lora'))!.text
    expect(text).not.toMatch(/as a GGUF/)
  }
  for (const { text } of all) expect(text).not.toMatch(/@(if|else|end)|__[A-Z]+__/)
})

test('a run on plain text is given text, and a run without a recorded template no file of one', () => {
  const config = parseRunConfig({ data: { text: 'story' } })
  for (const { text } of filledSnippets({ config, template: null, baseModel: 'gemma' }, base))
    expect(text).not.toMatch(/chat\/completions|apply_chat_template|createChatCompletion|jinja"|eos_token_id/)
})

test('names are written so that they end no text, in any language', () => {
  const facts = { base: `it's "so" </script>` }
  expect(filled('"__BASE__"', 'python', facts)).toBe(String.raw`"it's \"so\" </script>"`)
  expect(filled("'__BASE__'", 'shell', facts)).toBe(String.raw`'it'\''s "so" </script>'`)
  expect(filled('"__BASE__"', 'html', facts)).toBe(String.raw`"it's \"so\" \u003c/script>"`)
  expect(() => filled('__OTHER__', 'python', facts)).toThrow('__OTHER__')
  expect(() => filled('# @if chat', 'python', facts)).toThrow('@end')
})
