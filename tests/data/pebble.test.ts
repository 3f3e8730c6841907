import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { Template } from '@huggingface/jinja'
import { Tokenizer } from '@huggingface/tokenizers'
import Papa from 'papaparse'
import { describe, expect, it } from 'vitest'

const MODEL = new URL('../../public/models/pebble/', import.meta.url)
const SETS = new URL('../../public/datasets/', import.meta.url)
const text = (base: URL, name: string) => readFileSync(new URL(name, base), 'utf8')
const json = (base: URL, name: string) => JSON.parse(text(base, name))

const config = json(MODEL, 'config.json')
const tokenizerJson = json(MODEL, 'tokenizer.json')
const tokenizerConfig = json(MODEL, 'tokenizer_config.json')
const tokenizer = new Tokenizer(tokenizerJson, tokenizerConfig)

describe('Pebble', () => {
  it('is an ordinary Gemma 3 folder of at most 4 MB', () => {
    expect(config).toMatchObject({
      architectures: ['Gemma3ForCausalLM'],
      model_type: 'gemma3_text',
      num_key_value_heads: 1,
      tie_word_embeddings: true,
    })
    expect(new Set(config.layer_types)).toEqual(new Set(['sliding_attention', 'full_attention']))
    expect(config.layer_types).toHaveLength(config.num_hidden_layers)
    expect(config.head_dim % 64).toBe(0)
    const bytes = readdirSync(MODEL).reduce((sum, name) => sum + statSync(new URL(name, MODEL)).size, 0)
    expect(bytes).toBeLessThanOrEqual(4_000_000)
  })

  it('has a manifest with the hashes of its files', () => {
    const { files } = json(MODEL, 'manifest.json') as { files: Record<string, { hash: string }> }
    const names = readdirSync(MODEL).filter((name) => !['README.md', 'manifest.json'].includes(name))
    expect(Object.keys(files).sort()).toEqual(names.sort())
    for (const [name, { hash }] of Object.entries(files))
      expect(
        createHash('sha256')
          .update(readFileSync(new URL(name, MODEL)))
          .digest('hex'),
        name,
      ).toBe(hash)
  })

  it('ships every tensor that its config asks for, in bf16, and no stored head', () => {
    const file = readFileSync(new URL('model.safetensors', MODEL))
    const length = Number(file.readBigUInt64LE(0))
    const header: Record<string, { dtype: string; shape: number[]; data_offsets: number[] }> = JSON.parse(
      file.toString('utf8', 8, 8 + length),
    )
    delete header.__metadata__
    const { hidden_size: d, intermediate_size: f, head_dim: h, num_attention_heads: q } = config
    const want: Record<string, number[]> = {
      'model.embed_tokens.weight': [config.vocab_size, d],
      'model.norm.weight': [d],
    }
    for (let i = 0; i < config.num_hidden_layers; i++) {
      const layer: Record<string, number[]> = {
        'self_attn.q_proj': [q * h, d],
        'self_attn.k_proj': [h, d],
        'self_attn.v_proj': [h, d],
        'self_attn.o_proj': [d, q * h],
        'self_attn.q_norm': [h],
        'self_attn.k_norm': [h],
        'mlp.gate_proj': [f, d],
        'mlp.up_proj': [f, d],
        'mlp.down_proj': [d, f],
        input_layernorm: [d],
        post_attention_layernorm: [d],
        pre_feedforward_layernorm: [d],
        post_feedforward_layernorm: [d],
      }
      for (const [name, shape] of Object.entries(layer)) want[`model.layers.${i}.${name}.weight`] = shape
    }
    const shapes = Object.fromEntries(Object.entries(header).map(([name, t]) => [name, t.shape]))
    expect(shapes).toEqual(want)
    expect(new Set(Object.values(header).map((t) => t.dtype))).toEqual(new Set(['BF16']))
    const ends = Object.values(header).map((t) => t.data_offsets[1] ?? Number.NaN)
    expect(Math.max(...ends) + 8 + length).toBe(file.length)
    for (let at = 8 + length; at < file.length; at += 2) {
      if ((file.readUInt16LE(at) & 0x7f80) === 0x7f80) throw new Error(`byte ${at}: not a finite weight`)
    }
  })

  it("has Gemma's special ids, and every id below the vocabulary size", () => {
    const ids = ['<pad>', '<eos>', '<bos>', '<unk>', '<mask>', '<start_of_turn>', '<end_of_turn>']
    expect(ids.map((token) => tokenizer.token_to_id(token))).toEqual([0, 1, 2, 3, 4, 5, 6])
    const all = new Set<number>(Object.values<number>(tokenizerJson.model.vocab))
    for (const { id } of tokenizerJson.added_tokens) all.add(id)
    expect(all.size).toBe(config.vocab_size)
    expect(Math.max(...all)).toBe(config.vocab_size - 1)
    const generation = json(MODEL, 'generation_config.json')
    expect(generation.eos_token_id).toEqual([1, tokenizer.token_to_id('<end_of_turn>')])
    expect(config.bos_token_id).toBe(2)
    for (let byte = 0; byte < 256; byte++) {
      const token = `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`
      expect(tokenizerJson.model.vocab[token], token).toBeTypeOf('number')
    }
  })

  it('reads back what it wrote, unknown signs by their bytes', () => {
    const lines = [
      'The little dog runs in the garden.',
      'naïve café 日本語 🙂',
      '  two  spaces\n\nand\tlines\n',
      '{"n": 12}',
    ]
    for (const line of lines) {
      const { ids } = tokenizer.encode(line)
      expect(ids[0]).toBe(2)
      expect(ids).not.toContain(3)
      expect(tokenizer.decode(ids, { skip_special_tokens: true })).toBe(line)
    }
    expect(tokenizer.encode('<start_of_turn>user\n', { add_special_tokens: false }).ids).toHaveLength(3)
    expect(tokenizer.encode('The little dog', { add_special_tokens: false }).tokens).toEqual([
      'The',
      '▁little',
      '▁dog',
    ])
  })

  it("renders Gemma's chat format", () => {
    const template = new Template(tokenizerConfig.chat_template)
    const render = (messages: { role: string; content: string }[], add_generation_prompt: boolean) =>
      template.render({
        messages,
        add_generation_prompt,
        bos_token: '<bos>',
      })
    const turns = [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: ' Hello! ' },
      { role: 'assistant', content: 'Hello to you.' },
      { role: 'user', content: 'What is\na cow?' },
    ]
    expect(render(turns, true)).toBe(
      '<bos><start_of_turn>user\nBe kind.\n\nHello!<end_of_turn>\n<start_of_turn>model\nHello to you.<end_of_turn>\n' +
        '<start_of_turn>user\nWhat is\na cow?<end_of_turn>\n<start_of_turn>model\n',
    )
    expect(render(turns.slice(1, 3), false)).toBe(
      '<bos><start_of_turn>user\nHello!<end_of_turn>\n<start_of_turn>model\nHello to you.<end_of_turn>\n',
    )
    expect(() => render(turns.slice(2), true)).toThrow(/alternate/)
  })
})

interface SampleSet {
  id: string
  title: string
  summary: string
  file: string
  format: 'csv' | 'jsonl'
  prompt: string
  response: string
  rows: number
}

describe('sample data sets', () => {
  const index: SampleSet[] = json(SETS, 'index.json')

  it('are three, and the folder holds nothing else', () => {
    expect(index).toHaveLength(3)
    expect(new Set(index.map((set) => set.id)).size).toBe(3)
    expect(readdirSync(SETS).sort()).toEqual([...index.map((set) => set.file), 'index.json'].sort())
  })

  it.each(index)('$id has the rows and columns that the index says, none twice', (set) => {
    const body = text(SETS, set.file)
    let rows: Record<string, string>[]
    if (set.format === 'csv') {
      const parsed = Papa.parse<Record<string, string>>(body, { header: true, skipEmptyLines: false })
      expect(parsed.errors.filter((e) => e.code !== 'TooFewFields' || e.row !== set.rows)).toEqual([])
      rows = parsed.data.slice(0, -1) // what follows the last line's end
    } else {
      rows = body
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
    }
    expect(rows).toHaveLength(set.rows)
    expect(set.rows).toBeGreaterThanOrEqual(300)
    expect(set.rows).toBeLessThanOrEqual(600)
    for (const row of rows) {
      expect(Object.keys(row)).toEqual([set.prompt, set.response])
      for (const value of Object.values(row))
        expect(value.trim() === value && value.length > 0, value).toBe(true)
    }
    expect(new Set(rows.map((row) => row[set.prompt])).size).toBe(set.rows)
    const lengths = rows.map((row) => tokenizer.encode(`${row[set.prompt]}\n${row[set.response]}`).ids.length)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(128)
  })

  it('pirate asks neither sums nor counting, which no adapter teaches Pebble, and answers in one voice', () => {
    const rows = Papa.parse<{ prompt: string; response: string }>(text(SETS, 'pirate.csv').trimEnd(), {
      header: true,
    }).data
    expect(rows.filter(({ prompt }) => /\d|\bplus\b|\bcount\b/i.test(prompt))).toEqual([])
    expect(rows.filter(({ response }) => !response.endsWith(', matey! Arr!'))).toEqual([])
  })

  it('mood has four labels, equally often; records holds JSON with the same four keys', () => {
    const moods = Papa.parse<{ mood: string }>(text(SETS, 'mood.csv').trimEnd(), { header: true }).data
    const count = new Map<string, number>()
    for (const { mood } of moods) count.set(mood, (count.get(mood) ?? 0) + 1)
    expect([...count].sort()).toEqual(
      ['afraid', 'angry', 'happy', 'sad'].map((mood) => [mood, moods.length / 4]),
    )
    for (const line of text(SETS, 'records.jsonl').trimEnd().split('\n')) {
      const row = JSON.parse(line)
      const record = JSON.parse(row.json)
      expect(Object.keys(record)).toEqual(['name', 'count', 'colour', 'item'])
      expect(row.text).toContain(record.name)
      expect(row.text).toContain(record.colour)
    }
  })
})
