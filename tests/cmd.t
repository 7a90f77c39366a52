case a number, true and false, an object whose rest is kept
run judge --cmd 'while read -r l; do case $l in *one*) echo 0.5;; *two*) echo true;; *) echo "{\"why\":\"so\",\"score\":-3,\"n\":[1]}";; esac; done'
in  {"responses":[{"content":"one"},{"content":"two"},{"content":"three"}]}
out {"responses":[{"content":"one","scores":{"cmd":0.5}},{"content":"two","scores":{"cmd":1}},{"content":"three","scores":{"cmd":-3},"checks":{"cmd":{"why":"so","n":[1]}}}]}

case what a program is asked
run judge --cmd 'while read -r l; do echo "{\"score\":1,\"q\":$l}"; done' --cmd-name mine
in  {"id":7,"gold":"x","responses":[{"content":"a"},{"error":"e"},{"content":"b","model":"m"}]}
out {"id":7,"gold":"x","responses":[{"content":"a","scores":{"mine":1},"checks":{"mine":{"q":{"record":{"id":7,"gold":"x"},"index":0,"response":{"content":"a"}}}}},{"error":"e"},{"content":"b","model":"m","scores":{"mine":1},"checks":{"mine":{"q":{"record":{"id":7,"gold":"x"},"index":2,"response":{"content":"b","model":"m"}}}}}]}
sum judge: 1 in, 1 out, 1 failed responses

case answers that are none
run judge --cmd 'while read -r l; do case $l in *one*) echo nan;; *two*) echo 1e999;; *three*) echo "\"9\"";; *four*) echo;; *five*) echo "{\"score\":null}";; *) echo "{\"error\":\"no\",\"code\":3}";; esac; done'
in  {"responses":[{"content":"one"},{"content":"two"},{"content":"three"},{"content":"four"},{"content":"five"},{"content":"six"}]}
out {"responses":[{"content":"one","scores":{"cmd":null},"errors":{"cmd":"the program's answer is no JSON, byte 1: not a JSON value"}},{"content":"two","scores":{"cmd":null},"errors":{"cmd":"the program's answer is no score"}},{"content":"three","scores":{"cmd":null},"errors":{"cmd":"the program's answer is no score"}},{"content":"four","scores":{"cmd":null},"errors":{"cmd":"the program's answer is no JSON, byte 1: no value"}},{"content":"five","scores":{"cmd":null},"errors":{"cmd":"the program's answer has no score"}},{"content":"six","scores":{"cmd":null},"checks":{"cmd":{"code":3}},"errors":{"cmd":"no"}}]}
sum judge: 1 in, 1 out, 6 programs' answers failed

case a score that is there is kept
run judge --cmd 'while read -r l; do echo 2; done'
in  {"responses":[{"content":"a","scores":{"cmd":1}},{"content":"b","scores":{"cmd":null}}]}
out {"responses":[{"content":"a","scores":{"cmd":1}},{"content":"b","scores":{"cmd":2}}]}
sum judge: 1 in, 1 out, 1 kept scores.cmd

case or replaced
run judge --overwrite --cmd 'while read -r l; do echo 2; done'
in  {"responses":[{"content":"a","scores":{"cmd":1}}]}
out {"responses":[{"content":"a","scores":{"cmd":2}}]}
sum judge: 1 in, 1 out

case older errors and checks do not stay
run judge --cmd 'while read -r l; do echo 2; done'
in  {"responses":[{"content":"a","scores":{"cmd":null},"errors":{"cmd":"late","x":"y"},"checks":{"cmd":{"n":1}}}]}
out {"responses":[{"content":"a","scores":{"cmd":2},"errors":{"cmd":null,"x":"y"},"checks":{"cmd":null}}]}
sum judge: 1 in, 1 out

case a program that ends after each answer is started anew
run judge -j 1 --cmd 'read -r l; echo 1'
in  {"responses":[{"content":"a"},{"content":"b"},{"content":"c"},{"content":"d"},{"content":"e"}]}
out {"responses":[{"content":"a","scores":{"cmd":1}},{"content":"b","scores":{"cmd":1}},{"content":"c","scores":{"cmd":1}},{"content":"d","scores":{"cmd":1}},{"content":"e","scores":{"cmd":1}}]}
sum judge: 1 in, 1 out

case one that dies over one question
run judge -j 1 --cmd 'while read -r l; do case $l in *bad*) kill -9 $$;; *worse*) exit 7;; esac; echo 1; done'
in  {"responses":[{"content":"a"},{"content":"bad"},{"content":"worse"},{"content":"b"}]}
out {"responses":[{"content":"a","scores":{"cmd":1}},{"content":"bad","scores":{"cmd":null},"errors":{"cmd":"the program has ended without an answer: signal 9"}},{"content":"worse","scores":{"cmd":null},"errors":{"cmd":"the program has ended without an answer: exit 7"}},{"content":"b","scores":{"cmd":1}}]}
sum judge: 1 in, 1 out, 2 programs' answers failed

case two answers to one question
run judge -j 1 --cmd 'while read -r l; do printf "1\n2\n"; done'
in  {"responses":[{"content":"a"}]}
out {"responses":[{"content":"a","scores":{"cmd":null},"errors":{"cmd":"the program has answered more than one line"}}]}
sum judge: 1 in, 1 out, 1 programs' answers failed

case what is no answer is not followed by the answer to it
run judge -p -j 1 --cmd 'echo hello; while read -r l; do case $l in *:\"a*) echo 1;; *) echo 2;; esac; done' | sed 's/has answered more than one line/PUT/g; s/'"'"'s answer is no JSON[^"]*/ PUT/g'
in  {"responses":[{"content":"a"},{"content":"b"},{"content":"c"}]}
out {"responses":[{"content":"a","scores":{"cmd":null},"errors":{"cmd":"the program PUT"}},{"content":"b","scores":{"cmd":null},"errors":{"cmd":"the program PUT"}},{"content":"c","scores":{"cmd":null},"errors":{"cmd":"the program PUT"}}]}
sum judge: 1 in, 1 out, 3 programs' answers failed

case a program that closes its output
run judge -j 1 --cmd 'exec >&-; sleep 1000'
in  {"responses":[{"content":"a"}]}
out {"responses":[{"content":"a","scores":{"cmd":null},"errors":{"cmd":"the program has closed its output"}}]}
sum judge: 1 in, 1 out, 1 programs' answers failed

case at the end of its input it may do something still
run judge -j 1 --cmd 'while read -r l; do echo 1; done; sleep 0.1; echo done >end'
in  {"responses":[{"content":"a"}]}
out {"responses":[{"content":"a","scores":{"cmd":1}}]}
got end done
sum judge: 1 in, 1 out

case a program that never answers
run judge -j 1 --cmd 'exit 3'
in  {"responses":[{"content":"a"},{"content":"b"},{"content":"c"},{"content":"d"}]}
err judge: --cmd: 'exit 3' ends without an answer
rc  1

case two scores of one name
run judge --gold --cmd true --cmd-name gold
in  {"responses":[]}
err judge: two scores would be scores.gold
rc  1

case a name that is none
run judge --cmd true --cmd-name a.b
in  {"responses":[]}
err judge: score 'a.b': that is no plain name
rc  1

case options that need a program
run judge --gold --cmd-timeout 3
in  {"responses":[]}
err judge: --cmd-name and --cmd-timeout go with --cmd
rc  1
