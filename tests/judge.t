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

case another rubric, another score
run mktoy m && judge -q -m m a.jsonl >a && judge -q -m m -r r.txt a.jsonl >b; cmp -s a b
file a.jsonl {"prompt":"a","responses":[{"content":"1"}]}
file r.txt Rate {response} for {prompt} ({gold}), from 1 to 9.
rc  1

case a rubric that does not show the response
run mktoy m && judge -m m -r r.txt
file r.txt Rate {prompt}.
err judge: rubric 'r.txt' has no {response}
rc  1

case a rubric that is not there
run mktoy m && judge -m m -r r.txt
err judge: cannot open rubric 'r.txt': No such file or directory
rc  1

case nothing to judge by
run judge
err judge: nothing to judge by: give --gold, -m MODEL or both
rc  1

case several judges
run judge -m a -m b
err judge: one judge at a time: several -m are not there yet
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
