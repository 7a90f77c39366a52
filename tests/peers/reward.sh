#!/bin/sh
# Scores of reward models against transformers'. PYTHON: an interpreter that
# has torch and transformers.
set -eu
python=${PYTHON:-python3}
"$python" -c 'import torch, transformers' 2>/dev/null || {
	echo "reward.sh: no torch or no transformers: skipped"
	exit 77
}
exec "$python" "${top_srcdir:-.}/tests/peers/reward.py" "${builddir:-.}"
