"""What Markdown becomes, text by text."""

from __future__ import annotations

import time

import pytest
import pytest_asyncio
from playwright.async_api import Page as BrowserPage

from tests.sandbox.web.conftest import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

RENDER = """async (text) => {
  const { render } = await import("/page/markdown.js");
  const world = {
    me: "1", guildId: "9", goTo() {},
    personName: (id) => ({ 1: "Ana", 2: "Max" })[id] ?? "unknown",
    roleName: () => "Moderator",
    place: (id) => (id === "5" ? { name: "lobby" } : undefined),
  };
  const holder = document.createElement("div");
  holder.append(render(text, world));
  for (const node of holder.querySelectorAll("*")) {
    const kept = ["href", "start"].map((name) => [name, node.getAttribute(name)]);
    for (const { name } of [...node.attributes]) if (name !== "class") node.removeAttribute(name);
    for (const [name, value] of kept) if (value) node.setAttribute(name, value);
  }
  return holder.innerHTML;
}"""

CASES = {
    "plain": "<p>plain</p>",
    "two\nlines": "<p>two\nlines</p>",
    "**bold** *it* _it_ __under__ ~~gone~~": (
        "<p><strong>bold</strong> <em>it</em> <em>it</em> <u>under</u> <s>gone</s></p>"
    ),
    "***both***": "<p><strong><em>both</em></strong></p>",
    "**a *b* c**": "<p><strong>a <em>b</em> c</strong></p>",
    "snake_case_name and 2*3*4": "<p>snake_case_name and 2<em>3</em>4</p>",
    "** not bold **": "<p><strong> not bold </strong></p>",
    "`**code**` and ``a ` b``": "<p><code>**code**</code> and <code>a ` b</code></p>",
    "```py\nprint(1)\n```after": (
        '<pre><span class="language">py</span><code>print(1)</code></pre><p>after</p>'
    ),
    "```no language```": "<pre><code>no language</code></pre>",
    "before ```\nx\n``` after": "<p>before </p><pre><code>x</code></pre><p> after</p>",
    "``` never closed": "<p>``` never closed</p>",
    "> quoted\n> more\nnot": "<blockquote><p>quoted\nmore</p></blockquote><p>not</p>",
    ">>> all\nof it": "<blockquote><p>all\nof it</p></blockquote>",
    ">not a quote": "<p>&gt;not a quote</p>",
    "# One\n## Two\n### Three\n#### Four": (
        '<h3 class="said">One</h3><h4 class="said">Two</h4><h5 class="said">Three</h5>'
        "<p>#### Four</p>"
    ),
    "-# small": '<p class="small">small</p>',
    "- a\n  - b\n- c": "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>",
    "3. a\n4. b": '<ol start="3"><li>a</li><li>b</li></ol>',
    r"\*not\* \`that\` \<@1>": "<p>*not* `that` &lt;@1&gt;</p>",
    r"an\_escaped\_word": "<p>an_escaped_word</p>",
    "||secret||": (
        '<p><button class="spoiler"><span class="hidden-words">secret</span></button></p>'
    ),
    "<@1> <@!2> <@&3> <#5> <#6>": (
        '<p><bdi class="mention mine">@Ana</bdi> <bdi class="mention">@Max</bdi> '
        '<bdi class="mention">@Moderator</bdi> '
        '<button class="mention"><bdi>#lobby</bdi></button> <bdi class="mention">#unknown</bdi></p>'
    ),
    "<:smile:123456789012345678>": "<p>:smile:</p>",
    "see https://a.example/b_c_d, ok": (
        '<p>see <span><a href="https://a.example/b_c_d"><bdi>https://a.example/b_c_d</bdi></a>'
        "</span>, ok</p>"
    ),
    "[name](https://a.example/x)": (
        '<p><span><a href="https://a.example/x"><bdi>name</bdi></a>'
        '<span class="host"> (a.example)</span></span></p>'
    ),
    "[reply](https://discord.com/channels/9/5/7)": (
        '<p><button class="inside"><bdi>reply</bdi></button></p>'
    ),
    "[other](https://discord.com/channels/8/5/7)": (
        '<p><span><a href="https://discord.com/channels/8/5/7"><bdi>other</bdi></a>'
        '<span class="host"> (discord.com)</span></span></p>'
    ),
    "[x](javascript:alert(1))": "<p>[x](javascript:alert(1))</p>",
    "[x](data:text/html,x)": "<p>[x](data:text/html,x)</p>",
    "[x](ftp://a.example)": "<p>[x](ftp://a.example)</p>",
    "<script>x</script>": "<p>&lt;script&gt;x&lt;/script&gt;</p>",
    "**never closed": "<p>**never closed</p>",
    "": "",
}


@pytest_asyncio.fixture(loop_scope="session")
async def page(stage: Stage) -> BrowserPage:
    return (await stage.tab()).page


async def test_what_each_becomes(page: BrowserPage) -> None:
    made = {text: await page.evaluate(RENDER, text) for text in CASES}
    assert made == CASES
    in_ten_minutes = await page.evaluate(RENDER, f"<t:{int(time.time()) + 610}:R>")
    assert in_ten_minutes.endswith(">in 10 minutes</time></p>")


async def test_the_worst_texts_take_no_time(page: BrowserPage) -> None:
    worst = ["*" * 4000, "`" * 4000, "[" * 4000, "||" * 2000, "> " * 2000, "_a" * 2000,
             "**a" * 1300, "<@" * 2000, "[a](" * 1000, "~~" * 2000, "- " * 2000]  # fmt: skip
    timed = f"async (text) => {{ const began = performance.now(); await ({RENDER})(text); "
    timed += "return performance.now() - began; }"
    taken = {text[:8]: await page.evaluate(timed, text) for text in worst}
    assert max(taken.values()) < 500, taken
