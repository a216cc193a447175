"""Whatever anyone or the model writes, nothing runs or loads from elsewhere; strangers stay out."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import discord
import pytest
import yarl
from playwright.async_api import expect

from bot.sandbox import Sandbox
from bot.sandbox.server.threads import NewThread
from bot.sandbox.web import WebApp
from tests.patience import PATIENCE
from tests.sandbox.conftest import Probe
from tests.sandbox.web.browsing import Tab
from tests.sandbox.web.conftest import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

ATTACKS = {
    "script": "<script>window.hit=1</script>",
    "script in code": "```html\n<script>window.hit=1</script>\n```",
    "image": '<img src=x onerror="window.hit=1">',
    "svg": "<svg onload=window.hit=1><animate onbegin=window.hit=1 attributeName=x dur=1s>",
    "frame": "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
    "style": "<style>*{display:none!important}</style><link rel=stylesheet href=//evil.example>",
    "base": "<base href=https://evil.example/><meta http-equiv=refresh content=0;url=//evil>",
    "form": "<form action=https://evil.example><input name=a autofocus onfocus=window.hit=1>",
    "javascript link": "[press me](javascript:window.hit=1) <javascript:window.hit=1>",
    "hidden javascript": "[x](JaVaScRiPt\u0000:window.hit=1) [y](\tjava\nscript:window.hit=1)",
    "data link": "[x](data:text/html,<script>window.hit=1</script>) data:text/html,hi",
    "masked": "[https://discord.com](https://evil.example/login)",
    "user in address": "https://discord.com@evil.example/ https://xn--dscord-hwa.com",
    "quote in link": 'https://evil.example/"onmouseover="window.hit=1',
    "end of attribute": '"><script>window.hit=1</script>',
    "template": "{{constructor.constructor('window.hit=1')()}} ${window.hit=1}",
    "mention": '<@1"><script>window.hit=1</script>> <@&0> <#999> <:x:1> @everyone',
    "css": "</style><style>body{background:url(//evil.example)}</style> expression(hit=1)",
    "prototype": "__proto__ constructor [__proto__](https://evil.example)",
    "bidi": "safe\u202egpj.exe\u2066 end",
    "zalgo": "Z" + "\u0335\u0489\u0334" * 200 + "algo",
    "many marks": "*_~|`>[<" * 200,
    "nested": "> " * 100 + "deep" + "**" * 200 + "||" * 100,
    "long word": "W" * 2000,
    "many lines": "\n".join("- " + " " * (i % 40) + "x" for i in range(150)),
    "nothing to see": "\u200b\u2060\u00ad",
}


async def nothing_happened(tab: Tab) -> None:
    """No script ran, nothing stands that could, and everything is in its place."""
    assert await tab.page.evaluate("window.hit") is None
    made = (
        "#messages :is(script,style,iframe,object,embed,form,base,meta,link,svg,[onerror],[onload])"
    )
    await expect(tab.page.locator(made)).to_have_count(0)
    for address in await tab.page.locator("#messages a").evaluate_all(
        "all => all.map(a => a.href)"
    ):
        assert address.startswith(("http://", "https://"))
    await expect(tab.page.locator("#say")).to_be_in_viewport()
    assert await tab.page.evaluate("scroller.scrollWidth - scroller.clientWidth") == 0
    assert await tab.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


async def test_attacks_in_messages_are_text(stage: Stage) -> None:
    ana, ben = await stage.tab("Ana"), stage.sandbox.person("Ben")
    for text in ATTACKS.values():
        said = await ben.say("#lobby", text)
        await expect(ana.page.locator(f'[data-id="{said.id}"]')).to_be_attached()
    await nothing_happened(ana)
    await ana.page.reload()
    await expect(ana.messages).to_have_count(len(ATTACKS))
    await nothing_happened(ana)
    await expect(ana.message("window.hit=1</script>").first).to_be_attached()  # shown as it is


async def test_attacks_as_replies_edits_and_by_oneself(stage: Stage) -> None:
    ana = await stage.tab("Ana")
    person = stage.sandbox.person("Ana")
    for text in list(ATTACKS.values())[:12]:
        said = await person.say("#lobby", text)
        await person.say("#lobby", text, reply_to=said)
        await person.edit(said, text[::-1][:1000] + " " + text[:900])
    await expect(ana.messages).to_have_count(24)
    await nothing_happened(ana)


async def test_attacks_in_names_and_threads(stage: Stage) -> None:
    sandbox = stage.sandbox
    max_ = await stage.tab("Max")
    for number, text in enumerate(ATTACKS.values()):
        name = text[:80]
        member = sandbox.person(sandbox.guild.add_person(f"p{number}", nick=name))
        await member.say("#lobby", f"I am number {number}.")
        await member.begin_typing("#lobby")
        thread = NewThread(name.strip() or "x", private=True)
        opened = sandbox.backend.open_thread(sandbox.guild.lobby_id, sandbox.guild.bot_id, thread)
        sandbox.backend.create_message(opened.id, sandbox.guild.bot_id, "here")
    await expect(max_.message("I am number 25.")).to_be_attached()
    threads = max_.page.locator(".threads .room")
    await expect(threads).to_have_count(len(ATTACKS))
    await nothing_happened(max_)
    for at in (0, 2, 19, 20):
        await threads.nth(at).click()
        await expect(max_.message("here")).to_be_visible()
    # Nothing turns the direction of what stands beside it.
    assert "\u202e" not in await max_.page.locator("#rooms").inner_text()
    assert "\u202e" not in await max_.page.locator("#people").inner_text()
    assert not await max_.page.evaluate("rooms.scrollWidth > rooms.clientWidth")
    await nothing_happened(max_)


async def test_attacks_in_embeds_files_and_controls(stage: Stage, probe: Probe) -> None:
    ana = await stage.tab("Ana")
    lobby = probe.lobby(stage.sandbox)
    for text in ATTACKS.values():
        short = text[:200]
        embed = discord.Embed(title=short, description=text, url="https://evil.example/x")
        embed.add_field(name=short or "x", value=text[:1000]).set_footer(text=short)
        embed.set_author(name=short).set_image(url="https://evil.example/spy.png")
        view = discord.ui.View()
        view.add_item(discord.ui.Button(label=(text.strip() or "x")[:80], custom_id=short[:90]))
        option = discord.SelectOption(label=(text.strip() or "x")[:90], value=short[:90])
        view.add_item(discord.ui.Select(options=[option], placeholder=short[:100]))
        await lobby.send(embed=embed, view=view)
        view.stop()
    files = [
        ("<img src=x onerror=hit=1>.png", b"not a picture"),
        ("run.html", b"<script>opener.hit=1</script>"),
        ("run.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='hit=1'/>"),
        ("photo\u202egnp.exe", b"MZ"),
    ]
    await stage.sandbox.person("Ben").say("#lobby", "files", files=files)
    await expect(ana.message("files").last.locator(".file")).to_have_count(4)
    await nothing_happened(ana)
    assert "\u202e" not in await ana.message("files").last.inner_text()
    assert not [url for url in ana.asked_for if "evil" in url]


async def test_a_file_is_no_page(stage: Stage) -> None:
    content = b"<script>document.title='hit'</script>"
    said = await stage.sandbox.person("Ben").say("#lobby", "x", files=[("a.html", content)])
    async with aiohttp.ClientSession() as http, http.get(said.files[0].url) as answer:
        assert answer.headers["Content-Disposition"] == "attachment"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_where_a_link_leads_is_said(stage: Stage) -> None:
    ana, ben = await stage.tab("Ana"), stage.sandbox.person("Ben")
    await ben.say("#lobby", ATTACKS["masked"])
    await ben.say("#lobby", ATTACKS["user in address"])
    await expect(ana.messages.nth(0).locator(".words")).to_have_text(
        "https://discord.com (evil.example)"
    )
    await expect(ana.messages.nth(1).locator(".words")).to_contain_text(
        "evil.example/ (evil.example)"
    )
    link = ana.messages.nth(0).locator("a")
    await expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")


POLICED = ["img-src", "style-src-elem", "frame-src", "style-src-attr", "connect-src"]
BREAK_IN = """async (policed) => {
  const refused = [];
  const waiting = new Set(policed);
  const told = new Promise((resolve) => addEventListener("securitypolicyviolation", (event) => {
    refused.push(event.effectiveDirective);
    waiting.delete(event.effectiveDirective);
    if (!waiting.size) resolve();
  }));
  const attempt = (name, act) => { try { act(); } catch { refused.push(name); } };
  const add = (tag, names) => attempt(`${tag} refused`, () => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(names)) node.setAttribute(name, value);
    document.body.append(node);
    node.click();
  });
  add("img", { src: "https://evil.example/spy.png" });
  add("link", { rel: "stylesheet", href: "https://evil.example/a.css" });
  add("iframe", { src: "https://evil.example/" });
  add("p", { style: "color: red" });
  add("b", { onclick: "window.hit=1" });
  attempt("innerHTML", () => { document.body.innerHTML += "<i>x</i>"; });
  // Not at once: what a debugger evaluates may use eval, what it leaves to the page may not.
  await new Promise((done) => setTimeout(() => {
    attempt("eval", () => eval("hit = 1"));
    done();
  }));
  await fetch("https://evil.example/").catch(() => {});
  await told;
  return [...refused, `hit ${window.hit}`];
}"""


async def test_the_policy_lets_nothing_in(stage: Stage) -> None:
    """Even a page that was broken into could run or load nothing."""
    ana = await stage.tab("Ana")
    refused = await ana.page.evaluate(BREAK_IN, POLICED)
    # What the browser complains about, and refused to fetch, is what this test is about.
    await ana.context.close()
    stage.tabs.remove(ana)
    assert {*POLICED, "innerHTML", "eval", "b refused", "hit undefined"} <= set(refused)


# ── strangers ───────────────────────────────────────────────────────────────────────────────


async def knock(
    page: WebApp, sandbox: Sandbox, hello: dict[str, Any] | str, **headers: str
) -> tuple[int, list[str]]:
    """Connect as a page does; the close code (0 while open), and what was heard."""
    given = {"Origin": sandbox.url, **headers}
    text = hello if isinstance(hello, str) else json.dumps({"hello": hello})
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{sandbox.url}/page/socket", headers=given) as socket,
    ):
        await socket.send_str(text)
        message = await socket.receive(timeout=PATIENCE)
        heard = [message.data] if message.type is aiohttp.WSMsgType.TEXT else []
        return socket.close_code or 0, heard


@pytest.mark.parametrize(
    "hello",
    [
        {"key": "wrong", "person": "Ana"},
        {"key": "", "person": "Ana"},
        {"person": "Ana"},
        "{}",
        "no JSON",
        '{"do": {"do": "open", "place": "1"}}',
    ],
)
async def test_without_the_key_nobody_comes_in(hello: dict[str, Any] | str) -> None:
    sandbox = Sandbox()
    page = WebApp(sandbox)
    async with sandbox:
        assert await knock(page, sandbox, hello) == (4401, [])


async def test_the_key_is_not_the_bots_token() -> None:
    sandbox = Sandbox()
    page = WebApp(sandbox)
    async with sandbox:
        assert page.key != sandbox.token
        assert await knock(page, sandbox, {"key": sandbox.token, "person": "Ana"}) == (4401, [])
        code, heard = await knock(page, sandbox, {"key": page.key, "person": "Ana"})
        assert (code, len(heard)) == (0, 1)


@pytest.mark.parametrize("person", ["Zoe", "Four Rooms", "", "1", "__class__"])
async def test_one_can_be_the_people_of_the_server_only(person: str) -> None:
    sandbox = Sandbox()
    page = WebApp(sandbox)
    async with sandbox:
        assert await knock(page, sandbox, {"key": page.key, "person": person}) == (4404, [])


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Host": "evil.example"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
    ],
)
async def test_other_sites_are_turned_away(headers: dict[str, str]) -> None:
    sandbox = Sandbox()
    page = WebApp(sandbox)
    async with sandbox:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await knock(page, sandbox, {"key": page.key, "person": "Ana"}, **headers)
        assert refused.value.status == 403


async def test_what_is_no_browser_is_turned_away() -> None:
    sandbox = Sandbox()
    WebApp(sandbox)
    async with sandbox, aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(f"{sandbox.url}/page/socket")


@pytest.mark.parametrize("path", ["/", "/page/main.js", "/page/base.css"])
async def test_every_file_of_the_page_is_under_the_policy(path: str) -> None:
    sandbox = Sandbox()
    WebApp(sandbox)
    async with sandbox, aiohttp.ClientSession() as http:
        async with http.get(sandbox.url + path) as answer:
            headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in headers
        async with http.get(sandbox.url + path, headers={"Host": "evil.example"}) as answer:
            assert answer.status == 403


@pytest.mark.parametrize("path", ["/page/../page.py", "/page/%2e%2e/page.py", "/page/page.py"])
async def test_no_other_file_is_given_out(path: str) -> None:
    sandbox = Sandbox()
    WebApp(sandbox)
    async with sandbox, aiohttp.ClientSession() as http:
        url = f"{sandbox.url}{path}"
        async with http.get(yarl.URL(url, encoded=True)) as answer:
            assert answer.status == 404


STRANGE = [
    {"do": "say", "place": "1", "text": "x", "as": "Ada"},
    {"do": "say", "place": "-1", "text": "x"},
    {"do": "say", "place": "9" * 30, "text": "x"},
    {"do": "say", "place": "1", "text": "x" * 20_000},
    {"do": "run", "code": "1"},
    {"do": "react", "place": "1", "message": "1", "emoji": "x" * 99},
]


@pytest.mark.parametrize("action", STRANGE, ids=lambda action: json.dumps(action)[:40])
async def test_what_no_page_of_ours_would_ask_ends_the_connection(action: dict[str, Any]) -> None:
    assert await asked(action) == {"closed": 4400}


REFUSED = [
    {"do": "say", "place": "MODERATORS", "text": "x"},
    {"do": "open", "place": "MODERATORS"},
    {"do": "more", "place": "MODERATORS"},
    {"do": "commands", "place": "MODERATORS"},
    {"do": "type", "place": "MODERATORS"},
    {"do": "find", "place": "MODERATORS", "message": "SECRET"},
    {"do": "edit", "place": "MODERATORS", "message": "SECRET", "text": "x"},
    {"do": "delete", "place": "MODERATORS", "message": "SECRET"},
    {"do": "react", "place": "MODERATORS", "message": "SECRET", "emoji": "👍"},
    {"do": "click", "place": "MODERATORS", "message": "SECRET", "control": "x"},
    {"do": "entry", "place": "MODERATORS", "message": "SECRET", "entry": "Show therapy"},
    {"do": "use", "place": "LOBBY", "name": "pause", "options": {}},
    {"do": "submit", "interaction": "1", "values": {}},
    {"do": "find", "place": "LOBBY", "message": "SECRET"},
    {"do": "open", "place": "12345"},
]


@pytest.mark.parametrize(
    "action", REFUSED, ids=lambda action: " ".join(map(str, action.values()))[:40]
)
async def test_what_ana_may_not_do_the_server_refuses(action: dict[str, Any]) -> None:
    told = await asked(action)
    assert told["problem"]["message"]
    assert "the secret" not in json.dumps(told)


async def asked(action: dict[str, Any]) -> dict[str, Any]:
    """What the server answers to Ana, whose page asks for this by itself."""
    sandbox = Sandbox()
    page = WebApp(sandbox)
    async with (
        sandbox,
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{sandbox.url}/page/socket", headers={"Origin": sandbox.url}) as socket,
    ):
        secret = await sandbox.person("Max").say("#moderators", "the secret")
        named = {
            "MODERATORS": str(sandbox.guild.moderators_id),
            "LOBBY": str(sandbox.guild.lobby_id),
            "SECRET": str(secret.id),
        }
        action = {name: named.get(value, value) if isinstance(value, str) else value
                for name, value in action.items()}  # fmt: skip
        await socket.send_str(json.dumps({"hello": {"key": page.key, "person": "Ana"}}))
        assert "welcome" in (await socket.receive_json(timeout=PATIENCE))
        await socket.send_str(json.dumps({"id": 1, "do": action}))
        message = await socket.receive(timeout=PATIENCE)
        if message.type is not aiohttp.WSMsgType.TEXT:
            return {"closed": socket.close_code}
        answer: dict[str, Any] = json.loads(message.data)
        return answer
