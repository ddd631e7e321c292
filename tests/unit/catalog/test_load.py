"""Loading the repository: what is accepted, and the exact message of what is not."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from harness.catalog.load import with_needs
from harness.errors import KnownError
from tests.support.repository import PRODUCT, TEMPLATE, TinyRepository


def message(tiny: TinyRepository) -> str:
    with pytest.raises(KnownError) as caught:
        tiny.load()
    return str(caught.value)


def test_a_valid_repository_loads(tiny: TinyRepository) -> None:
    repository = tiny.load()
    assert [product.name for product in repository.products] == ["demo"]
    assert repository.product("demo").launch_role == "platform-launch-demo"
    assert repository.product("demo").owner == repository.catalog.owner
    assert repository.portfolios[0].products == ("demo",)


def test_adding_a_product_is_adding_a_folder_and_naming_it_in_a_portfolio(tiny: TinyRepository) -> None:
    tiny.write("products/other/product.yaml", PRODUCT.replace("demo", "other").replace("Demo", "Other"))
    tiny.write("products/other/template.yaml.j2", TEMPLATE)
    tiny.replace("portfolios/tiny.yaml", "[demo]", "[demo, other]")
    assert [product.name for product in tiny.load().products] == ["demo", "other"]


def test_a_misspelt_key_is_named_with_the_nearest_known_one(tiny: TinyRepository) -> None:
    tiny.replace("products/demo/product.yaml", "summary:", "sumary:")
    assert message(tiny) == (
        "products/demo/product.yaml:1: key 'summary' is missing\n  → add it\n"
        "products/demo/product.yaml:4: unknown key 'sumary'\n  → did you mean 'summary'?"
    )


def test_a_misspelt_key_deep_in_the_catalog_is_found_on_its_line(tiny: TinyRepository) -> None:
    tiny.replace("catalog.yaml", "publisher_role:", "publisher_rolle:")
    line = (tiny.root / "catalog.yaml").read_text().splitlines().index("    publisher_rolle: platform-publisher") + 1
    assert message(tiny) == (f"catalog.yaml:{line}: unknown key 'publisher_rolle'\n  → did you mean 'publisher_role'?")


def test_a_misspelt_key_of_a_team_is_found_inside_the_list(tiny: TinyRepository) -> None:
    tiny.replace("catalog.yaml", "organizational_unit: ou-plat-workload", "organisational_unit: ou-plat-workload")
    assert "unknown key 'organisational_unit'\n  → did you mean 'organizational_unit'?" in message(tiny)


def test_an_unknown_key_that_resembles_none_lists_those_known(tiny: TinyRepository) -> None:
    tiny.write("products/demo/examples/defaults.yaml", "description: x\nzzz: 1\n")
    assert message(tiny) == (
        "products/demo/examples/defaults.yaml:2: unknown key 'zzz'\n"
        "  → remove it; known here: description, needs, parameters"
    )


def test_a_product_without_a_template_is_refused(tiny: TinyRepository) -> None:
    (tiny.root / "products/demo/template.yaml.j2").unlink()
    assert message(tiny) == (
        "products/demo/template.yaml.j2: product demo has no template\n"
        "  → write one; `build.py new NAME` shows the shape"
    )


def test_a_folder_without_a_product_is_told_unless_it_is_what_git_leaves(tiny: TinyRepository) -> None:
    tiny.write("products/gone/tests/__pycache__/test_gone.pyc", "")
    (tiny.root / "products/gone/examples").mkdir()
    assert [each.name for each in tiny.load().products] == ["demo"]
    tiny.write("products/gone/src/notes.txt", "")
    assert message(tiny) == (
        "products/gone/product.yaml: the file is missing\n  → write it, or remove products/gone if that is no product"
    )


def test_a_product_that_is_a_link_to_nowhere_is_told(tiny: TinyRepository) -> None:
    (tiny.root / "products/more").symlink_to("nowhere")
    assert message(tiny) == (
        "products/more: not read: a link that leads nowhere\n  → correct where it leads, or remove it"
    )


@pytest.mark.parametrize("version", ["1.0", "v1.0.0", "1.0.0-beta", "01.0.0"])
def test_a_version_that_is_not_semver_is_refused(tiny: TinyRepository, version: str) -> None:
    tiny.replace("products/demo/product.yaml", "version: 1.0.0", f'version: "{version}"')
    assert message(tiny) == (
        f"products/demo/product.yaml:2: version '{version}' is not MAJOR.MINOR.PATCH\n"
        "  → write it as 1.2.3, without a v or a suffix"
    )


def test_two_products_with_one_name_are_refused(tiny: TinyRepository) -> None:
    tiny.write("products/other/product.yaml", PRODUCT)
    tiny.write("products/other/template.yaml.j2", TEMPLATE)
    assert message(tiny) == (
        "products/other/product.yaml:1: product name 'demo' is taken by products/demo\n"
        "  → give each product a name of its own"
    )


def test_a_product_whose_folder_has_another_name_is_refused(tiny: TinyRepository) -> None:
    (tiny.root / "products/demo").rename(tiny.root / "products/other")
    assert message(tiny) == (
        "products/other/product.yaml:1: product 'demo' stands in folder products/other\n"
        "  → rename the folder to products/demo"
    )


def test_a_portfolio_that_names_an_unknown_product_is_refused(tiny: TinyRepository) -> None:
    tiny.replace("portfolios/tiny.yaml", "[demo]", "[demmo]")
    assert message(tiny) == (
        "portfolios/tiny.yaml:4: portfolio tiny names an unknown product 'demmo'\n  → did you mean 'demo'?"
    )


def test_an_example_that_needs_an_unknown_example_is_refused(tiny: TinyRepository) -> None:
    tiny.write("products/demo/examples/more.yaml", "description: x\nneeds: [demo/default]\n")
    assert message(tiny) == (
        "products/demo/examples/more.yaml:2: no example 'demo/default'\n  → did you mean 'demo/defaults'?"
    )


def test_examples_that_need_each_other_are_refused_with_their_circle(tiny: TinyRepository) -> None:
    tiny.write("products/demo/examples/a.yaml", "description: x\nneeds: [demo/b]\n")
    tiny.write("products/demo/examples/b.yaml", "description: x\nneeds: [demo/a]\n")
    repository = tiny.load()
    product = repository.product("demo")
    with pytest.raises(KnownError) as caught:
        with_needs(repository, product, product.example("a"))
    assert str(caught.value) == (
        "products/demo/examples/a.yaml:2: examples need each other: demo/a → demo/b → demo/a\n  → take one `needs` out"
    )


def test_an_example_comes_behind_what_it_needs(tiny: TinyRepository) -> None:
    tiny.write("products/demo/examples/a.yaml", "description: x\nneeds: [demo/b, demo/defaults]\n")
    tiny.write("products/demo/examples/b.yaml", "description: x\nneeds: [demo/defaults]\n")
    repository = tiny.load()
    product = repository.product("demo")
    order = [example.name for _, example in with_needs(repository, product, product.example("a"))]
    assert order == ["defaults", "b", "a"]


def test_a_product_offered_to_none_of_its_audience_is_told(tiny: TinyRepository) -> None:
    tiny.write("products/demo/product.yaml", f"{PRODUCT}audience: [developer]\n")
    assert message(tiny) == (
        "portfolios/tiny.yaml:4: portfolio tiny offers 'demo' to none of those it is made for\n"
        "  → grant it to developer (principals), or change the product's audience"
    )


def test_a_withdrawn_version_that_was_never_released_is_refused(tiny: TinyRepository) -> None:
    tiny.write("products/demo/product.yaml", f"{PRODUCT}withdrawn:\n  0.9.0: deprecated\n")
    assert message(tiny) == (
        "products/demo/product.yaml:6: version 0.9.0 is not released\n  → name versions that stand in releases/"
    )


def test_a_version_is_withdrawn_in_a_known_way_only(tiny: TinyRepository) -> None:
    tiny.write("products/demo/product.yaml", f"{PRODUCT}withdrawn:\n  1.0.0: retired\n")
    assert message(tiny) == (
        "products/demo/product.yaml:6: withdrawn.1.0.0: input should be 'deprecated', 'inactive' or 'deleted'\n"
        "  → choose one of them"
    )


def test_an_account_id_that_is_not_12_digits_is_refused(tiny: TinyRepository) -> None:
    tiny.replace("catalog.yaml", '"222222222222"', '"22222222222"')
    assert message(tiny) == (
        "catalog.yaml:30: account id '22222222222' is not 12 digits\n  → write all 12 digits, in quotes"
    )


def test_an_account_id_without_quotes_is_refused_since_yaml_reads_a_number(tiny: TinyRepository) -> None:
    tiny.replace("catalog.yaml", '"222222222222"', "222222222222")
    assert message(tiny) == "catalog.yaml:30: account id 222222222222 is a number to YAML\n  → put it in quotes"


def test_an_account_with_two_places_in_the_landscape_is_refused(tiny: TinyRepository) -> None:
    tiny.replace("catalog.yaml", '"222222222222"', '"222222222221"')
    assert "account 222222222221 belongs to credit-risk dev and to credit-risk preprod" in message(tiny)


def test_a_yaml_syntax_error_names_its_line(tiny: TinyRepository) -> None:
    tiny.write("products/demo/product.yaml", "name: demo\nversion: 1.0.0\ntitle: [Demo\nsummary: x\n")
    assert message(tiny) == (
        "products/demo/product.yaml:4: not valid YAML: did not find expected ',' or ']'\n"
        "  → look at this line and the one above: indentation, a missing colon, an unclosed quote"
    )


def test_a_key_that_stands_twice_is_refused(tiny: TinyRepository) -> None:
    tiny.write("products/demo/product.yaml", f"{PRODUCT}title: Again\n")
    assert message(tiny) == "products/demo/product.yaml:5: key 'title' stands twice\n  → remove one of the two"


def test_a_missing_catalog_is_one_clear_line(tiny: TinyRepository) -> None:
    (tiny.root / "catalog.yaml").unlink()
    assert message(tiny) == "catalog.yaml: the file is missing\n  → create it"


def test_a_file_that_is_not_utf8_is_refused(tiny: TinyRepository) -> None:
    (tiny.root / "products/demo/product.yaml").write_bytes(b"name: d\xe9mo\n")
    assert message(tiny) == "products/demo/product.yaml: not UTF-8 at byte 7\n  → save it as UTF-8"


def test_a_share_names_exactly_one_receiver(tiny: TinyRepository) -> None:
    tiny.write(
        "portfolios/tiny.yaml",
        (tiny.root / "portfolios/tiny.yaml").read_text()
        + 'shares:\n  - {account: "222222222221", organization: o-mlplatform1}\n',
    )
    assert "a share names 2 receivers\n  → name one of organization, organizational_unit, account" in message(tiny)


def test_one_run_tells_the_mistakes_of_every_file(tiny: TinyRepository) -> None:
    tiny.replace("catalog.yaml", "title:", "titel:")
    tiny.replace("products/demo/product.yaml", "version: 1.0.0", "version: one")
    text = message(tiny)
    assert "catalog.yaml" in text and "products/demo/product.yaml" in text


def test_an_unknown_product_on_the_command_line_lists_those_there_are(tiny: TinyRepository) -> None:
    with pytest.raises(KnownError) as caught:
        tiny.load().select(["nope"])
    assert str(caught.value) == "products: no product 'nope'\n  → there are: demo"


TAGGED = f"{PRODUCT}tags: "


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (PRODUCT.replace("title: Demo", "title:"), "3: title has no value\n  → give it one, or remove the key"),
        (PRODUCT.replace("title: Demo", "title: 5"), "3: title: not a text\n  → put the value in quotes"),
        (f"{PRODUCT}5: x\n", "5: key '5' is no text to YAML\n  → put it in quotes"),
        (f"{PRODUCT}? [a, b]\n: x\n", "5: a key that is a collection is no text to YAML\n  → put it in quotes"),
        (
            f"{PRODUCT}owner: 2024-13-99\n",
            "5: not valid YAML: '2024-13-99' cannot be read as timestamp\n  → correct the value; a text goes in quotes",
        ),
        (
            "name: de\amo\n",
            "1: not valid YAML: a control character (U+0007)\n"
            "  → remove it; in a text in double quotes it is written as an escape",
        ),
        (f"{PRODUCT}tags: &a {{x: *a}}\n", "5: the value holds itself\n  → write out what the alias stands for"),
        (
            f"{PRODUCT}audience: lead\n",
            "5: audience: not a list\n  → write it as a list: `[a, b]`, or lines that begin with `- `",
        ),
        (f"{PRODUCT}audience: [lead, lead]\n", "5: 'lead' stands twice\n  → remove one of the two"),
        (
            f"{TAGGED}[x]\n",
            "5: tags: not a mapping of keys to values\n  → write it as lines of `key: value`, indented",
        ),
        (
            f"{TAGGED}{{'platform:product': x}}\n",
            "5: tag 'platform:product' begins with platform:, which publish keeps to itself\n  → choose another key",
        ),
        (
            f"{TAGGED}{{'aws:x': x}}\n",
            "5: tag 'aws:x' begins with aws:, which AWS keeps to itself\n  → choose another key",
        ),
    ],
)
def test_a_value_that_yaml_or_the_model_cannot_take_is_one_clear_line(
    tiny: TinyRepository, text: str, told: str
) -> None:
    tiny.write("products/demo/product.yaml", text)
    assert message(tiny) == f"products/demo/product.yaml:{told}"


def test_a_value_nested_without_end_is_refused(tiny: TinyRepository) -> None:
    tiny.write("products/demo/product.yaml", "a: " + "[" * 3000 + "]" * 3000)
    assert message(tiny) == "products/demo/product.yaml: nested too deeply to be read\n  → flatten it"


def test_aliases_that_stand_for_billions_of_values_are_refused(tiny: TinyRepository) -> None:
    doubled = "".join(f"a{n + 1}: &a{n + 1} [*a{n}, *a{n}, *a{n}, *a{n}]\n" for n in range(20))
    tiny.write("products/demo/product.yaml", f"a0: &a0 [x]\n{doubled}")
    assert "more than 50,000 values\n  → write out what aliases stand for" in message(tiny)


@pytest.mark.parametrize("value", ["2024-01-01", "{b: 1}", "[1, 2]", ".inf"])
def test_what_is_no_value_of_a_parameter_is_told_once(tiny: TinyRepository, value: str) -> None:
    tiny.write("products/demo/examples/defaults.yaml", f"description: x\nparameters: {{A: {value}}}\n")
    assert message(tiny).startswith("products/demo/examples/defaults.yaml:2: ")
    assert message(tiny).endswith(
        " is no value of a parameter\n"
        "  → write a text, a number, true or false, or a list of texts; put others in quotes"
    )
    assert message(tiny).count("→") == 1


@pytest.mark.parametrize("save", [lambda text: b"\xef\xbb\xbf" + text, lambda text: text.replace(b"\n", b"\r\n")])
def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(
    tiny: TinyRepository, save: Callable[[bytes], bytes]
) -> None:
    for path in (tiny.root / "catalog.yaml", tiny.root / "products/demo/product.yaml"):
        path.write_bytes(save(path.read_bytes()))
    assert tiny.load().product("demo").title == "Demo"


def test_a_folder_in_the_place_of_a_file_is_refused(tiny: TinyRepository) -> None:
    (tiny.root / "catalog.yaml").unlink()
    (tiny.root / "catalog.yaml").mkdir()
    assert message(tiny) == ("catalog.yaml: the file cannot be read (Is a directory)\n  → have a readable file there")


def test_two_products_with_one_title_are_refused_for_a_lead_sees_titles_alone(tiny: TinyRepository) -> None:
    tiny.write("products/other/product.yaml", PRODUCT.replace("demo", "other"))
    tiny.write("products/other/template.yaml.j2", TEMPLATE)
    assert message(tiny) == (
        "products/other/product.yaml:3: title 'Demo' is taken by products/demo\n"
        "  → give each product a title of its own"
    )


def test_a_launch_constraint_for_a_product_that_is_not_offered_is_refused(tiny: TinyRepository) -> None:
    tiny.replace("portfolios/tiny.yaml", "[demo]", "[]\nlaunch_constraints: {demo: some-role}")
    assert message(tiny) == (
        "portfolios/tiny.yaml:5: portfolio tiny has a launch constraint for 'demo', which it does not offer\n"
        "  → add the product to it, or remove the constraint"
    )


def test_two_shares_with_one_receiver_are_refused(tiny: TinyRepository) -> None:
    share = '  - account: "222222222221"\n'
    tiny.replace("portfolios/tiny.yaml", "[lead]", f"[lead]\nshares:\n{share}{share}    tag_options: false")
    assert message(tiny) == "portfolios/tiny.yaml:6: '222222222221' stands twice\n  → remove one of the two"


def test_a_region_that_stands_twice_is_refused(tiny: TinyRepository) -> None:
    tiny.replace("catalog.yaml", "eu-central-1", "eu-west-1")
    assert "'eu-west-1' stands twice\n  → remove one of the two" in message(tiny)


def test_an_unknown_environment_of_a_team_lists_those_there_are(tiny: TinyRepository) -> None:
    tiny.replace("catalog.yaml", "preprod:", "stage:")
    assert message(tiny) == "catalog.yaml:30: unknown key 'stage'\n  → known here: 'dev', 'preprod' or 'prod'"


@pytest.mark.parametrize("path", ["portfolios/more.yml", "products/demo/examples/more.yml"])
def test_a_file_that_would_be_overlooked_is_told(tiny: TinyRepository, path: str) -> None:
    tiny.write(path, "description: x\n")
    assert message(tiny) == f"{path}: not read: its name ends in .yml\n  → rename it to .yaml"


def test_an_example_is_called_as_launches_and_taskcat_can_call_it(tiny: TinyRepository) -> None:
    tiny.write("products/demo/examples/all on.yaml", "description: x\n")
    assert message(tiny) == (
        "products/demo/examples/all on.yaml: 'all on' is not a name in lower case with single dashes\n"
        "  → rename the file, as in long-retention.yaml"
    )


def test_a_repository_without_products_loads(tiny: TinyRepository) -> None:
    shutil.rmtree(tiny.root / "products")
    tiny.replace("portfolios/tiny.yaml", "[demo]", "[]")
    assert tiny.load().products == ()
