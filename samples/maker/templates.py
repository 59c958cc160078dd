"""Chat templates with the constructs of those that models bring, each written for this folder."""

TURNS = """\
{% for message in messages %}
{% if loop.first and message['role'] != 'system' %}<|begin|>system
You answer briefly.<|end|>
{% endif %}
<|begin|>{{ message['role'] }}
{{ message['content'] }}<|end|>
{% endfor %}
{% if add_generation_prompt %}<|begin|>assistant
{% endif %}"""

TOOLS = """\
{%- if tools %}
    {{- '<|begin|>system\\n' }}
    {%- if messages[0].role == 'system' %}{{- messages[0].content + '\\n\\n' }}{%- endif %}
    {{- 'Functions:' }}
    {%- for tool in tools %}
        {{- '\\n' }}{{- tool | tojson }}
    {%- endfor %}
    {{- '<|end|>\\n' }}
{%- elif messages[0].role == 'system' %}
    {{- '<|begin|>system\\n' ~ messages[0].content ~ '<|end|>\\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if message.role == 'assistant' and message.tool_calls is defined and message.tool_calls %}
        {{- '<|begin|>assistant' }}
        {%- for call in message.tool_calls %}
            {%- if call.function is defined %}{%- set call = call.function %}{%- endif %}
            {{- '\\n<call>{"name": "' + call.name + '", "arguments": ' }}{{- call.arguments | tojson }}{{- '}</call>' }}
        {%- endfor %}
        {{- '<|end|>\\n' }}
    {%- elif message.role == 'tool' %}
        {%- if loop.index0 == 0 or messages[loop.index0 - 1].role != 'tool' %}{{- '<|begin|>user' }}{%- endif %}
        {{- '\\n<result>' ~ message.content ~ '</result>' }}
        {%- if loop.last or messages[loop.index0 + 1].role != 'tool' %}{{- '<|end|>\\n' }}{%- endif %}
    {%- elif not (message.role == 'system' and loop.first) %}
        {{- '<|begin|>' + message.role + '\\n' + message.content + '<|end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|begin|>assistant\\n' }}{%- endif %}
"""

ALTERNATING = """\
{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- set head = messages[0]['content'] | trim + '\\n\\n' -%}
    {%- set turns = messages[1:] -%}
{%- else -%}
    {%- set head = '' -%}
    {%- set turns = messages -%}
{%- endif -%}
{%- for turn in turns -%}
    {%- if (turn['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception('user and assistant must take turns') }}
    {%- endif -%}
    [{{ 'model' if turn['role'] == 'assistant' else turn['role'] }}]
    {%- if turn['content'] is string -%}
        {{ (head if loop.first else '') + turn['content'] | trim }}
    {%- elif turn['content'] is iterable -%}
        {%- for part in turn['content'] -%}
            {%- if part['type'] == 'text' -%}{{ part['text'] | trim }}{%- else -%}<image>{%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception('the content is neither a text nor a list') }}
    {%- endif -%}
    [/end]
{%- endfor -%}
{%- if add_generation_prompt -%}[model]{%- endif -%}
"""

NAMESPACES = """\
{%- set state = namespace(system='', count=0, has_tools=false) %}
{%- for message in messages | selectattr('role', 'equalto', 'system') %}
    {%- set state.system = state.system ~ message.content %}
{%- endfor %}
{%- for message in messages if message.role != 'system' %}
    {%- set state.count = state.count + 1 %}
    {%- if message.content and '</think>' in message.content %}
        {%- set content = message.content.split('</think>')[-1].lstrip('\\n') %}
    {%- else %}
        {%- set content = message.content | default('', true) %}
    {%- endif %}
    {{- '%' ~ state.count ~ ' ' ~ message.role | upper ~ ': ' ~ content.strip() ~ eos_token | default('</s>') }}
    {%- if not loop.last %}{{ ' ' }}{% endif %}
{%- endfor %}
{{- state.system | length if state.system else none is none }}
"""

MACROS = """\
{#- A macro, filters with arguments, loops over items, slices. -#}
{%- macro line(role, text, mark='>') -%}
{{ mark * 2 }}{{ role }}: {{ text | replace('\\r\\n', '\\n') | indent(2) }}
{% endmacro -%}
{%- for message in messages[::-1][:20] | reverse -%}
{{ line(message.role, message.content if message.content is string else message.content | tojson(indent=2)) }}
{%- for key, value in message | items if key not in ['role', 'content'] -%}
{{ line(key, value | string, mark='-') }}
{%- endfor -%}
{%- endfor -%}
{{ [1, 2.5, true, none, 'x' 'y', (3, 4), {'a': -1 // 2 ** 2}] | tojson }}{{ messages | map(attribute='role') | join(', ') }}
{%- if messages | length > 1 and messages[-1].role in ('user', 'tool') and not false is true %}?{% endif -%}
"""


def files() -> dict[str, bytes]:
    templates = {"turns": TURNS, "tools": TOOLS, "alternating": ALTERNATING, "namespaces": NAMESPACES, "macros": MACROS}
    return {f"{name}.jinja": text.encode("utf-8") for name, text in templates.items()}
