"""Every WGSL text given compiles with naga, Firefox's compiler; Chromium's is another one (Tint)."""

import os
import re
import subprocess
from pathlib import Path

from run import ROOT, same

LAVAPIPE = Path("/usr/share/vulkan/icd.d/lvp_icd.json")
# naga has subgroup operations but not yet the directive that WGSL asks for before them.
SUBGROUPS = re.compile(r"^\s*enable\s+subgroups\s*;", re.MULTILINE)
WANTED = ["shader-f16", "subgroup", "subgroup-barrier"]
_device = []


def device():
    """A wgpu device. naga cannot be called without one; a software adapter does."""
    if not _device:
        if "VK_DRIVER_FILES" not in os.environ and LAVAPIPE.exists():
            os.environ["VK_DRIVER_FILES"] = str(LAVAPIPE)
        import wgpu

        adapter = wgpu.gpu.request_adapter_sync()
        features = [name for name in WANTED if name in adapter.features]
        limits = {name: value for name, value in adapter.limits.items() if "storage" in name or "workgroup" in name}
        _device.append(adapter.request_device_sync(required_features=features, required_limits=limits))
    return _device[0]


def problem_of(code):
    """None, or naga's message. Makes pipelines too where nothing has to be given for them: backends refuse more."""
    import wgpu

    try:
        module = device().create_shader_module(code=SUBGROUPS.sub("", code))
        if not re.search(r"^\s*(@id\(\d+\)\s*)?override\s", code, re.MULTILINE):
            for entry in re.findall(r"@compute[^{;]*?\bfn\s+(\w+)", code):
                device().create_compute_pipeline(layout="auto", compute={"module": module, "entry_point": entry})
    except wgpu.GPUError as error:
        return str(error)
    return None


GOOD = """
@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { y[id.x] = tanh(y[id.x]); }
"""


def test_naga_notices(context):
    same(problem_of(GOOD), None, "a right shader")
    same(problem_of("enable f16;\n" + GOOD.replace("tanh(y[id.x])", "f32(f16(y[id.x]))")), None, "f16")
    same(problem_of("enable subgroups;\n" + GOOD.replace("tanh", "subgroupAdd")), None, "subgroups")
    for wrong in ["tanh(1u)", "missing[id.x]", "y[id.x] +"]:
        same(problem_of(GOOD.replace("tanh(y[id.x])", wrong)) is None, False, f"{wrong} is noticed")
    # Valid WGSL that only making the pipeline refuses.
    same(problem_of(GOOD.replace("(64)", "(65536)")) is None, False, "too many invocations are noticed")


def test_every_shader(context):
    """Those of the folders given, else all that the engine can run, written by tools/dump-wgsl.ts."""
    folders = context.wgsl
    if not folders:
        folders = [context.folder / "wgsl"]
        tsx = ROOT / "node_modules" / "tsx" / "dist" / "cli.mjs"
        command = ["node", str(tsx), str(ROOT / "tools" / "dump-wgsl.ts"), str(folders[0])]
        done = subprocess.run(command, capture_output=True, text=True)
        same(done.returncode, 0, done.stderr[-500:])
    files = [path for folder in folders for path in sorted(folder.rglob("*.wgsl"))]
    same(len(files) > 0, True, f".wgsl files in {', '.join(map(str, folders))}")
    problems = [f"{path.name}: {problem}" for path in files if (problem := problem_of(path.read_text()))]
    for problem in problems:
        print(problem)
    same(len(problems), 0, f"shaders of {len(files)} that naga refuses")
    return f"{len(files)} shaders"
