"""Chinese: complete, true to what it translates, compiled, and what members get to read."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from gettext import GNUTranslations
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import pytest
from django.conf import settings
from django.test import Client

from studio.accounts.models import User
from studio.jobs.models import Job
from tests.conftest import make_job, make_key

CATALOGUE = Path(settings.LOCALE_PATHS[0]) / "zh_Hans" / "LC_MESSAGES" / "django.po"
SCRIPTS = sorted(Path(settings.BASE_DIR, "static", "js").rglob("*.js"))
CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[^(\s]|\{\w*\}|</?[a-z]+>")
GETTEXTS = re.compile(r"_|n?gettext(_lazy|_noop)?|gettext_noop|n?pgettext(_lazy)?")
THREE_WORDS = re.compile(r"[A-Za-z’']+ [a-z’']+ [a-z’']+")


class Entry(NamedTuple):
    msgid: str
    plural: str
    msgstr: str
    context: str
    flags: str


def read_entries(text: str) -> Iterator[Entry]:
    """The entries of a .po file, the header (with an empty msgid) among them."""
    for block in text.strip().split("\n\n"):
        fields = {"msgid": "", "msgid_plural": "", "msgctxt": "", "#,": ""}
        name = ""
        for line in block.splitlines():
            word, _space, rest = line.partition(" ")
            if line.startswith('"'):
                fields[name] += json.loads(line)
            elif word == "#,":
                fields[word] = rest
            elif not word.startswith("#"):
                name = word
                fields[name] = json.loads(rest)
        msgstr = fields["msgstr[0]"] if fields["msgid_plural"] else fields["msgstr"]
        yield Entry(
            fields["msgid"], fields["msgid_plural"], msgstr, fields["msgctxt"], fields["#,"]
        )


HEADER, *ENTRIES = read_entries(CATALOGUE.read_text("utf-8"))


@pytest.fixture
def job(alice: User) -> Job:
    return make_job(alice, make_key(alice, label="林梅"), prompt="一只橘猫")


@pytest.fixture
def as_mei(job: Job, alice: User, as_alice: Client) -> Client:
    """An admin whose studio holds no English of people's own."""
    User.objects.filter(pk=alice.pk).update(name="林梅")
    return as_alice


def test_the_header_names_the_project_and_nobody() -> None:
    assert HEADER.msgid == ""
    assert "Project-Id-Version: Darkroom\n" in HEADER.msgstr
    assert "Language: zh_Hans\n" in HEADER.msgstr
    assert "Plural-Forms: nplurals=1; plural=0;\n" in HEADER.msgstr
    assert "@" not in HEADER.msgstr


def test_every_sentence_has_its_chinese() -> None:
    assert len(ENTRIES) > 100
    assert [one.msgid for one in ENTRIES if not one.msgstr or "fuzzy" in one.flags] == []


def test_chinese_keeps_every_placeholder() -> None:
    def placeholders(text: str) -> set[str]:
        return set(PLACEHOLDER.findall(text))

    different = [
        one.msgid
        for one in ENTRIES
        if placeholders(one.plural or one.msgid) != placeholders(one.msgstr)
    ]

    assert different == []


def test_chinese_is_calm_and_punctuated_as_chinese() -> None:
    loud = re.compile(r"[！!您]|[㐀-鿿][,;:?(]|[,;?][㐀-鿿]")

    assert [one.msgstr for one in ENTRIES if loud.search(one.msgstr)] == []


def test_chinese_stands_apart_from_letters_and_digits() -> None:
    cramped = re.compile(r"[㐀-鿿][A-Za-z0-9]|[A-Za-z0-9][㐀-鿿]")
    without_names = [re.sub(r"%\(\w+\)[a-z]", "", one.msgstr) for one in ENTRIES]

    assert [text for text in without_names if cramped.search(text)] == []


def test_what_is_compiled_says_the_same() -> None:
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = GNUTranslations(file)
        file.seek(8)
        count = int.from_bytes(file.read(4), "little")

    def said(one: Entry) -> str:
        if one.plural:
            return compiled.ngettext(one.msgid, one.plural, 2)
        return (
            compiled.pgettext(one.context, one.msgid)
            if one.context
            else compiled.gettext(one.msgid)
        )

    assert count == len(ENTRIES) + 1
    assert [one.msgid for one in ENTRIES if said(one) != one.msgstr] == []


def marked_in_python() -> Iterator[str]:
    """What the code hands to gettext, wherever it stands: the collector overlooks f-strings."""
    for path in Path(settings.BASE_DIR, "studio").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if GETTEXTS.fullmatch(node.func.id):
                first = node.args[1 if "pgettext" in node.func.id else 0]
                if isinstance(first, ast.Constant):
                    yield first.value


def test_everything_that_python_marks_is_in_the_catalogue() -> None:
    marked = set(marked_in_python())

    assert len(marked) > 100
    assert marked - {one.msgid for one in ENTRIES} == set()


PAGES = [
    ("/", "描述你想要的画面"),
    ("/keys/", "密钥加密保存在本服务器上"),
    ("/team/", "链接仅限使用一次"),
    ("/me/", "更改密码后，其他设备上的登录会全部失效。"),
    ("/nowhere/", "这一格从未曝光"),
]


@pytest.mark.parametrize(("page", "words"), PAGES)
def test_a_browser_that_asks_for_chinese_gets_it(as_mei: Client, page: str, words: str) -> None:
    text = as_mei.get(page, headers=CHINESE).text

    assert '<html lang="zh-CN"' in text
    assert words in text


@pytest.mark.parametrize(("page", "words"), PAGES)
def test_a_member_who_chose_chinese_gets_it_everywhere(
    as_mei: Client, page: str, words: str
) -> None:
    User.objects.update(language="zh-hans")

    text = as_mei.get(page, headers={"Accept-Language": "en-GB"}).text

    assert '<html lang="zh-CN"' in text
    assert words in text


@pytest.mark.parametrize(("page", "words"), PAGES)
def test_a_member_who_chose_english_is_not_asked_again(
    as_mei: Client, page: str, words: str
) -> None:
    User.objects.update(language="en")

    text = as_mei.get(page, headers=CHINESE).text

    assert '<html lang="en"' in text
    assert words not in text


def test_the_login_page_speaks_chinese(client: Client, alice: User) -> None:
    text = client.get("/login/", headers=CHINESE).text

    assert '<html lang="zh-CN"' in text
    assert "没有账户？请向管理员索取邀请链接。" in text


class Words(HTMLParser):
    """All that a page says: its texts, and the attributes that are read out or shown."""

    SAID = (
        "title",
        "aria-label",
        "placeholder",
        "alt",
        "data-confirm",
        "hx-confirm",
        "data-prompt",
    )

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in self.SAID]

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def english(page: str) -> list[str]:
    return [text for text in Words(page).found if THREE_WORDS.search(text)]


@pytest.mark.parametrize("page", [page for page, _words in PAGES])
def test_no_english_is_left_on_a_chinese_page(as_mei: Client, page: str) -> None:
    assert english(as_mei.get(page, headers=CHINESE).text) == []
    assert english(as_mei.get(page).text) != []


def test_no_english_is_left_on_a_chinese_job_page(as_mei: Client, job: Job) -> None:
    assert english(as_mei.get(f"/jobs/{job.uid}", headers=CHINESE).text) == []


def texts_of(script: str) -> list[str]:
    """The string literals of a script that a person could read as words, without their `${…}`."""
    code = re.sub(r"^\s*//.*$|\s//\s.*$", "", script, flags=re.MULTILINE)
    literals = re.findall(r'"[^"\n]*"|\'[^\'\n]*\'|`[^`]*`', code)
    spoken = [re.sub(r"\$\{[^}]*\}", "", text[1:-1]) for text in literals]
    shown = re.findall(
        r"(?:textContent|innerText|innerHTML|title|placeholder|ariaLabel|alert|confirm)"
        r'\s*[=(]\s*["\'`]([^"\'`]*[A-Za-z][^"\'`]*)',
        code,
    )
    sentence = re.compile(r"\b[A-Z][a-z]+ [a-z]+|[a-z]+ [a-z]+ [a-z]+")
    return [text for text in spoken if sentence.search(text)] + shown


def test_a_sentence_in_a_script_would_be_found() -> None:
    assert texts_of('say("Saved for now"); // Not this one') == ["Saved for now"]
    assert texts_of('toast.textContent = "Copied";') == ["Copied"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_hold_no_sentences(script: Path) -> None:
    assert texts_of(script.read_text("utf-8")) == []
