case a prompt is labelled in six dimensions
run prompt-classify -t $data/../../samples/taxonomy.txt
in  {"id":"a","prompt":"Tom has 3 apples and buys 4 more. How many apples does he have in total?"}
out {"id":"a","prompt":"Tom has 3 apples and buys 4 more. How many apples does he have in total?","labels":{"ability":"math","attributes":"math/word-problem","domain":"mathematics","language":"English","constraints":"none","difficulty":"easy"},"label_p":{"ability":0.8125,"attributes":0.6667,"domain":0.5714,"language":0.9167,"constraints":0.5,"difficulty":0.6667}}

case the format: scores, defaults, confidence
run prompt-classify -t tax
file tax # comment
file tax taxonomy 1
file tax dimension kind
file tax default other 1
file tax label a
file tax 2 \bx\b
file tax 1x3 y
file tax label b
file tax 3 @words>3
file tax -9 never
file tax dimension sub under kind
file tax label a/one
file tax 2 one
file tax label a/two
file tax 2 two
file tax dimension size scale
file tax label small from 0
file tax label big from 2
file tax 1 @kind=a
file tax 1x5 big
in  {"prompt":"X yyyyy one"}
in  {"prompt":"w w w w"}
in  {"prompt":"w w w w never"}
in  {"prompt":"x BIG big"}
in  {"prompt":""}
out {"prompt":"X yyyyy one","labels":{"kind":"a","sub":"a/one","size":"small"},"label_p":{"kind":0.625,"sub":0.5,"size":0.5}}
out {"prompt":"w w w w","labels":{"kind":"b","sub":"other","size":"small"},"label_p":{"kind":0.5,"sub":0.3333,"size":0.6667}}
out {"prompt":"w w w w never","labels":{"kind":"other","sub":"other","size":"small"},"label_p":{"kind":0.3333,"sub":0.3333,"size":0.6667}}
out {"prompt":"x BIG big","labels":{"kind":"a","sub":"a/other","size":"big"},"label_p":{"kind":0.4,"sub":0.3333,"size":0.6667}}
out {"prompt":"","labels":{"kind":"other","sub":"other","size":"small"},"label_p":{"kind":0.3333,"sub":0.3333,"size":0.6667}}

case what stands there is kept and counted
run prompt-classify -t tax
file tax taxonomy 1
file tax dimension kind
file tax label a
file tax 2 x
file tax dimension tone
file tax label b
file tax 2 x
in  {"prompt":"x","labels":{"kind":"mine","tone":null}}
out {"prompt":"x","labels":{"kind":"mine","tone":"b"},"label_p":{"tone":0.5}}
sum prompt-classify: 1 in, 1 out, 1 kept labels.kind

case what stands there is replaced
run prompt-classify -t tax --overwrite
file tax taxonomy 1
file tax dimension kind
file tax label a
file tax 2 x
in  {"prompt":"x","labels":{"kind":"mine"},"label_p":{"kind":1}}
out {"prompt":"x","labels":{"kind":"a"},"label_p":{"kind":0.5}}

case the unsure are set aside
run prompt-classify -t tax --low low.jsonl --low-below 0.4
file tax taxonomy 1
file tax dimension kind
file tax default none 1
file tax label a
file tax 2 x
in  {"prompt":"x"}
in  {"prompt":"y"}
out {"prompt":"x","labels":{"kind":"a"},"label_p":{"kind":0.4}}
got low.jsonl {"prompt":"y","labels":{"kind":"none"},"label_p":{"kind":0.3333}}
sum prompt-classify: 2 in, 1 out, 1 unsure

case the language, of code the programming language
run prompt-classify -t tax
file tax taxonomy 1
file tax dimension what
file tax default text 1
file tax label code
file tax 3 code
file tax dimension language natural
file tax when what=code
file tax label Python
file tax 4 python
in  {"prompt":"Write Python code that sorts a list."}
in  {"prompt":"Is the python a snake?"}
in  {"prompt":"请写一段代码，给列表排序"}
out {"prompt":"Write Python code that sorts a list.","labels":{"what":"code","language":"Python"},"label_p":{"what":0.5,"language":0.6667}}
out {"prompt":"Is the python a snake?","labels":{"what":"text","language":"English"},"label_p":{"what":0.3333,"language":0.6154}}
out {"prompt":"请写一段代码，给列表排序","labels":{"what":"text","language":"Simplified Chinese"},"label_p":{"what":0.3333,"language":0.875}}

case a record without a prompt
run prompt-classify -t tax
file tax taxonomy 1
file tax dimension kind
file tax label a
file tax 2 x
in  {"text":"x"}
like prompt-classify: stdin:1: .*
rc  1

case labels that are no object
run prompt-classify -t tax
file tax taxonomy 1
file tax dimension kind
file tax label a
file tax 2 x
in  {"prompt":"x","labels":[1]}
like prompt-classify: stdin:1: .*labels.*
rc  1

case a taxonomy that is not there
run prompt-classify -t none.txt
in  {"prompt":"x"}
err prompt-classify: cannot open 'none.txt': No such file or directory
rc  1

case a taxonomy with a bad pattern
run prompt-classify -t tax
file tax taxonomy 1
file tax dimension kind
file tax label a
file tax 2 (x
in  {"prompt":"x"}
err prompt-classify: tax:4: pattern, character 3: missing closing parenthesis
rc  1

case a taxonomy of a newer version
run prompt-classify -t tax
file tax taxonomy 2
in  {"prompt":"x"}
err prompt-classify: tax:1: taxonomy version 2 is newer than this program's 1
rc  1

case a file that is no taxonomy
run prompt-classify -t tax
file tax {"prompt":"x"}
in  {"prompt":"x"}
err prompt-classify: tax:1: the first line must be 'taxonomy 1'
rc  1

case a signal that there is none of
run prompt-classify -t tax
file tax taxonomy 1
file tax dimension kind
file tax label a
file tax 2 @wrods>3
in  {"prompt":"x"}
err prompt-classify: tax:4: 'wrods' is neither a signal nor an earlier dimension
rc  1

case other engines are refused by name
run prompt-classify --engine linear
in  {"prompt":"x"}
err prompt-classify: --engine linear: only rules are in this version
rc  2

case a pattern that never ends is given up and counted
run prompt-classify -t tax
file tax taxonomy 1
file tax dimension kind
file tax default b 1
file tax label a
file tax 2 (a+)+[0-9]
in  {"prompt":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}
out {"prompt":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","labels":{"kind":"b"},"label_p":{"kind":0.3333}}
sum prompt-classify: 1 in, 1 out, 1 patterns given up
