case best and worst by gold, ties by quality
run prefpair
in  {"prompt":"p","x":1,"responses":[{"content":"a b c","scores":{"gold":1,"quality":0.5}},{"content":"d e f","scores":{"gold":0,"quality":0.9}},{"content":"g h i","scores":{"gold":1,"quality":0.75}}]}
out {"prompt":"p","x":1,"chosen":"g h i","rejected":"d e f","margin":1.0,"score_chosen":1.0,"score_rejected":0.0}
sum prefpair: 1 in, 1 out

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
out {"messages":[{"role":"user","content":"p", "name":"u"}],"chosen":[{"role":"assistant","content":"a"}],"rejected":[{"role":"assistant","content":"b"}],"margin":1.0,"score_chosen":1.0,"score_rejected":0.0}

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
out {"prompt":"p","completion":"b","label":true,"score":0.75}
out {"prompt":"p","completion":"a","label":false,"score":0.25}

case responses are kept where wanted
run prefpair --best -k
in  {"prompt":"p","responses":[{"content":"a","scores":{"quality":1}}]}
out {"prompt":"p","responses":[{"content":"a","scores":{"quality":1}}],"messages":[{"role":"user","content":"p"},{"role":"assistant","content":"a"}],"score_chosen":1.0}

case two kinds of output at once
run prefpair --best --kto 1
in  {"prompt":"p"}
err prefpair: --best and --kto exclude each other
rc  2

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
