#!/bin/sh
# Installs what bench/pytorch needs into a virtual environment of its own: bench/pytorch/setup.sh DIR
set -eu
if [ $# -ne 1 ] || [ "$1" = --help ]; then
  echo "Usage: $0 DIR   (5.4 GB; Python 3.10 or newer; delete DIR to be rid of it)"
  [ "${1:-}" = --help ] && exit 0
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
[ -x "$1/bin/python" ] || "${PYTHON:-python3}" -m venv "$1"
"$1/bin/python" -m pip install --disable-pip-version-check --no-cache-dir --quiet -r "$here/requirements.txt"
"$1/bin/python" -c 'import torch; print("PyTorch", torch.__version__, "on", torch.backends.cpu.get_cpu_capability())'
