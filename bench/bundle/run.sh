#!/bin/sh
# Runs the bench on this machine's Vulkan adapter and, where PyTorch is there, the same LoRA step in Transformers + PEFT.
#   ./run.sh [--only matmul,attention,head,step,decode] [--full] [--no-peers]
# Results: results.json, results.txt, peer.json beside this file, or in $RESULTS.
set -eu
PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}
export PATH
here=$(cd "$(dirname "$0")" && pwd)
results=${RESULTS:-$here}
mkdir -p "$results"

# Unpacked once; elsewhere where this folder cannot be written to.
unpacked=$here/unpacked
if ! mkdir -p "$unpacked" 2>/dev/null || ! [ -w "$unpacked" ]; then unpacked=$(mktemp -d); fi
if ! [ -x "$unpacked/node" ]; then
  mkdir -p "$unpacked/dist/linux-x64"
  gzip -dc "$here/dist/linux-x64/dawn.node.gz" >"$unpacked/dist/linux-x64/dawn.node"
  gzip -dc "$here/node.gz" >"$unpacked/node.part"
  chmod 755 "$unpacked/node.part"
  mv "$unpacked/node.part" "$unpacked/node"
fi
cp "$here/bench.mjs" "$unpacked/bench.mjs"

# The loader of the system comes first: it may be newer.
if ! { PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null | grep -q 'libvulkan\.so\.1'; } && [ -f "$here/lib/libvulkan.so.1" ]; then
  LD_LIBRARY_PATH=$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  export LD_LIBRARY_PATH
fi

# NVIDIA's driver, wherever containers put it.
driver=${VK_DRIVER_FILES:-${VK_ICD_FILENAMES:-}}
if [ -z "$driver" ]; then
  for file in /usr/share/vulkan/icd.d/nvidia_icd*.json /etc/vulkan/icd.d/nvidia_icd*.json \
    /usr/local/nvidia/share/vulkan/icd.d/nvidia_icd*.json; do
    if [ -f "$file" ]; then driver=$file && break; fi
  done
fi
if [ -z "$driver" ]; then
  for library in /usr/lib/x86_64-linux-gnu/libGLX_nvidia.so.0 /usr/lib64/libGLX_nvidia.so.0 \
    /usr/local/nvidia/lib64/libGLX_nvidia.so.0; do
    if [ -f "$library" ]; then
      driver=$unpacked/nvidia_icd.json
      printf '{"file_format_version": "1.0.0", "ICD": {"library_path": "%s", "api_version": "1.3.0"}}\n' "$library" >"$driver"
      break
    fi
  done
fi
if [ -n "$driver" ]; then
  # The second name is that of loaders before 1.3.207.
  VK_DRIVER_FILES=$driver
  VK_ICD_FILENAMES=$driver
  export VK_DRIVER_FILES VK_ICD_FILENAMES
  echo "Vulkan driver: $driver" >&2
else
  echo "No NVIDIA driver for Vulkan was found; the loader chooses." >&2
fi

"$unpacked/node" "$unpacked/bench.mjs" --json "$results/results.json" "$@" >"$results/results.txt" || {
  status=$?
  cat "$results/results.txt"
  exit $status
}
cat "$results/results.txt"

python=${PYTHON:-python3}
if ! command -v "$python" >/dev/null 2>&1 || ! "$python" -c 'import torch, transformers' 2>/dev/null; then
  echo "No PyTorch with Transformers for $python (PYTHON names another): its LoRA step is not measured." >&2
  exit 0
fi
arguments=$("$python" "$here/side_by_side.py" arguments "$results/results.json")
[ -n "$arguments" ] || exit 0
# Where one type runs out of memory the other is still worth showing.
# shellcheck disable=SC2086
"$python" "$here/bench_lora_step.py" $arguments --json "$results/peer.json" >/dev/null || true
[ -f "$results/peer.json" ] || exit 1
"$python" "$here/side_by_side.py" print "$results/results.json" "$results/peer.json" | tee "$results/side_by_side.txt"
