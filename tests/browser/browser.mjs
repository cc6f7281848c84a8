// A real browser on pages of the disk, and the command that makes them.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const root = resolve(import.meta.dirname, "../..");
const command = process.env.JIAOKAN ?? join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "debug/jiaokan");

/** Runs jiaokan in a folder; gives what it says on standard output. */
export function jiaokan(folder, ...args) {
  return execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 });
}

/** The project's own folder. */
export { root };

/** A new folder that is gone when the process ends. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), "jiaokan-browser-"));
  process.on("exit", () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Starts Chromium without a network of its own. */
export function launch(options = {}) {
  return chromium.launchPersistentContext(folder(), {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    offline: true,
    viewport: { width: 1280, height: 900 },
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    ...options,
  });
}

/** Opens a file as a page; everything that goes wrong in it is kept in `page.wrong`. */
export async function open(context, file, hash = "") {
  const page = await context.newPage();
  page.wrong = [];
  page.on("pageerror", error => page.wrong.push(String(error)));
  page.on("console", message => { if (["error", "warning"].includes(message.type())) page.wrong.push(message.text()); });
  page.on("request", request => { if (!/^(file|blob|data):/.test(request.url())) page.wrong.push("asks for " + request.url()); });
  page.on("dialog", dialog => { if (dialog.type() !== "beforeunload") page.wrong.push("dialog " + dialog.message()); dialog.accept(); });
  await page.goto(pathToFileURL(file) + hash);
  return page;
}

/** Saves the decisions of a page; gives the file's path. */
export async function decisions(page, place) {
  await page.locator("#export").click();
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#save").click()]);
  const file = join(place, `decisions-${Math.random()}.toml`);
  await download.saveAs(file);
  await page.keyboard.press("Escape");
  return file;
}

/** The text of a document as it is shown, without signs and flags. */
export async function shownText(page) {
  const paragraphs = await page.locator("#text p").evaluateAll(nodes => nodes.map(node => {
    const copy = node.cloneNode(true);
    copy.querySelectorAll(".flag, .sign").forEach(node => node.remove());
    return copy.textContent;
  }));
  return paragraphs.join("");
}
