// Writes docs/images/: the diff in a terminal and the report, both of the samples.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folder, jiaokan, launch, open, root } from "./browser.mjs";

const images = join(root, "docs/images");
mkdirSync(images, { recursive: true });
const place = folder();
const context = await launch();
const shoot = (page, name, options) => page.screenshot({ path: join(images, name), ...options });

// What a terminal makes of the codes that the diff is written with.
const STYLES = { 1: "font-weight:bold", 2: "opacity:.6", 4: "text-decoration:underline", 9: "text-decoration:line-through", 31: "color:#f2867e", 32: "color:#84d39a", 33: "color:#e6bd6a", 36: "color:#7fc6d8" };
const escaped = text => text.replace(/[&<>]/g, c => `&#${c.charCodeAt(0)};`);
function terminal(text) {
  const [first, ...rest] = text.split("\x1b[");
  return escaped(first) + rest.map(part => {
    const [, codes, shown] = part.match(/^([\d;]*)m([^]*)$/);
    const styles = codes.split(";").map(code => STYLES[code]).filter(Boolean).join(";");
    return styles ? `<span style="${styles}">${escaped(shown)}</span>` : escaped(shown);
  }).join("");
}

const command = "clean --diff samples/jinzhong-projects.txt";
const diff = jiaokan(root, "--color", "always", ...command.split(" "), "--no-config").split("\n").slice(0, 34).join("\n");
const html = join(place, "terminal.html");
writeFileSync(html, `<!doctype html><meta charset="utf-8"><body style="margin:0;padding:18px 22px;background:#1d1f21;color:#d8d8d4"><pre style="margin:0;font:14px/1.6 'Noto Sans Mono CJK SC','DejaVu Sans Mono',monospace;white-space:pre-wrap"><span style="opacity:.7">$ jiaokan ${command}</span>\n${terminal(diff)}</pre>`);
const shell = await open(context, html);
await shell.setViewportSize({ width: 900, height: 700 });
await shoot(shell, "terminal.png");

const report = join(place, "report.html");
jiaokan(root, "clean", "--no-config", "-q", "samples", "--report", report);
const page = await open(context, report);
await page.setViewportSize({ width: 1200, height: 760 });
await shoot(page, "report-overview.png");
const name = page.locator("nav .name", { hasText: "jinzhong" });
await name.click();
const caption = page.locator("#text .e", { has: page.locator("del", { hasText: "太谷" }) }).first();
await caption.click();
await caption.evaluate(node => node.scrollIntoView({ block: "center" }));
await shoot(page, "report.png");
await page.emulateMedia({ colorScheme: "dark" });
await page.setViewportSize({ width: 390, height: 760 });
await page.locator("#list summary").click();
await caption.evaluate(node => node.scrollIntoView({ block: "start" }));
await shoot(page, "report-phone.png");
await context.close();
