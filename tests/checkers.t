case instructions, strict and loose, one by one
run judge --ifeval
in  {"prompt":"x","instruction_id_list":["punctuation:no_comma","change_case:english_lowercase"],"kwargs":[{},{"relation":null}],"responses":[{"content":"this is what you get"},{"content":"Here, you are:\nthis is what you get"},{"content":"This, and that."}]}
out {"prompt":"x","instruction_id_list":["punctuation:no_comma","change_case:english_lowercase"],"kwargs":[{},{"relation":null}],"responses":[{"content":"this is what you get","scores":{"ifeval":1,"ifeval_loose":1},"checks":{"ifeval":[{"id":"punctuation:no_comma","strict":1,"loose":1},{"id":"change_case:english_lowercase","strict":1,"loose":1,"approximate":true}]}},{"content":"Here, you are:\nthis is what you get","scores":{"ifeval":0,"ifeval_loose":1},"checks":{"ifeval":[{"id":"punctuation:no_comma","strict":0,"loose":1},{"id":"change_case:english_lowercase","strict":0,"loose":1,"approximate":true}]}},{"content":"This, and that.","scores":{"ifeval":0,"ifeval_loose":0},"checks":{"ifeval":[{"id":"punctuation:no_comma","strict":0,"loose":0},{"id":"change_case:english_lowercase","strict":0,"loose":0,"approximate":true}]}}]}
sum judge: 1 in, 1 out, 1 ifeval followed, 2 ifeval not followed

case the four figures and each type's
run judge -q --ifeval --stats s a >o && grep -o '"ifeval":{.*' s
file a {"instruction_id_list":["punctuation:no_comma","startend:quotation"],"kwargs":[{},{}],"responses":[{"content":"\"a\""},{"content":"a"},{"content":"Well, here:\n\"a\""}]}
out "ifeval":{"prompt_strict":0.3333333333333333,"prompt_loose":0.6666666666666666,"instruction_strict":0.5,"instruction_loose":0.8333333333333334,"types":{"startend:quotation":{"n":3,"strict":1,"loose":2},"punctuation:no_comma":{"n":3,"strict":2,"loose":3}}}}

case an instruction that is not known
run judge --ifeval
in  {"instruction_id_list":["punctuation:comma"],"kwargs":[{}],"responses":[]}
err judge: stdin:1: column 25: instruction 'punctuation:comma' is not known
rc  1

case an argument that is missing
run judge --ifeval
in  {"instruction_id_list":["length_constraints:number_words"],"kwargs":[{"relation":"at least"}],"responses":[]}
err judge: stdin:1: column 70: 'num_words' of 'length_constraints:number_words' is missing
rc  1

case arguments for none
run judge --ifeval
in  {"instruction_id_list":["punctuation:no_comma"],"responses":[]}
err judge: stdin:1: field 'kwargs' is missing
rc  1

case without instructions a record passes; a score that is there is kept
run judge --ifeval
in  {"responses":[{"content":"a"}]}
in  {"instruction_id_list":["punctuation:no_comma"],"kwargs":[{}],"responses":[{"content":"a","scores":{"ifeval":0}}]}
out {"responses":[{"content":"a"}]}
out {"instruction_id_list":["punctuation:no_comma"],"kwargs":[{}],"responses":[{"content":"a","scores":{"ifeval":0}}]}
sum judge: 2 in, 2 out, 1 no instructions, 1 kept scores.ifeval

case a pattern somewhere in the response, its case counts
run judge --regex '\bB\d+'
in  {"responses":[{"content":"say B12"},{"content":"b12"}]}
out {"responses":[{"content":"say B12","scores":{"regex":1}},{"content":"b12","scores":{"regex":0}}]}
sum judge: 1 in, 1 out, 1 regex right, 1 regex wrong

case a pattern of each record
run judge --regex-of must.match
in  {"must":{"match":"^a"},"responses":[{"content":"ab"}]}
in  {"must":{"match":"^b"},"responses":[{"content":"ab"}]}
in  {"responses":[{"content":"ab"}]}
out {"must":{"match":"^a"},"responses":[{"content":"ab","scores":{"regex":1}}]}
out {"must":{"match":"^b"},"responses":[{"content":"ab","scores":{"regex":0}}]}
out {"responses":[{"content":"ab"}]}
sum judge: 3 in, 3 out, 1 regex right, 1 regex wrong, 1 no pattern

case a pattern that is none
run judge --regex '(a'
err judge: --regex: pattern, character 3: missing closing parenthesis
rc  1

case nor in a record
run judge --regex-of p
in  {"p":"(a","responses":[]}
err judge: stdin:1: column 6: pattern, character 3: missing closing parenthesis
rc  1

case both patterns
run judge --regex a --regex-of b
err judge: --regex and --regex-of: one of them
rc  1

case a match that takes too long is none
run judge --regex '^(a+)+$'
in  {"responses":[{"content":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"}]}
out {"responses":[{"content":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab","scores":{"regex":0}}]}
sum judge: 1 in, 1 out, 1 regex wrong, 1 patterns given up

case JSON, bare or in one fence
run judge --json
in  {"responses":[{"content":" [1]\n"},{"content":"```json\n{\"a\":1}\n```"},{"content":"```\n1\n```\n"},{"content":"Here: {}"},{"content":""}]}
out {"responses":[{"content":" [1]\n","scores":{"json":1}},{"content":"```json\n{\"a\":1}\n```","scores":{"json":1}},{"content":"```\n1\n```\n","scores":{"json":1}},{"content":"Here: {}","scores":{"json":0},"checks":{"json":"no JSON, byte 1: not a JSON value"}},{"content":"","scores":{"json":0},"checks":{"json":"no JSON, byte 1: no value"}}]}
sum judge: 1 in, 1 out, 3 json right, 2 json wrong

case what was wrong does not stay
run judge --json --overwrite
in  {"responses":[{"content":"1","scores":{"json":0},"checks":{"json":"no JSON"}}]}
out {"responses":[{"content":"1","scores":{"json":1},"checks":{"json":null}}]}
sum judge: 1 in, 1 out, 1 json right

case JSON by a schema
run judge --schema s.json
file s.json {"type":"object","required":["a"],"properties":{"a":{"type":"integer","maximum":5}}}
in  {"responses":[{"content":"{\"a\":5}"},{"content":"```json\n{\"a\":7}\n```"},{"content":"a"}]}
out {"responses":[{"content":"{\"a\":5}","scores":{"schema":1}},{"content":"```json\n{\"a\":7}\n```","scores":{"schema":0},"checks":{"schema":"/a: 7 is above the maximum"}},{"content":"a","scores":{"schema":0},"checks":{"schema":"no JSON, byte 1: not a JSON value"}}]}
sum judge: 1 in, 1 out, 1 schema right, 2 schema wrong

case a schema of each record, an object or a text
run judge --schema-of want --json
in  {"want":{"type":"integer"},"responses":[{"content":"1"},{"content":"1.5"}]}
in  {"want":"{\"type\":\"number\"}","responses":[{"content":"1.5"}]}
in  {"responses":[{"content":"1.5"}]}
out {"want":{"type":"integer"},"responses":[{"content":"1","scores":{"json":1,"schema":1}},{"content":"1.5","scores":{"json":1,"schema":0},"checks":{"schema":"/: 1.5 is of another type"}}]}
out {"want":"{\"type\":\"number\"}","responses":[{"content":"1.5","scores":{"json":1,"schema":1}}]}
out {"responses":[{"content":"1.5","scores":{"json":1}}]}

case a schema with what nobody would check
run judge --schema s.json
file s.json {"dependentRequired":{}}
err judge: 's.json': schema: #: 'dependentRequired' is not there yet
rc  1

case nor in a record
run judge --schema-of s
in  {"s":{"type":"int"},"responses":[]}
err judge: stdin:1: column 6: schema: #: 'type' names no type
rc  1

case both schemas
run judge --schema a --schema-of b
err judge: --schema and --schema-of: one of them
rc  1

case a schema that is not there
run judge --schema none.json
err judge: cannot open 'none.json': No such file or directory
rc  1
