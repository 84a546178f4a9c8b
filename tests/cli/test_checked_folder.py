"""Nothing that lies in the checked folder is imported in a library's stead."""

import pytest

NAMES = (
    "__future__", "msgspec", "json", "subprocess", "hashlib", "tomllib", "requests", "typer",
    "ruamel", "fnmatch", "tempfile", "logging", "pathspec", "pinner_plugin",
)  # fmt: skip
TRAP = "open({trace!r}, 'a').write(__name__ + ' ')\nraise ImportError(__name__)\n"


@pytest.mark.parametrize(
    "arguments", [("verify",), ("list", "--format", "json"), ("lock", "--offline"), ("--version",)]
)
def test_python_m_pinner(project, tmp_path, arguments):
    trace = tmp_path / "trace"
    for name in NAMES:
        project.write(f"{name}.py", TRAP.format(trace=str(trace)))
    project.write("compose.yaml", "services: {a: {image: alpine}}\n")
    project.write("pinner.toml", 'exclude = ["x"]\n')
    project.write("evil.dist-info/entry_points.txt", "[pinner.scanners]\nevil = pinner_plugin\n")
    project.pinner(*arguments)
    assert not trace.exists(), trace.read_text()
