"""The site in docs/ builds strictly, holds all that the package has, and loads nothing."""

from __future__ import annotations

import ast
import re
import sys
from html import unescape
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest
from click import Context
from click.testing import CliRunner
from mkdocs.exceptions import PluginError

import evosearch
from evosearch.cli.commands import COMMANDS
from evosearch.cli.main import cli
from evosearch.search.config import SearchConfig
from evosearch.search.presets import PRESETS
from primitives import OPERATIONS
from proxies import SUITES, TASKS
from tests.support.site_reader import ELSEWHERE, IN_STYLE, SitePage

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs" / "pages").glob("*.md"))
TELLING = [*PAGES, ROOT / "README.md", ROOT / "scripts" / "cluster" / "README.md"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `mkdocs build --strict` wrote the site; a warning, as of a broken link, ends it."""
    folder = tmp_path_factory.mktemp("site")
    mkdocs = import_module("mkdocs.__main__").cli
    given = ["build", "--strict", "-f", str(ROOT / "docs" / "mkdocs.yml"), "-d", str(folder)]
    built = CliRunner().invoke(mkdocs, given)
    assert built.exit_code == 0, built.output
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, SitePage]:
    """The pages by their path in the site."""
    files = {str(path.relative_to(site)): path for path in site.rglob("*.html")}
    return {name: SitePage(path.read_text(encoding="utf-8")) for name, path in files.items()}


def test_every_operation_is_in_the_language(pages: dict[str, SitePage]) -> None:
    """With its definition, its other spellings, and the kinds of its arguments."""
    rows = {row[0]: row for row in pages["language.html"].rows}
    for name, operation in OPERATIONS.items():
        call = f"{name}({', '.join('abcdef'[: operation.arity])})"
        _, means, other, accepted, *_ = rows[call]
        assert means.startswith(operation.definition)
        assert set(operation.aliases) <= {"", *other.split(", ")}
        kinds = zip("abcdef", operation.accepts, strict=False)
        assert accepted == ", ".join(f"{letter} {kind}" for letter, kind in kinds)


def test_every_known_rule_has_its_formula_and_source(pages: dict[str, SitePage]) -> None:
    """The files of rules are read as Python for it, which they are in syntax."""
    files = sorted((ROOT / "evosearch" / "language" / "rules").glob("*.py"))
    assert files
    for file in files:
        (function,) = ast.parse(file.read_text(encoding="utf-8")).body
        assert isinstance(function, ast.FunctionDef)
        told = " ".join(pages["rules.html"].sections[file.stem].split())
        source = (ast.get_docstring(function) or "").split("\n")[0].replace("`", "")
        assert source in told
        assert "u_t = " in told, f"{file.stem} has no direction"
        assert "θ_t = (1 − η_t λ) θ_{t-1} − η_t u_t" in told


def test_every_command_has_its_options(pages: dict[str, SitePage]) -> None:
    """The reference lacks none, and none of their options."""
    for name in COMMANDS:
        told = pages["commands.html"].sections[name]
        assert options(name) <= set(re.findall(r"--[a-z][a-z-]*", told)), name


def test_every_value_of_a_search_is_explained(pages: dict[str, SitePage]) -> None:
    """Those that `--set` takes, and a configuration file."""
    told = pages["commands.html"].sections["what-can-be-set-of-a-search"]
    for name, field in SearchConfig.model_fields.items():
        assert f"{name}: {(field.description or '').replace('`', '')}" in told


def test_every_task_is_listed_with_its_suite(pages: dict[str, SitePage]) -> None:
    """One row each; those of a suite name it."""
    rows = [row[:2] for row in pages["results.html"].rows if row[0] in TASKS]
    suites = {name: suite for suite, names in SUITES.items() for name in names}
    assert sorted(rows) == sorted([name, suites.get(name, "")] for name in TASKS)


def test_every_public_name_is_told(pages: dict[str, SitePage]) -> None:
    """What the stub lists has a section, whose text has the first sentence of its docstring."""
    stub = ast.parse((ROOT / "evosearch" / "__init__.pyi").read_text(encoding="utf-8"))
    names = [
        alias.name for line in stub.body if isinstance(line, ast.ImportFrom) for alias in line.names
    ]
    assert names
    python = pages["python.html"]
    assert set(names) <= python.identifiers
    for name in names:
        first = (getattr(evosearch, name).__doc__ or "").split("\n")[0].replace("`", "")
        assert first in " ".join(python.sections[name].split()), name


def test_a_class_has_its_methods(pages: dict[str, SitePage]) -> None:
    """Those of a run and a rule, properties too."""
    for made in (evosearch.Run, evosearch.Rule):
        public = {name for name in vars(made) if not name.startswith("_")}
        told = {f"{made.__name__}.{name}" for name in public}
        assert told <= pages["python.html"].identifiers


def test_no_link_within_the_site_is_broken(site: Path, pages: dict[str, SitePage]) -> None:
    """Those that the theme and the generators write too, which `--strict` does not look at."""
    broken = []
    for name, page in pages.items():
        for link in page.links:
            target = urlsplit(link)
            if target.scheme or ELSEWHERE.match(link) or name == "404.html":
                continue
            path = unquote(target.path)
            led = ((site / name).parent / path).resolve() if path else site / name
            if led.is_dir():
                led = led / "index.html"
            there = pages.get(str(led.relative_to(site.resolve() if path else site)))
            fragment = unquote(target.fragment)
            if not led.exists() or (fragment and there and fragment not in there.identifiers):
                broken.append(f"{name}: {link}")
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[str, SitePage]) -> None:
    """No script, style, font or picture; so the site reads the same without a network."""
    assert {name: page.loaded for name, page in pages.items() if page.loaded} == {}
    sheets = [*site.rglob("*.css"), *site.rglob("*.svg")]
    assert [str(path) for path in sheets if IN_STYLE.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "html",
    [
        '<link rel="stylesheet" href="https://fonts.googleapis.com/css?family=Roboto">',
        '<script src="//unpkg.com/iframe-worker/shim"></script>',
        "<style>@font-face { src: url('https://example.org/a.woff2') }</style>",
        '<img src="HTTPS://example.org/badge.svg">',
        '<p style="background: url(http://example.org/a.png)">',
        '<script>import("https://example.org/a.js")</script>',
        '<pre class="mermaid">graph LR</pre>',
    ],
)
def test_what_would_be_loaded_is_seen(html: str) -> None:
    """A font, a script, a picture, a diagram that a script from elsewhere draws."""
    assert SitePage(html).loaded


def test_links_to_elsewhere_are_no_loading() -> None:
    """A page may cite."""
    assert SitePage('<a href="https://arxiv.org/abs/2302.06675">Lion</a>').loaded == []


def options(command: str) -> set[str]:
    """The long options of a command, those that turn one off included."""
    given = cli.get_command(Context(cli), command)
    assert given is not None
    told = [name for option in given.params for name in (*option.opts, *option.secondary_opts)]
    return {"--help", *(name for name in told if name.startswith("--"))}


@pytest.mark.parametrize("page", TELLING, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_that_pages_show_can_be_typed(page: Path) -> None:
    """Each `evosearch COMMAND --option`, on a line of its own or in a sentence, exists."""
    text = page.read_text(encoding="utf-8")
    code = re.findall(r"^ *```.*?^ *```|^    .*?$|`[^`\n]+`", text, re.MULTILINE | re.DOTALL)
    start = r"(?:^ *|^`|&& )evosearch ([a-z][^`\n#]*)"
    for line in re.findall(start, "\n".join(code), re.MULTILINE):
        command = line.split()[0]
        assert command in COMMANDS, line
        assert set(re.findall(r"(?<!\S)\[?(--[a-z][a-z-]*)", line)) <= options(command), line


@pytest.mark.parametrize("page", TELLING, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_that_pages_show_are_public(page: Path) -> None:
    """Each `evosearch.NAME` is one that `import evosearch` gives."""
    names = set(re.findall(r"\bevosearch\.([a-z_]+)\b(?!\.)", page.read_text(encoding="utf-8")))
    assert names <= {*evosearch.__all__, "__version__"}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_intervals_that_pages_give_were_measured(page: Path) -> None:
    """Each stands in a record under `runs/reference`, where a measurement put it."""
    records = [path.read_text("utf-8") for path in (ROOT / "runs" / "reference").rglob("*.txt")]
    for interval in re.findall(r"\d\.\d\d \[\d\.\d\d, \d\.\d\d\]", page.read_text("utf-8")):
        assert any(interval in record for record in records), interval


def test_files_stand_where_pages_include_them(site: Path) -> None:
    """A line that a formatter changes is no line that includes a file, and no warning either."""
    html = (site / "tutorial.html").read_text(encoding="utf-8")
    text = unescape(re.sub(r"<[^>]*>", "", html))
    for file in ("scripts/example_task.py", "runs/reference/quick/summary.txt"):
        (line, *_) = (ROOT / file).read_text(encoding="utf-8").strip().splitlines()
        assert line.strip() in text, file
    assert all("--8" not in one.read_text(encoding="utf-8") for one in site.rglob("*.html"))


def test_what_no_generator_writes_ends_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is none, and a section that the README does not have, are told in a line."""
    monkeypatch.syspath_prepend(ROOT / "docs")
    write = import_module("hooks").on_page_markdown
    page = SimpleNamespace(file=SimpleNamespace(src_uri="a.md"))
    assert write("what is no {{ line }} stays", page) == "what is no {{ line }} stays"
    with pytest.raises(PluginError, match=r"^a\.md: no generator 'rule'; there are commands, "):
        write("{{ rule lion }}", page)
    with pytest.raises(PluginError, match="the README has no section 'Nowhere'"):
        write("{{ readme Nowhere }}", page)


def test_the_sizes_that_presets_are_said_to_have_are_theirs() -> None:
    """Each on the line that names the preset."""
    told = " ".join((ROOT / "docs" / "pages" / "results.md").read_text("utf-8").split())
    for name in ("quick", "standard", "paper"):
        sentence = told.split(f"`--preset {name}` ", 1)[1].split(". ")[0]
        assert f"{PRESETS[name]['evaluations']:,}" in sentence


def test_the_tutorials_script_trains_before_and_after_its_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With AdamW, and with its lines replaced as shown; both learn the digits."""
    tutorial = (ROOT / "docs" / "pages" / "tutorial.md").read_text(encoding="utf-8")
    (before,) = re.findall(r"```python\n(import torch\n.*?)```", tutorial, re.DOTALL)
    (change,) = re.findall(r"```diff\n(.*?)```", tutorial, re.DOTALL)
    after = before
    for part in change.split("@@\n"):
        lines = part.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] in " -")
        new = "".join(line[1:] for line in lines if line[0] in " +")
        assert after.count(old) == 1
        after = after.replace(old, new)
    source = evosearch.to_source("adabelief", "MyOptimizer")
    (tmp_path / "my_optimizer.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    for script in (before, after):
        exec(compile(script, "train.py", "exec"), {})
        (loss,) = re.findall(r"loss after 200 steps: ([0-9.]+)", capsys.readouterr().out)
        assert float(loss) < 0.3
    assert "my_optimizer" in sys.modules
    monkeypatch.delitem(sys.modules, "my_optimizer")
