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
sum prefpair: 8 in, 0 out, 2 no responses, 1 no scored response, 1 fewer than two scored responses, 2 scores equal or within --margin, 1 all high, 1 no pair but near-copies

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
sum prefpair: 2 in, 3 out, 2 desirable, 1 undesirable, 1 responses without a score, 1 near-copies left out

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
run for o in '-b -P all' '-K 1 -x 2' '-b --models same' '-K 1 --policy m --chosen-from policy' '-b -f' '-b -r 0.5' '-S 1' '--rewrite x' '--chosen-from policy' '--policy m' '--by f' '--guideline g' '--critique' '--scale 5' '--sft x' '--from-annotated --schema shp' '--from-annotated --to-annotate d'; do prefpair $o 2>&1 | grep -v usage; done; ls
out prefpair: --best and --kto make no pairs, which --pairs, --max-length-ratio, --models and --policy are for
out prefpair: --best and --kto make no pairs, which --pairs, --max-length-ratio, --models and --policy are for
out prefpair: --best and --kto make no pairs, which --pairs, --max-length-ratio, --models and --policy are for
out prefpair: --best and --kto make no pairs, which --pairs, --max-length-ratio, --models and --policy are for
out prefpair: --messages and --rouge are not for --best
out prefpair: --messages and --rouge are not for --best
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
err prefpair: 6 in, 0 out, 1 no scored response, 1 fewer than two scored responses, 2 scores equal or within --margin, 1 all high, 1 no pair but near-copies
err prefpair: 6 in, 0 out, 1 no scored response, 1 fewer than two scored responses, 2 scores equal or within --margin, 1 all high, 1 near-copies left out, 1 no pair but near-copies
sum prefpair: 6 in, 0 out, 1 no scored response, 1 fewer than two scored responses, 2 scores equal or within --margin, 1 all high, 1 near-copies left out, 1 no pair but near-copies

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
sum prefpair: 3 in, 2 out, 2 pairs over --max-length-ratio, 1 no pair within --max-length-ratio, length ratio 1.5512, chosen longer 1.0000, score-length r 0.9293

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

case all scores of SFT records and KTO rows
run prefpair -q -p --keep-scores --best in.jsonl | sed 's/.*"score_c/"score_c/'; prefpair -q -p --kto 2 h.jsonl | sed 's/.*"compl/"compl/'
file in.jsonl {"prompt":"p","responses":[{"content":"a","scores":{"quality":1,"ok":true}}]}
file h.jsonl {"prompt":"p","response":"a","helpfulness":3,"verbosity":1}
out "score_chosen":1.0,"scores_chosen":{"quality":1.0,"ok":1.0}}
out "completion":"a","label":true,"score":3.0,"scores_completion":{"helpfulness":3.0,"verbosity":1.0}}

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

case hh-rlhf: transcripts
run prefpair -p
in  {"chosen":"\n\nHuman: hi\n\nAssistant: Hello.\n\nHuman: a joke\n\nAssistant: Why did\n\nthe chicken ","rejected":"\n\nHuman: hi\n\nAssistant: Hello.\n\nHuman: a joke\n\nAssistant: No."}
in  {"chosen":"\n\nHuman: one text\n\nAssistant: Yes.","rejected":"\n\nHuman: one text\n\nAssistant: No.\n\nHuman: why\n\nAssistant: because"}
out {"chosen":"Why did\n\nthe chicken","rejected":"No.","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"Hello."},{"role":"user","content":"a joke"}],"source":"hh-rlhf"}
out {"chosen":[{"role":"assistant","content":"Yes."}],"rejected":[{"role":"assistant","content":"No."},{"role":"user","content":"why"},{"role":"assistant","content":"because"}],"prompt":[{"role":"user","content":"one text"}],"source":"hh-rlhf"}
sum prefpair: 2 in, 2 out, length ratio 1.3333, chosen longer 0.5000, score-length r 0.2095

case hh-rlhf: what does not part at an answer; KTO rows by the set's order
run prefpair -p --reject bad --kto 1
in  {"id":"1","chosen":"\n\nHuman: a","rejected":"\n\nHuman: b"}
in  {"id":"2","chosen":"\n\nHuman: a\n\nAssistant: b\n\nHuman: c","rejected":"\n\nHuman: a\n\nAssistant: b"}
in  {"id":"3","chosen":"\n\nHuman: a\n\nAssistant: c","rejected":"\n\nHuman: a\n\nAssistant: b"}
out {"id":"3#1","prompt":"a","source":"hh-rlhf","completion":"c","label":true}
out {"id":"3#2","prompt":"a","source":"hh-rlhf","completion":"b","label":false}
err prefpair: stdin:1: column 20: the transcripts do not part at an answer
err prefpair: stdin:2: column 20: the transcripts do not part at an answer
sum prefpair: 3 in, 2 out, 1 desirable, 1 undesirable, 2 rejected

case HelpSteer2: rows of one prompt are one record, five scores each
run prefpair -p
in  {"prompt":"c#","response":"long","helpfulness":3,"correctness":3,"coherence":4,"complexity":2,"verbosity":2}
in  {"prompt":"c#","response":"bad","helpfulness":1,"correctness":2,"coherence":4,"complexity":2,"verbosity":1}
in  {"prompt":"hi\n<extra_id_1>Assistant\nhello\n<extra_id_1>User\nbye","response":"x","helpfulness":1,"correctness":3,"coherence":4,"complexity":2,"verbosity":2}
in  {"prompt":"hi\n<extra_id_1>Assistant\nhello\n<extra_id_1>User\nbye","response":"y","helpfulness":2,"correctness":3,"coherence":4,"complexity":2,"verbosity":2}
in  {"prompt":"alone","response":"y","helpfulness":2}
out {"prompt":"c#","source":"helpsteer2","chosen":"long","rejected":"bad","margin":2.0,"score_chosen":3.0,"scores_chosen":{"helpfulness":3.0,"correctness":3.0,"coherence":4.0,"complexity":2.0,"verbosity":2.0},"score_rejected":1.0,"scores_rejected":{"helpfulness":1.0,"correctness":2.0,"coherence":4.0,"complexity":2.0,"verbosity":1.0}}
out {"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"},{"role":"user","content":"bye"}],"source":"helpsteer2","chosen":"y","rejected":"x","margin":1.0,"score_chosen":2.0,"scores_chosen":{"helpfulness":2.0,"correctness":3.0,"coherence":4.0,"complexity":2.0,"verbosity":2.0},"score_rejected":1.0,"scores_rejected":{"helpfulness":1.0,"correctness":3.0,"coherence":4.0,"complexity":2.0,"verbosity":2.0}}
sum prefpair: 5 in, 2 out, 4 rows joined, 1 fewer than two scored responses, length ratio 1.1547, chosen longer 0.5000, score-length r 0.8944

case HelpSteer2: rows before a bad one are written; another score; the worst set aside
run prefpair -p -s verbosity --all-low 2 --rewrite low
in  {"prompt":"a","response":"x y","helpfulness":3,"verbosity":1}
in  {"prompt":"a","response":"z","helpfulness":3,"verbosity":0}
in  {"prompt":"b","response":"long","helpfulness":1,"verbosity":3}
in  {"prompt":"b","response":"bad","helpfulness":2,"verbosity":2}
in  {"prompt":"b","response":7,"helpfulness":1}
out {"prompt":"b","source":"helpsteer2","chosen":"long","rejected":"bad","margin":1.0,"score_chosen":3.0,"scores_chosen":{"helpfulness":1.0,"verbosity":3.0},"score_rejected":2.0,"scores_rejected":{"helpfulness":2.0,"verbosity":2.0}}
rc  1
got low.partial {"prompt":"a","source":"helpsteer2","responses":[{"content":"x y","scores":{"helpfulness":3.0,"verbosity":1.0}},{"content":"z","scores":{"helpfulness":3.0,"verbosity":0.0}}]}
err prefpair: stdin:5: column 26: field 'response' is neither a string nor messages

case HelpSteer2 and 3: which is better, and by how much
run prefpair -p -m 1
in  {"prompt":"q","response_1":"a","response_2":"b","preference_strength":-2,"preference_statement":"..."}
in  {"prompt":"q","response_1":"a","response_2":"b","preference_strength":0}
in  {"domain":"code","context":[{"role":"user","content":"q"}],"response1":"a","response2":"b","overall_preference":1}
out {"prompt":"q","preference_statement":"...","source":"helpsteer2-preference","chosen":"a","rejected":"b","margin":2.0}
out {"domain":"code","prompt":"q","source":"helpsteer3","chosen":"b","rejected":"a","margin":1.0}
sum prefpair: 3 in, 2 out, 1 scores equal or within --margin, length ratio 1.0000, chosen longer 0.0000

case SHP: labels decide, or votes
run prefpair -p; prefpair -p --score votes in.jsonl
file in.jsonl {"post_id":"x","history":"how?","score_A":5,"score_B":12,"human_ref_A":"a","human_ref_B":"b","labels":0,"score_ratio":2.4}
in  {"post_id":"x","history":"how?","score_A":5,"score_B":12,"human_ref_A":"a","human_ref_B":"b","labels":0,"score_ratio":2.4}
in  {"post_id":"y","history":"how?","human_ref_A":"a","human_ref_B":"b","labels":1}
out {"post_id":"x","score_ratio":2.4,"prompt":"how?","source":"shp","chosen":"b","rejected":"a"}
out {"post_id":"y","prompt":"how?","source":"shp","chosen":"a","rejected":"b"}
out {"post_id":"x","score_ratio":2.4,"prompt":"how?","source":"shp","chosen":"b","rejected":"a","margin":7.0,"score_chosen":12.0,"score_rejected":5.0}
err prefpair: 2 in, 2 out, length ratio 1.0000, chosen longer 0.0000

case SHP: labels of another kind
run prefpair
in  {"history":"how?","human_ref_A":"a","human_ref_B":"b","labels":2}
rc  1
err prefpair: stdin:1: column 64: 'labels' is neither 1 (A) nor 0 (B)

case UltraFeedback: overall scores, a 10 that was a 1, N/A; another score
run prefpair -p -P all; prefpair -q -p -s helpfulness in.jsonl | grep -o '"margin.*"model_c'
file in.jsonl {"instruction":"do","completions":[{"model":"x","response":"first","overall_score":10.0,"fine-grained_score":1.5,"annotations":{"helpfulness":{"Rating":"5"}}},{"model":"y","response":"second","overall_score":7.5,"fine-grained_score":4,"annotations":{"helpfulness":{"Rating":"2"}}}]}
in  {"source":"evol","instruction":"do","models":["x","y"],"completions":[{"model":"x","response":"first","overall_score":10.0,"fine-grained_score":1.5,"annotations":{"helpfulness":{"Rating":"2","Rationale":"r"},"honesty":{"Rating":"N/A"}},"critique":"c"},{"model":"y","response":"second","overall_score":7.5,"fine-grained_score":4,"annotations":{"helpfulness":{"Rating":"5"}}}],"correct_answers":["None"]}
out {"source":"evol","correct_answers":["None"],"prompt":"do","chosen":"second","rejected":"first","id":"92cdc167a6876623fe7d881b524e7b8e#2-1","margin":6.5,"score_chosen":7.5,"rank_chosen":1,"model_chosen":"y","scores_chosen":{"fine_grained":4.0,"overall":7.5,"helpfulness":5.0},"score_rejected":1.0,"rank_rejected":2,"model_rejected":"x","scores_rejected":{"fine_grained":1.5,"overall":1.0,"helpfulness":2.0}}
out "margin":3.0,"score_chosen":5.0,"model_c
sum prefpair: 1 in, 1 out, 1 overall score of 10 read as 1, length ratio 1.2000, chosen longer 1.0000, score-length r 1.0000

case pairs of others: the prompt in both answers; scores and ties
run prefpair -p
in  {"prompt":"do","prompt_id":"z","chosen":[{"content":"do","role":"user"},{"content":"A","role":"assistant"}],"rejected":[{"content":"do","role":"user"},{"content":"B","role":"assistant"}],"messages":[{"content":"do","role":"user"},{"content":"A","role":"assistant"}],"score_chosen":8.50,"score_rejected":7}
in  {"prompt":"tie","chosen":"x y z","rejected":"w","chosen-rating":5,"rejected-rating":5}
in  {"prompt":"odd","chosen":"x y z","rejected":"w","chosen-rating":4,"rejected-rating":5}
in  {"prompt":"ok","chosen":"x y z","rejected":"w","chosen-rating":4,"rejected-rating":3,"chosen-model":"m"}
in  {"prompt":"same","chosen":"x y z w a b c d e f g","rejected":"X y z w a b c d e f g"}
out {"prompt":[{"content":"do","role":"user"}],"prompt_id":"z","chosen":[{"content":"A","role":"assistant"}],"rejected":[{"content":"B","role":"assistant"}],"score_chosen":8.50,"score_rejected":7,"margin":1.5}
out {"prompt":"ok","chosen":"x y z","rejected":"w","chosen-rating":4,"rejected-rating":3,"chosen-model":"m","margin":1.0,"score_chosen":4.0,"model_chosen":"m","score_rejected":3.0}
sum prefpair: 5 in, 2 out, 1 scores equal or within --margin, 1 scores against the order, 1 no pair but near-copies, length ratio 2.2361, chosen longer 0.5000, score-length r 0.7746

case pairs of this project pass as they are
run prefpair -p
in  {"id":"a", "prompt":"p","chosen":"\u0041 b","rejected":"c","margin":2,"score_chosen":3e0,"score_rejected":1.00, "x":[1, 2]}
out {"id":"a", "prompt":"p","chosen":"\u0041 b","rejected":"c","margin":2,"score_chosen":3e0,"score_rejected":1.00, "x":[1, 2]}
sum prefpair: 1 in, 1 out, length ratio 3.0000, chosen longer 1.0000, score-length r 1.0000

case a schema that is asked for
run prefpair -p --schema shp; prefpair --schema nosuch </dev/null
in  {"prompt":"p","chosen":"a","rejected":"b"}
rc  2
like field 'history' is missing

case to annotators and back
run prefpair -q -p --seed 3 --to-annotate d --by l --scale 5 --critique in.jsonl | grep -o '^.*prompt'; ls d; cat d/*.jsonl | grep -c 'quality\|model-'; sed -E 's/("content":"good[^"]*",)"rank":null,"helpfulness":null,"fluency":null,"safety":null/\1"rank":1,"helpfulness":4,"fluency":5,"safety":3/; s/("content":"poor answer",("critique":"[^"]*",)?)"rank":null([^}]*)"errors":\[\],"edited":null/\1"rank":2\3"errors":[{"text":"answer","note":"n"}],"edited":"better"/' d/*.jsonl | prefpair -p --from-annotated --sft sft; cat sft
file in.jsonl {"id":"1","prompt":"p","l":"a/b","responses":[{"content":"good one","model":"model-1","scores":{"quality":1}},{"content":"poor answer","model":"model-2","scores":{"quality":3}}]}
file in.jsonl {"id":"2","prompt":"q","l":["x","y"],"responses":[{"content":"poor answer","critique":"too short"},{"content":"good two"},{"content":"Good two!"}]}
file in.jsonl {"id":"3","prompt":"r","l":"x","responses":[{"content":"42","scores":{"gold":1}},{"content":"41","scores":{"gold":0}}]}
file in.jsonl {"id":"4","prompt":"r","responses":[{"content":"good","scores":{"quality":1}},{"content":"poor","scores":{"quality":1}}]}
out {"id":"3","prompt
out DONE
out GUIDELINE.txt
out _unlabelled.jsonl
out a%2Fb.jsonl
out x+y.jsonl
out 0
out {"id":"1","prompt":"p","l":"a/b","chosen":"good one","rejected":"poor answer","margin":1.0,"score_chosen":4.0,"model_chosen":"model-1","scores_chosen":{"quality":1.0,"rank":1.0,"helpfulness":4.0,"fluency":5.0,"safety":3.0,"human":4.0},"model_rejected":"model-2","scores_rejected":{"quality":3.0,"rank":2.0},"errors_rejected":[{"text":"answer","note":"n"}]}
out {"id":"1#edited-2","prompt":"p","l":"a/b","chosen":"better","rejected":"poor answer","errors_rejected":[{"text":"answer","note":"n"}],"edited":true}
out {"id":"2","prompt":"q","l":["x","y"],"chosen":"good two","rejected":"poor answer","margin":1.0,"score_chosen":4.0,"scores_chosen":{"rank":1.0,"helpfulness":4.0,"fluency":5.0,"safety":3.0,"human":4.0},"scores_rejected":{"rank":2.0},"errors_rejected":[{"text":"answer","note":"n"}]}
out {"id":"2#edited-1","prompt":"q","l":["x","y"],"chosen":"better","rejected":"poor answer","errors_rejected":[{"text":"answer","note":"n"}],"edited":true}
out {"id":"1#edited-2","prompt":"p","l":"a/b","edited":true,"messages":[{"role":"user","content":"p"},{"role":"assistant","content":"better"}]}
out {"id":"2#edited-1","prompt":"q","l":["x","y"],"edited":true,"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"better"}]}
sum prefpair: 3 in, 4 out, 1 fewer than two scored responses, length ratio 0.6298, chosen longer 0.0000, score-length r -1.0000

case the order that annotators see depends on the seed, what comes back does not
run for s in 1 2 3 4 5 6; do prefpair -q --seed $s --to-annotate d$s a.jsonl >/dev/null; grep -o '"content":"[a-d]"' d$s/all.jsonl | tr -d '\n' >>orders; echo >>orders; sed -E 's/("content":"a","rank":)null/\11/; s/("content":"c","rank":)null/\12/' d$s/all.jsonl | prefpair -q -p --from-annotated -k; done | sort -u; sort -u orders | wc -l | tr -d ' '; prefpair -q --seed 1 --to-annotate e a.jsonl >/dev/null; cmp e/all.jsonl d1/all.jsonl
file a.jsonl {"id":"i","prompt":"p","responses":[{"content":"a","model":"m"},{"content":"b","finish":"stop"},{"content":"c","scores":{"q":1}},{"content":"d"}]}
out {"id":"i","prompt":"p","responses":[{"content":"a","model":"m","annotation":{"rank":1}},{"content":"b","finish":"stop","annotation":{}},{"content":"c","scores":{"q":1},"annotation":{"rank":2}},{"content":"d","annotation":{}}],"chosen":"a","rejected":"c","margin":1.0,"model_chosen":"m","scores_chosen":{"rank":1.0},"scores_rejected":{"q":1.0,"rank":2.0}}
out 5

case open sets to annotators: rows joined, models hidden
run prefpair -q --trust none --to-annotate d in.jsonl >/dev/null; cat d/all.jsonl | sed 's/,"rank[^}]*"key":"[^"]*"//g'; sed 's/"rank":null/"rank":1/' d/all.jsonl | prefpair -q -p --from-annotated --kto 1; sed -E 's/("helpfulness":)null/\13/; s/"fluency":null/"fluency":4/' d/all.jsonl | prefpair -q -p --from-annotated -b
file in.jsonl {"prompt":"c#","response":"long","helpfulness":3}
file in.jsonl {"prompt":"c#","response":"bad","helpfulness":1}
file in.jsonl {"instruction":"do","completions":[{"model":"x","response":"first","overall_score":1},{"model":"y","response":"second","overall_score":7.5}]}
out {"prompt":"c#","source":"helpsteer2","id":"a89859a318f245ca11b7d7a4a4016250","annotation":{"version":1,"scale":10,"annotator":null,"note":null,"answers":[{"answer":"A","content":"bad"},{"answer":"B","content":"long"}]}}
out {"prompt":"do","source":"ultrafeedback","id":"92cdc167a6876623fe7d881b524e7b8e","annotation":{"version":1,"scale":10,"annotator":null,"note":null,"answers":[{"answer":"A","content":"first"},{"answer":"B","content":"second"}]}}
out {"prompt":"c#","source":"helpsteer2","id":"a89859a318f245ca11b7d7a4a4016250","messages":[{"role":"user","content":"c#"},{"role":"assistant","content":"bad"}],"score_chosen":3.5,"scores_chosen":{"helpfulness":3.0,"fluency":4.0,"human":3.5}}
out {"prompt":"do","source":"ultrafeedback","id":"92cdc167a6876623fe7d881b524e7b8e","messages":[{"role":"user","content":"do"},{"role":"assistant","content":"first"}],"score_chosen":3.5,"scores_chosen":{"overall":1.0,"helpfulness":3.0,"fluency":4.0,"human":3.5}}

case annotations that do not fit
run prefpair -q --to-annotate d a.jsonl >/dev/null; x() { sed -E "$1" d/all.jsonl; }; { x 's/"rank":null/"rank":3/'; x 's/"rank":null/"rank":1.5/'; x 's/"safety":null/"safety":11/'; x 's/"fluency":null/"fluency":"9"/'; x 's/"content":"one x"/"content":"one y"/'; x 's/,"key":"[^"]*"//'; x 's/"key":"M/"key":"N/'; x 's/"key":"[^"]*"/"key":"!"/'; x 's/"errors":\[\]/"errors":[{"text":"zzz"}]/'; x 's/"errors":\[\]/"errors":[{"note":"x"}]/'; x 's/"errors":\[\]/"errors":[{"from":2,"to":9}]/'; x 's/"errors":\[\]/"errors":[{"from":2}]/'; x 's/"errors":\[\]/"errors":["x"]/'; x 's/"errors":\[\]/"errors":{}/'; x 's/"edited":null/"edited":1/'; x 's/"version":1/"version":2/'; x 's/"scale":10,//'; x 's/"answers":\[.*/"answers":7}}/'; x 's/(\{"answer":"A"[^}]*\}),\{[^}]*\}/\1,\1/'; echo '{"prompt":"p"}'; x ''; } | prefpair -v --from-annotated --reject bad 2>&1 >/dev/null | sed 's/column [0-9]*: //'; wc -l <bad
file a.jsonl {"id":"i","prompt":"p","responses":[{"content":"one x"},{"content":"two x"}]}
out prefpair: stdin:1: the rank is no whole number from 1 to 2
out prefpair: stdin:2: the rank is no whole number from 1 to 2
out prefpair: stdin:3: safety is no number from 1 to 10
out prefpair: stdin:4: fluency is no number from 1 to 10
out prefpair: stdin:5: the content is not what went out (changes belong in 'edited')
out prefpair: stdin:6: an answer has lost its key
out prefpair: stdin:7: the key is damaged
out prefpair: stdin:8: the key is damaged
out prefpair: stdin:9: the text of an error does not stand there in the answer
out prefpair: stdin:10: an error has neither a text nor from and to
out prefpair: stdin:11: from and to are no span in the 5 characters of the answer
out prefpair: stdin:12: an error has neither a text nor from and to
out prefpair: stdin:13: an error is not an object
out prefpair: stdin:14: 'errors' is not a list
out prefpair: stdin:15: 'edited' is not a string
out prefpair: stdin:16: an annotation of a newer version (2; known is 1)
out prefpair: stdin:17: the annotation has no scale
out prefpair: stdin:18: the annotation has no list 'answers'
out prefpair: stdin:19: an answer is there twice
out prefpair: stdin:20: field 'annotation' is missing
out prefpair: 21 in, 0 out, 1 not annotated, 20 rejected
out 20

case annotated prompts whose answers are all low are set aside with them
run prefpair -q --to-annotate d a.jsonl >/dev/null; sed -E 's/"helpfulness":null/"helpfulness":2/g; s/"safety":null/"safety":3/g; s/"errors":\[\]/"errors":[{"from":4,"to":5,"text":"x"}]/' d/all.jsonl | prefpair -p --from-annotated --all-low 3 --rewrite low; cat low
file a.jsonl {"id":"i","prompt":"p","responses":[{"content":"one x","model":"m"},{"content":"two x"}]}
plain
out {"id":"i","prompt":"p","responses":[{"content":"one x","model":"m","annotation":{"helpfulness":2.0,"safety":3.0,"errors":[{"from":4,"to":5,"text":"x"}]}},{"content":"two x","annotation":{"helpfulness":2.0,"safety":3.0}}]}

case an annotated record without --from-annotated
run prefpair
in  {"prompt":"p","annotation":{"version":1,"answers":[]}}
rc  1
err prefpair: stdin:1: column 28: a record for annotators (see --from-annotated)

case a folder that holds something is not written to
run mkdir d; echo >d/x; prefpair -p --to-annotate d a.jsonl || { rc=$?; ls d; exit $rc; }
file a.jsonl {"prompt":"p","responses":[{"content":"one"},{"content":"two"}]}
rc  1
out x
err prefpair: 'd' is not empty: annotations in it would be lost

case a guideline of one's own; labels that are none; after a bad record there is no folder
run echo mine >g; prefpair -q -p --to-annotate d --by l --guideline g a.jsonl; cat d/GUIDELINE.txt d/DONE; ls d; prefpair -q -p --to-annotate e --by l || { rc=$?; ls; exit $rc; }
file a.jsonl {"prompt":"p","l":7,"responses":[{"content":"one"},{"content":"two"}]}
file a.jsonl {"prompt":"p","l":null,"responses":[{"content":"one"},{"content":"one"}]}
in  {"prompt":"p","l":{},"responses":[{"content":"one"},{"content":"two"}]}
rc  1
out mine
out {"plumbline":"annotation","version":1}
out 7.jsonl
out DONE
out GUIDELINE.txt
out a.jsonl
out d
out g
err prefpair: stdin:1: column 19: field 'l' is no label

case gold that is not trusted goes to people, and so does what has no gold
run prefpair -q -p --trust none --to-annotate d a.jsonl; prefpair -q -p --score gold --to-annotate e a.jsonl | grep -o '"id":"."'; for x in d e; do grep -o '^."id":"."' $x/all.jsonl; done
file a.jsonl {"id":"1","prompt":"p","responses":[{"content":"one","scores":{"gold":1}},{"content":"two","scores":{"gold":0}}]}
file a.jsonl {"id":"2","prompt":"p","responses":[{"content":"one","scores":{"quality":1}},{"content":"two"}]}
out "id":"1"
out {"id":"1"
out {"id":"2"
out {"id":"2"

case critiques beside answers: a text, or judges' reasons
run prefpair -q -p --critique --to-annotate d; grep -o '"critique":.*,"rank"' d/all.jsonl | sed 's/,"rank.*"critique/ "critique/; s/,"rank"//'
in  {"prompt":"p","responses":[{"content":"one","critique":"so \u0041"},{"content":"two","reasons":{"helpfulness":{"m":"r"}}},{"content":"three","reasons":null}]}
out "critique":{"helpfulness":{"m":"r"}} "critique":"so \u0041"

case a response that a model failed to give is passed over
run prefpair -p --best | grep -c '"content":"good"'
in  {"prompt":"a","responses":[{"content":"good","scores":{"quality":9}},{"model":"m","error":"x"},{"content":"bad","scores":{"quality":1}}]}
out 1
like 1 failed responses

case scores that are none: a list, a text, one too large, one twice, too many
run { for s in '[1]' '"x"' '{"quality":1e999}' '{"quality":-1e200}' '{"quality":"NaN"}' '{"quality":[1]}' '{"quality":NaN}' '{"quality":1,"quality":2}'; do echo "{\"prompt\":\"p\",\"responses\":[{\"content\":\"a\",\"scores\":$s}]}"; done; printf '{"prompt":"p","responses":[{"content":"a","scores":{'; seq -s, 1100 | sed 's/[0-9]*/"&":1/g; s/$/}}]}/'; echo '{"prompt":"p","responses":[{"content":"a","scores":null},{"content":"b","scores":{"quality":null,"other":1e999}}]}'; } | prefpair -v --reject bad -o /dev/null 2>&1 | sed 's/column [0-9]*: //'
out prefpair: stdin:1: 'scores' is not an object
out prefpair: stdin:2: 'scores' is not an object
out prefpair: stdin:3: score 'quality' is too large a number
out prefpair: stdin:4: score 'quality' is too large a number
out prefpair: stdin:5: score 'quality' is not a number
out prefpair: stdin:6: score 'quality' is not a number
out prefpair: stdin:7: not a JSON value
out prefpair: stdin:8: a score is there twice
out prefpair: stdin:9: more than 1024 scores
out prefpair: 10 in, 0 out, 1 no scored response, 9 rejected

case thresholds that are no numbers
run for o in '--kto nan' '--kto inf' '-m nan' '-m -1' '-a 1e999' '-l x' '-b -S nan' '-x 0' '-r 3'; do prefpair $o 2>&1 | grep -v usage; done
out prefpair: bad value 'nan' for --kto
out prefpair: bad value 'inf' for --kto
out prefpair: bad value 'nan' for --margin: between 0.0 and 1000000000.0
out prefpair: bad value '-1' for --margin: between 0.0 and 1000000000.0
out prefpair: bad value '1e999' for --all-high
out prefpair: bad value 'x' for --all-low
out prefpair: bad value 'nan' for --min-score
out prefpair: bad value '0' for --max-length-ratio: between 0.001 and 1000000000.0
out prefpair: bad value '3' for --rouge: between 0.0 and 2.0

case responses without a score are counted
run prefpair -p
in  {"prompt":"p","responses":[{"content":"a","scores":{"quality":1}},{"content":"b","scores":{"quality":0}},{"content":"c"},{"content":"d","scores":{}}]}
out {"prompt":"p","chosen":"a","rejected":"b","margin":1.0,"score_chosen":1.0,"score_rejected":0.0}
sum prefpair: 1 in, 1 out, 2 responses without a score, length ratio 1.0000, chosen longer 0.0000

case every record in is a record out, dropped or rejected
run i=0; while [ $i -lt 300 ]; do case $((i % 10)) in 0) s='{"quality":"x"}' ;; 1) s='[]' ;; 2) s=null ;; 3) s='{"gold":1}' ;; *) s="{\"quality\":$((i % 6))}" ;; esac; echo "{\"prompt\":\"p$i\",\"responses\":[{\"content\":\"a$((i % 4))\",\"model\":\"m$((i % 3))\",\"scores\":$s},{\"content\":\"$(printf %$((i % 9 + 1))s | tr ' ' b)\",\"model\":\"m1\",\"scores\":{\"quality\":$((i % 5))}}]}"; i=$((i + 1)); done >in; for o in '' '-m 1 -a 4 -l 2' '-x 2 --models different' '--policy m1 --chosen-from policy' '-b -S 3' '-b -a 3'; do prefpair -q $o --reject bad --stats st -o /dev/null in; sed 's/.*"in":\([0-9]*\),"out":\([0-9]*\).*"rejected":\([0-9]*\).*"dropped":{\([^}]*\)}.*/\1 \2 \3 \4/; s/"[^"]*"://g; s/,/ /g' st | awk '{ n = 0; for (i = 2; i <= NF; i++) n += $i; print $1, $1 == n }'; done
out 300 1
out 300 1
out 300 1
out 300 1
out 300 1
out 300 1

case all pairs of very many answers are refused, the best is not
run awk 'BEGIN { printf "{\"prompt\":\"p\",\"responses\":["; for (i = 0; i < 1500; i++) printf "%s{\"content\":\"w%d\",\"scores\":{\"quality\":%d}}", i ? "," : "", i, i; print "]}" }' >in; prefpair -P all --reject bad -o /dev/null in; prefpair -p -q in | sed 's/,"margin.*//'; awk 'BEGIN { printf "{\"prompt\":\"p\",\"responses\":["; for (i = 0; i < 4097; i++) printf "%s{\"content\":\"w\"}", i ? "," : ""; print "]}" }' | prefpair --reject bad -o /dev/null
err prefpair: in:1: all pairs of 1500 answers take more than 256 MiB
err prefpair: 1 in, 0 out, 1 rejected
err prefpair: stdin:1: more than 4096 answers
sum prefpair: 1 in, 0 out, 1 rejected
out {"prompt":"p","chosen":"w1499","rejected":"w0"

case sets with an order: ties are no KTO rows, --margin holds in every form, scores against the order
run prefpair -p --kto 1 in.jsonl; for o in -b '-b -m 2' '-m 2'; do prefpair -p $o in.jsonl; done
file in.jsonl {"id":"1","prompt":"q","response_1":"a","response_2":"b","preference_strength":0}
file in.jsonl {"id":"2","prompt":"q","response_1":"a","response_2":"b","preference_strength":-1}
file in.jsonl {"id":"3","prompt":"q","chosen":"a","rejected":"b","score_chosen":0,"score_rejected":2}
out {"id":"2#1","prompt":"q","source":"helpsteer2-preference","completion":"a","label":true}
out {"id":"2#2","prompt":"q","source":"helpsteer2-preference","completion":"b","label":false}
out {"id":"3#1","prompt":"q","completion":"a","label":false,"score":0.0}
out {"id":"3#2","prompt":"q","completion":"b","label":true,"score":2.0}
out {"id":"1","prompt":"q","source":"helpsteer2-preference","messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}
out {"id":"2","prompt":"q","source":"helpsteer2-preference","messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}
err prefpair: 3 in, 4 out, 1 scores equal or within --margin, 2 desirable, 2 undesirable
err prefpair: 3 in, 2 out, 1 scores against the order
err prefpair: 3 in, 0 out, 2 scores equal or within --margin, 1 scores against the order
sum prefpair: 3 in, 0 out, 2 scores equal or within --margin, 1 scores against the order

case KTO rows of one kind alone are told of
run prefpair -p --kto 2
in  {"id":"k","prompt":"p","responses":[{"content":"a","scores":{"quality":1}},{"content":"b","scores":{"quality":0}}]}
out {"id":"k#1","prompt":"p","completion":"a","label":false,"score":1.0}
out {"id":"k#2","prompt":"p","completion":"b","label":false,"score":0.0}
err prefpair: all KTO rows are undesirable: see --kto
sum prefpair: 1 in, 2 out, 2 undesirable

case where the best has no partner of its model the next best is chosen
run prefpair -p -q --models same | sed 's/,"margin.*//'
in  {"prompt":"p","responses":[{"content":"a","model":"m1","scores":{"quality":4}},{"content":"b","model":"m2","scores":{"quality":3}},{"content":"c","model":"m2","scores":{"quality":2}},{"content":"d","scores":{"quality":1}}]}
out {"prompt":"p","chosen":"b","rejected":"c"

case rows of the sets that lack something, or have it of another kind
run prefpair -v --reject bad -o /dev/null 2>&1 | sed 's/column [0-9]*: //'
in  {"instruction":"do","completions":[{"response":"x","overall_score":"high"}]}
in  {"instruction":"do","completions":[{"overall_score":1}]}
in  {"instruction":"do","completions":{}}
in  {"instruction":7,"completions":[]}
in  {"prompt":"p","response":"x","helpfulness":"3"}
in  {"prompt":"p","response_1":"a","response_2":"b","preference_strength":"1"}
in  {"prompt":"p","response_1":"a","response_2":"b","preference_strength":1e9}
in  {"history":"h","human_ref_A":7,"human_ref_B":"b","labels":1}
in  {"history":"h","human_ref_A":"a","human_ref_B":"b","labels":1,"score_A":"5"}
in  {"history":"h","human_ref_A":"a","human_ref_B":"b","labels":"A"}
in  {"context":"c","response1":"a","response2":"b","overall_preference":1}
in  {"prompt":"p","chosen":"a","rejected":7}
in  {"prompt":"p","chosen":"a","rejected":"b","margin":1e999}
in  {"prompt":"p","chosen":"a","rejected":"b","score_chosen":1e999}
in  {"chosen":"\n\nHuman: a\n\nAssistant: c","rejected":"b"}
in  {"instruction":"do","completions":[{"response":"x","overall_score":null},{"response":"y","overall_score":"7.5"},{"response":"z","overall_score":"8"}]}
out prefpair: stdin:1: 'overall_score' is not a number
out prefpair: stdin:2: a completion has no response string
out prefpair: stdin:3: field 'completions' is not a list
out prefpair: stdin:4: field 'instruction' is not a string
out prefpair: stdin:5: field 'helpfulness' is not a number
out prefpair: stdin:6: field 'preference_strength' is not a number
out prefpair: stdin:7: a strange 'preference_strength'
out prefpair: stdin:8: field 'human_ref_A' is neither a string nor messages
out prefpair: stdin:9: field 'score_A' is not a number
out prefpair: stdin:10: field 'labels' is not a whole number
out prefpair: stdin:11: field 'context' is not a list of messages
out prefpair: stdin:12: field 'rejected' is neither a string nor messages
out prefpair: stdin:13: field 'margin' is too large a number
out prefpair: stdin:14: score 'score' is too large a number
out prefpair: stdin:15: no messages, prompt, instruction or conversations in it
out prefpair: 16 in, 1 out, 1 responses without a score, 15 rejected, length ratio 1.0000, chosen longer 0.0000

case annotated twice: the same again is dropped, another's is counted
run prefpair -q --to-annotate d a.jsonl >/dev/null; sed -E 's/("content":"one x","rank":)null/\11/; s/("content":"two x","rank":)null/\12/' d/all.jsonl >x; { cat x x d/all.jsonl d/all.jsonl; sed 's/"annotator":null/"annotator":"eva"/' x; } | prefpair -p --from-annotated
file a.jsonl {"id":"i","prompt":"p","responses":[{"content":"one x"},{"content":"two x"}]}
out {"id":"i","prompt":"p","chosen":"one x","rejected":"two x","margin":1.0,"scores_chosen":{"rank":1.0},"scores_rejected":{"rank":2.0}}
out {"id":"i","prompt":"p","annotator":"eva","chosen":"one x","rejected":"two x","margin":1.0,"scores_chosen":{"rank":1.0},"scores_rejected":{"rank":2.0}}
sum prefpair: 5 in, 2 out, 1 the same annotation again, 2 not annotated, 1 annotated more than once, length ratio 1.0000, chosen longer 0.0000

case an answer that is missing or of another task, a prompt that was changed, a blank edit, a line cut off
run prefpair -q --to-annotate d a.jsonl >/dev/null; x() { head -n 1 d/all.jsonl | sed -E "$1"; }; { x 's/(\{"answer":"A"[^}]*\}),\{[^}]*\}/\1/'; x 's/"answers":.*/"answers":[]}}/'; sed -E 'N; s/(.*"answers":\[)\{[^}]*\}(.*)\n.*"answers":\[(\{[^}]*\}).*/\1\3\2/' d/all.jsonl; x 's/"prompt":"p"/"prompt":"p?"/'; x 's/"edited":null/"edited":" \\n"/'; x '' | cut -c1-300; } | prefpair --from-annotated --reject bad 2>&1 >/dev/null | sed 's/column [0-9]*: //'; wc -l <bad | tr -d ' '
file a.jsonl {"id":"i","prompt":"p","responses":[{"content":"one x"},{"content":"two x"}]}
file a.jsonl {"id":"j","prompt":"q","responses":[{"content":"one x"},{"content":"two x"}]}
out prefpair: stdin:1: 2 answers went out, 1 are back
out prefpair: stdin:2: the annotation has no answers
out prefpair: stdin:3: an answer to another prompt, or the prompt is not what went out
out prefpair: stdin:4: an answer to another prompt, or the prompt is not what went out
out prefpair: stdin:5: 'edited' is blank
out prefpair: stdin:6: string without an end
out prefpair: 6 in, 0 out, 6 rejected
out 6

case a file of annotations that is cut off: the task before is through
run prefpair -q --to-annotate d a.jsonl >/dev/null; sed 's/"rank":null/"rank":1/; s/"rank":null/"rank":2/' d/all.jsonl | cut -c1-700 | head -c 900 | prefpair -p --from-annotated | grep -c chosen
file a.jsonl {"id":"i","prompt":"p","responses":[{"content":"one x"},{"content":"two x"}]}
file a.jsonl {"id":"j","prompt":"q","responses":[{"content":"one x"},{"content":"two x"}]}
out 1
like stdin:2: column [0-9]*: 

case scores of an answer never pass for an annotator's; ranks against scores and answers without a rank are counted
run prefpair -q --to-annotate d a.jsonl >/dev/null; sed -E 's/("content":"one x","rank":)null,"helpfulness":null/\11,"helpfulness":2/; s/("content":"two x","rank":)null,"helpfulness":null/\12,"helpfulness":9/' d/all.jsonl | prefpair -p --from-annotated
file a.jsonl {"id":"i","prompt":"p","responses":[{"content":"one x","scores":{"rank":4,"safety":2,"q":3}},{"content":"two x"},{"content":"six y","scores":{"rank":1,"human":9}}]}
out {"id":"i","prompt":"p","chosen":"one x","rejected":"two x","margin":1.0,"score_chosen":2.0,"scores_chosen":{"q":3.0,"rank":1.0,"helpfulness":2.0,"human":2.0},"score_rejected":9.0,"scores_rejected":{"rank":2.0,"helpfulness":9.0,"human":9.0}}
sum prefpair: 1 in, 1 out, 1 responses without a rank, 1 ranked against the scores, length ratio 1.0000, chosen longer 0.0000

case an edited answer that is too long is not chosen; what is dropped keeps its edits
run prefpair -q --to-annotate d a.jsonl >/dev/null; sed -E 's/("content":"one x",.*"helpfulness":)null(.*"edited":)null(.*"helpfulness":)null/\12\2"one x and a lot more"\32/; s/("content":"one x",[^}]*"edited":)null/\1"one x and a lot more"/; s/"helpfulness":null/"helpfulness":2/' d/all.jsonl >x; for o in '' '--all-low 3' '-x 2' '-x 2 --sft s' '--all-low 3 --kto 1' '--all-low 3 -b'; do prefpair -q -p --stats st --from-annotated $o x | sed 's/{"id":"i\([^"]*\)","prompt":"p",/\1 /'; grep -o '"dropped":{[^}]*}' st; done; grep -c lot s
file a.jsonl {"id":"i","prompt":"p","responses":[{"content":"one x"},{"content":"two x"}]}
out #edited-1 "chosen":"one x and a lot more","rejected":"one x","edited":true}
out "dropped":{}
out #edited-1 "chosen":"one x and a lot more","rejected":"one x","edited":true}
out "dropped":{}
out "dropped":{"no pair within --max-length-ratio":1}
out "dropped":{}
out #edited-1 "completion":"one x and a lot more","label":true}
out "dropped":{}
out  "messages":[{"role":"user","content":"p"},{"role":"assistant","content":"one x and a lot more"}],"edited":true}
out "dropped":{}
out 1

case answers of several messages go to annotators as texts and come back as messages
run prefpair -q --to-annotate d a.jsonl >/dev/null; grep -o '"content":"[^"]*"' d/all.jsonl | sort | tail -n 2; sed -E 's/("content":"Yes."[^}]*"rank":)null/\11/; s/("content":"No.[^}]*"rank":)null/\12/' d/all.jsonl | prefpair -q -p --from-annotated | sed 's/"id":"[^"]*",//'
file a.jsonl {"chosen":"\n\nHuman: one\n\nAssistant: Yes.","rejected":"\n\nHuman: one\n\nAssistant: No.\n\nHuman: why\n\nAssistant: because"}
out "content":"Yes."
out "content":"one"
out {"prompt":[{"role":"user","content":"one"}],"source":"hh-rlhf","chosen":[{"role":"assistant","content":"Yes."}],"rejected":[{"role":"assistant","content":"No."},{"role":"user","content":"why"},{"role":"assistant","content":"because"}],"margin":1.0,"scores_chosen":{"rank":1.0},"scores_rejected":{"rank":2.0}}

case one file for a label, whatever is in it
run prefpair -q --to-annotate d --by l a.jsonl >/dev/null; wc -l d/*.jsonl | sed 's/^ *//'
file a.jsonl {"prompt":"p","l":"a\u0000b","responses":[{"content":"one"},{"content":"two"}]}
file a.jsonl {"prompt":"q","l":"a\u0000b","responses":[{"content":"one"},{"content":"two"}]}
out 2 d/a%00b.jsonl

case to annotators and back: the same bytes at any -j
run i=0; while [ $i -lt 300 ]; do echo "{\"id\":\"i$i\",\"prompt\":\"p$i\",\"l\":$((i % 3)),\"responses\":[{\"content\":\"a$i\"},{\"content\":\"b$i c\"},{\"content\":\"d$i\"}]}"; i=$((i + 1)); done >in; for j in 1 4; do prefpair -q -j$j --to-annotate d$j --by l in >/dev/null; sed 's/"rank":null/"rank":1/; s/"rank":null/"rank":2/; s/"rank":null/"rank":3/' d$j/*.jsonl | prefpair -j$j --from-annotated -P all >out$j 2>err$j; done; diff -r d1 d4 && cmp out1 out4 && cmp err1 err4 && zstd -dc out1 | wc -l | tr -d ' '
out 900

case gold that tells no two apart is not for people
run prefpair -p --to-annotate d; ls d
in  {"id":"1","prompt":"p","responses":[{"content":"one","scores":{"gold":1}},{"content":"two","scores":{"gold":1}}]}
out DONE
out GUIDELINE.txt
sum prefpair: 1 in, 0 out, 1 scores equal or within --margin

case annotators' scores on one scale, ranks as they are
run prefpair -q --to-annotate d a.jsonl >/dev/null; sed -E 's/("content":"one x","rank":)null,"helpfulness":null/\11,"helpfulness":9/; s/("content":"two x","rank":)null,"helpfulness":null/\12,"helpfulness":5/' d/all.jsonl | prefpair -q -p --normalise minmax --from-annotated | sed 's/,"scores_[a-z]*":{[^}]*}//g'
file a.jsonl {"id":"i","prompt":"p","responses":[{"content":"one x"},{"content":"two x"}]}
out {"id":"i","prompt":"p","chosen":"one x","rejected":"two x","margin":1.0,"score_chosen":1.0,"score_chosen_raw":9.0,"score_rejected":0.0,"score_rejected_raw":5.0}
