const FIRST = "messages[0]['content']"
/**
 * What our own chat templates (the practice model's, and those that stand in where a model brings none) say of a turn's text, and what serves
 * a list of parts (`[{"type": "text", "text": ...}]`) as well, as Google's templates do: LiteRT-LM hands every turn over so.
 */
const SERVED: readonly (readonly [string, string])[] = [
  [
    "{{- turn['content'] | trim -}}",
    "{%- if turn['content'] is string -%}{{- turn['content']|trim -}}{%- else -%}{%- for part in turn['content'] -%}{{- part['text'] | trim -}}{%- endfor -%}{%- endif -%}",
  ],
  [
    `{%- set system = ${FIRST} + '\\n\\n' -%}`,
    `{%- set system = (${FIRST} if ${FIRST} is string else ${FIRST}[0]['text']) + '\\n\\n' -%}`,
  ],
  [
    `{%- set developer = ${FIRST} | trim -%}`,
    `{%- set developer = (${FIRST} if ${FIRST} is string else ${FIRST}[0]['text']) | trim -%}`,
  ],
]

/** A chat template that renders text as it did, and lists of parts too where it is one of ours; any other stays as it is. */
export function servesParts(template: string): string {
  return SERVED.reduce((text, [own, both]) => text.replace(own, () => both), template)
}
