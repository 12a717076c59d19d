"""Collecting, compiling and checking sentences, on small trees of their own."""

import gettext
from pathlib import Path

import pytest
from babel.messages.pofile import PoFileError

from core import catalogues

CODE = """
from django.utils.translation import gettext as _, gettext_lazy, ngettext, pgettext

PLAIN = _("Save the customer.")
JOINED = gettext_lazy("The unit %(unit)s "
                      "is closed.")
MANY = ngettext("%(count)s row", "%(count)s rows", 3)
MENU = pgettext("menu", "Home")
# Translators: a building, not a verb
PLACE = _("Block")
NOT_A_CALL = "Never collected."
"""
TEMPLATE = """{% load i18n %}
<h1>{% translate "Customers" %}</h1>
    {% blocktranslate with name=person.name trimmed %}
      Hello,
      {{ name }}!
    {% endblocktranslate %}
{% blocktranslate count n=rows %}{{ n }} file{% plural %}{{ n }} files{% endblocktranslate %}
{% include "x.html" with label=_("Close") %} {{ _("Open") }} it's "unfinished
{% comment %}{% translate "Gone" %}{% endcomment %}
"""
SENTENCES = {
    ("Save the customer.", None),
    ("The unit %(unit)s is closed.", None),
    ("%(count)s row", None),
    ("Home", "menu"),
    ("Block", None),
    ("Customers", None),
    ("Hello, %(name)s!", None),
    ("%(n)s file", None),
    ("Close", None),
    ("Open", None),
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "shop/templates/shop").mkdir(parents=True)
    (tmp_path / "shop/code.py").write_text(CODE, "utf-8")
    (tmp_path / "shop/templates/shop/page.html").write_text(TEMPLATE, "utf-8")
    for skipped in ("tests", ".venv", "shop/migrations"):
        (tmp_path / skipped).mkdir()
        (tmp_path / skipped / "other.py").write_text('_("Not ours.")', "utf-8")
    return tmp_path


def write(tree: Path, *entries: str) -> Path:
    """A catalogue with these entries."""
    path = catalogues.catalogue_path(tree)
    path.parent.mkdir(parents=True, exist_ok=True)
    header = (
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Language: zh_Hans\\n"\n'
        '"Plural-Forms: nplurals=1; plural=0;\\n"\n'
    )
    path.write_text("\n\n".join([header, *entries]) + "\n", "utf-8")
    return path


def entry(source: str, text: str) -> str:
    return f'msgid "{source}"\nmsgstr "{text}"'


def found(tree: Path) -> dict[catalogues.Key, list[str]]:
    """Sentence and context -> translations, as the catalogue's file has them."""
    catalogue = catalogues.read(catalogues.catalogue_path(tree))
    return {catalogues.key_of(m): catalogues.forms_of(m) for m in catalogues.messages(catalogue)}


def test_sentences_of_code_and_templates_are_collected_and_no_others(tree: Path) -> None:
    collected = catalogues.collect(tree)

    assert {catalogues.key_of(m) for m in catalogues.messages(collected)} == SENTENCES
    assert [place[0] for place in collected.get("Customers").locations] == [
        "shop/templates/shop/page.html"
    ]
    assert collected.get("Block").auto_comments == ["a building, not a verb"]


def test_update_keeps_translations_that_still_fit_exactly(tree: Path) -> None:
    write(
        tree,
        entry("Save the customer.", "保存客户。"),
        entry("Customer", "客户"),  # like "Customers", but another sentence
        'msgctxt "menu"\nmsgid "Home"\nmsgstr "工作台"',
        'msgid "%(count)s row"\nmsgid_plural "%(count)s rows"\nmsgstr[0] "%(count)s 行"',
        "#, fuzzy\n" + entry("Block", "大概"),
    )

    catalogues.update(tree)

    texts = found(tree)
    assert set(texts) == SENTENCES
    assert {key: forms for key, forms in texts.items() if any(forms)} == {
        ("Save the customer.", None): ["保存客户。"],
        ("Home", "menu"): ["工作台"],
        ("%(count)s row", None): ["%(count)s 行"],
    }


def test_update_takes_missing_translations_from_other_files(tree: Path, tmp_path: Path) -> None:
    path = write(tree, entry("Open", "打开"))
    own = path.read_text("utf-8")
    other = tmp_path / "translator.po"
    other.write_text(own.replace("打开", "开") + "\n" + entry("Close", "关闭") + "\n", "utf-8")
    bare = tmp_path / "without-header.po"
    bare.write_text(
        'msgid "%(n)s file"\nmsgid_plural "%(n)s files"\nmsgstr[0] "%(n)s 个文件"\n', "utf-8"
    )

    catalogues.update(tree, [other, bare])

    texts = found(tree)
    assert (texts["Open", None], texts["Close", None]) == (["打开"], ["关闭"])
    assert texts["%(n)s file", None] == ["%(n)s 个文件"]


def test_update_is_stable_sorted_and_names_files_only(tree: Path) -> None:
    path = catalogues.update(tree)
    first = path.read_bytes()

    catalogues.update(tree)

    assert path.read_bytes() == first
    lines = first.decode().splitlines()
    sentences = [line for line in lines if line.startswith("msgid ")][1:]
    assert sentences == sorted(sentences)
    assert [line for line in lines if line.startswith("#: shop/code.py:")] == []
    assert lines.count("#: shop/code.py") == 5


def test_compiled_catalogue_holds_the_certain_translations_only(tree: Path) -> None:
    path = write(
        tree,
        entry("Open", "打开"),
        entry("Close", ""),
        "#, fuzzy\n" + entry("Block", "大概"),
        'msgid "%(count)s row"\nmsgid_plural "%(count)s rows"\nmsgstr[0] "%(count)s 行"',
    )

    assert catalogues.compile_all(tree) == [path.with_suffix(".mo")]
    assert catalogues.compile_all(tree) == []

    with path.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert compiled.gettext("Open") == "打开"
    assert compiled.gettext("Close") == "Close"
    assert compiled.gettext("Block") == "Block"
    assert compiled.ngettext("%(count)s row", "%(count)s rows", 5) == "%(count)s 行"


def test_check_tells_every_kind_of_problem(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(
        '_("Fine.")\n_("Missing.")\n_("Empty.")\n_("Doubtful.")\n_("%(a)s of %(b)s")\n_("中文")\n'
        'ngettext("One row", "%(n)s rows", 2)\n_("100 %% of %(a)s")\n',
        "utf-8",
    )
    write(
        tmp_path,
        entry("Fine.", "好。"),
        entry("Empty.", ""),
        "#, fuzzy\n" + entry("Doubtful.", "也许"),
        entry("%(a)s of %(b)s", "%(a)s 中的 %(c)s"),
        entry("中文", "中文"),
        entry("Unused.", "没用"),
        'msgid "One row"\nmsgid_plural "%(n)s rows"\nmsgstr[0] "%(n)s 行"',
        entry("100 %% of %(a)s", "%(a)s 的 100 %%"),
    )

    assert [(problem.kind, problem.sentence) for problem in catalogues.check(tmp_path)] == [
        ("no longer used", "Unused."),
        ("not translated", "Doubtful."),
        ("not translated", "Empty."),
        ("not translated", "Missing."),
        ("other placeholders", "%(a)s of %(b)s"),
        ("source is not English", "中文"),
    ]


@pytest.mark.parametrize("text", ['msgstr "打开', "msgstr 打开", '打开"'])
def test_malformed_catalogue_is_refused(tree: Path, text: str) -> None:
    write(tree, f'msgid "Open"\n{text}')

    with pytest.raises(PoFileError):
        catalogues.update(tree)
