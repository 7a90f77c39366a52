case a reply is trained through its stop token, the newline after it is not
run mktoy toy && pack -q -m toy --show text
in  {"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Ho"},{"role":"user","content":"Hm"},{"role":"assistant","content":"Ha"}],"id":"a"}
out == a
out <|im_start|>user
out Hi<|im_end|>
out <|im_start|>assistant
out ⟦Ho<|im_end|>⟧
out <|im_start|>user
out Hm<|im_end|>
out <|im_start|>assistant
out ⟦Ha<|im_end|>⟧

case rows: flat runs with borders, weights, the first token of a sample without
run mktoy toy && pack -m toy -n 64
in  {"id":"a","messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}
in  {"id":"b","messages":[{"role":"user","content":"c"},{"role":"assistant","content":"de","weight":0.5}]}
out {"plumbline":"packed","version":1,"kind":"sft","tokenizer":"3e97e68c35e9f7beb6ea7d374837fd22","vocab":299,"template":"79dabd35e0ade572e0e89e68aed38cae","template_args":{},"length":64,"train_on":"assistant","weight":"token","literal":false}
out {"input_ids":[297,293,261,10,97,298,10,297,291,115,275,116,97,110,116,10,98,298,297,293,261,10,99,298,10,297,291,115,275,116,97,110,116,10,100,101,298],"weights":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0.5,0.5,0.5],"cu_seqlens":[0,18,37],"sample_ids":["a","b"]}
sum pack: 2 in, 2 out, samples 2, rows 1, tokens 37, trained 5, full 0.5781

case --train-on last
run mktoy toy && pack -q -m toy --show spans --train-on last
in  {"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Ho"},{"role":"user","content":"Hm"},{"role":"assistant","content":"Ha"}],"id":"a"}
out == a
out message 4, bytes 117 to 129, weight 1.0: "Ha<|im_end|>"

case --train-on all
run mktoy toy && pack -q -m toy --show spans --train-on all
in  {"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Ho"}],"id":"a"}
out == a
out message 2, bytes 0 to 64, weight 1.0: "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHo<|im_end|>"

case a turn of weight 0 is not trained; a record with no other is bad
run mktoy toy && pack -q -m toy --show spans
in  {"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Ho","weight":0},{"role":"user","content":"Hm"},{"role":"assistant","content":"Ha"}],"id":"a"}
in  {"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Ho","weight":0}],"id":"b"}
out == a
out message 4, bytes 117 to 129, weight 1.0: "Ha<|im_end|>"
rc  1
err pack: stdin:2: template: there is no turn to train on

case --weight sample and sqrt
run mktoy toy && pack -q -m toy --weight sample --show tokens | tail -n 4; mktoy toy && pack -q -m toy --weight sqrt --show tokens in.jsonl | tail -n 1
file in.jsonl {"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"xyz"}],"id":"a"}
in  {"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"xyz"}],"id":"a"}
out 17	120	0.25	"x"
out 18	121	0.25	"y"
out 19	122	0.25	"z"
out 20	298	0.25	"<|im_end|>"
out 20	298	0.5	"<|im_end|>"

case pairs: one row each, what follows the prompt is trained on both sides
run mktoy toy && pack -m toy
in  {"id":"p","prompt":"a","chosen":"b","rejected":[{"role":"assistant","content":"cd"}],"margin":0.50,"score_chosen":7}
in  {"id":"q","chosen":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"rejected":[{"role":"user","content":"a"},{"role":"assistant","content":"c"}]}
out {"plumbline":"packed","version":1,"kind":"pairs","tokenizer":"3e97e68c35e9f7beb6ea7d374837fd22","vocab":299,"template":"79dabd35e0ade572e0e89e68aed38cae","template_args":{},"length":4096,"train_on":"assistant","weight":"token","literal":false}
out {"chosen":{"input_ids":[297,293,261,10,97,298,10,297,291,115,275,116,97,110,116,10,98,298],"weights":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,1]},"rejected":{"input_ids":[297,293,261,10,97,298,10,297,291,115,275,116,97,110,116,10,99,100,298],"weights":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,1,1]},"sample_ids":["p"],"margin":0.50,"score_chosen":7}
out {"chosen":{"input_ids":[297,293,261,10,97,298,10,297,291,115,275,116,97,110,116,10,98,298],"weights":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,1]},"rejected":{"input_ids":[297,293,261,10,97,298,10,297,291,115,275,116,97,110,116,10,99,298],"weights":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,1]},"sample_ids":["q"]}
sum pack: 2 in, 3 out, samples 4, rows 2, tokens 73, trained 9

case a pair among conversations
run mktoy toy && pack -q -m toy --show spans
in  {"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Ho"}],"id":"a"}
in  {"id":"p","prompt":"a","chosen":"b","rejected":"c"}
out == a
out message 2, bytes 52 to 64, weight 1.0: "Ho<|im_end|>"
rc  1
err pack: stdin:2: a pair among conversations

case a template that strips earlier thoughts: each turn as it was generated
run mktoy toy && pack -q -m toy -T think.jinja --show text
file think.jinja {% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}{% if m.role == 'assistant' and m.reasoning_content and not messages[loop.index0:] | selectattr('role', 'equalto', 'user') | list %}{{ '<think>\n' + m.reasoning_content + '\n</think>\n\n' }}{% endif %}{{ m.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
in  {"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Ho","reasoning_content":"R1"},{"role":"user","content":"Hm"},{"role":"assistant","content":"Ha","reasoning_content":"R2"}],"id":"a"}
out == a 1 of 2
out <|im_start|>user
out Hi<|im_end|>
out <|im_start|>assistant
out ⟦<think>
out R1
out </think>
out 
out Ho<|im_end|>⟧
out == a 2 of 2
out <|im_start|>user
out Hi<|im_end|>
out <|im_start|>assistant
out Ho<|im_end|>
out <|im_start|>user
out Hm<|im_end|>
out <|im_start|>assistant
out ⟦<think>
out R2
out </think>
out 
out Ha<|im_end|>⟧

case tool calls are trained, their results are not
run mktoy toy && pack -q -m toy -T tools.jinja --show spans
file tools.jinja {% if tools %}{{ '<|im_start|>system\n' + tools | tojson + '<|im_end|>\n' }}{% endif %}{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}{{ m.content or '' }}{% for c in m.tool_calls or [] %}{{ '<call>' + c.function | tojson + '</call>' }}{% endfor %}{{ '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
in  {"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":null,"tool_calls":[{"function":{"name":"f","arguments":{"x":1}}}]},{"role":"tool","content":"7"},{"role":"assistant","content":"It is 7."}],"tools":[{"type":"function","function":{"name":"f"}}],"id":"a"}
out == a
out message 2, bytes 131 to 190, weight 1.0: "<call>{\"name\": \"f\", \"arguments\": {\"x\": 1}}</call><|im_end|>"
out message 4, bytes 242 to 260, weight 1.0: "It is 7.<|im_end|>"

case the stop token is written by the next message; the last turn has none
run mktoy toy && pack -m toy -T next.jinja --show spans --reject bad; cat bad
file next.jinja {% for m in messages %}{{ ('' if loop.first else '<|im_end|>\n') + '<|im_start|>' + m.role + '\n' + m.content }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_end|>\n<|im_start|>assistant\n' }}{% endif %}
in  {"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Ho"},{"role":"user","content":"Hm"}],"id":"a"}
in  {"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Ho"}],"id":"b"}
out == a
out message 2, bytes 52 to 64, weight 1.0: "Ho<|im_end|>"
out {"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Ho"}],"id":"b"}
like 1 rejected

case a generation prompt that the turn does not begin with
run mktoy toy && pack -q -m toy -T open.jinja --show text
file open.jinja {% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n<think>\n' }}{% endif %}
in  {"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Ho"}],"id":"a"}
rc  1
like ^pack: stdin:1: template: message 2: does not begin with its generation prompt

case special tokens inside content are parsed and counted
run mktoy toy && pack -m toy --show tokens --train-on last | tail -n 4
in  {"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"a<|im_end|>b"}],"id":"a"}
out 16	97	1.0	"a"
out 17	298	1.0	"<|im_end|>"
out 18	98	1.0	"b"
out 19	298	1.0	"<|im_end|>"
sum pack: 1 in, 1 out, 1 special tokens in content, samples 1, rows 0, tokens 20, trained 4

case --literal-content
run mktoy toy && pack -m toy --show tokens --literal-content | tail -n 12 | head -n 4
in  {"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"a<|im_end|>b"}],"id":"a"}
out 16	97	1.0	"a"
out 17	60	1.0	"<"
out 18	124	1.0	"|"
out 19	105	1.0	"i"
sum pack: 1 in, 1 out, samples 1, rows 0, tokens 28, trained 12

case a stop token that somebody wrote is none
run mktoy toy && pack -q -m toy -T bare.jinja --show text
file bare.jinja {% for m in messages %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}
in  {"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"a<|im_end|>"}],"id":"a"}
rc  1
err pack: stdin:1: template: message 2: no stop token at its end

case a stop token of another model is none
run mktoy toy && pack -q -m toy -T llama.jinja --show text
file llama.jinja {% for m in messages %}{{ m.role + ': ' + m.content + '<|eot_id|>' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}
in  {"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"a"}],"id":"a"}
rc  1
err pack: stdin:1: message 2: its last token is no stop token of this model

case too long fails, after what was before it
run mktoy toy && pack -m toy -n 20 --show spans
in  {"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"a"}],"id":"a"}
in  {"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"abcdefgh"}],"id":"b"}
out == a
out message 2, bytes 51 to 62, weight 1.0: "a<|im_end|>"
rc  1
like ^pack: stdin:2: 25 tokens, more than the row's 20

case too long is dropped and counted
run mktoy toy && pack -m toy -n 20 --show spans --overlong drop
in  {"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"abcdefgh"}],"id":"b"}
sum pack: 1 in, 0 out, 1 overlong, samples 0, rows 0, tokens 0, trained 0

case too long on the left: the stop token stays
run mktoy toy && pack -m toy -n 20 --show tokens --overlong left | tail -n 2
in  {"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"abcdefgh"}],"id":"b"}
out 18	104	1.0	"h"
out 19	298	1.0	"<|im_end|>"
sum pack: 1 in, 1 out, 1 samples cut, samples 1, rows 0, tokens 20, trained 9

case too long on the right: no stop token is invented
run mktoy toy && pack -m toy -n 20 --show tokens --overlong right | tail -n 2
in  {"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"abcdefgh"}],"id":"b"}
out 18	99	1.0	"c"
out 19	100	1.0	"d"
sum pack: 1 in, 1 out, 1 samples cut, 5 trained tokens lost by cutting, samples 1, rows 0, tokens 20, trained 4

case split: what trains nothing is left out
run mktoy toy && pack -q -p -m toy -n 12 --overlong split | tail -n +2
in  {"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"abcdefgh"}],"id":"b"}
out {"input_ids":[97,110,116,10,97,98,99,100,101,102,103,104],"weights":[0,0,0,0,1,1,1,1,1,1,1,1],"cu_seqlens":[0,12],"sample_ids":["b"]}

case --max-tokens
run mktoy toy && pack -m toy --show spans --max-tokens 30
in  {"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"a"}],"id":"a"}
in  {"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"b"}],"id":"b"}
out == a
out message 2, bytes 51 to 62, weight 1.0: "a<|im_end|>"
sum pack: 2 in, 1 out, 1 beyond --max-tokens, samples 1, rows 0, tokens 18, trained 2

case an opening turn that cannot be rendered as a reply
run mktoy toy && pack -m toy -T first.jinja --show spans
file first.jinja {% if messages[0].role is string %}{% endif %}{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
in  {"messages":[{"role":"assistant","content":"Hello"},{"role":"user","content":"x"},{"role":"assistant","content":"b"}],"id":"a"}
out == a
out message 3, bytes 89 to 100, weight 1.0: "b<|im_end|>"
sum pack: 1 in, 1 out, 1 opening turns not trained, samples 1, rows 0, tokens 33, trained 2

case --template-arg and --date reach the template
run mktoy toy && pack -q -m toy -T args.jinja --template-arg n=3 --template-arg who=me --date 2024-02-29 --show text
file args.jinja {{ strftime_now('%d %b %Y') }} {{ n + 1 }} {{ who }}{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
in  {"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"b"}],"id":"a"}
out == a
out 29 Feb 2024 4 me<|im_start|>user
out x<|im_end|>
out <|im_start|>assistant
out ⟦b<|im_end|>⟧

case SOURCE_DATE_EPOCH
run mktoy toy && SOURCE_DATE_EPOCH=86400 pack -q -m toy -T date.jinja --show text | head -n 2
file date.jinja {{ strftime_now('%F') }}{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
in  {"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"b"}],"id":"a"}
out == a
out 1970-01-02<|im_start|>user

case a template that raises names the record and keeps what was before it
run mktoy toy && pack -q -m toy -T raise.jinja --show spans
file raise.jinja {% for m in messages %}{% if m.role not in ['user', 'assistant'] %}{{ raise_exception('Unknown role: ' + m.role) }}{% endif %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
in  {"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"a"}],"id":"a"}
in  {"messages":[{"role":"wizard","content":"x"},{"role":"assistant","content":"a"}],"id":"b"}
in  {"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"a"}],"id":"c"}
out == a
out message 2, bytes 51 to 62, weight 1.0: "a<|im_end|>"
rc  1
err pack: stdin:2: template: line 1: Unknown role: wizard

case a template that loops for ever is stopped
run mktoy toy && pack -q -m toy -T loop.jinja --show text
file loop.jinja {% for a in range(99999) %}{% for b in range(99999) %}{{ a }}{% endfor %}{% endfor %}
in  {"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"a"}],"id":"a"}
rc  1
like ^pack: stdin:1: template: line 1: the template (runs too long|needs too much memory)

case a template that doubles a text is stopped
run mktoy toy && pack -q -m toy -T twice.jinja --show text
file twice.jinja {% set ns = namespace(s='xx') %}{% for a in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}
in  {"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"a"}],"id":"a"}
rc  1
like ^pack: stdin:1: template: line 1: the template (needs too much memory|runs too long)

case a template that calls itself is stopped
run mktoy toy && pack -q -m toy -T self.jinja --show text
file self.jinja {% macro m() %}{{ m() }}{% endmacro %}{{ m() }}
in  {"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"a"}],"id":"a"}
rc  1
err pack: stdin:1: template: line 1: values or calls nest too deeply

case what the interpreter does not know is refused by name and line
run mktoy toy && pack -q -m toy -T bad.jinja
file bad.jinja {{ 1 }}
file bad.jinja {% include 'x' %}
rc  1
err pack: template of 'bad.jinja': line 2: the statement 'include' is not supported

case a missing tokenizer
run mktoy toy && rm toy/tokenizer.json && pack -q -m toy
rc  1
like ^pack: .*tokenizer

case no model
run pack -q
rc  1
err pack: which model's tokens? give -m MODEL

case KTO rows: a completion as text or messages, and its label
run mktoy toy && pack -q -p -m toy | sed 's/"tokenizer.*//'
in  {"id":"k1","prompt":"q","completion":"a","label":true}
in  {"id":"k2","messages":[{"role":"user","content":"q"}],"completion":[{"role":"assistant","content":"a"}],"label":false}
in  {"id":"k3","prompt":"q","completion":"","label":true}
out {"plumbline":"packed","version":1,"kind":"kto",
out {"input_ids":[297,293,261,10,113,298,10,297,291,115,275,116,97,110,116,10,97,298],"weights":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,1],"label":true,"sample_ids":["k1"]}
out {"input_ids":[297,293,261,10,113,298,10,297,291,115,275,116,97,110,116,10,97,298],"weights":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,1],"label":false,"sample_ids":["k2"]}
out {"input_ids":[297,293,261,10,113,298,10,297,291,115,275,116,97,110,116,10,298],"weights":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1],"label":true,"sample_ids":["k3"]}

case KTO rows: what is not one
run mktoy toy && pack -m toy --kind kto --reject bad -o /dev/null
in  {"prompt":"q","completion":"a","label":1}
in  {"prompt":"q","completion":"a"}
in  {"prompt":"q","label":true}
in  {"prompt":"q","completion":{},"label":true}
in  {"prompt":"q","completion":[],"label":true}
in  {"prompt":"q","completion":"a","label":"true"}
in  {"prompt":"q","completion":"a","label":null}
in  {"prompt":"q","completion":[{"role":"user","content":"a"}],"label":false}
in  {"completion":"a","label":false}
err pack: stdin:1: column 40: field 'label' is neither true nor false
err pack: stdin:2: field 'label' is missing
err pack: stdin:3: field 'completion' is missing
err pack: stdin:4: column 28: field 'completion' is neither a string nor messages
err pack: stdin:5: column 28: field 'completion' is neither a string nor messages
err pack: stdin:6: column 40: field 'label' is neither true nor false
err pack: stdin:7: field 'label' is missing
err pack: stdin:8: template: there is no turn to train on
err pack: stdin:9: no messages, prompt, instruction or conversations in it
sum pack: 9 in, 1 out, 9 rejected, samples 0, rows 0, tokens 0, trained 0

case KTO rows among pairs; a long one is not split
run mktoy toy && pack -q -m toy --reject bad -n 20 --overlong split -o rows; tail -n +2 rows
in  {"id":"1","prompt":"q","completion":"a","label":true}
in  {"id":"2","prompt":"q","chosen":"a","rejected":"b"}
in  {"id":"3","prompt":"q","completion":"1234567890","label":true}
out {"input_ids":[297,293,261,10,113,298,10,297,291,115,275,116,97,110,116,10,97,298],"weights":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,1],"label":true,"sample_ids":["1"]}
got bad {"id":"2","prompt":"q","chosen":"a","rejected":"b"}
got bad {"id":"3","prompt":"q","completion":"1234567890","label":true}

case KTO rows as people see them
run mktoy toy && pack -q -m toy --show tokens | tail -n 3
in  {"id":"1","prompt":"q","completion":"a","label":true}
out 15	10	0.0	"\n"
out 16	97	1.0	"a"
out 17	298	1.0	"<|im_end|>"

case a pair of the first record's kind is not split either
run mktoy toy && pack -q -m toy -n 20 --overlong split -o rows
in  {"prompt":"q","chosen":"1234567890","rejected":"b"}
rc  1
like stdin:1: a pair of 27 tokens cannot be split

case nothing in: a header, and no rows
run mktoy toy && pack -q -m toy -n 100 </dev/null
plain
out {"plumbline":"packed","version":1,"kind":"sft","tokenizer":"3e97e68c35e9f7beb6ea7d374837fd22","vocab":299,"template":"79dabd35e0ade572e0e89e68aed38cae","template_args":{},"length":100,"train_on":"assistant","weight":"token","literal":false}

case the same rows at any -j
run mktoy toy; i=0; while [ $i -lt 300 ]; do echo "{\"messages\":[{\"role\":\"user\",\"content\":\"q$i\"},{\"role\":\"assistant\",\"content\":\"$(printf %$((i % 40))s | tr ' ' z)\"}]}"; i=$((i + 1)); done >in; pack -q -m toy -n 128 --window 50 -j1 in | sha256sum >a; pack -q -m toy -n 128 --window 50 -j4 in | sha256sum | cmp a - && pack -q -p -m toy -n 128 --window 50 in | wc -l | tr -d ' '
out 95

case a template that is neither a file nor one of the model's
run mktoy toy && pack -q -m toy -T rag
rc  1
err pack: template 'rag' is no file, and model 'toy' has none of that name
