case gold: 1 or 0, beside scores that are there
run judge --gold
in  {"prompt":"x","gold":3,"responses":[{"content":"it is 3","scores":{"x":1}},{"content":"4", "model":"z"}]}
out {"prompt":"x","gold":3,"responses":[{"content":"it is 3","scores":{"x":1,"gold":1}},{"content":"4","model":"z","scores":{"gold":0}}]}
sum judge: 1 in, 1 out, 1 right, 1 wrong

case a list of gold answers: any will do
run judge -g
in  {"gold":["two",2.0],"responses":[{"content":"2"},{"content":"Two."},{"content":"3"}]}
out {"gold":["two",2.0],"responses":[{"content":"2","scores":{"gold":1}},{"content":"Two.","scores":{"gold":1}},{"content":"3","scores":{"gold":0}}]}

case without gold a record passes
run judge -g
in  {"responses":[{"content":"2"}]}
out {"responses":[{"content":"2"}]}
sum judge: 1 in, 1 out, 1 no gold

case a score that is there is kept
run judge -g
in  {"gold":1,"responses":[{"content":"2","scores":{"gold":0.5}}]}
out {"gold":1,"responses":[{"content":"2","scores":{"gold":0.5}}]}
sum judge: 1 in, 1 out, 1 kept scores.gold

case unless it is to be replaced
run judge -g --overwrite
in  {"gold":1,"responses":[{"content":"2","scores":{"gold":0.5,"a":2}}]}
out {"gold":1,"responses":[{"content":"2","scores":{"gold":0,"a":2}}]}

case a kind that is given
run judge -g -k text
in  {"gold":"1.0","responses":[{"content":"1"}]}
out {"gold":"1.0","responses":[{"content":"1","scores":{"gold":0}}]}

case a model's score lies between 1 and 9
run mktoy m && judge -p -m m --dtype f32 | grep -Ec '"scores":\{"quality":[1-8]\.[0-9]+\}'
in  {"prompt":"a","responses":[{"content":"b"}]}
out 1
like judge: 1 in, 1 out, digit_probability 0\.

case the model is asked where there is no gold
run mktoy m && judge -p -m m -g --name good | sed 's/[1-8]\.[0-9]*/Q/'
in  {"prompt":"a","gold":1,"responses":[{"content":"1"}]}
in  {"prompt":"a","responses":[{"content":"1"}]}
out {"prompt":"a","gold":1,"responses":[{"content":"1","scores":{"gold":1}}]}
out {"prompt":"a","responses":[{"content":"1","scores":{"good":Q}}]}

case or everywhere
run mktoy m && judge -p -m m -g --both | sed 's/[1-8]\.[0-9]*/Q/'
in  {"prompt":"a","gold":1,"responses":[{"content":"1"}]}
out {"prompt":"a","gold":1,"responses":[{"content":"1","scores":{"gold":1,"quality":Q}}]}

case another rubric, another score, named after its file
run mktoy m && judge -q -p -m m a.jsonl | cut -c 1-60 && judge -q -p -m m -r r.txt a.jsonl | cut -c 1-56
file a.jsonl {"prompt":"a","responses":[{"content":"1"}]}
file r.txt Rate {response} for {prompt} ({gold}), from 1 to 9.
out {"prompt":"a","responses":[{"content":"1","scores":{"quality
out {"prompt":"a","responses":[{"content":"1","scores":{"r":

case or as it is told
run mktoy m && judge -q -p -m m -r r.txt --name other a.jsonl | cut -c 1-60
file a.jsonl {"prompt":"a","responses":[{"content":"1"}]}
file r.txt Rate {response} for {prompt} ({gold}), from 1 to 9.
out {"prompt":"a","responses":[{"content":"1","scores":{"other":

case a rubric that does not show the response
run mktoy m && judge -m m -r r.txt
file r.txt Rate {prompt}.
err judge: rubric 'r.txt' has no {response}
rc  1

case a rubric that is not there
run mktoy m && judge -m m -r r.txt
err judge: cannot open rubric 'r.txt': No such file or directory
rc  1

case nor under a name
run mktoy m && judge -m m -r helpful
err judge: cannot open rubric 'helpful': No such file or directory
rc  1

case a rubric's head: an unknown key
run mktoy m && judge -m m -r r.txt
file r.txt ---
file r.txt # remark
file r.txt score: 1-10
file r.txt ---
file r.txt {response}
err judge: rubric 'r.txt': line 3: the keys are name, kind, answer and range
rc  1

case a kind that is not known
run mktoy m && judge -m m -r r.txt
file r.txt ---
file r.txt kind: best
file r.txt ---
err judge: rubric 'r.txt': line 2: kind is absolute, pair or golden
rc  1

case an answer that is not known
run mktoy m && judge -m m -r r.txt
file r.txt ---
file r.txt answer: yaml
file r.txt ---
err judge: rubric 'r.txt': line 2: answer is json or token
rc  1

case a range that is none
run mktoy m && judge -m m -r r.txt
file r.txt ---
file r.txt range: 10-1
file r.txt ---
err judge: rubric 'r.txt': line 2: range is two whole numbers from 0 to 255, like 1-10
rc  1

case a line without a key
run mktoy m && judge -m m -r r.txt
file r.txt ---
file r.txt range
file r.txt ---
err judge: rubric 'r.txt': line 2: no `key: value`
rc  1

case a head that does not end
run mktoy m && judge -m m -r r.txt
file r.txt ---
file r.txt name: x
err judge: rubric 'r.txt': line 2: the head does not end with ---
rc  1

case pairs are shown as {a} and {b}
run mktoy m && judge -m m -r r.txt
file r.txt ---
file r.txt kind: pair
file r.txt ---
file r.txt {a} or {response}?
err judge: rubric 'r.txt' has no {b}
rc  1

case a number that no token says
run mktoy m && judge -m m -r r.txt
file r.txt ---
file r.txt range: 1-10
file r.txt ---
file r.txt {response}
err judge: model 'm' has no token for the number 10, which rubric 'r' wants
rc  1

case one range, another
run mktoy m && judge -q -p -m m -r r.txt | grep -Ec '"r":0\.[0-9]+\}'
file r.txt ---
file r.txt range: 0-1
file r.txt ---
file r.txt {response}
in  {"prompt":"a","responses":[{"content":"1"}]}
out 1

case a score that is written down, with its reasons
run mktoy -c 2048 -p '{"reason":"so so","score":7}' m && judge -p -m m -r helpfulness -r safety --reasons
in  {"prompt":"a","responses":[{"content":"1"},{"content":"2","scores":{"safety":3}}]}
out {"prompt":"a","responses":[{"content":"1","scores":{"helpfulness":7,"safety":7},"reasons":{"helpfulness":"so so","safety":"so so"}},{"content":"2","scores":{"safety":3,"helpfulness":7},"reasons":{"helpfulness":"so so"}}]}
sum judge: 1 in, 1 out, 1 kept model scores

case and without them
run mktoy -c 2048 -p 'Well: {"reason":"so so","score":10}.' m && judge -p -m m -r fluency --free
in  {"prompt":"a","responses":[{"content":"1"}]}
out {"prompt":"a","responses":[{"content":"1","scores":{"fluency":10}}]}

case an answer that cannot be read is asked again, then has failed
run mktoy -c 2048 -p '{"score":11}' m && judge -p -m m -r fluency --free
in  {"prompt":"a","responses":[{"content":"1","scores":{"x":1}}]}
out {"prompt":"a","responses":[{"content":"1","scores":{"x":1,"fluency":null},"errors":{"fluency":"its \"score\" is not a whole number from 1 to 10"}}]}
sum judge: 1 in, 1 out, 2 asked again, 1 judge answers failed

case as often as it is told
run mktoy -c 2048 -p 'I like it.' m && judge -p -m m -r fluency --free --asks 1
in  {"prompt":"a","responses":[{"content":"1"}]}
out {"prompt":"a","responses":[{"content":"1","scores":{"fluency":null},"errors":{"fluency":"there is no JSON object in it"}}]}
sum judge: 1 in, 1 out, 1 judge answers failed

case an answer that does not end
run mktoy -c 2048 m && judge -p -m m -r fluency --free --asks 1 --max-tokens 5
in  {"prompt":"a","responses":[{"content":"1"}]}
out {"prompt":"a","responses":[{"content":"1","scores":{"fluency":null},"errors":{"fluency":"it is cut off after 5 tokens, and there is no JSON object in it"}}]}

case a judge is held to the object that is wanted, whatever it would say
run mktoy -c 4096 -s 10 m && judge -p -m m -r fluency -r pair -t 1 --dtype f32 | sed 's/"fluency":[1-9]0*/"fluency":N/g'
in  {"prompt":"a","responses":[{"content":"1"},{"content":"2"}]}
out {"prompt":"a","responses":[{"content":"1","scores":{"fluency":N,"pair":1}},{"content":"2","scores":{"fluency":N,"pair":0}}],"comparisons":{"pair":[{"a":0,"b":1,"score":1.0,"by":{"m":["a","a"]}}]}}
err judge: pair: 1 comparisons in both orders; 0 with another verdict in the other order, 0 of them for the first shown and 0 for the second; 0 failed

case a question that is too long for the judge
run mktoy -c 512 m && judge -p -m m -r fluency
in  {"prompt":"a","responses":[{"content":"1"}]}
out {"prompt":"a","responses":[{"content":"1","scores":{"fluency":null},"errors":{"fluency":"the prompt has 668 tokens; the model's context is 512"}}]}
sum judge: 1 in, 1 out, 1 judge answers failed

case nor is one by tokens
run mktoy -c 32 m && judge -p -m m
in  {"prompt":"a","responses":[{"content":"1"}]}
out {"prompt":"a","responses":[{"content":"1","scores":{"quality":null},"errors":{"quality":"the prompt has 99 tokens; the model's context is 32"}}]}
sum judge: 1 in, 1 out, 1 judge answers failed

case when a judge's bad answers have filled its context, it has failed
run mktoy -c 760 -p 'This is one token, but many are needed to tell what is wrong.' m && judge -p -m m -r fluency --free
in  {"prompt":"a","responses":[{"content":"1"}]}
out {"prompt":"a","responses":[{"content":"1","scores":{"fluency":null},"errors":{"fluency":"there is no JSON object in it"}}]}
sum judge: 1 in, 1 out, 1 asked again, 1 judge answers failed

case a score takes an error away
run mktoy -c 2048 -p '{"score":7}' m && judge -p -m m -r fluency --free
in  {"prompt":"a","responses":[{"content":"1","scores":{"fluency":null},"errors":{"fluency":"none"}}]}
out {"prompt":"a","responses":[{"content":"1","scores":{"fluency":7},"errors":{"fluency":null}}]}

case against the gold answer, where there is one
run mktoy -c 2048 -p '{"score":1}' m && judge -p -m m -r golden --free
in  {"prompt":"a","responses":[{"content":"1"}]}
in  {"prompt":"a","gold":1,"responses":[{"content":"1"}]}
out {"prompt":"a","responses":[{"content":"1"}]}
out {"prompt":"a","gold":1,"responses":[{"content":"1","scores":{"golden":1}}]}
sum judge: 2 in, 2 out, 1 no gold to compare with

case several judges: each one's score, and how far they agree
run for s in 7 8; do mktoy -c 2048 -p "{\"score\":$s}" m$s; done; mktoy -c 2048 -p no no; judge -p -m m7 -m m8 -m no -r fluency --free --asks 1
in  {"prompt":"a","responses":[{"content":"1"}]}
out {"prompt":"a","responses":[{"content":"1","scores":{"fluency":7.5},"scores_by":{"fluency":{"m7":7,"m8":8,"no":null}},"errors":{"fluency":"no: there is no JSON object in it"}}]}
err judge: fluency: 3 judges: Fleiss' kappa is not defined, over 0 items; Kendall's tau-b is not defined, over 0 rankings

case the median of three
run for s in 2 8 9; do mktoy -c 2048 -p "{\"reason\":\"r$s\",\"score\":$s}" m$s; done; judge -p -m m2 -m m8 -m m9 -r fluency --free --vote median --reasons
in  {"prompt":"a","responses":[{"content":"1"}]}
out {"prompt":"a","responses":[{"content":"1","scores":{"fluency":8},"scores_by":{"fluency":{"m2":2,"m8":8,"m9":9}},"reasons":{"fluency":{"m2":"r2","m8":"r8","m9":"r9"}}}]}
err judge: fluency: 3 judges: Fleiss' kappa -0.500, over 1 items; Kendall's tau-b is not defined, over 0 rankings

case agreement in figures
run for s in 7 8; do mktoy -c 2048 -p "{\"score\":$s}" m$s; done; judge -q -p -m m7 -m m8 -r fluency --free --stats s >/dev/null; grep -o '"agreement".*' s
in  {"prompt":"a","responses":[{"content":"1"},{"content":"2"}]}
out "agreement":{"fluency":{"pairs":[{"a":"m7","b":"m8","items":2,"cohen_kappa":0.0,"quadratic_kappa":0.0,"rankings":0,"kendall_tau_b":null}]}}}

case rankings by tokens are compared as well
run mktoy -s 1 m1; mktoy -s 2 m2; judge -q -p -m m1 -m m2 --stats s >/dev/null; grep -Eo '"agreement".*' s
in  {"prompt":"a","responses":[{"content":"1"},{"content":"2"}]}
in  {"prompt":"a","responses":[{"content":"1"}]}
in  {"prompt":"b","responses":[{"content":"1"},{"content":"1"}]}
out "agreement":{"quality":{"pairs":[{"a":"m1","b":"m2","rankings":1,"kendall_tau_b":1.0}]}}}

case the same judge twice
run mktoy m && judge -m m -m m
err judge: -m m is given twice
rc  1

case pairs: who always says A is held to a tie
run mktoy -c 2048 -p '{"reason":"r","same_steps":false,"same_result":true,"better":"A"}' m && judge -p -m m -r pair --free
in  {"prompt":"a","responses":[{"content":"1"},{"content":"2"}]}
out {"prompt":"a","responses":[{"content":"1","scores":{"pair":0.5}},{"content":"2","scores":{"pair":0.5}}],"comparisons":{"pair":[{"a":0,"b":1,"score":0.5,"same_steps":false,"same_result":true,"by":{"m":["a","b"]}}]}}
err judge: pair: 1 comparisons in both orders; 1 with another verdict in the other order, 1 of them for the first shown and 0 for the second; 0 failed

case every pair, each one's reasons
run mktoy -c 2048 -p '{"reason":"r","better":"tie"}' m && judge -q -p -m m -r pair --reasons
in  {"prompt":"a","responses":[{"content":"1"},{"content":"2"},{"content":"3"}]}
out {"prompt":"a","responses":[{"content":"1","scores":{"pair":0.5}},{"content":"2","scores":{"pair":0.5}},{"content":"3","scores":{"pair":0.5}}],"comparisons":{"pair":[{"a":0,"b":1,"score":0.5,"by":{"m":["tie","tie"]},"reasons":{"m":["r","r"]}},{"a":0,"b":2,"score":0.5,"by":{"m":["tie","tie"]},"reasons":{"m":["r","r"]}},{"a":1,"b":2,"score":0.5,"by":{"m":["tie","tie"]},"reasons":{"m":["r","r"]}}]}}

case each against the first, or against gold
run mktoy -c 2048 -p '{"better":"B"}' m && judge -q -p -m m -r pair --free --against first a | grep -o '"comp.*'; judge -q -p -m m -r pair --free --against gold a | grep -o '"comp.*'
file a {"prompt":"a","gold":"g","responses":[{"content":"1"},{"content":"2"},{"content":"3"}]}
out "comparisons":{"pair":[{"a":0,"b":1,"score":0.5,"by":{"m":["b","a"]}},{"a":0,"b":2,"score":0.5,"by":{"m":["b","a"]}}]}}
out "comparisons":{"pair":[{"a":0,"b":"gold","score":0.5,"by":{"m":["b","a"]}},{"a":1,"b":"gold","score":0.5,"by":{"m":["b","a"]}},{"a":2,"b":"gold","score":0.5,"by":{"m":["b","a"]}}]}}

case pairs of letters: the mean of both orders
run mktoy -s 33 m && judge -q -p -m m -r prefer --dtype f32 | sed 's/0\.[0-9]*[1-9]/P/g'
in  {"prompt":"Which is it?","responses":[{"content":"yes"},{"content":"1234567890 and so on and so on"}]}
out {"prompt":"Which is it?","responses":[{"content":"yes","scores":{"prefer":P}},{"content":"1234567890 and so on and so on","scores":{"prefer":P}}],"comparisons":{"prefer":[{"a":0,"b":1,"score":P,"by":{"m":[P,P]}}]}}

case which adds up to one
run mktoy -s 33 m && judge -q -p -m m -r prefer | sed 's/[^0-9.,]//g' | awk -F, '{ for (i = 1; i <= NF; i++) if ($i ~ /^0\.[0-9]/) x[++n] = $i; printf "%d %.6f %.6f %.6f\n", n, x[1] + x[2], x[3] - x[1], (x[4] + x[5]) / 2 - x[1] }'
in  {"prompt":"Which is it?","responses":[{"content":"yes"},{"content":"no"}]}
out 5 1.000000 0.000000 0.000000

case a comparison that fails
run mktoy -c 2048 -p 'no' m && judge -p -m m -r pair --free --asks 2
in  {"prompt":"a","responses":[{"content":"1"},{"content":"2"}]}
out {"prompt":"a","responses":[{"content":"1","scores":{"pair":null},"errors":{"pair":"there is no JSON object in it"}},{"content":"2","scores":{"pair":null},"errors":{"pair":"there is no JSON object in it"}}],"comparisons":{"pair":[{"a":0,"b":1,"score":null,"by":{"m":[null,null]}}]}}
err judge: pair: 0 comparisons in both orders; 0 with another verdict in the other order, 0 of them for the first shown and 0 for the second; 1 failed
sum judge: 1 in, 1 out, 2 asked again, 2 judge answers failed

case one response, and scores that are there
run mktoy m && judge -p -m m -r prefer 2>&1 >/dev/null | tail -n 1
in  {"prompt":"a","responses":[{"content":"1"}]}
in  {"prompt":"a","responses":[{"content":"1","scores":{"prefer":1}},{"content":"2","scores":{"prefer":0}}]}
out judge: 2 in, 2 out, 1 nothing to compare with, 2 kept model scores

case more pairs than can be
run mktoy m; printf '{"prompt":"a","responses":[%s{"content":"b"}]}\n' "$(printf '{"content":"a"},%.0s' $(seq 64))" >a; judge -m m -r prefer a
err judge: a:1: column 27: 65 responses make more than 2016 pairs
rc  1

case what was asked is not asked again, and the bytes are the same
run mktoy -c 2048 m; mktoy -c 2048 -p '{"score":3,"better":"A"}' p; j="judge -q -m m -m p -r prefer -r fluency -r r.txt -r pair --free --max-tokens 30 --cache c.db"; $j a >1; $j --stats s a >2; cmp 1 2 && grep -o '"answers[a-z_]*":[0-9]*' s
file r.txt {response}?
file a {"prompt":"a","responses":[{"content":"1"},{"content":"2"}]}
out "answers_found":24
out "answers_new":0

case a reward model: its score, whatever else is asked
run mktoy -r -c 40 rm; mktoy -c 2048 -p '{"score":3}' m; judge -p -m rm -m m -r fluency --free | sed 's/[-0-9]*\.[0-9]*/R/g'
in  {"prompt":"a","responses":[{"content":"1"},{"content":"2","scores":{"reward":1}},{"content":"a sentence that is too long for a context of 40 tokens, most of them bytes"}]}
out {"prompt":"a","responses":[{"content":"1","scores":{"fluency":3,"reward":R}},{"content":"2","scores":{"reward":1,"fluency":3}},{"content":"a sentence that is too long for a context of 40 tokens, most of them bytes","scores":{"fluency":3,"reward":null},"errors":{"reward":"the conversation has 64 tokens; the model's context is 40"}}]}
sum judge: 1 in, 1 out, 1 kept model scores, 1 judge answers failed

case several of them, and what they said before
run for s in 1 2; do mktoy -r -s $s rm$s; done; j="judge -q -p -m rm1 -m rm2 --reward-name r --cache c --stats s"; $j a >1; $j a >2; cmp 1 2; grep -o '"answers[a-z_]*":[0-9]*' s; sed 's/[-0-9]*\.[0-9]*/R/g' 1
file a {"prompt":"a","responses":[{"content":"1"}]}
out "answers_found":2
out "answers_new":0
out {"prompt":"a","responses":[{"content":"1","scores":{"r":R},"scores_by":{"r":{"rm1":R,"rm2":R}}}]}

case a reward model reads, it does not write
run mktoy -r rm; judge -m rm -r pair
err judge: --rubric asks a model that writes: -m rm has a score head
rc  1

case nor does it elsewhere
run mktoy -r rm; respond -p -m rm
in  {"prompt":"a"}
err respond: model 'rm': it has a score head: it can judge, but not write
rc  1

case threads and how many run at once change nothing
run mktoy -c 4096 -s 10 m; mktoy -c 4096 -s 3 n; mktoy -r r; j="judge -q -p -m m -m n -m r -r pair -r fluency -r prefer -r quality -t 1 --max-tokens 100 --reasons --stats"; $j 1.s -j 1 --batch 1 a >1; $j 2.s -j 2 --batch 7 a >2; cmp 1 2; for i in 1 2; do sed 's/.*"counted"/"counted"/' $i.s >$i.c; done; cmp 1.c 2.c && grep -c '"quality":[0-9.]*' 1
file a {"prompt":"a","responses":[{"content":"1"},{"content":"2"},{"content":"3"}]}
file a {"prompt":"b","responses":[{"content":"x y z"},{"content":""}]}
file a {"prompt":"c","responses":[{"content":"1"}]}
file a {"prompt":"d","responses":[{"content":"1"},{"content":"0"}]}
out 4

case how often people agree, ties half
run mktoy -s 33 m && mktoy -c 2048 -p '{"score":5,"better":"A"}' p; judge -q -p -m m -r prefer --human human --stats s a >b; grep -o '"human":.*}},"comp' s; judge -p -m p -r fluency --free --human human b --stats s >/dev/null; grep -o '"human":.*' s
file a {"prompt":"Which is it?","responses":[{"content":"yes","scores":{"human":2}},{"content":"1234567890 and so on and so on","scores":{"human":1}},{"content":"no"}]}
file a {"prompt":"a","responses":[{"content":"yes","scores":{"human":2}},{"content":"no"}]}
out "human":{"prefer":{"pairs":1,"agree":1,"tied":0,"agreement":1.0,"low":0.20654931437723745,"high":1.0,"rankings":1,"kendall_tau_b":1.0}},"comp
out "human":{"fluency":{"pairs":1,"agree":0,"tied":1,"agreement":0.5,"low":0.05462075552885198,"high":0.945379244471148,"rankings":0,"kendall_tau_b":null}}}
err judge: fluency: agrees with people on 50.0% [5.5, 94.5] of 1 pairs, 1 ties counted half
sum judge: 2 in, 2 out, 1 no people's scores to compare with

case two scores of one name
run mktoy m && judge -m m -r fluency -r fluency
err judge: two scores would be scores.fluency
rc  1

case nor one that --gold writes
run mktoy m && judge -g -m m --name gold
err judge: two scores would be scores.gold
rc  1

case nor one that is no name
run mktoy m && judge -m m --name a.b
err judge: score 'a.b': that is no plain name
rc  1

case one name for several rubrics
run mktoy m && judge -m m -r fluency -r safety --name x
err judge: --name with several rubrics: their files have names
rc  1

case a rubric without a model
run judge -r fluency
err judge: --rubric asks a model: give one with -m
rc  1

case nothing to judge by
run judge
err judge: nothing to judge by: give -m MODEL or a check like --gold
rc  1

case no responses: what came before is there
run judge -g
in  {"gold":1,"responses":[]}
in  {"gold":1}
out {"gold":1,"responses":[]}
err judge: stdin:2: field 'responses' is missing
rc  1

case a response without content
run judge -g
in  {"gold":1,"responses":[{"text":"1"}]}
err judge: stdin:1: column 24: a response has no content
rc  1

case a response that a model failed to give is passed over
run judge -p -g
in  {"prompt":"a","gold":1,"responses":[{"content":"1"},{"model":"m","error":"x"},{"content":"2"}]}
out {"prompt":"a","gold":1,"responses":[{"content":"1","scores":{"gold":1}},{"model":"m","error":"x"},{"content":"2","scores":{"gold":0}}]}
sum judge: 1 in, 1 out, 1 failed responses, 1 right, 1 wrong

case pairs are named by their places all the same
run mktoy m && judge -q -p -m m --rubric prefer | grep -o '"a":[0-9],"b":[0-9]'
in  {"prompt":"a","responses":[{"error":"x"},{"content":"1"},{"content":null,"error":"x"},{"content":"2"}]}
out "a":1,"b":3

case probabilities of tokens do not come from servers
run judge -m http://localhost:9/v1#m
like judge: model 'http://localhost:9/v1#m' is a server: a rubric with `answer: token`
rc  1
