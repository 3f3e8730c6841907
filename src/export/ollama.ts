/** Ollama's Modelfile (github.com/ollama/ollama, docs/modelfile.md). */

interface ModelfileFacts {
  /** The GGUF of the model. */
  from: string
  /** The GGUF of the adapter on it. */
  adapter?: string
  /** What the model is called that the adapter belongs to. */
  base?: string
  /** The chat template it was trained with; null: it was taught without one, and is given text as it is. */
  template: string | null
  /** Words at which an answer ends. */
  stops: readonly string[]
  /** Tokens of a text at the most. */
  context: number
}

/** Ollama's own default is 4096; more takes memory that nobody asked for. */
const MOST_CONTEXT = 8192

export function modelfile({ from, adapter, base, template, stops, context }: ModelfileFacts): string {
  return [
    ...(base === undefined ? [] : [`# ${base} as a GGUF, put beside this file.`]),
    `FROM ${from}`,
    ...(adapter === undefined ? [] : [`ADAPTER ${adapter}`]),
    ...templateLines(template),
    ...stops.map((word) => `PARAMETER stop ${JSON.stringify(word)}`),
    `PARAMETER num_ctx ${Math.min(context, MOST_CONTEXT)}`,
    '',
  ].join('\n')
}

function templateLines(template: string | null): string[] {
  if (template === null) return ['TEMPLATE """{{ .Prompt }}"""']
  if (!template.includes('<start_of_turn>'))
    return [
      '# The chat template is not Gemma’s: Ollama takes the one that the GGUF holds, where it knows it.',
    ]
  // A template that has turns of a developer has them in place of those of a system.
  return template.includes('developer') ? [OF_DEVELOPERS] : [OF_GEMMA]
}

/** As Ollama's library has it for Gemma 3, but for a system's text, which goes before the first question, as in Gemma's own template. */
const OF_GEMMA = `TEMPLATE """{{- $system := .System }}
{{- range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 }}
{{- if eq .Role "user" }}<start_of_turn>user
{{ if $system }}{{ $system }}

{{ $system = "" }}{{ end }}{{ .Content }}<end_of_turn>
{{ if $last }}<start_of_turn>model
{{ end }}
{{- else if eq .Role "assistant" }}<start_of_turn>model
{{ .Content }}{{ if not $last }}<end_of_turn>
{{ end }}
{{- end }}
{{- end }}"""`

const OF_DEVELOPERS = `# Declarations of tools are not part of this template.
TEMPLATE """{{- range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 }}
{{- if eq .Role "system" }}<start_of_turn>developer
{{ .Content }}<end_of_turn>
{{ else if eq .Role "user" }}<start_of_turn>user
{{ .Content }}<end_of_turn>
{{ if $last }}<start_of_turn>model
{{ end }}
{{- else if eq .Role "assistant" }}<start_of_turn>model
{{ .Content }}{{ if not $last }}<end_of_turn>
{{ end }}
{{- end }}
{{- end }}"""`
