# train on a toy model: the log, resuming to the byte, and what is refused.
set -u
build=$PWD
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
PATH=$build:$build/tests:$PATH
export PATH
cd "$tmp" || exit 1
bad=0

fail() {
	echo "FAIL $*"
	bad=1
}

# refused STATUS TEXT COMMAND...: ends so, says so, leaves no model behind.
refused() {
	status=$1 text=$2
	shift 2
	"$@" >out 2>err
	got=$?
	[ $got = "$status" ] || fail "exit $got, wanted $status: $*"
	grep -qF -- "$text" err || { fail "no '$text': $*"; cat err; }
	[ ! -e no ] || fail "a model is there after: $*"
}

# holds LOG PYTHON: the statements hold of log, the list of its lines.
holds() {
	printf 'import json, math, sys\nlog = [json.loads(x) for x in %s]\n%s' \
		'open(sys.argv[1])' "$2" | python3 - "$1"
}

mktoy toy
# Whatever the tokenizer's hash is, it is named where it is not that.
echo '{"plumbline":"packed","version":1,"tokenizer":"0","vocab":299}' >other
refused 1 'packed with tokenizer "0", but that of' \
	train sft -m toy -o no other
hash=$(sed -n 's/.* is "\([0-9a-f]*\)".*/\1/p' err)

header() { # KIND
	printf '{"plumbline":"packed","version":1,"kind":"%s",' "$1"
	printf '"tokenizer":"%s","vocab":299}\n' "$hash"
}
row() { # IDS WEIGHTS CU
	printf '{"input_ids":[%s],"weights":[%s],"cu_seqlens":[%s]}\n' "$@"
}
pair() { # IDS WEIGHTS IDS WEIGHTS
	printf '{"chosen":{"input_ids":[%s],"weights":[%s]},' "$1" "$2"
	printf '"rejected":{"input_ids":[%s],"weights":[%s]}}\n' "$3" "$4"
}

header sft >sft
header pairs >pairs
for i in 1 2 3 4 5 6 7; do
	row "$i,20,3$i,4$i,5,60,7$i" 0,0,1,1,0,0.5,1 0,4,7 >>sft
	pair "9,$i,2$i,30" 0,0,1,1 "9,$i,11$i,7,4$i" 0,0,1,1,1 >>pairs
done
zstd -q sft pairs

# -- a run, its log and its model
train sft -m toy -o a -q --lr 1e-2 --epochs 4 --batch 3 --log a.log \
	--eval sft --eval-every 6 sft.zst || fail "train sft"
[ -f a/DONE ] && [ -f a/tokenizer.json ] || fail "no whole model"
[ ! -e a.checkpoint ] || fail "a checkpoint is left"
[ "$(grep -c '"loss"' a.log)" = 12 ] || fail "not 12 steps"
[ "$(grep -c '"eval_loss"' a.log)" = 3 ] || fail "not 3 measures"
for name in step epoch loss grad_norm lr tokens targets weight tok_s mfu; do
	head -n 2 a.log | grep -q "\"$name\":" || fail "no $name in the log"
done
holds a.log 'l = [x["eval_loss"] for x in log if "eval_loss" in x]
assert l[0] - l[-1] > 1' || fail "nothing was learnt"

# -- joined files, threads and --steps: the same bytes
cat sft.zst sft.zst >twice.zst
train sft -m toy -o b -q -j 1 --lr 1e-2 --steps 5 --batch 14 \
	twice.zst || fail "joined files"
train sft -m toy -o c -q -j 2 --lr 1e-2 --steps 5 --batch 14 \
	sft sft || fail "two files"
cmp b/model.safetensors c/model.safetensors || fail "threads, joined files"

# -- killed and run again: the same bytes, the same log
for method in sft dpo; do
	file=sft
	[ $method = sft ] || file=pairs.zst
	set -- train $method -m toy -q --lr 1e-2 --epochs 40 --batch 3
	"$@" -o whole.$method --log whole.log $file || fail "$method"
	"$@" -o part.$method --log part.log --checkpoint 7 $file &
	run=$!
	while kill -0 $run 2>/dev/null &&
		[ ! -e part.$method.checkpoint/state ]; do :; done
	kill -9 $run 2>/dev/null
	wait $run 2>/dev/null
	[ -e part.$method ] || [ -e part.$method.checkpoint/state ] ||
		fail "$method: no checkpoint"
	[ -e part.$method ] || "$@" -o part.$method --log part.log \
		--checkpoint 7 $file || fail "$method: run again"
	cmp whole.$method/model.safetensors part.$method/model.safetensors ||
		fail "$method: resumed to other bytes"
	for log in whole part; do
		sed 's/,"tok_s":[^,}]*//; s/,"mfu":[^,}]*//' $log.log >$log.plain
	done
	cmp whole.plain part.plain || fail "$method: another log"
done
holds whole.log 'assert log[0]["rewards_margin"] == 0
assert abs(log[0]["loss"] - math.log(2)) < 1e-15' ||
	fail "the reference is not the start model to the bit"

# -- a signal: state kept, status 130, then the rest
set -- train sft -m toy -q --lr 1e-2 --epochs 4000 --batch 3 -o sig sft
env --default-signal=INT "$@" --log sig.log &
run=$!
while [ ! -s sig.log ] && kill -0 $run 2>/dev/null; do :; done
kill -INT $run
wait $run
[ $? = 130 ] || fail "SIGINT: not status 130"
[ -e sig.checkpoint/state ] && [ ! -e sig ] || fail "SIGINT: no checkpoint"
refused 1 'is of another run: it has lr=' \
	train sft -m toy -o sig --lr 2e-2 --epochs 4000 --batch 3 sft
printf 'x' | dd of=sig.checkpoint/state bs=1 seek=5000 conv=notrunc 2>dd
refused 1 "checkpoint 'sig.checkpoint/state' is damaged" "$@"
dd if=sig.checkpoint/state of=cut bs=9000 count=1 2>dd
cp cut sig.checkpoint/state
refused 1 "checkpoint 'sig.checkpoint/state' is cut short" "$@"
printf '\002' | dd of=sig.checkpoint/state bs=1 seek=8 conv=notrunc 2>dd
refused 1 "written by a newer version (2; known is 1)" "$@"

# -- steps without weight are counted
header sft >light
row 1,2,3 1,0,0 0,3 >>light
row 1,2,3 1,0,1 0,3 >>light
train sft -m toy -o d --batch 1 --log d.log light 2>err || fail "no weight"
grep -q 'skipped 1' err || fail "a skipped step is not counted"
[ "$(grep -c '"skipped":true' d.log)" = 1 ] || fail "not in the log"

# -- every loss runs
for loss in sigmoid sigmoid_norm hinge ipo discopop nca_pair bco_pair \
	sppo_hard apo_zero apo_down; do
	train dpo -m toy -o "l-$loss" -q --loss $loss pairs || fail $loss
done
for loss in cdpo robust exo_pair aot aot_unpaired; do
	train dpo -m toy -o "l-$loss" -q --loss $loss --label-smoothing 0.1 \
		--sft-weight 0.1 pairs || fail $loss
done
train sft -m toy -o l-dft -q --loss dft --schedule wsd --warmup 1 \
	--save-dtype bf16 sft || fail dft
train sft -m l-dft -o l-bf16 -q --schedule linear sft || fail "from bf16"

# -- the plan allocates nothing
train sft -m toy --plan sft >plan || fail plan
grep -q '^parameters  *105472$' plan || fail "plan: parameters"
grep -q '^memory  *[0-9.]* MiB$' plan || fail "plan: memory"

# -- what is refused
mktoy nan # its last number, of the last norm, is none
printf '\000\000\300\177' | dd of=nan/model.safetensors bs=1 conv=notrunc \
	seek=$(($(wc -c <nan/model.safetensors) - 4)) 2>dd
refused 1 "step 1: the gradient of 'model.embed_tokens.weight' is not finite" \
	train sft -m nan -o no sft
for method in reward kto ppo grpo classify score embed; do
	refused 2 "'train $method' is not there yet" train $method -m toy
done
refused 2 "unknown command 'what'" train what
refused 2 '-m MODEL is needed' train sft -o no sft
refused 2 '-o DIR is needed' train sft -m toy sft
refused 2 'there is no such loss' train dpo -m toy -o no --loss x pairs
refused 2 'needs --label-smoothing' \
	train dpo -m toy -o no --loss robust pairs
refused 2 "cosine, linear, constant or wsd" \
	train sft -m toy -o no --schedule x sft
refused 1 'the rows are of kind "pairs", wanted is "sft"' \
	train sft -m toy -o no pairs.zst
refused 1 'sft:1: this header differs from the first one' \
	sh -c 'sed s/299/298/ sft >differs; train sft -m toy -o no differs sft'
sed 's/"version":1/"version":2/' sft >newer
refused 1 'newer:1: packed by a newer version (2; known is 1)' \
	train sft -m toy -o no newer
sed 's/"vocab":299/"vocab":300/' sft >large
refused 1 "packed for a vocabulary of 300, but 'toy' has 299 rows" \
	train sft -m toy -o no large
sed 1d sft >headless
refused 1 'headless:1: not a packed file' train sft -m toy -o no headless
{ cat sft; row 1,299 0,1 0,2; } >high
refused 1 "high:9: token 1 is no id below 299, the vocabulary of 'toy'" \
	train sft -m toy -o no high
{ cat sft; row 1,2 0,1 0,1; } >cuts
refused 1 "cuts:9: 'cu_seqlens' must rise from 0 to 2" \
	train sft -m toy -o no cuts
{ cat sft; row 1,2 0,-1 0,2; } >minus
refused 1 'minus:9: weight 1 is no number' train sft -m toy -o no minus
{ cat pairs; pair 1,2 0,0 1,2 0,1; } >empty
refused 1 "empty:9: 'chosen' has no token to learn from" \
	train dpo -m toy -o no empty
{ cat sft; echo '{"input_ids":[1'; } >torn
refused 1 'torn:9: column' train sft -m toy -o no torn
header sft >none
refused 1 'no rows to train on' train sft -m toy -o no none
head -c 100 sft.zst >short.zst
refused 1 'short.zst' train sft -m toy -o no short.zst
mkdir full && echo x >full/file
refused 1 "full' is there and was not written by this program" \
	train sft -m toy -o full sft
[ "$(ls full)" = file ] || fail "a folder was touched"
exit $bad
