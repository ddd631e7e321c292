"""Rendering: delimiters, own-column calls, and the source line of everything, through includes and macros."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cfn_flip
import pytest
import yaml

from harness.catalog.render import TEMPLATE_LIMIT, render_product
from harness.errors import KnownError
from tests.support.repository import PROJECT, TinyRepository

SOURCE = "products/demo/template.yaml.j2"

MACROS = """\
#% macro role(names)
Type: AWS::IAM::Role
Properties:
## Why: a comment of the template's author, not of the template.
#% for name in names
  << name >>: 1
#% endfor
#% endmacro
"""


def message(tiny: TinyRepository) -> str:
    with pytest.raises(KnownError) as caught:
        render_product(tiny.load(), "demo")
    return str(caught.value)


def test_values_statements_and_comments_render(tiny: TinyRepository) -> None:
    tiny.write(
        SOURCE, "## why\nA: << product.name >>\n#% if product.version == '1.0.0'\nB: '{{resolve:ssm:/x}}'\n#% endif\n"
    )
    assert render_product(tiny.load(), "demo").text == "A: demo\nB: '{{resolve:ssm:/x}}'\n"


def test_a_call_alone_on_its_line_is_indented_to_its_own_column(tiny: TinyRepository) -> None:
    tiny.write("templates/m.yaml.j2", MACROS)
    tiny.write(SOURCE, '#% import "m.yaml.j2" as m\nResources:\n  Role:\n    << m.role(["A", "B"]) >>\n')
    assert render_product(tiny.load(), "demo").text == (
        "Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      A: 1\n      B: 1\n"
    )


def test_a_call_alone_as_an_item_of_a_list_is_indented_behind_the_dash(tiny: TinyRepository) -> None:
    tiny.write("templates/m.yaml.j2", "#% macro statement()\nSid: TlsOnly\nEffect: Deny\n#% endmacro\n")
    tiny.write(SOURCE, '#% import "m.yaml.j2" as m\nStatement:\n  - << m.statement() >>\n  - Sid: Other\n')
    assert render_product(tiny.load(), "demo").text == (
        "Statement:\n  - Sid: TlsOnly\n    Effect: Deny\n  - Sid: Other\n"
    )


def test_two_values_on_a_line_are_no_call_that_stands_alone(tiny: TinyRepository) -> None:
    tiny.write(SOURCE, "A:\n  << product.name >>X: << product.version >>\n  << 1 >>: << 2 >>\n")
    assert render_product(tiny.load(), "demo").text == "A:\n  demoX: 1.0.0\n  1: 2\n"


def test_a_call_ends_where_its_quotes_have_ended(tiny: TinyRepository) -> None:
    tiny.write("templates/m.yaml.j2", "#% macro two(text)\nA: '<< text >>'\nB: 1\n#% endmacro\n")
    tiny.write(SOURCE, '#% import "m.yaml.j2" as m\nTop:\n  << m.two("a >> b") >>\n')
    assert render_product(tiny.load(), "demo").text == "Top:\n  A: 'a >> b'\n  B: 1\n"


def test_a_list_in_the_place_of_an_item_gives_its_items(tiny: TinyRepository) -> None:
    tiny.write("templates/m.yaml.j2", "#% macro two()\n- Sid: A\n  Effect: Deny\n- Sid: B\n#% endmacro\n")
    tiny.write(SOURCE, '#% import "m.yaml.j2" as m\nStatement:\n  - << m.two() >>\n  - Sid: C\n')
    rendered = render_product(tiny.load(), "demo")
    assert rendered.text == "Statement:\n  - Sid: A\n    Effect: Deny\n  - Sid: B\n  - Sid: C\n"
    assert str(rendered.source_line(4)) == "templates/m.yaml.j2:4"


def test_every_line_knows_its_source_through_macros_and_includes(tiny: TinyRepository) -> None:
    tiny.write("templates/m.yaml.j2", MACROS)
    tiny.write("templates/tail.yaml.j2", "Tail: << product.name >>\n")
    tiny.write(
        SOURCE,
        '#% import "m.yaml.j2" as m\nResources:\n  Role:\n    << m.role(["A"]) >>\n#% include "tail.yaml.j2"\nEnd: 1\n',
    )
    rendered = render_product(tiny.load(), "demo")
    places = [str(rendered.source_line(line)) for line in range(1, 7)]
    assert rendered.text.splitlines()[3:] == ["    Properties:", "      A: 1", "Tail: demo", "End: 1"]
    assert places == [
        f"{SOURCE}:2",
        f"{SOURCE}:3",
        "templates/m.yaml.j2:2",
        "templates/m.yaml.j2:3",
        "templates/m.yaml.j2:6",
        "templates/tail.yaml.j2:1",
    ]


def test_an_undefined_name_is_told_with_its_line(tiny: TinyRepository) -> None:
    tiny.write(SOURCE, "A: 1\nB: << produkt.name >>\n")
    assert message(tiny) == (
        f"{SOURCE}:2: undefined: 'produkt' is undefined\n  → correct the name, or pass the value to the macro"
    )


def test_an_undefined_name_in_a_macro_is_told_with_the_line_of_the_macro(tiny: TinyRepository) -> None:
    tiny.write("templates/m.yaml.j2", "#% macro x()\nA: 1\nB: << product.name >>\n#% endmacro\n")
    tiny.write(SOURCE, '#% import "m.yaml.j2" as m\n<< m.x() >>\n')
    assert message(tiny).startswith("templates/m.yaml.j2:3: undefined: 'product' is undefined")


def test_an_undefined_attribute_is_an_error_too(tiny: TinyRepository) -> None:
    tiny.write(SOURCE, "A: << product.nmae >>\n")
    assert message(tiny).startswith(f"{SOURCE}:1: undefined: ")


def test_a_statement_that_never_ends_is_told_with_its_file_and_line(tiny: TinyRepository) -> None:
    tiny.write(SOURCE, "A: 1\n#% if true\nB: 1\n")
    text = message(tiny)
    assert text.startswith(f"{SOURCE}:")
    assert "template syntax: Unexpected end of template" in text


def test_an_expression_that_cannot_be_evaluated_is_told_with_its_line(tiny: TinyRepository) -> None:
    tiny.write(SOURCE, "A: 1\nB: << 1 / 0 >>\n")
    assert message(tiny) == f"{SOURCE}:2: cannot be evaluated: division by zero\n  → correct the expression"


def test_an_import_of_nothing_is_told_with_its_line(tiny: TinyRepository) -> None:
    tiny.write(SOURCE, 'A: 1\n#% import "nope.yaml.j2" as m\n')
    assert message(tiny) == (
        f"{SOURCE}:2: no template 'nope.yaml.j2'\n  → templates are found in templates/ and by their path from the root"
    )


def test_a_missing_asset_is_told_with_its_line(tiny: TinyRepository) -> None:
    tiny.write(SOURCE, 'A: 1\nKey: << asset("src/handler") >>\n')
    assert message(tiny) == (
        f"{SOURCE}:2: file products/demo/src/handler is missing\n  → create it, or correct the path"
    )


def test_an_asset_outside_the_repository_is_refused(tiny: TinyRepository) -> None:
    tiny.write(SOURCE, 'Key: << asset("/etc/hosts") >>\n')
    assert message(tiny) == (
        f"{SOURCE}:1: file /etc/hosts is not of this repository\n  → copy it into the product's folder"
    )


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_an_asset_that_would_hold_the_releases_of_its_product_is_refused(tiny: TinyRepository, name: str) -> None:
    tiny.write(SOURCE, f'Key: << asset("{name}") >>\n')
    assert "is the template's own folder\n  → name a file or folder in it" in message(tiny)


def test_a_symbolic_link_in_an_asset_is_refused_for_it_leads_elsewhere_on_other_machines(tiny: TinyRepository) -> None:
    tiny.write("products/demo/src/main.py", "x = 1\n")
    (tiny.root / "products/demo/src/hosts").symlink_to("/etc/hosts")
    tiny.write(SOURCE, 'Key: << asset("src") >>\n')
    assert message(tiny) == (
        f"{SOURCE}:1: file products/demo/src/hosts is a symbolic link, which an archive does not follow\n"
        "  → copy the file there"
    )


def test_an_asset_without_a_file_is_refused(tiny: TinyRepository) -> None:
    (tiny.root / "products/demo/src").mkdir()
    tiny.write(SOURCE, 'Key: << asset("src") >>\n')
    assert message(tiny) == f"{SOURCE}:1: file products/demo/src holds no file\n  → put the code there"


def test_a_text_that_is_a_folder_or_not_utf8_is_told_with_the_templates_line(tiny: TinyRepository) -> None:
    tiny.write(SOURCE, 'Key: << text("examples") >>\n')
    assert message(tiny) == f"{SOURCE}:1: file products/demo/examples is a folder\n  → name a file, or take asset()"
    (tiny.root / "products/demo/logo").write_bytes(b"\xff\xfe")
    tiny.write(SOURCE, 'Key: << text("logo") >>\n')
    assert message(tiny) == (
        f"{SOURCE}:1: file products/demo/logo is not text in UTF-8\n  → save it as UTF-8, or take base64() or asset()"
    )


def test_shared_code_is_found_in_the_templates_folder(tiny: TinyRepository) -> None:
    tiny.write("templates/src/steps/main.py", "x = 1\n")
    tiny.write(SOURCE, 'Key: << asset("shared/steps") >>\n')
    (asset,) = render_product(tiny.load(), "demo").assets
    assert asset.source == "templates/src/steps"
    tiny.write(SOURCE, 'Key: << asset("shared/stairs") >>\n')
    assert message(tiny) == f"{SOURCE}:1: file templates/src/stairs is missing\n  → create it, or correct the path"


def test_a_document_is_json_with_values_for_cloudformation_to_fill_in(tiny: TinyRepository) -> None:
    document = 'Version: "2020-12-01"\nName: ${Team} of O\'Hara\nCount: ${json:Count}\nSteps: [{ Type: Fail }]\n'
    tiny.write("products/demo/src/pipeline.yaml", document)
    tiny.write(SOURCE, 'Body: !Sub\n  - |-\n    << document("src/pipeline.yaml") >>\n  - { Count: 3 }\n')
    rendered = render_product(tiny.load(), "demo")
    text = json.loads(cfn_flip.to_json(rendered.text))["Body"]["Fn::Sub"][0]
    filled = json.loads(text.replace("${Count}", "3").replace("${Team}", "risk"))
    assert filled == {"Version": "2020-12-01", "Name": "risk of O'Hara", "Count": 3, "Steps": [{"Type": "Fail"}]}
    assert "products/demo/src/pipeline.yaml" in rendered.sources


def test_a_document_that_is_no_json_or_no_yaml_is_told_with_its_place(tiny: TinyRepository) -> None:
    tiny.write(SOURCE, 'Body: << document("src/pipeline.yaml") >>\n')
    tiny.write("products/demo/src/pipeline.yaml", "Version: 2020-12-01\n")
    assert message(tiny) == (
        f"{SOURCE}:1: file products/demo/src/pipeline.yaml is no JSON: Object of type date is not JSON serializable\n"
        "  → put dates in quotes; JSON has texts, numbers, true, false, null, lists and mappings"
    )
    tiny.write("products/demo/src/pipeline.yaml", "Version: [\n")
    assert message(tiny).startswith("products/demo/src/pipeline.yaml:2: not valid YAML")


def test_templates_that_include_each_other_without_end_are_told(tiny: TinyRepository) -> None:
    tiny.write(SOURCE, f'A: 1\n#% include "{SOURCE}"\n')
    assert message(tiny) == (
        f"{SOURCE}:2: templates include or call each other without end\n  → take one of the calls out"
    )


def test_a_template_that_is_not_utf8_is_refused(tiny: TinyRepository) -> None:
    (tiny.root / SOURCE).write_bytes(b"A: \xe9\n")
    assert message(tiny) == f"{SOURCE}: not UTF-8 at byte 3\n  → save it as UTF-8"


def test_a_control_character_in_a_rendering_is_told_with_its_line(tiny: TinyRepository) -> None:
    tiny.write(SOURCE, "A: 1\nB: x\0y\n")
    assert message(tiny).startswith(f"{SOURCE}:2: rendered: not valid YAML: a control character (U+0000)\n")


def test_a_misspelt_field_is_told_in_the_templates_words(tiny: TinyRepository) -> None:
    tiny.write(SOURCE, "A: 1\nB: << product.titel >>\n")
    assert message(tiny) == (
        f"{SOURCE}:2: undefined: product has no attribute 'titel'\n  → correct the name, or pass the value to the macro"
    )


def test_a_rendering_that_is_not_yaml_is_told_with_the_source_line(tiny: TinyRepository) -> None:
    tiny.write("templates/m.yaml.j2", "#% macro x()\nA: 1\n B: 2\n#% endmacro\n")
    tiny.write(SOURCE, '#% import "m.yaml.j2" as m\nFirst: 1\n<< m.x() >>\n')
    assert message(tiny).startswith("templates/m.yaml.j2:3: rendered: not valid YAML: ")


def test_a_template_over_1_mb_is_refused(tiny: TinyRepository) -> None:
    tiny.write(SOURCE, "A: << 'x' * 1048576 >>\n")
    assert message(tiny) == (
        f"{SOURCE}: the rendered template has 1,048,580 bytes; Service Catalog takes {TEMPLATE_LIMIT:,}\n"
        "  → move code and documents to assets, or split the product"
    )


def test_the_sources_name_every_file_that_the_text_depends_on(tiny: TinyRepository) -> None:
    tiny.write("templates/m.yaml.j2", MACROS)
    tiny.write("products/demo/src/f.sh", "true\n")
    tiny.write("products/demo/src/a/b.py", "x = 1\n")
    tiny.write(
        SOURCE,
        '#% import "m.yaml.j2" as m\nA: << digest("src/f.sh") >>\nB: << asset("src/a") >>\nC:\n  << m.role(["x"]) >>\n',
    )
    assert render_product(tiny.load(), "demo").sources == (
        "products/demo/src/a/b.py",
        "products/demo/src/f.sh",
        SOURCE,
        "templates/m.yaml.j2",
    )


SOURCES = sorted([*PROJECT.glob("products/*/*.j2"), *PROJECT.glob("templates/**/*.j2")])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_every_source_template_is_itself_valid_yaml(path: Path) -> None:
    # A file of macros is a document for each macro.
    for body in re.split(r"#%-? endmacro", path.read_text(encoding="utf-8")):
        yaml.compose(body)


def test_a_line_of_a_document_or_a_text_leads_to_the_file_that_it_stands_in(tiny: TinyRepository) -> None:
    tiny.write("products/demo/src/steps.yaml", "# why\nSteps:\n  - &one\n    Name: a\n  - <<: *one\n    Type: b\n")
    tiny.write("products/demo/src/build.yaml", "version: 0.2\nphases:\n")
    tiny.replace(
        SOURCE,
        "DisplayName: !Ref Name",
        'DisplayName: |\n        << document("src/steps.yaml") >>\n'
        '      TopicName: |\n        << text("src/build.yaml") >>',
    )
    rendered = render_product(tiny.load(), "demo")
    lines = {line.strip(): number for number, line in enumerate(rendered.text.splitlines(), start=1)}

    def place(line: str) -> str:
        return str(rendered.source_line(lines[line])).removeprefix("products/demo/")

    assert place('"Steps": [') == "src/steps.yaml:2"
    assert place('"Type": "b"') == "src/steps.yaml:6"
    assert place("phases:") == "src/build.yaml:2"
    assert place("Outputs:").startswith("template.yaml.j2:")
