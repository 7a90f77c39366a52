case thresholds, repeated
run prompt-select --where 'scores.quality>=0.5' --where 'lang = en' -w 'n!=3'
in  {"scores":{"quality":0.5},"lang":"en","n":1}
in  {"scores":{"quality":0.25},"lang":"en","n":2}
in  {"scores":{"quality":1},"lang":"zh","n":2}
in  {"scores":{"quality":1},"lang":"en","n":3}
in  {"lang":"en"}
out {"scores":{"quality":0.5},"lang":"en","n":1}
sum prompt-select: 5 in, 1 out, 1 where scores.quality>=0.5, 1 where lang = en, 1 where n!=3, 1 no scores.quality

case labels to keep and to drop
run prompt-select --label ability=math,code --not .source=b
in  {"labels":{"ability":"math"},"source":"a"}
in  {"labels":{"ability":"code"}}
in  {"labels":{"ability":"chat"},"source":"a"}
in  {"labels":{"ability":"code"},"source":"b"}
in  {"source":"a"}
out {"labels":{"ability":"math"},"source":"a"}
out {"labels":{"ability":"code"}}
sum prompt-select: 5 in, 2 out, 2 label ability=math,code, 1 not .source=b

case the best of each label, in input order
run prompt-select --quota ability=2 --quota ability:code=1 --by q
in  {"labels":{"ability":"math"},"q":1}
in  {"labels":{"ability":"code"},"q":1}
in  {"labels":{"ability":"math"},"q":3}
in  {"labels":{"ability":"code"},"q":2}
in  {"labels":{"ability":"math"},"q":2}
in  {"q":9}
out {"labels":{"ability":"math"},"q":3}
out {"labels":{"ability":"code"},"q":2}
out {"labels":{"ability":"math"},"q":2}
out {"q":9}
sum prompt-select: 6 in, 4 out, 1 quota ability:math, 1 quota ability:code

case equals: the first; without the field: last
run prompt-select -n 2 --by q
in  {"n":1}
in  {"n":2,"q":-5}
in  {"n":3,"q":0}
in  {"n":4,"q":0}
out {"n":3,"q":0}
out {"n":4,"q":0}
sum prompt-select: 4 in, 2 out, 2 total

case proportions of a total, the rest sharing what is left
run prompt-select --mix .l:a=50% --mix .l:b=0.25 -n 4 --by q
in  {"l":"a","q":1}
in  {"l":"a","q":2}
in  {"l":"a","q":3}
in  {"l":"b","q":1}
in  {"l":"b","q":2}
in  {"l":"c","q":1}
in  {"l":"d","q":2}
out {"l":"a","q":2}
out {"l":"a","q":3}
out {"l":"b","q":2}
out {"l":"d","q":2}

case proportions without a total: as many as can be had
run prompt-select --mix .l:a=0.5 --mix .l:b=0.5 --by q
in  {"l":"a","q":1}
in  {"l":"a","q":2}
in  {"l":"a","q":3}
in  {"l":"b","q":1}
in  {"l":"c","q":1}
out {"l":"a","q":3}
out {"l":"b","q":1}

case a share that cannot be had is said
run prompt-select --mix .l:a=0.5 -n 4 --by q
in  {"l":"a","q":1}
in  {"l":"b","q":1}
in  {"l":"b","q":1}
in  {"l":"b","q":1}
out {"l":"a","q":1}
out {"l":"b","q":1}
out {"l":"b","q":1}
err prompt-select: mix .l:a: 1 short of the 2 wanted

case at random, the same for a seed and any number of threads
run seq 1000 | sed 's/.*/{"n":&}/' >x; prompt-select -q -n 10 --seed 7 -j1 x >a; prompt-select -q -n 10 --seed 7 -j4 x >b; prompt-select -q -n 10 --seed 8 x >c; cmp a b && ! cmp -s a c && zstd -dc a | wc -l
out 10

case a bad record after good ones, in both passes
run prompt-select -n 5 --by q
in  {"q":1}
in  {"q":"x"}
in  {"q":2}
out {"q":1}
err prompt-select: stdin:2: column 6: field 'q' is not a number
rc  1

case bad records set aside
run prompt-select -n 5 --by q --reject bad
in  {"q":1}
in  {"q":"x"}
in  {"q":2}
out {"q":1}
out {"q":2}
err prompt-select: stdin:2: column 6: field 'q' is not a number
got bad {"q":"x"}

case a number is wanted
run prompt-select --where 'q>1'
in  {"q":2}
in  {"q":"x"}
out {"q":2}
err prompt-select: stdin:2: column 6: field 'q' is not a number
rc  1

case conditions that are none
run prompt-select --where 'q'
in  {"q":2}
err prompt-select: --where 'q': want FIELD OP VALUE, OP one of < <= = != >= >
rc  2

case words have no order
run prompt-select --where 'q>high'
in  {"q":2}
err prompt-select: --where 'q>high': only numbers have an order
rc  2

case shares of more than all
run prompt-select --mix .l:a=0.7 --mix .l:b=0.7
in  {"q":2}
err prompt-select: --mix '.l:b=0.7': the shares are more than 1
rc  2

case a quota that is no number
run prompt-select --quota ability=many
in  {"q":2}
err prompt-select: --quota 'ability=many': the number must be whole and not negative
rc  2
