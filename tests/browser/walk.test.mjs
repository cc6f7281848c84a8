// Every change of the samples as a reader goes through them: it is reached, says why it was made, and what is refused
// in the page stands in the clean text again as it was.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { decisions, folder, jiaokan, launch, open, root, shownText } from "./browser.mjs";

const names = readdirSync(join(root, "samples")).filter(name => name.endsWith(".txt")).sort();

let context, place, report;

before(async () => {
  place = folder();
  mkdirSync(join(place, "in"));
  for (const name of names) cpSync(join(root, "samples", name), join(place, "in", name));
  report = join(place, "report.html");
  jiaokan(place, "clean", "--no-config", "-q", "in", "--report", report);
  context = await launch({ acceptDownloads: true });
});
after(() => context?.close());

const clean = (name, ...more) => jiaokan(place, "clean", "--no-config", "-q", `in/${name}`, ...more);

/** The edits as the log has them. */
const edits = (name, ...more) => JSON.parse(clean(name, "--diff", "--format", "json", ...more).split("\n")[0] || '{"edits":[]}').edits;

async function visit(name) {
  const page = await open(context, report);
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  await page.locator("nav a", { hasText: name }).click();
  await page.waitForFunction(name => document.querySelector("main h1").textContent.endsWith(name), name);
  return page;
}

async function leave(page) {
  assert.deepEqual(page.wrong, []);
  await page.close({ runBeforeUnload: false });
}

/** Goes through the document by `j` and, at every other edit, `x`, which goes on too; gives what a reader sees of each.
Keys are pressed inside the page: there are thousands. */
const pass = (page, half) => page.evaluate(half => {
  const press = key => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const look = () => {
    const node = document.querySelector(".e.current"), { top, bottom } = node.getBoundingClientRect();
    const told = selector => [...document.querySelectorAll("#edit " + selector)].map(node => node.textContent);
    return { id: node.dataset.id, inSight: bottom > 0 && top < innerHeight, quote: told(".quote").join(""), reasons: told(".reasons li"), place: told("h2 .hint").join("") };
  };
  const seen = [];
  press("j");
  for (let now = look(); now.id !== seen.at(-1)?.id; now = look()) {
    press(seen.length % 2 === half ? "x" : "j");
    seen.push(now);
  }
  return seen;
}, half);

/** All of it; the conversions, which `j` leaves out beside others, behind and shown alone. */
async function walk(page, half) {
  const conversion = page.locator(".filter .rule", { has: page.locator('input[value="SCR001"]') });
  await page.keyboard.press("Escape");
  const seen = await pass(page, half);
  if (!await conversion.count()) return seen;
  await conversion.getByRole("button").click();
  seen.push(...await pass(page, half));
  await conversion.getByRole("button").click();
  return seen;
}

/** The decisions of a file. */
const written = file => file.split("\n[[").slice(1).map(entry =>
  Object.fromEntries([...entry.matchAll(/^(\w+) = (".*")$/gm)].map(([, name, value]) => [name, JSON.parse(value)])));

/** Where in the text, in bytes, something stands that a decision names. */
function span(text, { at, old }) {
  const [line, column] = at.split(":").map(Number);
  const before = text.split("\n").slice(0, line - 1).map(line => line + "\n").join("") + [...text.split("\n")[line - 1]].slice(0, column - 1).join("");
  assert.ok(text.slice(before.length).startsWith(old), `${at} is ${old}`);
  const start = Buffer.byteLength(before);
  return [start, start + Buffer.byteLength(old)];
}

for (const name of names) {
  test(`${name}: every change is reached, in sight, says why, and is refused`, async () => {
    const sample = readFileSync(join(root, "samples", name), "utf8");
    const page = await visit(name);
    const shown = await page.locator("#text .e").evaluateAll(nodes => nodes.map(node => node.dataset.id));
    const seen = await walk(page, 0), reached = seen.map(({ id }) => id);
    for (const { id, inSight, quote, reasons, place } of seen) {
      assert.ok(inSight, `${id} is in sight`);
      assert.match(place, /^at \d+:\d+$/);
      assert.ok(quote.length > 0, `${id} says what it is`);
      assert.ok(reasons.length > 0, `${id} has a reason`);
      for (const reason of reasons) assert.match(reason, /^[A-Z]{3}\d{3} [a-z-]+: .{10,}/, id);
    }
    assert.equal(new Set(reached).size, reached.length, "each once");
    assert.deepEqual(shown.filter(id => !reached.includes(id)), [], "every change that is shown is reached");

    // Where something was refused, no edit touches the sample's text any more; a move that is left carries it along.
    const file = await decisions(page, place), entries = written(readFileSync(file, "utf8"));
    assert.ok(Math.abs(entries.length - seen.length / 2) <= 1, "every other change is refused");
    const left = edits(name, "--decisions", file);
    for (const entry of entries) {
      const [start, end] = span(sample, entry);
      const isThere = ({ kind, source: [from, to] }) =>
        entry.new == null ? kind === "move" && from === start : kind !== "move" && (start === end ? from === start && to === end : from < end && start < to);
      assert.ok(!left.some(isThere), `${entry.at} ${entry.rule} ${entry.old} is as it was`);
    }
    assert.ok(left.length > 0, "the others are made");
    await page.getByRole("button", { name: "Clean" }).click();
    assert.equal((await shownText(page)).replace(/\s/g, ""), clean(name, "--decisions", file).replace(/\s/g, ""), "the page shows what the decisions do");
    await page.getByRole("button", { name: "Merged" }).click();

    await walk(page, 1);
    assert.equal(clean(name, "--decisions", await decisions(page, place)), sample, "without all its edits the sample is what it was");
    await leave(page);
  });
}
