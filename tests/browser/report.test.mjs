// The report in a real browser: read, filter, search, decide, export, and apply what was exported.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { decisions, folder, jiaokan, launch, open, root, shownText } from "./browser.mjs";

const HARM = "</script><script>document.title='harm'</script><img src=x onerror=alert(1)>&lt;b&gt;&amp;<!--";
const HIDDEN = "\u202e\u200b\0\u2066";
const HARMFUL = `奋进时,在${HARM}${HIDDEN}。${"人民安居乐业,经济发展。".repeat(30)}\n`;

let context, samples, report;

before(async () => {
  samples = folder();
  mkdirSync(join(samples, "in"));
  for (const name of readdirSync(join(root, "samples")).filter(name => name.endsWith(".txt"))) cpSync(join(root, "samples", name), join(samples, "in", name));
  report = join(samples, "report.html");
  jiaokan(samples, "clean", "--no-config", "-q", "in", "--report", report);
  context = await launch({ acceptDownloads: true });
});
after(() => context?.close());

async function page(hash = "", file = report) {
  const page = await open(context, file, hash);
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  return page;
}

const ids = page => page.locator("#text .e").evaluateAll(nodes => nodes.map(node => node.dataset.id));
const current = page => page.locator(".e.current").first().getAttribute("data-id");

async function close(page) {
  assert.deepEqual(page.wrong, []);
  await page.close({ runBeforeUnload: false });
}

const exported = page => decisions(page, samples);

test("the overview leads to documents and rules", async () => {
  const p = await page();
  assert.equal(await p.locator("main h1").textContent(), "Overview");
  assert.equal(await p.locator(".documents tbody tr").count(), 5);
  assert.equal(await p.locator("nav li").count(), 5);
  const drawn = await p.locator(".bars .bar.some").evaluateAll(bars => bars.every(bar => bar.getBoundingClientRect().width > 0));
  assert.ok(drawn, "the charts are drawn");
  await p.locator('.bars a[href="#/rule/PUN001"]').click();
  assert.match(await p.locator("main h1").textContent(), /PUN001 half-width-mark/);
  assert.match(await p.locator(".explanation").textContent(), /奋进时，在/);
  await p.goBack();
  await p.locator(".documents a").first().click();
  assert.match(await p.locator("main h1").textContent(), /^in\//);
  assert.equal(await p.locator("nav a[aria-current]").count(), 1);
  await close(p);
});

test("landmarks and labels are there", async () => {
  const p = await page("#/doc/0");
  for (const landmark of ["banner", "navigation", "main", "search", "status"]) assert.ok(await p.getByRole(landmark).count() >= 1, landmark);
  await p.keyboard.press("j");
  assert.equal(await p.getByRole("complementary").count(), 1);
  const unnamed = await p.evaluate(() => [...document.querySelectorAll("button, input, a")].filter(node =>
    !(node.textContent.trim() || node.getAttribute("aria-label") || node.labels?.length)).length);
  assert.equal(unnamed, 0);
  // Deletions and insertions differ by more than colour.
  const line = tag => p.locator(`#text ${tag}`).first().evaluate(node => getComputedStyle(node).textDecorationLine);
  assert.equal(await line("del"), "line-through");
  assert.equal(await line("ins"), "underline");
  await close(p);
});

test("views, ruby and filters", async () => {
  const p = await page("#/doc/0");
  const name = await p.locator("main h1").textContent();
  const clean = jiaokan(samples, "clean", "--no-config", "-q", name);
  await p.getByRole("button", { name: "Clean" }).click();
  const shown = await shownText(p);
  assert.equal(shown.replace(/\s/g, ""), clean.replace(/\s/g, ""));
  assert.equal(await p.locator("#text del, #text ins").count(), 0);
  await p.getByRole("button", { name: "Side by side" }).click();
  assert.ok(await p.locator(".row .old del").count() > 10);
  assert.equal(await p.locator(".row .old ins, .row .new del").count(), 0);
  await p.getByRole("button", { name: "Merged" }).click();
  await p.keyboard.press("r");
  const [kanji, above] = await p.locator("ruby").first().evaluate(node => [node.querySelector("span").textContent, node.querySelector("rt").textContent]);
  assert.equal([...kanji].length, [...above].length);
  assert.notEqual(kanji, above);
  const before = (await ids(p)).length;
  await p.locator('.filter input[value="GLO001"]').uncheck();
  const after = (await ids(p)).length;
  assert.ok(after < before - 100, `${after} of ${before}`);
  await p.locator('.filter input[value="GLO001"]').check();
  assert.equal((await ids(p)).length, before);
  await close(p);
});

test("the keyboard goes from edit to edit and from document to document", async () => {
  const p = await page();
  await p.keyboard.press("n");
  await p.waitForFunction(() => document.querySelector("main h1").textContent.startsWith("in/"));
  const first = await p.locator("main h1").textContent();
  await p.keyboard.press("j");
  const one = await current(p);
  await p.keyboard.press("j");
  const two = await current(p);
  assert.notEqual(one, two);
  assert.equal(await p.evaluate(() => document.activeElement.dataset.id), two, "the edit has the focus");
  await p.keyboard.press("k");
  assert.equal(await current(p), one);
  await p.waitForFunction(() => document.getElementById("status").textContent.length > 5);
  const shows = same => p.waitForFunction(([name, same]) => (document.querySelector("main h1").textContent === name) === same, [first, same]);
  await p.keyboard.press("n");
  await shows(false);
  await p.keyboard.press("p");
  await shows(true);
  // The least certain first.
  await p.keyboard.press("s");
  const confidences = [];
  for (let i = 0; i < 4; i++) {
    await p.keyboard.press("j");
    confidences.push(Number((await p.locator("#edit").textContent()).match(/Confidence ([\d.]+)/)[1]));
  }
  assert.deepEqual(confidences, [...confidences].sort((a, b) => a - b));
  assert.ok(confidences[0] < 1);
  await p.keyboard.press("?");
  assert.ok(await p.locator("dialog[open]").count());
  await p.keyboard.press("Escape");
  await close(p);
});

test("search finds text across edits and marks it", async () => {
  const p = await page();
  await p.keyboard.press("/");
  await p.keyboard.type("市委副书记");
  await p.keyboard.press("Enter");
  await p.waitForSelector(".hits a");
  assert.match(await p.locator(".hits").textContent(), /yangquan/);
  await p.locator("#query").fill("城市");
  await p.keyboard.press("Enter");
  await p.waitForFunction(() => document.querySelectorAll(".hits li").length > 1);
  await p.locator(".hits a").first().click();
  assert.ok(await p.locator("#text mark").count() > 0);
  await close(p);
});

test("what is decided is exported, applied and undone", async () => {
  const p = await page("#/doc/0");
  const name = await p.locator("main h1").textContent();
  const all = jiaokan(samples, "clean", "--no-config", "-q", name);
  await p.keyboard.press("j");
  const comma = p.locator("#text .e").filter({ has: p.locator("ins", { hasText: "，" }) });
  await comma.nth(1).click();
  await p.keyboard.press("x");
  assert.equal(await p.locator("#count").textContent(), "1");
  assert.ok(await p.locator("#text .e.refused").count() === 1);
  const gloss = p.locator("#text .e").filter({ has: p.locator("del", { hasText: "(" }) });
  await gloss.nth(3).click();
  await p.locator("#refuse").click();
  // One run of converted characters is refused alone.
  await p.locator("#text .e.convert", { hasText: "书" }).first().click();
  await p.locator("#refuse").click();
  assert.equal(await p.locator("#count").textContent(), "3");
  await p.locator("#undo").click();
  await p.locator("#text .e.convert", { hasText: "书" }).nth(1).click();
  await p.locator("#refuse").click();
  // An unsafe proposal is made.
  const finding = p.locator("#text .e.finding").first();
  await finding.click();
  await p.locator("#accept").click();
  assert.equal(await p.locator("#count").textContent(), "4");
  await p.keyboard.press("j");
  await p.keyboard.press("a");
  assert.equal(await p.locator("#count").textContent(), "5");
  await p.keyboard.press("u");
  assert.equal(await p.locator("#count").textContent(), "4");

  await p.getByRole("button", { name: "Clean" }).click();
  const shown = await shownText(p);
  const file = await exported(p);
  assert.equal(readFileSync(file, "utf8").match(/^\[\[refuse\]\]$/gm).length, 3);
  const decided = jiaokan(samples, "clean", "--no-config", name, "--decisions", file);
  assert.notEqual(decided, all);
  // What an accepted edit writes is cleaned like the rest.
  assert.equal(shown.replace(/\s/g, "").replace("擔使命", "担使命"), decided.replace(/\s/g, ""), "the page shows what the decisions do");

  // What is decided outlives the page.
  await p.reload();
  assert.equal(await p.locator("#count").textContent(), "4");
  for (let i = 0; i < 4; i++) await p.locator("#undo").click();
  assert.equal(await p.locator("#count").textContent(), "0");
  assert.equal(await p.locator("#text .e.refused").count(), 0);
  assert.equal(jiaokan(samples, "clean", "--no-config", "-q", name, "--decisions", await exported(p)), all);
  await close(p);
});

test("rules and text are decided everywhere", async () => {
  const p = await page("#/doc/0");
  const name = await p.locator("main h1").textContent();
  const comma = p.locator("#text .e").filter({ has: p.locator("ins", { hasText: "，" }) });
  await comma.first().click();
  await p.locator(".wider summary").click();
  await p.getByRole("button", { name: "Never PUN001" }).click();
  assert.ok(await p.locator("#text .e.refused").count() > 10);
  assert.equal(jiaokan(samples, "clean", "--no-config", "-q", name, "--decisions", await exported(p)).includes("(shū)"), false);
  await p.keyboard.press("u");
  await p.locator("#never-alike").click();
  const refused = await p.locator("#text .e.refused").count();
  assert.ok(refused > 10);
  const alike = jiaokan(samples, "clean", "--no-config", "-q", name, "--decisions", await exported(p));
  assert.ok(!alike.includes("，") && alike.includes(","));
  await p.keyboard.press("u");
  await p.locator("#never-text").fill("市委副書(shū)記");
  await p.locator("#protect").click();
  assert.ok(jiaokan(samples, "clean", "--no-config", "-q", name, "--decisions", await exported(p)).includes("市委副書(shū)記"));
  await close(p);
});

test("light and dark", async () => {
  const p = await page("#/doc/0");
  const paper = () => p.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await p.emulateMedia({ colorScheme: "light" });
  const light = await paper();
  await p.emulateMedia({ colorScheme: "dark" });
  const dark = await paper();
  assert.notEqual(light, dark);
  await p.locator("#theme").click();
  assert.equal(await paper(), light);
  await p.keyboard.press("t");
  assert.equal(await paper(), dark);
  await close(p);
});

test("a narrow screen", async () => {
  const p = await page("#/doc/0");
  await p.setViewportSize({ width: 360, height: 740 });
  await p.reload();
  for (const view of ["Merged", "Side by side", "Clean"]) {
    await p.getByRole("button", { name: view }).click();
    const [wide, screen] = await p.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= screen, `${view}: ${wide} of ${screen}`);
  }
  await p.getByRole("button", { name: "Merged" }).click();
  await p.keyboard.press("j");
  const [edit, aside] = await p.evaluate(() => [document.querySelector(".e.current"), document.getElementById("edit")].map(node => node.getBoundingClientRect().toJSON()));
  assert.ok(edit.bottom <= aside.top, "the edit is not behind its panel");
  await p.goto(p.url().replace(/#.*/, "#/"));
  const [wide, screen] = await p.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= screen, `overview: ${wide} of ${screen}`);
  await close(p);
});

test("text that tries to break out is shown harmless", async () => {
  const place = folder();
  // A file with NUL is no text; a record may have one.
  writeFileSync(join(place, "a.txt"), HARMFUL.replace("\0", ""));
  writeFileSync(join(place, "b.jsonl"), JSON.stringify({ text: HARMFUL }) + "\n");
  writeFileSync(join(place, "<b>&'\u202e\"x.txt"), HARMFUL.replace("\0", ""));
  const file = join(place, "report.html");
  jiaokan(place, "clean", "--no-config", "-q", ".", "--report", file);
  const p = await page("", file);
  assert.equal(await p.locator("nav li").count(), 3);
  for (let i = 0; i < 3; i++) {
    for (const view of ["Merged", "Side by side", "Clean"]) {
      await p.goto(p.url().replace(/#.*/, "") + `#/doc/${i}`);
      await p.getByRole("button", { name: view }).click();
      assert.ok((await p.locator("#text").textContent()).includes(HARM.slice(0, 9)), view);
      const [images, scripts, raw] = await p.evaluate(() => [document.images.length, document.scripts.length, /[\u202e\u200b\u2066\0]/.test(document.body.innerText)]);
      assert.deepEqual([images, scripts, raw], [0, 3, false]);
    }
  }
  await p.goto(p.url().replace(/#.*/, "") + `#/doc/${await p.locator("nav .name").evaluateAll(names => names.findIndex(name => name.textContent.includes("jsonl")))}`);
  const signs = await p.locator("#text .sign").evaluateAll(nodes => nodes.map(node => node.title));
  for (const code of ["U+202E", "U+200B", "U+0000", "U+2066"]) assert.ok(signs.includes(code), code);
  assert.doesNotMatch(await p.title(), /^harm/);
  await p.locator("#query").fill(HARM);
  await p.keyboard.press("Enter");
  await p.waitForSelector(".hits a");
  assert.equal(await p.evaluate(() => document.images.length), 0);
  await close(p);
});

test("a large corpus is sampled, says so, and opens", async () => {
  const place = folder();
  const record = i => JSON.stringify({ text: `第${i}次会议,部署工作。${"人民安居乐业,经济发展。".repeat(3 + i % 40)}` });
  writeFileSync(join(place, "a.jsonl"), Array.from({ length: 40000 }, (_, i) => record(i)).join("\n") + "\n");
  const file = join(place, "report.html");
  const began = Date.now();
  jiaokan(place, "clean", "--no-config", "-q", "a.jsonl", "--report", file);
  const size = readFileSync(file).length, cleaned = Date.now();
  assert.ok(size < 20e6, `${size} bytes`);
  const p = await open(context, file);
  await p.waitForSelector(".documents tbody tr");
  console.log(`# 40,000 documents: ${(size / 1e6).toFixed(1)} MB, cleaned in ${cleaned - began} ms, open after ${Date.now() - cleaned} ms`);
  const [, left] = (await p.locator(".note").first().textContent()).match(/Not in this page: ([\d,]+) documents/);
  const shown = await p.locator("nav .pager span").textContent();
  assert.equal(await p.locator("nav li").count(), 50);
  const kept = await p.evaluate(() => document.getElementById("documents").textContent.trim().split("\n").length);
  assert.equal(Number(left.replaceAll(",", "")) + kept, 40000);
  assert.equal(shown, `1 of ${Math.ceil(kept / 50)}`);
  await p.locator("nav .pager button").last().click();
  assert.equal(await p.locator("nav ol").getAttribute("start"), "51");
  await close(p);
});

test("a long document is shown in parts, and every edit is reached", async () => {
  const place = folder();
  writeFileSync(join(place, "a.txt"), Array.from({ length: 4000 }, (_, i) => `第${i}段,人民安居乐业,经济发展。`).join("\n\n") + "\n");
  const file = join(place, "report.html");
  jiaokan(place, "clean", "--no-config", "-q", "a.txt", "--report", file);
  const p = await page("#/doc/0", file);
  assert.ok((await ids(p)).length < 5000);
  await p.keyboard.press("j");
  await p.keyboard.press("k");
  await p.locator("#parts button").last().click();
  const second = await ids(p);
  await p.locator("#text .e").first().click();
  await p.keyboard.press("k");
  assert.ok(!second.includes(await current(p)), "k goes back to the part before");
  assert.ok((await ids(p)).includes(await current(p)));
  await close(p);
});
