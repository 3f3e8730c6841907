/**
 * FunctionGemma's chat template, for copies of it that bring none, written from its documented form
 * (https://ai.google.dev/gemma/docs/functiongemma/formatting-and-best-practices): functions are declared in the developer's turn;
 * calls, responses to them and the answer are one turn of the model's, so that a call ends where a response is to begin. Text is
 * between `<escape>`s, types are in capitals, fields in the order of their names.
 */
export const FUNCTION_GEMMA_TEMPLATE = String.raw`{%- macro value(given) -%}
    {%- if given is string -%}
        {{- '<escape>' + given + '<escape>' -}}
    {%- elif given is boolean -%}
        {{- 'true' if given else 'false' -}}
    {%- elif given is none -%}
        {{- 'null' -}}
    {%- elif given is mapping -%}
        {{- '{' + fields(given) + '}' -}}
    {%- elif given is iterable -%}
        {{- '[' -}}
        {%- for item in given -%}
            {{- ',' if not loop.first else '' -}}{{- value(item) -}}
        {%- endfor -%}
        {{- ']' -}}
    {%- else -%}
        {{- given -}}
    {%- endif -%}
{%- endmacro -%}
{%- macro fields(given) -%}
    {%- for name, inner in given | dictsort -%}
        {{- ',' if not loop.first else '' -}}{{- name + ':' + value(inner) -}}
    {%- endfor -%}
{%- endmacro -%}
{%- macro schema(given) -%}
    {{- '{' -}}
    {%- for name, inner in given | dictsort -%}
        {{- ',' if not loop.first else '' -}}{{- name + ':' -}}
        {%- if name == 'type' and inner is string -%}
            {{- value(inner | upper) -}}
        {%- elif name == 'type' and inner is iterable -%}
            {{- '[' -}}
            {%- for item in inner -%}
                {{- ',' if not loop.first else '' -}}{{- value(item | upper) -}}
            {%- endfor -%}
            {{- ']' -}}
        {%- elif name == 'properties' and inner is mapping -%}
            {{- '{' -}}
            {%- for property, part in inner | dictsort -%}
                {{- ',' if not loop.first else '' -}}{{- property + ':' + schema(part) -}}
            {%- endfor -%}
            {{- '}' -}}
        {%- elif name == 'items' and inner is mapping -%}
            {{- schema(inner) -}}
        {%- else -%}
            {{- value(inner) -}}
        {%- endif -%}
    {%- endfor -%}
    {{- '}' -}}
{%- endmacro -%}
{{- bos_token -}}
{%- set state = namespace(open=false, answering=false) -%}
{%- set turns = messages -%}
{%- set developer = '' -%}
{%- if messages and messages[0]['role'] in ['system', 'developer'] -%}
    {%- set developer = messages[0]['content'] | trim -%}
    {%- set turns = messages[1:] -%}
{%- elif tools -%}
    {%- set developer = 'You are a model that can do function calling with the following functions' -%}
{%- endif -%}
{%- if developer or tools -%}
    {{- '<start_of_turn>developer\n' + developer -}}
    {%- for tool in tools or [] -%}
        {%- set function = tool['function'] -%}
        {{- '<start_function_declaration>declaration:' + function['name'] + '{' -}}
        {{- 'description:' + value(function['description'] or '') -}}
        {%- if function['parameters'] -%}
            {{- ',parameters:' + schema(function['parameters']) -}}
        {%- endif -%}
        {{- '}<end_function_declaration>' -}}
    {%- endfor -%}
    {{- '<end_of_turn>\n' -}}
{%- endif -%}
{%- for turn in turns -%}
    {%- if turn['role'] == 'tool' -%}
        {%- if not state.open -%}
            {{- raise_exception('A response must follow the call that it is to') -}}
        {%- endif -%}
        {%- if not state.answering -%}
            {{- '<start_function_response>' -}}
        {%- endif -%}
        {{- 'response:' + turn['name'] + '{' -}}
        {%- if turn['content'] is mapping -%}
            {{- fields(turn['content']) -}}
        {%- else -%}
            {{- 'value:' + value(turn['content']) -}}
        {%- endif -%}
        {{- '}<end_function_response>' -}}
        {%- set state.answering = false -%}
    {%- else -%}
        {%- if not (turn['role'] == 'assistant' and state.open) -%}
            {%- if state.open -%}
                {{- '<end_of_turn>\n' -}}
            {%- endif -%}
            {{- '<start_of_turn>' + ('model' if turn['role'] == 'assistant' else turn['role']) + '\n' -}}
        {%- endif -%}
        {%- set state.open = false -%}
        {%- if turn['content'] -%}
            {{- turn['content'] | trim -}}
        {%- endif -%}
        {%- if turn['tool_calls'] -%}
            {%- for call in turn['tool_calls'] -%}
                {{- '<start_function_call>call:' + call['function']['name'] + '{' -}}
                {%- if call['function']['arguments'] is mapping -%}
                    {{- fields(call['function']['arguments']) -}}
                {%- else -%}
                    {{- call['function']['arguments'] or '' -}}
                {%- endif -%}
                {{- '}<end_function_call>' -}}
            {%- endfor -%}
            {{- '<start_function_response>' -}}
            {%- set state.open = true -%}
            {%- set state.answering = true -%}
        {%- else -%}
            {{- '<end_of_turn>\n' -}}
        {%- endif -%}
    {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt and not state.open -%}
    {{- '<start_of_turn>model\n' -}}
{%- endif -%}
`

/** Words that such a tokenizer has, and no other Gemma's. */
export const FUNCTION_WORDS = [
  '<start_function_declaration>',
  '<end_function_declaration>',
  '<start_function_call>',
  '<end_function_call>',
  '<start_function_response>',
  '<end_function_response>',
  '<escape>',
] as const
