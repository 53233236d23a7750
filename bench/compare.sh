#!/bin/sh
# The compiled engine and PyTorch eager in turns, and the ratios of their time and peak memory.
set -eu
usage() {
  cat <<EOF
Usage: $0 --env DIR [--size full|tiny] [--rounds N] [step|forward|rsd-iteration ...]

DIR is an environment made by bench/pytorch/setup.sh. Without names: step and forward, at full size rsd-iteration, too.
Prints JSON lines as \`npm run bench\` does, then a table.
EOF
}
environment='' size=tiny rounds=10
while [ $# -gt 0 ]; do
  case $1 in
    --env | --size | --rounds)
      [ $# -ge 2 ] || { usage >&2; exit 2; }
      case $1 in --env) environment=$2 ;; --size) size=$2 ;; --rounds) rounds=$2 ;; esac
      shift 2
      ;;
    --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) break ;;
  esac
done
python=$environment/bin/python
[ -n "$environment" ] && [ -x "$python" ] || { usage >&2; exit 2; }
python=$(cd "$environment/bin" && pwd)/python
[ $# -gt 0 ] || { [ "$size" = full ] && set -- step forward rsd-iteration || set -- step forward; }
cd "$(dirname "$0")/.."
results=$(mktemp)
trap 'rm -f "$results"' EXIT
for benchmark; do
  npm run --silent bench -- "$benchmark" --size "$size" --rounds "$rounds" --pytorch "$python" >>"$results"
done
exec "$python" bench/pytorch/table.py "$results"

