case the first of equal prompts is kept, in input order, byte for byte
run dedup
in  {"prompt":"a",  "n":1}
in  {"prompt":"b","n":2}
in  {"n":3,"prompt":"a"}
in  {"prompt":"A","n":4}
out {"prompt":"a",  "n":1}
out {"prompt":"b","n":2}
out {"prompt":"A","n":4}
sum dedup: 4 in, 3 out, 1 duplicate

case a prompt and the same as messages are equal, escapes and all
run dedup
in  {"prompt":"caf\u00e9"}
in  {"messages":[{"role":"user","content":"café"}]}
out {"prompt":"caf\u00e9"}
sum dedup: 2 in, 1 out, 1 duplicate

case answers belong to the conversation, and not to the prompt
run cat >x; dedup -q x >a; dedup -q -k prompt x >b; cat a b
in  {"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"1"}]}
in  {"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"2"}]}
out {"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"1"}]}
out {"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"2"}]}
out {"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"1"}]}

case folded: case, width, spacing, quotes and punctuation
run dedup -e fold
in  {"prompt":"Say \"Hello\", please!"}
in  {"prompt":"say  “hello” please"}
in  {"prompt":"ＳＡＹ ＨＥＬＬＯ，ＰＬＥＡＳＥ"}
in  {"prompt":"你好，世界。"}
in  {"prompt":"你 好 世 界"}
out {"prompt":"Say \"Hello\", please!"}
out {"prompt":"你好，世界。"}

case folded: signs and numbers count
run dedup -e fold
in  {"prompt":"3 + 4"}
in  {"prompt":"3 - 4"}
in  {"prompt":"3+4?"}
in  {"prompt":"3.5"}
in  {"prompt":"35"}
in  {"prompt":"?!"}
in  {"prompt":"..."}
out {"prompt":"3 + 4"}
out {"prompt":"3 - 4"}
out {"prompt":"3.5"}
out {"prompt":"35"}
out {"prompt":"?!"}
out {"prompt":"..."}

case another field, within an object
run dedup -k labels.topic
in  {"labels":{"topic":"x"},"n":1}
in  {"labels":{"topic":"x"},"n":2}
out {"labels":{"topic":"x"},"n":1}

case the key is missing
run dedup -k text
in  {"text":"a"}
in  {"prompt":"b"}
out {"text":"a"}
err dedup: stdin:2: field 'text' is missing
rc  1

case the key is no string; --reject sets it aside
run dedup -k text --reject bad
in  {"text":"a"}
in  {"text":7}
in  {"text":"a"}
out {"text":"a"}
err dedup: stdin:2: column 9: field 'text' is not a string
got bad {"text":7}
sum dedup: 3 in, 1 out, 1 duplicate, 1 rejected

case the best is kept, and stands where it stood
run dedup --by score
in  {"prompt":"a","score":1}
in  {"prompt":"b"}
in  {"prompt":"a","score":3}
in  {"prompt":"a","score":3.0,"n":1}
in  {"prompt":"b","score":-9}
out {"prompt":"a","score":3}
out {"prompt":"b","score":-9}

case the best by something that is no number
run dedup --by score
in  {"prompt":"a","score":1}
in  {"prompt":"b","score":"high"}
out {"prompt":"a","score":1}
err dedup: stdin:2: column 23: field 'score' is not a number
rc  1

case the longest is kept
run dedup -e fold --tie longest
in  {"prompt":"a b"}
in  {"prompt":"a, b!"}
out {"prompt":"a, b!"}

case near-duplicates: stars around the kept, Chinese too
run dedup --near
in  {"prompt":"Explain in simple words how photosynthesis works in green plants and why it matters."}
in  {"prompt":"Explain in simple words how photosynthesis works in green plants, and why it mattered."}
in  {"prompt":"请详细介绍一下光合作用的过程，以及它对地球生态环境的重要意义。"}
in  {"prompt":"请详细介绍一下光合作用的过程，以及它对地球生态环境的重大意义"}
in  {"prompt":"Explain how to bake bread."}
out {"prompt":"Explain in simple words how photosynthesis works in green plants and why it matters."}
out {"prompt":"请详细介绍一下光合作用的过程，以及它对地球生态环境的重要意义。"}
out {"prompt":"Explain how to bake bread."}
sum dedup: 5 in, 3 out, 2 near-duplicate

case near and the best
run dedup --near --verify --by score
in  {"prompt":"Explain in simple words how photosynthesis works in green plants and why it matters.","score":0.1}
in  {"prompt":"Explain in simple words how photosynthesis works in green plants, and why it mattered.","score":0.2}
out {"prompt":"Explain in simple words how photosynthesis works in green plants, and why it mattered.","score":0.2}

case short texts are not all alike
run dedup --near
in  {"prompt":"hi"}
in  {"prompt":"ho"}
in  {"prompt":"hi!"}
in  {"prompt":"?"}
in  {"prompt":"!"}
in  {"prompt":""}
out {"prompt":"hi"}
out {"prompt":"ho"}
out {"prompt":"?"}
out {"prompt":"!"}
out {"prompt":""}

case the ledger tells of every drop
run dedup --near --verify -n w2 -t 0.5 --ledger led.jsonl --dropped out.jsonl
in  {"id":"x","prompt":"one two three four five"}
in  {"id":"y","prompt":"one two three four six"}
in  {"id":"z","prompt":"One, two, three, four, five."}
out {"id":"x","prompt":"one two three four five"}
got led.jsonl {"id":"y","file":"stdin","line":2,"kept_id":"x","kept_file":"stdin","kept_line":1,"rule":"near","j":0.6}
got led.jsonl {"id":"z","file":"stdin","line":3,"kept_id":"x","kept_file":"stdin","kept_line":1,"rule":"near","j":1.0}
got out.jsonl {"id":"y","prompt":"one two three four six"}
got out.jsonl {"id":"z","prompt":"One, two, three, four, five."}

case the ledger when the best comes later
run dedup --by s --ledger led.jsonl
in  {"id":"x","prompt":"a","s":1}
in  {"id":"y","prompt":"a","s":2}
out {"id":"y","prompt":"a","s":2}
got led.jsonl {"id":"x","file":"stdin","line":1,"kept_id":"y","kept_file":"stdin","kept_line":2,"rule":"exact","j":1.0}

case records that stand in other files
run dedup -e fold --against held.jsonl --against more.jsonl --ledger led.jsonl
file held.jsonl {"id":"h1","prompt":"What is 2+2?"}
file more.jsonl  
file more.jsonl {"prompt":"你好","id":"h2"}
in  {"id":"a","prompt":"what is 2 + 2"}
in  {"id":"b","prompt":"What is 2+3?"}
in  {"id":"c","prompt":"你好！"}
in  {"id":"d","prompt":"What is 2+3?"}
out {"id":"b","prompt":"What is 2+3?"}
got led.jsonl {"id":"a","file":"stdin","line":1,"kept_id":"h1","kept_file":"held.jsonl","kept_line":1,"rule":"against","j":1.0}
got led.jsonl {"id":"c","file":"stdin","line":3,"kept_id":"h2","kept_file":"more.jsonl","kept_line":2,"rule":"against","j":1.0}
got led.jsonl {"id":"d","file":"stdin","line":4,"kept_id":"b","kept_file":"stdin","kept_line":2,"rule":"exact","j":1.0}
sum dedup: 4 in, 1 out, 2 in --against, 1 duplicate

case only what stands in other files
run dedup -e none --against held.jsonl
file held.jsonl {"prompt":"a"}
in  {"prompt":"a"}
in  {"prompt":"b"}
in  {"prompt":"b"}
out {"prompt":"b"}
out {"prompt":"b"}

case a file of --against that is not there
run dedup --against none.jsonl
in  {"prompt":"a"}
err dedup: cannot open 'none.jsonl': No such file or directory
rc  1

case a bad line in a file of --against
run dedup --against held.jsonl
file held.jsonl {"prompt":"a"}
file held.jsonl {"prompt":}
in  {"prompt":"a"}
err dedup: held.jsonl:2: column 11: not a JSON value
rc  1

case a file of --against without the key
run dedup --against held.jsonl
file held.jsonl {"text":"a"}
in  {"prompt":"a"}
like dedup: held.jsonl:1: .*
rc  1

case bad input after good records, two passes: the good ones are written
run dedup --near
in  {"prompt":"a"}
in  {"prompt":
out {"prompt":"a"}
like dedup: stdin:2: column [0-9]*:
rc  1

case no records at all
run dedup --near --verify --ledger led.jsonl
in
sum dedup: 0 in, 0 out, 1 blank

case what comes later is refused by name
run dedup --semantic
in  {"prompt":"a"}
err dedup: --semantic: clusters by meaning are not in this version
rc  2

case stages are refused by name
run dedup --stage sign
in  {"prompt":"a"}
err dedup: --stage: signing and clustering apart are not in this version
rc  2

case a shingle that cannot be
run dedup --near -n w0
in  {"prompt":"a"}
err dedup: --ngram: want c or w and a number from 1 to 64
rc  2

case the same output on one thread and on four
run awk 'BEGIN{for(i=0;i<3000;i++)printf "{\"prompt\":\"item %d of the long list that repeats itself %d\"}\n",i%700,i%900}' >x; dedup --near -q -j1 x >a; dedup --near -q -j4 x >b; cmp a b && echo '{"same":1}'
out {"same":1}
