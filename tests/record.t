case view
run record view -q
in  {"id":"x","messages":[{"role":"user","content":"two\nlines"},{"role":"assistant","content":"short"}],"labels":{"ability":"math"},"ids":[1,2,3]}
in  {"id":"y","a":"\u001b[31m","b":[],"c":{}}
out stdin:1  x
out id: x
out messages[0] user content:
out     two
out     lines
out messages[1] assistant content: short
out labels.ability: math
out ids: [1, 2, 3]
out 
out stdin:2  y
out id: y
out a: \x1b[31m
out b: []
out c: {}

case view a field of the first record
run record view -n1 -f labels.a -f b
in  {"id":"x","labels":{"a":"math"},"b":[1,2,3,4]}
in  {"id":"y"}
out stdin:1  x
out labels.a: math
out b: [1, 2, 3, 4]
sum record view: 1 in, 1 out

case view cuts long lists of numbers
run record view --items 2 -f b
in  {"id":"x","b":[1,2,3,4]}
out stdin:1  x
out b: [1, 2, ... 4 in all]

case sample: so many, in order, the same for a seed
run seq 1000 | sed 's/.*/{"n":&}/' >a; record sample -qp -n 20 --seed 3 a >b; record sample -qp -j1 -n 20 --seed 3 a | cmp - b; wc -l <b; sort -t: -k2n b | cmp - b; record sample -qp -n 20 --seed 4 a | cmp -s - b; echo $?
out 20
out 1

case sample: more than there are
run record sample -n 5
in  {"a":1}
in  {"a":2}
out {"a":1}
out {"a":2}

case sample by rate
run seq 2000 | sed 's/.*/{"n":&}/' | record sample -qp -r 0.5 | wc -l | sed 's/^\(9[0-9][0-9]\|10[0-9][0-9]\)$/about half/'
out about half

case sample needs to know how many
run record sample
rc  2
err record sample: one of --number and --rate is needed
err usage: record sample [options] -n N | -r P [file ...]

case split by ratio: an id goes to one side, whatever is around it
run seq 500 | sed 's/.*/{"id":"i&"}/' >a; record split -q --ratio train=0.8,test=0.2 --into '%.jsonl' a; cat train.jsonl test.jsonl | sort | uniq | wc -l; head -n 3 test.jsonl >b; record split -q --ratio train=0.8,test=0.2 --into 'b-%.jsonl' b; cmp b b-test.jsonl; wc -c <b-train.jsonl
out 500
out 0

case split into parts of N
run record split -q -n 2 --into '%.jsonl'; cat 00000.jsonl; echo; cat 00001.jsonl
in  {"a":1}
in  {"a":2}
in  {"a":3}
out {"a":1}
out {"a":2}
out 
out {"a":3}

case split by a field
run record split --by l --into 'x-%.jsonl'
in  {"l":"a/b","n":1}
in  {"l":"c","n":2}
in  {"l":"a/b","n":3}
got x-a%2Fb.jsonl {"l":"a/b","n":1}
got x-a%2Fb.jsonl {"l":"a/b","n":3}
got x-c.jsonl {"l":"c","n":2}
sum record split: 3 in, 0 out, a/b 2, c 1

case split: after a bad record there are parts of parts
run record split --by l --into 'x-%.jsonl' || ls
in  {"l":"a"}
in  {"n":2}
out x-a.jsonl.partial
err record split: stdin:2: field 'l' is missing

case split: shares
run record split --ratio a=0.5,b=0.6 -o x || (rc=$?; ls; exit $rc)
rc  2
err record split: the shares of --ratio do not add up to 1
err usage: record split [options] --ratio R | -n N | --by FIELD [file ...]

case count
run record count
in  {"a":1}
in  {"a":2}
out        2

case count by fields
run record count --by l.a --by b
in  {"l":{"a":"x"},"b":1}
in  {"l":{"a":"y"}}
in  {"l":{"a":"x"},"b":1}
out        2	x	1
out        1	y	-

case count as JSON
run record count --by a --json
in  {"a":"x"}
out {"n":1,"a":"x"}

case diff
run record diff old new
file old {"id":"a","x":1,"y":"one"}
file old {"id":"b"}
file old {"id":"c"}
file new {"id":"c"}
file new {"id":"a","y":"two\nlines","z":[1]}
file new {"id":"d"}
out ~ a
out     x: 1 -> (none)
out     y: one -> two\x0alines
out     z: (none) -> [1]
out + d
out - b
sum record diff: 6 in, 6 out, 1 changed, 1 added, removed 1

case diff wants two files
run record diff a
file a {}
rc  2
err record diff: two files are needed
err usage: record diff [options] old new

case convert Alpaca to messages
run record convert
in  {"instruction":"i","input":"n","output":"o","system":"s","k":1}
out {"k":1,"messages":[{"role":"system","content":"s"},{"role":"user","content":"i\nn"},{"role":"assistant","content":"o"}]}

case convert ShareGPT to messages and back
run record convert -q | record convert -q -t sharegpt
in  {"id":"x","conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"a \u00e9"}]}
out {"id":"x","conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"a é"}]}

case convert to Alpaca
run record convert -t alpaca
in  {"messages":[{"role":"user","content":"q1"},{"role":"assistant","content":"a1"},{"role":"user","content":"q2"},{"role":"assistant","content":"a2"}]}
out {"history":[["q1","a1"]],"instruction":"q2","input":"","output":"a2"}

case what Alpaca has no place for
run record convert -t alpaca
in  {"messages":[{"role":"user","content":"q"},{"role":"tool","content":"t"}]}
rc  1
err record convert: stdin:1: column 44: not user and assistant in turn, text alone

case convert to a batch of OpenAI's and back
run record convert -q -t openai --model m >a; zstd -dc a; record convert -qp a
in  {"id":"x","messages":[{"role":"user","content":"q"}],"labels":{}}
out {"custom_id":"x","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"q"}]}}
out {"id":"x","messages":[{"role":"user","content":"q"}]}

case answers of a batch become responses
run record convert
in  {"id":"b","custom_id":"x","response":{"status_code":200,"body":{"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}]}},"error":null}
out {"id":"x","responses":[{"content":"a","model":"m","finish":"stop"}]}

case convert pairs to TRL
run record convert -t trl
in  {"prompt":"p","chosen":"c","rejected":[{"role":"assistant","content":"r"}],"margin":2}
out {"prompt":[{"role":"user","content":"p"}],"chosen":[{"role":"assistant","content":"c"}],"rejected":[{"role":"assistant","content":"r"}],"margin":2}

case convert pairs to TRL, texts alone
run record convert -t trl-text
in  {"messages":[{"role":"user","content":"p"}],"chosen":[{"role":"assistant","content":"c"}],"rejected":"r"}
out {"chosen":"c","rejected":"r","prompt":"p"}

case convert pairs to responses with people's scores
run record convert -t responses
in  {"id":1,"prompt":"p","chosen":[{"role":"assistant","content":"c"}],"rejected":"r"}
in  {"chosen":[{"role":"user","content":"p"},{"role":"assistant","content":"c"}],"rejected":[{"role":"user","content":"p"},{"role":"assistant","content":"r"}]}
out {"id":1,"responses":[{"content":"c","scores":{"human":1}},{"content":"r","scores":{"human":0}}],"messages":[{"role":"user","content":"p"}]}
out {"responses":[{"content":"c","scores":{"human":1}},{"content":"r","scores":{"human":0}}],"messages":[{"role":"user","content":"p"}]}

case but not over responses that are there, nor without a pair
run record convert -p -t responses a.jsonl --reject b.jsonl; wc -l <b.jsonl
file a.jsonl {"prompt":"p","responses":[],"chosen":"c","rejected":"r"}
file a.jsonl {"prompt":"p","chosen":"c"}
out 2
like a.jsonl:1: column 27: it has responses already

case a conversation to TRL: prompt and completion
run record convert -t trl
in  {"messages":[{"role":"user","content":"p"},{"role":"assistant","content":"c"}]}
out {"completion":[{"role":"assistant","content":"c"}],"prompt":[{"role":"user","content":"p"}]}

case TRL's implicit prompt
run record convert
in  {"chosen":[{"role":"user","content":"p"},{"role":"assistant","content":"c"}],"rejected":[{"role":"user","content":"p"},{"role":"assistant","content":"r"}]}
out {"chosen":[{"role":"assistant","content":"c"}],"rejected":[{"role":"assistant","content":"r"}],"messages":[{"role":"user","content":"p"}]}

case no command
run record
rc  2
like ^usage: record view\|sample\|split\|count\|diff\|convert 

case a command that is not there
run record shuf
rc  2
like ^record: unknown command 'shuf'$

case completions
run record --completion bash >c; bash -c '. ./c; COMP_WORDS=(record sp); COMP_CWORD=1; _record record sp; echo $COMPREPLY; COMP_WORDS=(record split --in); COMP_CWORD=2; _record record --in; echo $COMPREPLY'; pass --completion bash | grep -c -e "--output -o .* pass$"
out split
out --into
out 1
