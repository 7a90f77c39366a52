case responses are added, everything else stays
run mktoy m && respond -p -m m --max-tokens 3 -t 0 --dtype f32 | sed 's/"content":"[^"]*"/"content":""/; s/"logprob":-[0-9.]*/"logprob":0/'
in  {"prompt": "a",  "x" : 1.50}
out {"prompt": "a",  "x" : 1.50,"responses":[{"content":"","model":"m","seed":0,"finish":"length","tokens":3,"logprob":0}]}

case responses that are there are kept
run mktoy m && respond -m m
in  {"prompt":"a","responses":[{"content":"b"}]}
out {"prompt":"a","responses":[{"content":"b"}]}
sum respond: 1 in, 1 out, 1 kept responses, tokens_prompt 0, tokens_drawn 0, tokens_per_second 0.0

case unless they are to be replaced
run mktoy m && respond -p -m m --overwrite --max-tokens 1 -n 2 | grep -c '"content".*"content"'
in  {"prompt":"a","responses":[{"content":"b"}]}
out 1
like 1 in, 1 out, tokens_prompt

case a trailing assistant turn is not asked
run mktoy m && respond -p -m m --ids --max-tokens 1 a.jsonl b.jsonl | sed 's/.*"prompt_ids":\(.*\)}$/\1/' | uniq | wc -l
file a.jsonl {"prompt":"a b"}
file b.jsonl {"messages":[{"role":"user","content":"a b"},{"role":"assistant","content":"c"}]}
out 1

case parts of a content are one text
run mktoy m && respond -p -m m --ids --max-tokens 1 a.jsonl b.jsonl | sed 's/.*"prompt_ids":\(.*\)}$/\1/' | uniq | wc -l
file a.jsonl {"prompt":"a b"}
file b.jsonl {"messages":[{"role":"user","content":[{"type":"text","text":"a "},{"type":"text","text":"b"}]}]}
out 1

case the stop token counts and is no text
run mktoy m && respond -p -m m -n 40 --ids --max-tokens 200 --seed 3 | tr '{' '\n' | grep '"finish":"stop"' | grep -cv '298\],"logps"'
in  {"prompt":"a"}
out 0
rc  1

case without it responses go on
run mktoy m && respond -p -m m -n 40 --ids --max-tokens 50 --ignore-eos | grep -c '"finish":"stop"'
in  {"prompt":"a"}
out 0
rc  1

case a stop string ends the text before it
run mktoy m && respond -p -m m -t 0 --dtype f32 --max-tokens 30 --stop DD | sed 's/"logprob.*//; s/.*"content"/"content"/; s/[^ -~]*//g'
in  {"prompt":"the"}
out "content":"","model":"m","seed":0,"finish":"stop","tokens":19,

case an empty stop string
run mktoy m && respond -m m --stop ''
err respond: an empty --stop would stop at once
rc  1

case several models, in order
run mktoy m && cp -r m n && respond -p -m m -m n --max-tokens 1 | grep -o '"model":"[mn]"'
in  {"prompt":"a"}
out "model":"m"
out "model":"n"

case no model
run respond
in  {"prompt":"a"}
err respond: no model: give one with -m
rc  1

case a server cannot tell ids
run respond -m http://localhost/v1#x --ids
err respond: model 'http://localhost/v1#x' is a server: --ids needs its tokens
rc  1

case nor has its tokens another likelihood
run respond -m http://localhost/v1#x --logit-bias 7=1
err respond: model 'http://localhost/v1#x' is a server: --logit-bias needs its tokens
rc  1

case templates are for models that run here
run respond -m http://localhost/v1#x -T t
err respond: --template is for models that run here, and there is none
rc  1

case and what is for servers needs one
run mktoy m && respond -m m --budget 5
err respond: --budget is for servers, and no model is one
rc  1

case an address without a model
run respond -m http://localhost/v1
err respond: 'http://localhost/v1' names no model: it ends in '#' and a name
rc  1

case a password in an address is refused, and not shown
run respond -m http://me:secret@localhost/v1#x
err respond: an address with a user or a password in it is refused: keys come from the environment
rc  1

case names for models
run mktoy m && respond -p --models models.conf -m small --max-tokens 1 | grep -o '"model":"small"'
file models.conf # two of them
file models.conf   small = m
file models.conf large = https://example.org/v1#large key=LARGE_KEY concurrency=4 rate=60 limit=max_completion_tokens
in  {"prompt":"a"}
out "model":"small"

case a key that is not set
run respond --models models.conf -m large
file models.conf large = https://example.org/v1#large key=NOBODY_HAS_SET_THIS
err respond: model 'large': the variable that its key= names is not set
rc  1

case a key in the file is refused, and not shown
run respond --models models.conf -m large
file models.conf large = https://example.org/v1#large key=sk-secret
err respond: models.conf:1: key= wants the name of a variable of the environment, not a key
rc  1

case a name that is there twice
run respond --models models.conf -m a
file models.conf a = b
file models.conf a = c
err respond: models.conf:2: 'a' is there twice
rc  1

case a line without a model
run respond --models models.conf -m a
file models.conf a=b
err respond: models.conf:1: a line is NAME = MODEL, with blanks
rc  1

case log-probabilities without ids
run mktoy m && respond -p -m m --max-tokens 2 --logprobs | grep -o '"tokens":2,"logprob":-[0-9.]*,"logps":\[-[0-9.]*,-[0-9.]*\]}' | wc -l
in  {"prompt":"a"}
out 1

case responses without errors have nothing to ask again
run mktoy m && respond -p -m m --retry-failed
in  {"prompt":"a","responses":[{"content":"b","model":"m"},{"error":"x","model":"other"}]}
out {"prompt":"a","responses":[{"content":"b","model":"m"},{"error":"x","model":"other"}]}
like 1 in, 1 out, 1 kept errors of other models, 1 kept responses,

case an error is asked again, in its place
run mktoy m && respond -p -m m --retry-failed -t 0 --max-tokens 1 | sed 's/"content":"[^"b]*"/"content":""/; s/"logprob":-[0-9.]*/"logprob":0/'
in  {"prompt":"a","responses":[{"content":"b","model":"m"},{"error":"x","model":"m"},{"content":"b","model":"n"}]}
out {"prompt":"a","responses":[{"content":"b","model":"m"},{"content":"","model":"m","seed":0,"finish":"length","tokens":1,"logprob":0},{"content":"b","model":"n"}]}
like 1 in, 1 out, 1 asked again,

case a model without a template
run mktoy m && sed -i 's/"chat_template"/"no_template"/' m/tokenizer_config.json && respond -m m
err respond: model 'm' has no chat template; give one with -T
rc  1

case a template from a file
run mktoy m && respond -p -m m -T t.jinja --ids --max-tokens 1 | sed 's/.*"prompt_ids"/"prompt_ids"/'
file t.jinja {{ messages[0].content }}!
in  {"prompt":"!"}
out "prompt_ids":[33,33]}

case a template that does not parse
run mktoy m && respond -m m -T t.jinja
file t.jinja {{ messages
like respond: template of 't.jinja': .
rc  1

case a template that raises: what came before is there
run mktoy m && respond -p -m m -T t.jinja --max-tokens 1 | grep -c responses
file t.jinja {% if messages|length > 1 %}{{ raise_exception('one turn only') }}{% endif %}{{ messages[0].content }}
in  {"prompt":"a"}
in  {"messages":[{"role":"user","content":"b"},{"role":"user","content":"c"}]}
in  {"prompt":"d"}
out 1
like respond: stdin:2: template: .*one turn only

case set aside, the others go on
run mktoy m && respond -p -m m -T t.jinja --reject bad.jsonl --max-tokens 1 | grep -c responses
file t.jinja {% if messages|length > 1 %}{{ raise_exception('one turn only') }}{% endif %}{{ messages[0].content }}
in  {"prompt":"a"}
in  {"messages":[{"role":"user","content":"b"},{"role":"user","content":"c"}]}
in  {"prompt":"d"}
out 2
got bad.jsonl {"messages":[{"role":"user","content":"b"},{"role":"user","content":"c"}]}
like respond: stdin:2: template: .*one turn only

case a template that loops for ever
run mktoy m && respond -m m -T t.jinja --max-tokens 1
file t.jinja {% for i in range(1000000) %}{% for j in range(1000000) %}{% endfor %}{% endfor %}
in  {"prompt":"a"}
like respond: stdin:1: template: .
rc  1

case a prompt longer than the context
run mktoy m && respond -m m long.jsonl; true
file long.jsonl {"prompt":"1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0"}
like respond: long.jsonl:1: the prompt has [0-9]* tokens; the model's context is 512

case a model with fewer rows than the tokeniser has ids
run mktoy m && sed -i 's/"added_tokens": \[/&{"id": 299, "content": "<x>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},/' m/tokenizer.json && respond -m m
like respond: model 'm': the tokenizer has 300 ids, but the model's vocabulary is 299
rc  1

case one id more is Gemma's, which has pictures elsewhere
run mktoy -a gemma3 m && sed -i 's/"added_tokens": \[/&{"id": 299, "content": "<x>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},/' m/tokenizer.json && respond -p -m m --max-tokens 1 a.jsonl | wc -l; respond -m m b.jsonl >none
file a.jsonl {"prompt":"a"}
file b.jsonl {"prompt":"a <x>"}
out 1
like respond: b.jsonl:1: .*outside the model's vocabulary of 299
rc  1

case a cache of a newer version
run mktoy m && respond -q -m m --max-tokens 1 --cache a.db a.jsonl >/dev/null && printf '\000\000\000\011' | dd of=a.db bs=1 seek=60 conv=notrunc 2>/dev/null && respond -m m --cache a.db a.jsonl
file a.jsonl {"prompt":"a"}
err respond: cache 'a.db' has version 9; this program reads up to 1
rc  1

case no conversation
run mktoy m && respond -m m
in  {"x":1}
like respond: stdin:1: .
rc  1

case a kernel that is not there
run mktoy m && respond -m m --kernel nosuch
err respond: model 'm': kernel 'nosuch': there is no such kernel
rc  1

case an option that is not there
run respond --beam 4
like respond: unknown option '--beam'
rc  2

case special tokens in content are parsed and counted
run mktoy m && respond -m m --max-tokens 1 -o x
in  {"prompt":"a<|im_end|>b"}
like 1 in, 1 out, 1 special tokens in content,

case or text like any other
run mktoy m && respond -m m --max-tokens 1 --literal-content --ids -p | grep -o '"prompt_ids":.*' | tr , '\n' | grep -c 298
in  {"prompt":"a<|im_end|>b"}
out 1

case --serve: what is for records is not for it
run respond -m m --serve localhost:0 -o x
err respond: options '--serve' and '--output' exclude each other
err usage: respond [options] [file ...]
rc  2

case --serve: nor are records themselves
run respond -m m --serve localhost:0 in.jsonl
like respond: unexpected operand 'in.jsonl'
rc  2

case --serve: requests say how many they want
run mktoy m && respond -m m --serve localhost:0 -n 4
like respond: -n, --ids, --top-logprobs and --prompt-logprobs are for records
rc  2

case --serve: no model
run respond --serve localhost:0
err respond: no model: give one with -m
rc  1

case --serve: an address without a port
run mktoy m && respond -m m --serve localhost
like (respond: --serve: 'localhost' is not HOST:PORT|libmicrohttpd)
rc  1

case --serve: a port that is none
run mktoy m && respond -m m --serve localhost:65536
like (respond: --serve: 'localhost:65536' is not HOST:PORT|libmicrohttpd)
rc  1

case --serve: an IPv6 address without brackets
run mktoy m && respond -m m --serve ::1:80
like (respond: --serve: '::1:80' is not HOST:PORT|libmicrohttpd)
rc  1

case --serve: a host that is none
run mktoy m && respond -m m --serve no.such.host.invalid:80
like (respond: --serve: host 'no.such.host.invalid': |libmicrohttpd)
rc  1

case --serve: limits within reason
run for o in max-requests max-body idle drain; do respond -m m --serve localhost:0 --$o -1 2>&1; done | grep 'bad value'
out respond: bad value '-1' for --max-requests: between 1 and 4096
out respond: bad value '-1' for --max-body: between 1 and 1024
out respond: bad value '-1' for --idle: between 1 and 86400
out respond: bad value '-1' for --drain: between 0 and 86400

case --serve: a date that is none is told before anyone asks
run mktoy m && respond -m m --serve localhost:0 --date yesterday
like (respond: .*yesterday|libmicrohttpd)
rc  1

case held to a schema
run mktoy m && respond -p -m m -n 8 --max-tokens 90 --schema s.json --seed 2 | tr '{' '\n' | grep -c '"score..:[ n.\\]*[0-9]'
file s.json {"type":"object","properties":{"reason":{"enum":["good","bad"]},"score":{"type":"integer","minimum":1,"maximum":10}},"required":["reason","score"],"additionalProperties":false}
in  {"prompt":"a"}
out 8

case whatever else is drawn beside it
run mktoy m && for b in 1 5; do respond -q -m m -n 3 --max-tokens 40 --schema s.json --batch $b -o $b.jsonl a.jsonl; done; cmp 1.jsonl 5.jsonl
file s.json {"type":"array","items":{"type":"string","maxLength":3},"maxItems":3}
file a.jsonl {"prompt":"a"}
file a.jsonl {"prompt":"b"}

case held to any object, the most likely one
run mktoy m && respond -p -m m -t 0 --max-tokens 60 --json --dtype f32 | grep -o '"content":"{.*"finish":"[a-z]*"' | cut -c1-12
in  {"prompt":"a"}
out "content":"{

case a schema that is none
run mktoy m && respond -m m --schema s.json
file s.json {"type":"string","pattern":"a"}
err respond: s.json: schema: #: 'pattern' is not there yet for writing
rc  1

case a schema and the wish to go on
run respond -m m --json --ignore-eos
like respond: --json, --schema, --ignore-eos and --min-tokens
rc  2

case at least so many tokens
run mktoy m && respond -p -m m -n 40 --min-tokens 20 --max-tokens 60 --ids --seed 3 | grep -o '"finish":"stop","tokens":[0-9]*' | awk -F: '$3 < 21 { bad = 1 } END { print (NR > 2), bad + 0 }'
in  {"prompt":"a"}
out 1 0

case a bias that forbids, by text and by number
run mktoy m && respond -p -m m -n 40 --logit-bias '<|im_end|>=-1000' --logit-bias 298=-1 --max-tokens 60 | grep -c '"finish":"stop"'
in  {"prompt":"a"}
out 0
rc  1

case a bias that decides
run mktoy m && respond -p -m m --logit-bias 'he=1000' --max-tokens 3 | grep -o '"content":"[a-z]*"'
in  {"prompt":"a"}
out "content":"hehehe"

case a bias of what is more than a token
run mktoy m && respond -m m --logit-bias 'xyz=1'
err respond: --logit-bias: 'xyz' is 3 tokens of 'm', not one
rc  1

case a bias without a number
run mktoy m && respond -m m --logit-bias the=
err respond: --logit-bias 'the=' is not TOKEN=X, X from -1000 to 1000
rc  1

case weights of 8 bits
run mktoy m && respond -p -m m --weights int8 --max-tokens 4 -v | grep -c '"tokens":4'
in  {"prompt":"a"}
out 1
like kernel [a-z0-9]*, f32,

case weights of 8 bits are not multiplied as bf16
run mktoy m && respond -m m --weights int8 --dtype bf16
err respond: --weights int8 is multiplied in f32: not with --dtype bf16
rc  1

case the likeliest tokens, greedy ones first, from the cache too
run mktoy m && for i in 1 2; do respond -q -m m -t 0 --dtype f32 --max-tokens 3 --ids --top-logprobs 2 --cache a.db -o $i.jsonl a.jsonl; done; cmp 1.jsonl 2.jsonl; sed 's/.*"ids":\[\([0-9]*\),.*"logps":\[\([^,]*\),.*"top_logps":\[\[\[\([0-9]*\),\([^]]*\)\].*/\1 \3 \2 \4/' 1.jsonl | awk '{ print $1 == $2, $3 == $4 }'
file a.jsonl {"prompt":"a"}
out 1 1

case how likely the prompt is
run mktoy m && respond -p -m m --max-tokens 1 --prompt-logprobs --dtype f32 | tr '"' '\n' | awk '/^:\[/ { n[++k] = gsub(",", ","); if (/null,-[0-9.]*,-/) good = 1 } END { print n[2] == n[3] + 1, good }'
in  {"prompt":"a"}
out 1 1
