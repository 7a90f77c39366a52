case linear, model by model, its summary
run merge -o out --method linear -w 1,3 $data/merge/inputs/a $data/merge/inputs/b && cat out/DONE
out {"plumbline":"model","version":1}
err merge: tensors 21, numbers 19616, stored as "f32"

case the same bytes whatever the threads
run for j in 1 2 5; do merge -q -j $j -o $j --method model_stock -b $data/merge/inputs/base $data/merge/inputs/[abc]; done; cmp 1/model.safetensors 2/model.safetensors && cmp 1/model.safetensors 5/model.safetensors && echo same
out same

case a YAML file, its dtype overridden
run merge -o out -c $data/merge/linear/config.yml --dtype bf16 && tail -c 41000 out/model.safetensors >a; tail -c 39232 $data/merge/outdtype.linear_bf16/model.safetensors >b; tail -c 39232 a | cmp - b && echo same
out same
err merge: tensors 21, numbers 19616, stored as "bf16"

case shards and their index
run merge -q -o out --method linear --shard-size 30000 $data/merge/inputs/a && ls out && tensors out >x; tensors $data/merge/inputs/a | cmp - x && echo same
out DONE
out config.json
out model-00001-of-00003.safetensors
out model-00002-of-00003.safetensors
out model-00003-of-00003.safetensors
out model.safetensors.index.json
out same

case -v tells of each tensor
run merge -v -o out --method model_stock -b $data/merge/inputs/base $data/merge/inputs/a $data/merge/inputs/b
like ^merge: model.norm.weight norm.0.=0.11422208 norm.1.=0.10834933 cos.0,1.=0.22768542 t=0.37091818$

case no method
run merge -o out a
rc 2
err merge: --method or a YAML file (-c) is wanted
err usage: merge [options] -o DIR [MODEL ...]

case no folder
run merge --method linear a
rc 2
err merge: -o DIR is wanted
err usage: merge [options] -o DIR [MODEL ...]

case weights for other models than there are
run merge -o out --method linear -w 1,2,3 a b
rc 2
err merge: --weights wants as many weights as there are models
err usage: merge [options] -o DIR [MODEL ...]

case a weight that is no number
run merge -o out --method linear -w 1,x a b
rc 2
err merge: 'x' is no value for 'weight'
err usage: merge [options] -o DIR [MODEL ...]

case a parameter the method has not
run merge -o out --method linear -P density=0.5 $data/merge/inputs/a
rc 1
err merge: linear has no parameter 'density'

case a YAML file and models beside it
run merge -o out -c $data/merge/linear/config.yml a
rc 2
err merge: the YAML file names method, base, models and weights
err usage: merge [options] -o DIR [MODEL ...]

case slices in a YAML file
run merge -o out -c x.yml
file x.yml merge_method: linear
file x.yml slices:
file x.yml - sources: []
rc 1
err merge: x.yml:3: not there yet: 'slices'

case options in a file
run merge -c x -o out $data/merge/inputs/a
file x # how
file x method = task_arithmetic
file x base = none
rc 1
err merge: cannot open 'none': No such file or directory

case a model that is not there
run merge -o out --method linear none
rc 1
err merge: cannot open 'none': No such file or directory

case an endpoint
run merge -o out --method linear http://localhost/v1
rc 1
err merge: 'http://localhost/v1' is a server, and the model itself is needed: a folder or a GGUF file

case the folder is somebody else's
run mkdir out && echo x >out/mine && merge -o out --method linear $data/merge/inputs/a 2>&1 | sed "s|'/.*/|'|"; cat out/mine; ls
out merge: 'out' is there and was not written by this program (no DONE of its kind inside)
out x
out out

case a safetensors header that lies: its length
run mkdir m && cp $data/merge/inputs/a/config.json m && printf '\377\377\377\0\0\0\0\0{}' >m/model.safetensors && merge -o out --method linear m
rc 1
err merge: 'm/model.safetensors' is not a sound safetensors file: its header claims 16777215 bytes

case no room on the disk: nothing is left behind
run (trap '' XFSZ; ulimit -f 8; merge -q -o out --method linear $data/merge/inputs/a 2>&1 | sed 's/tmp-[A-Za-z0-9]*/tmp/'); ls
out merge: cannot make 'out.tmp/model.safetensors': File too large

case what stood there stands after a failure
run merge -q -o out --method linear $data/merge/inputs/a && merge -q -o out --method linear $data/merge/inputs/a none; cat out/DONE; ls
out {"plumbline":"model","version":1}
out out
err merge: cannot open 'none': No such file or directory
