case best and worst by gold, ties by quality
run prefpair
in  {"prompt":"p","x":1,"responses":[{"content":"a b c","scores":{"gold":1,"quality":0.5}},{"content":"d e f","scores":{"gold":0,"quality":0.9}},{"content":"g h i","scores":{"gold":1,"quality":0.75}}]}
out {"prompt":"p","x":1,"chosen":"g h i","rejected":"d e f","margin":1.0,"score_chosen":1.0,"score_rejected":0.0}
sum prefpair: 1 in, 1 out, length ratio 1.0000, chosen longer 0.0000

case gold is not trusted
run prefpair --trust none
in  {"prompt":"p","responses":[{"content":"a b c","scores":{"gold":1,"quality":0.5}},{"content":"d e f","scores":{"gold":0,"quality":0.75}}]}
out {"prompt":"p","chosen":"d e f","rejected":"a b c","margin":0.25,"score_chosen":0.75,"score_rejected":0.5}

case a score by name; true is 1
run prefpair -s ok
in  {"prompt":"p","responses":[{"content":"a","scores":{"ok":false,"gold":1}},{"content":"b","scores":{"ok":true,"gold":0}}]}
out {"prompt":"p","chosen":"b","rejected":"a","margin":1.0,"score_chosen":1.0,"score_rejected":0.0}

case equal scores: the first is the best, the last the worst
run prefpair -s q
in  {"prompt":"p","responses":[{"content":"a","scores":{"q":2}},{"content":"b","scores":{"q":2}},{"content":"c","scores":{"q":1}},{"content":"d","scores":{"q":1}}]}
out {"prompt":"p","chosen":"a","rejected":"d","margin":1.0,"score_chosen":2.0,"score_rejected":1.0}

case prompts that teach nothing are dropped, each with its reason
run prefpair --margin 0.2 --all-high 0.8
in  {"prompt":"1","responses":[]}
in  {"prompt":"2"}
in  {"prompt":"3","responses":[{"content":"a"}]}
in  {"prompt":"4","responses":[{"content":"a","scores":{"quality":0.5}}]}
in  {"prompt":"5","responses":[{"content":"a","scores":{"quality":0.5}},{"content":"b","scores":{"quality":0.5}}]}
in  {"prompt":"6","responses":[{"content":"a","scores":{"quality":0.5}},{"content":"b","scores":{"quality":0.625}}]}
in  {"prompt":"7","responses":[{"content":"a","scores":{"quality":1}},{"content":"b","scores":{"quality":0.8}}]}
in  {"prompt":"8","responses":[{"content":"the same words again","scores":{"quality":1}},{"content":"The same words, again.","scores":{"quality":0.1}}]}
sum prefpair: 8 in, 0 out, 2 no responses, 1 no scored response, 1 fewer than two scored responses, 2 scores equal or within --margin, 1 all high, 1 near-copies

case a near-copy gives way to the next worst
run prefpair
in  {"prompt":"p","responses":[{"content":"the same words again","scores":{"quality":1}},{"content":"The same words, again!","scores":{"quality":0.25}},{"content":"others","scores":{"quality":0.5}}]}
out {"prompt":"p","chosen":"the same words again","rejected":"others","margin":0.5,"score_chosen":1.0,"score_rejected":0.5}

case as messages; an answer that stood there goes
run prefpair -f
in  {"messages":[{"role":"user","content":"p", "name":"u"},{"role":"assistant","content":"old"}],"responses":[{"content":"a","scores":{"quality":1}},{"content":"b","scores":{"quality":0}}]}
out {"prompt":[{"role":"user","content":"p", "name":"u"}],"chosen":[{"role":"assistant","content":"a"}],"rejected":[{"role":"assistant","content":"b"}],"margin":1.0,"score_chosen":1.0,"score_rejected":0.0}

case the best as the assistant's turn
run prefpair --best --min-score 0.5
in  {"prompt":"p","responses":[{"content":"a\n","scores":{"quality":0.5}},{"content":"b","scores":{"quality":0.25}}]}
in  {"prompt":"q","responses":[{"content":"a","scores":{"quality":0.25}}]}
out {"prompt":"p","messages":[{"role":"user","content":"p"},{"role":"assistant","content":"a\n"}],"score_chosen":0.5}
sum prefpair: 2 in, 1 out, 1 best below --min-score

case Alpaca fields become messages
run prefpair --best
in  {"instruction":"do","input":"it","output":"old","responses":[{"content":"a","scores":{"quality":1}}]}
out {"instruction":"do","input":"it","output":"old","messages":[{"role":"user","content":"do\nit"},{"role":"assistant","content":"a"}],"score_chosen":1.0}

case a row for each response
run prefpair --kto 0.5
in  {"prompt":"p","responses":[{"content":"a","scores":{"quality":0.25}},{"content":"b","scores":{"quality":0.75}}]}
in  {"id":"k","prompt":"p","responses":[{"content":"the same words again","scores":{"quality":0.25}},{"content":"The same words, again!","scores":{"quality":0.75}},{"content":"x"}]}
out {"prompt":"p","id":"f5b4fdc29431b4a3acf9c8bfc123ce3b#2","completion":"b","label":true,"score":0.75}
out {"prompt":"p","id":"f5b4fdc29431b4a3acf9c8bfc123ce3b#1","completion":"a","label":false,"score":0.25}
out {"id":"k#2","prompt":"p","completion":"The same words, again!","label":true,"score":0.75}
sum prefpair: 2 in, 3 out, 3 rows, 1 near-copies

case responses are kept where wanted
run prefpair --best -k
in  {"prompt":"p","responses":[{"content":"a","scores":{"quality":1}}]}
out {"prompt":"p","responses":[{"content":"a","scores":{"quality":1}}],"messages":[{"role":"user","content":"p"},{"role":"assistant","content":"a"}],"score_chosen":1.0}

case two kinds of output at once
run prefpair --best --kto 1
in  {"prompt":"p"}
err prefpair: --best and --kto exclude each other
err usage: prefpair [options] [file ...]
rc  2

case options that go with others
run for o in '-S 1' '--rewrite x' '--chosen-from policy' '--policy m' '--by f' '--guideline g' '--critique' '--scale 5' '--sft x' '--from-annotated --schema shp' '--from-annotated --to-annotate d'; do prefpair $o 2>&1 | grep -v usage; done; ls
out prefpair: --min-score goes with --best
out prefpair: --rewrite needs --all-low
out prefpair: --chosen-from and --rejected-from need --policy
out prefpair: --policy needs --chosen-from or --rejected-from
out prefpair: --by goes with --to-annotate
out prefpair: --guideline goes with --to-annotate
out prefpair: --critique goes with --to-annotate
out prefpair: --scale goes with --to-annotate
out prefpair: --sft goes with --from-annotated
out prefpair: --from-annotated and --schema exclude each other
out prefpair: --to-annotate and --from-annotated exclude each other

case a score that is no number
run prefpair
in  {"prompt":"p","responses":[{"content":"a","scores":{"quality":1}},{"content":"b","scores":{"quality":0}}]}
in  {"prompt":"p","responses":[{"content":"a","scores":{"quality":"1"}}]}
out {"prompt":"p","chosen":"a","rejected":"b","margin":1.0,"score_chosen":1.0,"score_rejected":0.0}
like prefpair: stdin:2: column [0-9]*: score 'quality' is not a number
rc  1

case responses that are no list, a response without content
run prefpair --reject bad
in  {"prompt":"p","responses":{}}
in  {"prompt":"p","responses":[{"scores":{"quality":1}}]}
in  {"prompt":"p","responses":["a"]}
in  {"responses":[{"content":"a"}]}
err prefpair: stdin:1: column 26: field 'responses' is not a list
err prefpair: stdin:2: column 27: a response has no content string
err prefpair: stdin:3: column 27: a response is not an object
like stdin:4
sum prefpair: 4 in, 0 out, 4 rejected

case all pairs over a margin; ties and near-copies never paired; ids are told apart
run prefpair --pairs all --margin 1
in  {"id":"r","prompt":"p","responses":[{"content":"one two three","model":"m1","scores":{"quality":3}},{"content":"four","scores":{"quality":1}},{"content":"five six","model":"m2","scores":{"quality":2.5}},{"content":"One, two, three","scores":{"quality":2}},{"content":"seven","scores":{"quality":1}}]}
out {"id":"r#1-2","prompt":"p","chosen":"one two three","rejected":"four","margin":2.0,"score_chosen":3.0,"rank_chosen":1,"model_chosen":"m1","score_rejected":1.0,"rank_rejected":4}
out {"id":"r#1-5","prompt":"p","chosen":"one two three","rejected":"seven","margin":2.0,"score_chosen":3.0,"rank_chosen":1,"model_chosen":"m1","score_rejected":1.0,"rank_rejected":4}
out {"id":"r#3-2","prompt":"p","chosen":"five six","rejected":"four","margin":1.5,"score_chosen":2.5,"rank_chosen":2,"model_chosen":"m2","score_rejected":1.0,"rank_rejected":4}
out {"id":"r#3-5","prompt":"p","chosen":"five six","rejected":"seven","margin":1.5,"score_chosen":2.5,"rank_chosen":2,"model_chosen":"m2","score_rejected":1.0,"rank_rejected":4}

case adjacent ranks: one pair for two neighbouring scores, past a near-copy
run prefpair -p -P adjacent | sed 's/,"margin.*//'
in  {"id":"r","prompt":"p","responses":[{"content":"one two three","scores":{"quality":3}},{"content":"four","scores":{"quality":1}},{"content":"One, two, three","scores":{"quality":2}},{"content":"five six","scores":{"quality":1}},{"content":"seven","scores":{"quality":0}}]}
out {"id":"r#1-4","prompt":"p","chosen":"one two three","rejected":"five six"
out {"id":"r#2-5","prompt":"p","chosen":"four","rejected":"seven"

case what is dropped in every way of pairing
run for p in best all adjacent; do prefpair -P $p -m 0.2 -a 0.8 -o /dev/null in.jsonl; done
file in.jsonl {"prompt":"3","responses":[{"content":"a"}]}
file in.jsonl {"prompt":"4","responses":[{"content":"a","scores":{"quality":0.5}}]}
file in.jsonl {"prompt":"5","responses":[{"content":"a","scores":{"quality":0.5}},{"content":"b","scores":{"quality":0.5}}]}
file in.jsonl {"prompt":"6","responses":[{"content":"a","scores":{"quality":0.5}},{"content":"b","scores":{"quality":0.625}}]}
file in.jsonl {"prompt":"7","responses":[{"content":"a","scores":{"quality":1}},{"content":"b","scores":{"quality":0.8}}]}
file in.jsonl {"prompt":"8","responses":[{"content":"the same words again","scores":{"quality":1}},{"content":"The same words, again.","scores":{"quality":0.1}}]}
err prefpair: 6 in, 0 out, 1 no scored response, 1 fewer than two scored responses, 2 scores equal or within --margin, 1 all high, 1 near-copies
err prefpair: 6 in, 0 out, 1 no scored response, 1 fewer than two scored responses, 2 scores equal or within --margin, 1 all high, 1 near-copies
sum prefpair: 6 in, 0 out, 1 no scored response, 1 fewer than two scored responses, 2 scores equal or within --margin, 1 all high, 1 near-copies

case all high and within the margin hold for KTO rows and SFT records too
run prefpair -K 1 -a 0.8 -m 0.2; prefpair -b -a 0.8 -m 0.2 in.jsonl
file in.jsonl {"prompt":"7","responses":[{"content":"a","scores":{"quality":1}},{"content":"b","scores":{"quality":0.8}}]}
in  {"prompt":"6","responses":[{"content":"a","scores":{"quality":0.5}},{"content":"b","scores":{"quality":0.625}}]}
err prefpair: 1 in, 0 out, 1 scores equal or within --margin
sum prefpair: 1 in, 0 out, 1 all high

case all-low prompts are set aside as they are
run prefpair --all-low 0.5 --rewrite low.jsonl
in  {"prompt":"p", "responses":[{"content":"a","scores":{"quality":0.4}},{"content":"b","scores":{"quality":0}}]}
in  {"prompt":"q","responses":[{"content":"a","scores":{"quality":0.5}},{"content":"b","scores":{"quality":0}}]}
out {"prompt":"q","chosen":"a","rejected":"b","margin":0.5,"score_chosen":0.5,"score_rejected":0.0}
got low.jsonl {"prompt":"p", "responses":[{"content":"a","scores":{"quality":0.4}},{"content":"b","scores":{"quality":0}}]}
sum prefpair: 2 in, 1 out, 1 all low, length ratio 1.0000, chosen longer 0.0000

case a chosen that is too long: another rejected, or none
run prefpair --max-length-ratio 2
in  {"prompt":"p","responses":[{"content":"one two six","scores":{"quality":1}},{"content":"four","scores":{"quality":0}},{"content":"five six","scores":{"quality":0.5}}]}
in  {"prompt":"q","responses":[{"content":"\u00e9\u00e9 \u00e9\u00e9 x","scores":{"quality":1}},{"content":"four","scores":{"quality":0}}]}
in  {"prompt":"r","responses":[{"content":"one two three","scores":{"quality":1}},{"content":"four","scores":{"quality":0}}]}
out {"prompt":"p","chosen":"one two six","rejected":"five six","margin":0.5,"score_chosen":1.0,"score_rejected":0.5}
out {"prompt":"q","chosen":"\u00e9\u00e9 \u00e9\u00e9 x","rejected":"four","margin":1.0,"score_chosen":1.0,"score_rejected":0.0}
sum prefpair: 3 in, 2 out, 2 pairs over --max-length-ratio, 1 over --max-length-ratio, length ratio 1.5512, chosen longer 1.0000, score-length r 0.9293

case on-policy rejected, chosen of others
run prefpair -p -q --policy m1 --policy m3 --rejected-from policy --chosen-from other | sed 's/,"score.*//'
in  {"prompt":"p","responses":[{"content":"a","model":"m1","scores":{"quality":4}},{"content":"b","model":"m2","scores":{"quality":3}},{"content":"c","model":"m3","scores":{"quality":2}},{"content":"d","scores":{"quality":1}},{"content":"e","model":"m2","scores":{"quality":0}}]}
out {"prompt":"p","chosen":"b","rejected":"c","margin":1.0

case pairs of one model, of different ones
run prefpair -p -q -P all --models same in.jsonl | sed 's/,"prompt.*//'; prefpair -p -P all --models different in.jsonl | sed 's/,"prompt.*//'; prefpair -p --policy x --chosen-from policy in.jsonl
file in.jsonl {"id":"i","prompt":"p","responses":[{"content":"a","model":"m1","scores":{"quality":4}},{"content":"b","model":"m2","scores":{"quality":3}},{"content":"c","model":"m1","scores":{"quality":2}},{"content":"d","scores":{"quality":1}}]}
out {"id":"i#1-3"
out {"id":"i#1-2"
out {"id":"i#2-3"
err prefpair: 1 in, 2 out, length ratio 1.0000, chosen longer 0.0000
sum prefpair: 1 in, 0 out, 1 no pair of the models asked for

case all scores of both
run prefpair -q --keep-scores -s q
in  {"prompt":"p","responses":[{"content":"a","scores":{"q":1,"ok":true,"z":null}},{"content":"b","scores":{"q":0.5,"text":"no number"}}]}
out {"prompt":"p","chosen":"a","rejected":"b","margin":0.5,"score_chosen":1.0,"scores_chosen":{"q":1.0,"ok":1.0},"score_rejected":0.5,"scores_rejected":{"q":0.5}}

case z-scores for each source, from a pipe, thresholds on them; the old ones are kept
run prefpair -p --normalise zscore -m 1.5 --stats st; sed 's/.*"normalised"/"normalised"/; s/,"length.*/}/' st
in  {"prompt":"1","source":"x","responses":[{"content":"a","scores":{"quality":1}},{"content":"b","scores":{"quality":3}}]}
in  {"prompt":"2","source":"y","responses":[{"content":"a","scores":{"quality":10}},{"content":"b","scores":{"quality":30}}]}
in  {"prompt":"3","source":"x","responses":[{"content":"a","scores":{"quality":2}},{"content":"b","scores":{"quality":2}},{"content":"c"}]}
out {"prompt":"1","source":"x","chosen":"b","rejected":"a","margin":2.82842712474619,"score_chosen":1.414213562373095,"score_chosen_raw":3.0,"score_rejected":-1.414213562373095,"score_rejected_raw":1.0}
out {"prompt":"2","source":"y","chosen":"b","rejected":"a","margin":2.0,"score_chosen":1.0,"score_chosen_raw":30.0,"score_rejected":-1.0,"score_rejected_raw":10.0}
out "normalised":[{"source":"x","score":"quality","n":4.0,"mean":2.0,"sd":0.7071067811865476,"min":1.0,"max":3.0},{"source":"y","score":"quality","n":2.0,"mean":20.0,"sd":10.0,"min":10.0,"max":30.0}]}
sum prefpair: 3 in, 2 out, 1 scores equal or within --margin, length ratio 1.0000, chosen longer 0.0000

case from 0 to 1 for each source; KTO rows by it
run prefpair -p -q --normalise minmax --kto 0.5 | sed 's/.*completion/completion/'
in  {"prompt":"1","responses":[{"content":"a","scores":{"quality":1}},{"content":"b","scores":{"quality":5}}]}
in  {"prompt":"2","responses":[{"content":"c","scores":{"quality":2}},{"content":"d","scores":{"quality":3}}]}
out completion":"b","label":true,"score":1.0,"score_raw":5.0}
out completion":"a","label":false,"score":0.0,"score_raw":1.0}
out completion":"d","label":true,"score":0.5,"score_raw":3.0}
out completion":"c","label":false,"score":0.25,"score_raw":2.0}

case a bad record behind two passes: all before it is written
run prefpair --normalise minmax
in  {"prompt":"1","responses":[{"content":"a","scores":{"quality":1}},{"content":"b","scores":{"quality":5}}]}
in  {"prompt":"1","responses":7}
out {"prompt":"1","chosen":"b","rejected":"a","margin":1.0,"score_chosen":1.0,"score_chosen_raw":5.0,"score_rejected":0.0,"score_rejected_raw":1.0}
rc  1
err prefpair: stdin:2: column 27: field 'responses' is not a list

case the same bytes at any -j
run i=0; while [ $i -lt 400 ]; do echo "{\"id\":\"i$i\",\"prompt\":\"p$i\",\"source\":\"s$((i % 3))\",\"responses\":[{\"content\":\"$(printf %$((i % 40 + 1))s | tr ' ' z) a$i\",\"scores\":{\"quality\":$((i % 7))}},{\"content\":\"b$i c\",\"scores\":{\"quality\":$((i % 5))}},{\"content\":\"d$i\",\"scores\":{\"quality\":$((i % 11))}}]}"; i=$((i + 1)); done >in; for j in 1 4; do prefpair -j$j --normalise zscore -P all --stats st$j in >out$j 2>err$j; grep -o '"length ratio.*' st$j >s$j; done; cmp out1 out4 && cmp err1 err4 && cmp s1 s4 && zstd -dc out1 | wc -l
out 1058
