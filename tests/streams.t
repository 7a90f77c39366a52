case records pass byte for byte
run pass
in  {"a": 1.50,  "b":[ ] }
in  {"n":123456789012345678901234567890}
out {"a": 1.50,  "b":[ ] }
out {"n":123456789012345678901234567890}
sum pass: 2 in, 2 out

case plain input, a BOM, CRLF, blank lines, no final newline
run printf '\357\273\277{"a":1}\r\n\n  \n{"b":2}' | pass
out {"a":1}
out {"b":2}
sum pass: 2 in, 2 out, 2 blank

case gzip, joined members
run printf '{"a":1}\n' | gzip >a; printf '{"b":2}\n' | gzip >>a; pass a
out {"a":1}
out {"b":2}

case a JSON array is read item by item
run pass a.json
file a.json [
file a.json   {"a": 1,
file a.json    "b": "x, y]"},
file a.json   {"c": [1, 2]}
file a.json ]
out {"a": 1,"b": "x, y]"}
out {"c": [1, 2]}

case an array that does not end
run printf '[{"a":1},{"b":2}' | pass
out {"a":1}
err pass: 'stdin': the array does not end
rc  1

case an array with a comma too much
run printf '[{"a":1},]' | pass
out {"a":1}
err pass: 'stdin': a value is missing after item 1
rc  1

case an item that is no object
run printf '[{"a":1},7]' | pass
out {"a":1}
err pass: stdin: item 2: column 1: not a JSON object
rc  1

case not JSON: everything before it is written
run pass
in  {"a":1}
in  {"a":1,}
in  {"a":2}
out {"a":1}
err pass: stdin:2: column 8: a key in quotes is missing
rc  1
sum pass: 2 in, 1 out

case not JSON, in order
run pass --how=each
in  {"a":1}
in  nonsense
out {"a":1}
err pass: stdin:2: column 1: not a JSON value
rc  1

case not JSON, pulled
run pass --how=pull --hold 3
in  {"a":1}
in  {"a":01}
in  {"a":2}
out {"a":1}
err pass: stdin:2: column 6: number with a leading zero
rc  1

case bad records are set aside verbatim
run pass --reject bad --need a
in  {"a":"1"}
in  {"a":2}
in  {"a" "b"}
in  {"b":1}
in  {"a":"3"}
out {"a":"1"}
out {"a":"3"}
got bad {"a":2}
got bad {"a" "b"}
got bad {"b":1}
err pass: stdin:2: column 6: field 'a' is not a string
err pass: stdin:3: column 6: ':' is missing after a key
err pass: stdin:4: field 'a' is missing
sum pass: 5 in, 2 out, 3 rejected

case invalid UTF-8
run printf '{"a":"x"}\n{"a":"\377"}\n' | pass
out {"a":"x"}
err pass: stdin:2: column 7: invalid UTF-8
rc  1

case a duplicate key among the fields that are read
run pass --need a
in  {"a":"1","b":1,"b":2}
in  {"a":"1","a":"2"}
out {"a":"1","b":1,"b":2}
err pass: stdin:2: column 10: field 'a' is there twice
rc  1

case a lone surrogate among the fields that are read
run pass --need a
in  {"a":"1","b":"\ud800"}
in  {"a":"\ud800"}
out {"a":"1","b":"\ud800"}
err pass: stdin:2: column 6: a lone surrogate
rc  1

case a missing field
run pass --need labels.a
in  {"labels":{"a":"x"}}
in  {"labels":null}
out {"labels":{"a":"x"}}
err pass: stdin:2: field 'labels.a' is missing
rc  1

case a line that is too long
run pass --max-line 10
in  {"a":"1"}
in  {"a":"1234567890"}
out {"a":"1"}
err pass: stdin:2: the line is longer than 10 bytes
rc  1

case a line of 100 MB
run (echo '{"a":1}'; head -c 100000000 /dev/zero | tr '\0' x; echo; echo '{"a":2}') >a; pass -p a; rc=$?; pass -qp --reject b a; wc -c <b; (exit $rc)
rc  1
out {"a":1}
out {"a":1}
out {"a":2}
out 100000001
err pass: a:2: the line is longer than 67108864 bytes

case a long line that is allowed
run (echo '{"a":1}'; printf '{"b":"'; head -c 5000000 /dev/zero | tr '\0' x; echo '"}'; echo '{"a":2}') >a; pass -qj1 a | zstd -dc | cmp - a; pass -qj3 a | zstd -dc | cmp - a

case memory does not grow with the input
run for n in 100000 1000000; do seq $n | sed 's/.*/{"n":&,"text":"some words to make it longer, and some more of them","list":[1,2,3,{}]}/' | pass -j2 --memory 2>&1 >/dev/null | sed 's/.*memory //' ; done | xargs echo | { read a b; echo $((b <= 2 * a + 16)); }
out 1

case kill -9, and run again
run seq 2000 | sed 's/.*/{"n":&}/' >i; pass --how=each --pause 2 -o a i & soon 'ls -A | grep -q ^[.]a'; kill -KILL $!; wait $!; echo $?; ls a; pass -q -o a i; cmp a i && echo whole
out 137
out whole
like cannot access

case nesting that is too deep
run pass --max-depth 2
in  {"a":[]}
in  {"a":[[]]}
out {"a":[]}
err pass: stdin:2: column 7: nested too deeply
rc  1

case depth 10,000
run python3 -c 'print("{}"); print("{\"a\":" + "["*10000 + "]"*10000 + "}")' | pass
out {}
err pass: stdin:2: column 1029: nested too deeply
rc  1

case an empty file gives an empty frame
run : >a; pass a | zstd -dc
sum pass: 0 in, 0 out

case truncated zstd
run seq 300000 | sed 's/.*/{"n":&}/' | zstd -q1 | head -c 60000 | pass >a; rc=$?; n=$(zstd -dc a | wc -l); [ $n -gt 20000 ] && zstd -dc a | tail -n 1 | grep -q "^{\"n\":$n}$"; echo $?; (exit $rc)
plain
rc  1
out 0
err pass: 'stdin' is cut short

case corrupt zstd
run seq 200000 | sed 's/.*/{"n":&}/' | zstd -q1 >a; printf XX | dd of=a bs=1 seek=$(($(wc -c <a) - 2)) conv=notrunc 2>/dev/null; pass a >b; rc=$?; [ $(zstd -dc b | wc -l) -gt 180000 ] && echo most; (exit $rc)
rc  1
out most
like ^pass: 'a' is corrupt: zstd: 

case truncated gzip
run seq 100000 | sed 's/.*/{"n":&}/' | gzip -1 | head -c 100000 | pass >a; rc=$?; zstd -dc a | head -n 2; (exit $rc)
rc  1
out {"n":1}
out {"n":2}
err pass: 'stdin' is cut short

case a full disk, and /dev/full stays a device
run seq 1000 | sed 's/.*/{"n":&}/' | pass -o /dev/full; rc=$?; [ -c /dev/full ] || echo gone; (exit $rc)
rc  1
err pass: cannot write '/dev/full': No space left on device

case full disk on standard output
run pass >/dev/full
in  {"a":1}
rc  1
err pass: cannot write 'stdout': No space left on device

case the reader leaves: quiet, side files whole
run (seq 400000 | sed 's/.*/{"n":&}/' | pass -p --side s.zst; echo $? >rc) | head -n 1; cat rc; zstd -qt s.zst && echo whole
out {"n":1}
out 141
out whole

case SIGINT in the middle
run t=$(printf %9000s | tr ' ' x); seq 4000 | sed "s/.*/{\"n\":&,\"t\":\"$t\"}/" >i; (soon '[ -s .s.* ]'; kill -INT $(cat pid)) & sh -c 'echo $$ >pid; exec pass -j2 --how=each --pause 5 --side s i' >a; rc=$?; zstd -qt a; tail -n 1 s.partial | grep -c '^{"n":[0-9]*,"t":"x*"}$'; (exit $rc)
rc  130
like ^pass: stopped by SIGINT$
out 1

case SIGTERM while it waits for input
run mkfifo f; pass -o a f & exec 3>f; echo '{"a":1}' >&3; soon 'ls -A | grep -q ^[.]a'; kill -TERM $!; wait $!; rc=$?; rm f; ls; (exit $rc)
rc  143
out a.partial
err pass: stopped by SIGTERM
sum pass: 0 in, 0 out

case -o FILE after a data error is FILE.partial
run pass -o a; rc=$?; ls; cat a.partial; (exit $rc)
rc  1
in  {"a":1}
in  x
out a.partial
out {"a":1}
err pass: stdin:2: column 1: not a JSON value

case -o keeps the mode and follows links
run : >a; chmod 640 a; ln -s a b; pass -o b; stat -c %a,%F a b; cat a
in  {"a":1}
out 640,regular file
out 777,symbolic link
out {"a":1}

case -o goes by its suffix
run pass -o a.gz --side b.zst; gzip -dc a.gz; zstd -dc b.zst
in  {"a":1}
out {"a":1}
out {"a":1}

case -o FILE may be the input
run echo '{"a":1}' >a; pass --put b=2 -o a a; cat a
out {"a":1,"b":2}

case a pipe is written directly
run mkfifo f; cat f & pass -o f; wait; ls
in  {"a":1}
out {"a":1}
out f

case PLUMBLINE_FORMAT=plain
run PLUMBLINE_FORMAT=plain pass | cat
in  {"a":1}
out {"a":1}

case edits
run pass -q --put a.b=1 | pass -q -p --put 'c="x"' --del d
in  {"z":0}
in  {"a":null, "d":1, "e":2}
in  { "d" : 1 , "a" : {"b":7, "c":3} }
in  {"d":1}
out {"z":0,"a":{"b":1},"c":"x"}
out {"a":{"b":1}, "e":2,"c":"x"}
out {"a" : {"b":1, "c":3},"c":"x" }
out {"a":{"b":1},"c":"x"}

case a member of something else
run pass --put a.b=1
in  {"a":7}
rc  1
err pass: stdin:1: column 6: field 'a' is not an object

case values that are there are kept and counted
run pass --add a=9
in  {"a":1}
in  {"b":1}
in  {"a":null}
out {"a":1}
out {"b":1,"a":9}
out {"a":9}
sum pass: 3 in, 3 out, 1 kept a

case unless --overwrite is given
run pass --add a=9 --overwrite
in  {"a":1}
out {"a":9}

case conversations
run pass --show messages
in  {"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}],"prompt":"no"}
in  {"prompt":"\u0041"}
in  {"instruction":"i","input":"n","output":"o","system":"s","history":[["q","a"]]}
in  {"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"a"}],"system":"s"}
in  {"prompt":[{"role":"user","content":"x"}],"chosen":"y"}
out user: ab
out user: A
out system: s; user: q; assistant: a; user: i
out n; assistant: o
out system: s; user: q; assistant: a
out user: x

case ids do not depend on keys, escapes or shape
run pass -qp --show id | uniq -c | sed 's/^ *\([0-9]*\) .*/\1/'
in  {"messages":[{"role":"user","content":"A","tool_calls":[{"a":1,"b":"x"}]}]}
in  {"messages":[{"content":"\u0041","role":"user","tool_calls":[{"b":"\u0078", "a":1}]}],"z":1}
in  {"prompt":"A"}
in  {"messages":[{"role":"user","content":"A"}]}
in  {"messages":[{"role":"user","content":"A"}],"tools":[{}]}
plain
out 2
out 2
out 1

case ids are carried
run pass --show id
in  {"id":"x","prompt":"A"}
in  {"id":17,"prompt":"A"}
out x
out 17

case lines before and after the records
run pass --line '"here"' --how=each
in  {"a":1}
out "here"
out {"a":1}
out "here"

case two passes over a pipe
run seq 100000 | sed 's/.*/{"n":&}/' | pass -p --how=twice --every 50000
plain
out {"n":50000}
out {"n":100000}
sum pass: 100000 in, 2 out, 99998 not the Nth

case options: prefixes, clusters, a file, the command line wins
run printf '# x\nplain = true\nput = a=2\nlevel=3\n' >c; pass -qc c --pu a=1
in  {}
out {"a":1}

case an unknown option
run pass -y
rc  2
err pass: unknown option '-y'
err usage: pass [options] [file ...]

case a bad value
run pass --level 99
rc  2
err pass: bad value '99' for --level: between 1 and 19
err usage: pass [options] [file ...]

case a bad line in a file of options
run echo 'levl = 3' >c; pass -c c
rc  2
err pass: c:1: unknown option 'levl'

case a missing file
run pass /nonexistent
rc  1
err pass: cannot open '/nonexistent': No such file or directory

case statistics
run pass -q --stats s.json --every 2 - | cat >/dev/null; grep -o '"in":.*' s.json
in  {"a":1}
in  {"a":2}
out "in":2,"out":1,"blank":0,"rejected":0,"dropped":{"not the Nth":1},"counted":{}}

case the same bytes with any number of threads
run seq 400000 | sed 's/.*/{"n":&,"t":"some text & more"}/' >i; for j in 1 2 5; do for h in any each pull; do pass -q -j $j --how=$h --hold 9 --every 3 i | md5sum; done; done | uniq | wc -l
out 1
