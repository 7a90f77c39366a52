case responses in the records, by model
run evaluate
in  {"gold":1,"responses":[{"content":"1","model":"a"},{"content":"2","model":"b"}]}
in  {"gold":2,"responses":[{"content":"2","model":"a"},{"content":"2","model":"b"}]}
in  {"gold":3,"responses":[{"content":"1","model":"a"},{"content":"2","model":"b"}]}
in  {"prompt":"x"}
out a                               66.7% [20.8, 93.9], 3 items
out b                               33.3% [6.1, 79.2], 3 items
out b - a                          -33.3% [-100.0, +0.0], 3 items
sum evaluate: 4 in, 3 out, 1 without a task

case figures as JSON
run evaluate --json e.json
in  {"gold":1,"responses":[{"content":"1"}]}
out responses                      100.0% [20.7, 100.0], 1 items
got e.json {"plumbline":"evaluate","version":1,"models":[{"model":"responses","gold":{"accuracy":1.0,"low":0.20654931437723745,"high":1.0,"items":1}}],"differences":[]}

case loss of the assistant's turns
run mktoy m && evaluate -m m --dtype f32 --kernel ref | sed 's/ [^ ]*tokens$//; s/  */ /g; s/[0-9]\.[0-9]*/X/g; s/ppl .*,/ppl/'
in  {"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"the sea"}]}
out m X [X, X] ppl 6

case the same model twice does not differ
run mktoy m && cp -r m n && evaluate -m m -m n | tail -n 1 | sed 's/  */ /g'
in  {"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"the sea"}],"gold":"1"}
out n - m +0.0000 [+0.0000, +0.0000] +0.0% [+0.0, +0.0], 1 items

case one task only
run mktoy m && evaluate -m m --only gold --max-tokens 4
in  {"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"the sea"}],"gold":"1"}
out m                                0.0% [0.0, 79.3], 1 items

case no responses and no model
run evaluate
in  {"gold":1}
sum evaluate: 1 in, 0 out, 1 no responses

case a template that raises
run mktoy m && evaluate -m m -T t.jinja
file t.jinja {{ raise_exception('never') }}
in  {"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}
like evaluate: stdin:1: template: .*never
rc  1

case a template whose prompt is no beginning
run mktoy m && evaluate -m m -T t.jinja
file t.jinja {{ messages|length }}{% for m in messages %}{{ m.content }}{% endfor %}
in  {"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}
like evaluate: stdin:1: template: .
rc  1

case turns with weight 0 are left out
run mktoy m && evaluate -m m | grep -o '[0-9]* tokens'
in  {"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"the sea"},{"role":"user","content":"b"},{"role":"assistant","content":"the sea","weight":0}]}
out 6 tokens

case a response that a model failed to give is left out
run evaluate | sed 's/ *\[.*\]//'
in  {"prompt":"a","gold":1,"responses":[{"content":"1","model":"m"},{"model":"m","error":"x"}]}
out m                              100.0%, 1 items
like 1 failed responses

case losses do not come from servers
run evaluate -m http://localhost:9/v1#m
err evaluate: model 'http://localhost:9/v1#m' is a server: it tells no losses, so give --only gold
rc  1
