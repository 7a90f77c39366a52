case the complement is appended, the prompt is as it was
run mktoy -s 4 m && prompt-augment -p -m m -r ask --tries 16 --max-tokens 6 --dtype f32
file ask {prompt}
in  {"prompt": "How do I look after a cactus?",  "x":1.50}
out {"prompt": "How do I look after a cactus?\nhehehehe beed",  "x":1.50,"id":"0cc2d9b887e01f9dcec756286456d589","complement":"hehehehe beed"}
sum prompt-augment: 1 in, 1 out, 1 augmented

case in a list of parts, with a name and an answer behind it
run mktoy -s 4 m && prompt-augment -p -m m -r ask --tries 16 --max-tokens 6 --dtype f32
file ask {prompt}
in  {"id":7,"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"Explain tides to me"}],"name":"u"},{"role":"assistant","content":"ok"}]}
out {"id":7,"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"Explain tides to me"},{"type":"text","text":"\n1 wrerndnd"}],"name":"u"},{"role":"assistant","content":"ok"}],"complement":"1 wrerndnd"}

case other shapes become messages
run mktoy -s 4 m && prompt-augment -p -m m -r ask --tries 16 --max-tokens 6 --dtype f32
file ask {prompt}
in  {"id":"a","instruction":"Explain tides to me","output":"ok"}
out {"id":"a","instruction":"Explain tides to me","output":"ok","messages":[{"role":"user","content":"Explain tides to me\n1 wrerndnd"},{"role":"assistant","content":"ok"}],"complement":"1 wrerndnd"}

case a complement that is there is kept
run mktoy m && prompt-augment -m m
in  {"prompt":"Explain tides to me\nbriefly","complement":"briefly"}
out {"prompt":"Explain tides to me\nbriefly","complement":"briefly"}
sum prompt-augment: 1 in, 1 out, 1 kept complement

case unless it is to be replaced: it comes off first
run mktoy -s 4 m && prompt-augment -p -m m -r ask --tries 16 --max-tokens 6 --dtype f32 --overwrite
file ask {prompt}
in  {"id":1,"prompt":"Explain tides to me\nbriefly","complement":"briefly"}
in  {"id":2,"prompt":[{"role":"user","content":[{"type":"text","text":"Explain tides to me"},{"type":"text","text":"\nbriefly"}]}],"complement":"briefly"}
out {"id":1,"prompt":"Explain tides to me\n1 wrerndnd","complement":"1 wrerndnd"}
out {"id":2,"prompt":[{"role":"user","content":[{"type":"text","text":"Explain tides to me"},{"type":"text","text":"\n1 wrerndnd"}]}],"complement":"1 wrerndnd"}

case prompts that need none, and those for which none is without a fault
run mktoy m && prompt-augment -m m -r ask -p --max-tokens 6 --dtype f32
file ask {prompt}
in  {"prompt":"hi"}
in  {"prompt":"Is 7 a prime? Only answer with one word."}
in  {"prompt":"Explain tides to me"}
out {"prompt":"hi"}
out {"prompt":"Is 7 a prime? Only answer with one word."}
out {"prompt":"Explain tides to me"}
sum prompt-augment: 3 in, 3 out, 1 needs none: asks for nothing, 1 needs none: prescribes its answer's form, 1 not augmented: empty

case unless all are wanted
run mktoy m && prompt-augment -am m -r ask -p --max-tokens 6 --dtype f32
file ask {prompt}
in  {"prompt":"hi"}
out {"prompt":"hi"}
sum prompt-augment: 1 in, 1 out, 1 not augmented: empty

case keywords are part of what is asked
run mktoy -s 4 m && prompt-augment -p -m m -r ask -k k --tries 16 --max-tokens 6 --dtype f32 >a && prompt-augment -p -m m -r ask -k none --tries 16 --max-tokens 6 --dtype f32 a.jsonl >b; cmp -s a b
plain
file ask {prompt}
file ask keep to {keywords}
file a.jsonl {"prompt":"Explain tides to me","k":["moon","sea"]}
in  {"prompt":"Explain tides to me","k":["moon","sea"]}
like 1 in, 1 out
rc  1

case a keyword that is no string
run mktoy m && prompt-augment -m m -k k
in  {"prompt":"Explain tides to me","k":["moon",1]}
like prompt-augment: stdin:1: column 45: a keyword is not a string
rc  1

case no user turn
run mktoy m && prompt-augment -m m
in  {"messages":[{"role":"system","content":"s"}]}
like prompt-augment: stdin:1: there is no user turn with a text
rc  1

case a request without its place
run mktoy m && prompt-augment -m m -r ask
file ask What then?
err prompt-augment: request 'ask' has no {prompt}
rc  1

case a request file that is not there
run mktoy m && prompt-augment -m m -r ask
err prompt-augment: cannot open request 'ask': No such file or directory
rc  1

case no model
run prompt-augment
err prompt-augment: no model: give one with -m
rc  1

case two models
run prompt-augment -m a -m b
err prompt-augment: one model at a time: give one -m
rc  1

case answers come from the cache
run mktoy -s 4 m && for i in 1 2; do prompt-augment -q -m m --cache a.db -r ask --stats s$i -o o$i a.jsonl; done; cmp o1 o2 && grep -o '"answers_found":[0-9]*,"answers_new":[0-9]*' s1 s2
file ask {prompt}
file a.jsonl {"prompt":"Explain tides to me"}
out s1:"answers_found":0,"answers_new":4
out s2:"answers_found":4,"answers_new":0
