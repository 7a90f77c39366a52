case the parts and the whole
run prompt-score
in  {"prompt":"What is the capital of France, and why?"}
out {"prompt":"What is the capital of France, and why?","scores":{"length":0.6667,"information":0.4444,"clarity":0.9,"constraints":0.4,"variety":1.0,"clean":1.0,"quality":0.63}}

case the whole alone
run prompt-score --quality-only
in  {"prompt":"What is the capital of France, and why?"}
out {"prompt":"What is the capital of France, and why?","scores":{"quality":0.63}}

case nothing, noise, repetition and broken encoding score low
run prompt-score -Q -p | sed 's/.*"quality":\([01].[0-9]\).*/\1/'
in  {"prompt":""}
in  {"prompt":"!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!"}
in  {"prompt":"buy now buy now buy now buy now buy now buy now buy now buy now buy now buy now"}
in  {"prompt":"What is cafÃ© Ã  la crÃ¨me, dÃ©jÃ ?"}
in  {"prompt":"Explain how rainbows form, in three short paragraphs, for a child of ten."}
in  {"prompt":"请用三句话解释彩虹是怎样形成的，要求语言通俗，适合十岁的孩子阅读。"}
out 0.0
out 0.0
out 0.0
out 0.0
out 0.7
out 0.8
sum prompt-score: 6 in, 6 out

case the label of constraints counts
run prompt-score
in  {"prompt":"Go","labels":{"constraints":"strong"}}
out {"prompt":"Go","labels":{"constraints":"strong"},"scores":{"length":0.0833,"information":0.0909,"clarity":0.4,"constraints":1.0,"variety":1.0,"clean":1.0,"quality":0.3181}}

case what stands there is kept and counted
run prompt-score -Q
in  {"prompt":"Go","scores":{"quality":1}}
out {"prompt":"Go","scores":{"quality":1}}
sum prompt-score: 1 in, 1 out, 1 kept scores.quality

case perplexity under a model
run mktoy m && prompt-score -Q -p -m m | sed -E 's/"ppl":[0-9]+\.[0-9]+/"ppl":P/; s/"quality":[0-9.]*/"quality":Q/'
in  {"prompt":"Go on"}
in  {"prompt":"Go on","scores":{"ppl":3}}
in  {"prompt":"x"}
out {"prompt":"Go on","scores":{"quality":Q,"ppl":P}}
out {"prompt":"Go on","scores":{"ppl":3,"quality":Q}}
out {"prompt":"x","scores":{"quality":Q}}
like prompt-score: 3 in, 3 out, 1 kept scores.ppl, 1 too short for perplexity

case perplexity from the cache
run mktoy m && prompt-score -q -m m --cache a.db a.jsonl >a && prompt-score -q -m m --cache a.db a.jsonl >b; cmp a b
file a.jsonl {"prompt":"Go on"}

case several models
run prompt-score -m a -m b
err prompt-score: one model at a time: several -m are not there yet
rc  1

case a server does not tell perplexities
run prompt-score -m http://localhost:9/v1#m
err prompt-score: model 'http://localhost:9/v1#m' is a server: it does not tell the probabilities of a prompt
rc  1
