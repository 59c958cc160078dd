"""Chat templates rendered by the tool and by Jinja as Hugging Face's transformers configures it.

Whole templates as models bring them, those of the GGUF models in .models among them, over many conversations; and
small ones for each construct. Where Jinja fails, the tool must fail as well.
"""

import itertools
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import gguf
import numpy
from jinja2 import TemplateError, Undefined, ext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from safetensors.numpy import save_file

from support import MODELS, SAMPLES, TOOL, check

GEMMA = """{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set first_user_prefix = messages[0]['content'] + '\n\n' -%}
    {%- else -%}
        {%- set first_user_prefix = messages[0]['content'][0]['text'] + '\n\n' -%}
    {%- endif -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Conversation roles must alternate user/assistant/user/assistant/...") }}
    {%- endif -%}
    {%- if (message['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '\n' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'image' -%}
                {{ '<start_of_image>' }}
            {%- elif item['type'] == 'text' -%}
                {{ item['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("Invalid content type") }}
    {%- endif -%}
    {{ '<end_of_turn>\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<start_of_turn>model\n'}}
{%- endif -%}
"""

LLAMA3 = """{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"""

MISTRAL = """{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{%- set ns = namespace(index=0, seen=[]) %}
{%- for message in loop_messages %}
    {%- if not (message.role == "tool" or (message.tool_calls is defined and message.tool_calls is not none)) %}
        {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
            {{- raise_exception("After the optional system message, conversation roles must alternate") }}
        {%- endif %}
        {%- set ns.index = ns.index + 1 %}
    {%- endif %}
{%- endfor %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if tools is not none and (message == user_messages[-1]) %}
            {{- "[AVAILABLE_TOOLS] [" }}
            {%- for tool in tools %}
                {%- set tool = tool.function %}
                {{- '{"type": "function", "function": {' }}
                {%- for key, val in tool.items() if key != "return" %}
                    {%- if val is string %}
                        {{- '"' + key + '": "' + val + '"' }}
                    {%- else %}
                        {{- '"' + key + '": ' + val|tojson }}
                    {%- endif %}
                    {%- if not loop.last %}
                        {{- ", " }}
                    {%- endif %}
                {%- endfor %}
                {{- "}}" }}
                {%- if not loop.last %}
                    {{- ", " }}
                {%- else %}
                    {{- "]" }}
                {%- endif %}
            {%- endfor %}
            {{- "[/AVAILABLE_TOOLS]" }}
        {%- endif %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\n\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message.tool_calls is defined and message.tool_calls is not none %}
        {{- "[TOOL_CALLS] [" }}
        {%- for tool_call in message.tool_calls %}
            {%- set out = tool_call.function|tojson %}
            {{- out[:-1] }}{{- ', "id": "x"}' }}
            {%- if not loop.last %}{{- ", " }}{%- else %}{{- "]" + eos_token }}{%- endif %}
        {%- endfor %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token}}
    {%- else %}
        {{- '[TOOL_RESULTS] {"content": ' + message.content|string + "}[/TOOL_RESULTS]" }}
    {%- endif %}
{%- endfor %}
"""

MACROS = """{%- macro describe(value, depth=0, name='') -%}
{%- if value is mapping -%}
{%- for key, item in value.items() -%}
{{ '  ' * depth }}{{ name }}{{ key }}:{{ describe(item, depth + 1) }}
{% endfor -%}
{%- elif value is iterable and value is not string -%}
{%- for item in value %}[{{ describe(item, name='#') }}]{% endfor -%}
{%- else -%}{{ value }}{%- endif -%}
{%- endmacro -%}
{% for message in messages %}
{{ loop.cycle('odd', 'even') }} {{ message.role|upper }}
  {{ describe(message, 1) }}
{% else %}
nobody
{% endfor %}
{% if tools %}{{ describe(tools) }}{% endif %}
"""

# Each is rendered with every conversation's variables.
SNIPPETS = r"""
{{ 1 + 2 * 3 ** 2 - 4 / 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7.5 % 2 }} {{ 2 ** -1 }} {{ -2 ** 2 }}
{{ 1 == 1.0 }} {{ true == 1 }} {{ 'a' < 'b' }} {{ 1 < 2 < 3 }} {{ 1 < 2 > 5 }} {{ not 1 == 2 }} {{ 'a' in 'cat' }}
{{ [1, 2, 'x', none, true, 1.5, {'a': 'it\'s'}] }} {{ (1, ) | list }} {{ {} }} {{ [] }}
{{ 'a' ~ 1 ~ none ~ true ~ 2.0 }} {{ 'x' * 3 }} {{ [1] + [2] }}
{{ undefined_name }}|{{ undefined_name is defined }}|{{ undefined_name or 'other' }}|{{ messages[99] }}
{{ undefined_name.attribute }}
{{ messages[0].missing }}|{{ messages[0].missing is defined }}|{{ messages[0]['role'] }}|{{ messages[-1].role }}
{{ 'abcdef'[1:3] }} {{ 'abcdef'[::-1] }} {{ 'abcdef'[-2:] }} {{ [1,2,3,4][1::2] }} {{ 'abc'[5:] }} {{ 'héllo'[1] }} {{ [1,2,3][:-1] }}
{{ '  x '.strip() }}|{{ 'xxaxx'.lstrip('x') }}|{{ 'xxaxx'.rstrip('x') }}|{{ 'a,b,c'.split(',') }}|{{ ' a  b '.split() }}|{{ 'a,b,c'.split(',', 1) }}
{{ 'hello world'.title() }} {{ 'HELLO'.lower() }} {{ 'hello'.upper() }} {{ 'hELLO wORLD'.capitalize() }} {{ 'abc'.replace('b', 'xx') }}
{{ 'abc'.startswith('ab') }} {{ 'abc'.endswith('bc') }} {{ 'abcabc'.find('c') }} {{ 'abc'.find('x') }} {{ 'abab'.count('ab') }} {{ '-'.join(['a', 'b']) }}
{{ messages | length }} {{ 'abc' | length }} {{ {'a': 1} | length }} {{ messages | map(attribute='role') | join(', ') }}
{{ [3, 1, 2] | sort }} {{ ['b', 'A', 'c'] | sort }} {{ [3, 1, 2] | sort(reverse=true) }} {{ messages | sort(attribute='role') | map(attribute='role') | list }}
{{ [1, 2, 3, 4] | select('odd') | list }} {{ [1, 2, 3, 4] | reject('gt', 2) | list }} {{ [0, 1, ''] | select | list }} {{ ['a', 'b'] | map('upper') | list }}
{{ messages | selectattr('role', 'equalto', 'user') | list | length }} {{ messages | rejectattr('role', 'in', ['user', 'system']) | map(attribute='role') | list }} {{ messages | selectattr('content') | list | length }}
{{ [1, 2, 2, 1, 'a', 'A'] | unique | list }} {{ [1, 2, 3] | sum }} {{ [1, 2] | first }} {{ [1, 2] | last }} {{ [1, 2, 3] | reverse | list }} {{ 'abc' | reverse }}
{{ {'b': 1, 'a': [1, 2.5, none, 'x"y\n']} | tojson }} {{ {'b': 1, 'a': [1, {}]} | tojson(indent=2) }} {{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }} {{ 'é😀<&>\u0007' | tojson }} {{ 'é' | tojson(ensure_ascii=true) }} {{ [] | tojson(indent=4) }}
{{ messages | tojson }} {{ tools | tojson }} {{ messages[0] | tojson(indent=4) }} {{ [1,[2]] | tojson(separators=(',', ':')) }}
{{ none | default('x') }} {{ nothing | default('x') }} {{ '' | default('x', true) }} {{ nothing | d }} {{ 0 | default(5, boolean=true) }}
{{ '  a b ' | trim }}| {{ 'xax' | trim('x') }} {{ 'a b c' | replace(' ', '_') }} {{ 5 | string + '5' }} {{ '42' | int + 1 }} {{ 'x' | int }} {{ '1.5' | float }} {{ 3.7 | int }} {{ -3 | abs }} {{ 2.5 | round }}
{{ 'a\nb\n\nc' | indent }} {{ 'a\nb' | indent(2, true) }} {{ 'a\n\nb' | indent(width=3, blank=true) }} {{ 'ab cd' | title }} {{ 'ABC' | capitalize }}
{{ {'b': 1, 'a': 2} | dictsort | map('join', '=') | join(' ') }} {{ {'b': 1} | items | first | last }} {{ {'b': 1}.keys() | list }} {{ {'b': 1}.values() | list }} {{ {'b': 1}.get('c', 'none') }} {{ {'b': 1}.get('c') }}
{% for i in range(3) %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.previtem }}{{ loop.nextitem }};{% endfor %}
{% for i in range(10) if i % 2 %}{{ i }}{{ loop.last }}{% endfor %} {% for i in range(5, 0, -2) %}{{ i }}{% endfor %} {% for i in [] %}x{% else %}none{% endfor %}
{% for i in range(10) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 5 %}{% break %}{% endif %}{{ i }}{% endfor %}
{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }} {% endfor %}{% for (a, b) in [[1, 2], [3, 4]] %}{{ a + b }} {% endfor %}
{% set x = 1 %}{% for i in [1, 2] %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}{% if true %}{% set x = 9 %}{% endif %}{{ x }}
{% set ns = namespace(a=1) %}{% for i in [1, 2] %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}{{ ns.b }}{% set ns.b = [1] %}{{ ns.b }}
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set t = 1, 2 %}{{ t | length }}{% set block %} in {{ a }} {% endset %}[{{ block }}]{% set up | upper | trim %} x {% endset %}[{{ up }}]
{% macro m(a, b='B') %}<{{ a }}{{ b }}>{% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(b=3, a=4) }}{{ m() }}{{ m is callable }}
{{ 'yes' if messages else 'no' }} {{ 'yes' if false }}| {{ ('a' if 0 else 'b') ~ 'c' }} {{ 1 if 0 else 2 if 0 else 3 }}
{{ 5 is odd }} {{ 4 is even }} {{ 9 is divisibleby 3 }} {{ 'a' is string }} {{ 1 is number }} {{ {} is mapping }} {{ [] is sequence }} {{ none is none }} {{ 1 is integer }} {{ 1.0 is float }} {{ true is boolean }} {{ true is true }} {{ 'A' is upper }} {{ 'a' is in ['a'] }} {{ 1 is not none }} {{ 'x' is eq 'x' }}
{% raw %}{{ not a tag }} {% if %}{% endraw %}{# a comment #}|{#- stripped -#} x
{{ '\n\t\\\'\"\x41\u00e9\d' }}{{ "it's" }}{{ 'a' 'b' }}{{ 1_000 }}{{ 1e3 }}{{ 1.5e-7 }}{{ 123456789012345680.0 }}{{ 0.1 + 0.2 }}{{ 1e16 }}{{ 1e22 }}
{{ ['it\'s', "say \"x\"", 'both \' and "', 'new\nline', 'é', '\u200b'] }} {{ [1.0, 1e100, -0.0] }} {{ '%s' }}
{{ raise_exception('no ' ~ messages | length) }}
{{ strftime_now is defined }}
{{ messages[0]['content'].split('a')[0].strip() }} {{ (messages | first).role }} {{ messages[0].get('name', 'nobody') }} {{ messages[0].items() | list | length }}
{{ 1 / 0 }}
{{ none.x.y }}
{{ none + 1 }}
{{ 'a' < 1 }}
{{ messages.append(1) }}
{{ [] | first }}|{{ '' | last }}|{{ 3 | length }}
{{ 'a'.nothing() }}
{{ dict(a=1, b='x') }} {{ dict(a=1) | tojson }}
  {% if true %}
    indented
  {% endif %}
x {%+ if true %} y{%+ endif %} z
{%- for m in messages %}

  {{- m.role }} {% endfor -%}

end
   {#- comment -#}   {{ 'a' -}}   b   {{- 'c' }}
{{ {'a': {'b': [1, {'c': 'd'}]}}['a'].b[1].c }} {{ {'items': 1}['items'] }} {{ [[1, 2], [3]][0][1] }} {{ [1, 2].0 }}
{{ (1, 2) == (1, 2) }} {{ [1, [2]] == [1, [2]] }} {{ {'a': 1} == {'a': 1.0} }} {{ 'a' != 'b' }} {{ 1 in [1.0] }} {{ 'k' in {'k': 0} }} {{ 'x' not in 'abc' }}
{{ '1' | int is integer }} {{ -1 | abs }} {{ (messages | length) % 2 == 0 }} {{ messages | length > 1 and true or false }} {{ not messages }}
{{ 'a b'.split(' ')[-1] }} {{ 'Hello'[0] | lower }} {{ 'x' | upper ~ 'y' }} {{ ('a' ~ 'b') | upper }} {{ 'line1\nline2\r\nline3'.splitlines() }}
""".strip("\n")


def snippets():
    lines = SNIPPETS.split("\n")
    # The last templates of several lines.
    starts = [i for i, line in enumerate(lines) if line.startswith(("  {% if true", "{%- for m in"))]
    several = ["\n".join(lines[starts[0] : starts[0] + 3]), "\n".join(lines[starts[1] : starts[1] + 5])]
    return lines + several


def conversations():
    source = random.Random(7)
    texts = ["Hi", "  padded \n", "", "What is 2 + 2?", "naïve 😀 <b>&amp;</b>", 'quotes " and \' and \\', "line\nline\n", "中文"]
    weather = {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "Gets it's \"state\"",
            "parameters": {"type": "object", "properties": {"city": {"type": "string", "enum": ["Paris", "Köln"]}}, "required": ["city"]},
        },
    }
    call = {"type": "function", "function": {"name": "weather", "arguments": {"city": "Köln", "days": 2, "exact": 1.5}}}

    def message(role):
        return {"role": role, "content": source.choice(texts)}

    yield {"messages": [message("user")]}
    yield {"messages": [message("system"), message("user")], "add_generation_prompt": True}
    for turns in range(1, 6):
        roles = ["system"] * (turns % 2) + list(itertools.islice(itertools.cycle(["user", "assistant"]), turns))
        yield {"messages": [message(role) for role in roles], "add_generation_prompt": turns % 3 == 0}
    tool_turn = [
        message("user"),
        {"role": "assistant", "content": "", "tool_calls": [call, call]},
        {"role": "tool", "content": '{"sun": true}'},
        {"role": "tool", "content": "rain"},
        message("assistant"),
    ]
    yield {"messages": tool_turn, "tools": [weather, weather], "add_generation_prompt": True}
    yield {"messages": [message("system")] + tool_turn[:3], "tools": [weather]}
    yield {"messages": [message("user"), message("user")]}
    yield {"messages": [{"role": "user", "content": [{"type": "text", "text": " a "}, {"type": "image"}]}]}


# Rendering


def reference(template, variables):
    """As transformers' chat_template_utils.py compiles and renders; None where it fails."""

    def raise_exception(message):
        raise TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[ext.loopcontrols], undefined=Undefined
    )
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = raise_exception
    try:
        return environment.from_string(template).render(**variables)
    except Exception:
        return None


def rendered(folder, conversation):
    """What the tool prints, and its message if it fails."""
    command = [TOOL, "tokenize", folder, "--chat", "--decode"]
    result = subprocess.run(command, input=json.dumps(conversation).encode(), capture_output=True)
    check(result.returncode in (0, 2), f"exit {result.returncode}: {result.stderr.decode()}")
    return (result.stdout.decode() if result.returncode == 0 else None), result.stderr.decode()


def make_folder(folder):
    vocabulary = {"<s>": 0, "</s>": 1, "a": 2}
    tokenizer = {"added_tokens": [], "model": {"type": "BPE", "vocab": vocabulary, "merges": []}}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "tokenizer_config.json").write_text('{"bos_token": "<s>", "eos_token": "</s>"}')
    (folder / "config.json").write_text("{}")
    save_file({"w": numpy.zeros(4, numpy.float32)}, folder / "model.safetensors")


def compare(folder, template, conversation):
    (folder / "chat_template.jinja").write_bytes(template.encode())
    variables = {"tools": None, "documents": None, "add_generation_prompt": True, "bos_token": "<s>", "eos_token": "</s>"}
    expected = reference(template, variables | conversation)
    found, message = rendered(folder, conversation)
    if found != expected:
        sys.exit(f"failed: {template!r}\n  of {conversation}\n  ours      {found!r} {message}\n  expected  {expected!r}")
    return expected is None


def templates():
    yield from (GEMMA, LLAMA3, MISTRAL, MACROS)
    for path in sorted(SAMPLES.glob("good/templates/*.jinja")):
        yield path.read_text()
    for path in sorted(MODELS.glob("*.gguf")):
        field = gguf.GGUFReader(path).fields.get("tokenizer.chat_template")
        if field:
            yield field.contents()


def main():
    count = failures = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_folder(folder)
        for template, conversation in itertools.product(templates(), conversations()):
            failures += compare(folder, template, conversation)
            count += 1
        for template, conversation in itertools.product(snippets(), list(conversations())[5:8:2]):
            failures += compare(folder, template, conversation)
            count += 1
    check(failures < count / 4, f"{failures} of {count} renderings fail")
    print(f"{count} renderings equal Jinja's, {failures} failures among them")


if __name__ == "__main__":
    main()
