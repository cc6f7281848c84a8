"use strict";
// Shows the data of this page. Everything from a document is put in as text, never as markup.
(() => {
const byId = id => document.getElementById(id);
const about = JSON.parse(byId("about").textContent);
const lines = byId("documents").textContent.split("\n");
const { rules, index } = about;
const REPLACE = 0, CONVERT = 1, MOVE = 2;
const PAGE = 50; // rows of a list
const PART = 20000; // characters of a document that are shown at once
const FOLD = 60; // characters of a change that are shown in the text
const VIEWS = ["merged", "sides", "clean"];
const VIEW_NAMES = { merged: "Merged", sides: "Side by side", clean: "Clean" };

const state = { doc: null, view: "merged", ruby: false, risk: false, off: new Set(), current: null, part: 0, page: 0, query: "" };

// ---- elements and text

function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter(child => child != null && child !== false));
  return node;
}

const plural = (n, what) => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
const hidden = about.hidden.map(([first, last]) => `\\u{${first.toString(16)}}-\\u{${last.toString(16)}}`).join("");
const SIGN = new RegExp(`[\\u{0}-\\u{1f}\\u{7f}${hidden}]`, "gu");
const BLANK = " \t\u00a0\u2000-\u200a\u202f\u205f\u3000";
const CHANGED_SIGN = new RegExp(`[${BLANK}\\u{0}-\\u{1f}\\u{7f}${hidden}]`, "gu");

function sign(c, changed) {
  const code = c.codePointAt(0);
  if (c === "\n") return "⏎";
  if (changed && new RegExp(`[${BLANK}]`, "u").test(c)) return "□";
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return "␡";
  return "U+" + code.toString(16).toUpperCase().padStart(4, "0");
}

// Text in which nothing hides or reorders; what is looked for is marked.
function put(node, text, changed = false) {
  let pos = 0;
  for (const found of text.matchAll(changed ? CHANGED_SIGN : SIGN)) {
    plain(node, text.slice(pos, found.index));
    const code = "U+" + found[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    node.append(h("span", { class: "sign", title: code }, sign(found[0], changed)));
    pos = found.index + found[0].length;
  }
  plain(node, text.slice(pos));
  return node;
}

function plain(node, text) {
  const query = state.query;
  for (let at; query && (at = text.indexOf(query)) >= 0; text = text.slice(at + query.length))
    node.append(text.slice(0, at), h("mark", null, query));
  if (text) node.append(text);
}

const text = (tag, props, content, changed) => put(h(tag, props), content, changed);

function folded(content) {
  const chars = content.length > FOLD ? [...content] : [];
  if (chars.length <= FOLD) return content;
  return chars.slice(0, FOLD / 2).join("") + `…${chars.length - FOLD}…` + chars.slice(-FOLD / 2).join("");
}

// ---- documents

const loaded = new Map();

// A document's edits and findings, as one list of items, and its tokens.
function load(number) {
  if (loaded.has(number)) return loaded.get(number);
  const data = JSON.parse(lines[number]);
  const doc = { number, name: index[number][0], tokens: data.t, order: data.o, items: [], byId: new Map(), runs: new Map() };
  const edits = data.e.map(([kind, rules, line, column, confidence, needs], i) => ({
    id: "e" + i, doc: number, kind, rules, line, column, confidence: confidence / 1000, needs: (needs ?? []).map(n => "e" + n), old: "", text: "",
  }));
  const findings = data.f.map(([rule, line, column, confidence, old, proposal, target], i) => ({
    id: "f" + i, doc: number, kind: target ? MOVE : REPLACE, rules: [rule], line, column, confidence: confidence / 1000, needs: [], old,
    text: proposal, target, finding: true, open: proposal != null || target != null,
  }));
  const visit = tokens => {
    for (const token of tokens) {
      if (typeof token === "number") { if (token < 0) doc.items.push(findings[-1 - token]); }
      else if (typeof token !== "string") {
        const edit = edits[token[0]];
        if (edit.kind === CONVERT) { doc.runs.set(edit.id, runs(edit, token[1], token[2])); doc.items.push(...doc.runs.get(edit.id).filter(run => run.id)); continue; }
        doc.items.push(edit);
        if (Array.isArray(token[1])) { edit.tokens = token[1]; visit(token[1]); edit.old = original(token[1]); edit.text = null; }
        else [, edit.old, edit.text] = token;
      }
    }
  };
  visit(data.t);
  for (const item of doc.items) { doc.byId.set(item.id, item); item.order = doc.byId.size; }
  doc.conversions = doc.items.every(item => item.kind === CONVERT);
  if (loaded.size > 16) loaded.delete(loaded.keys().next().value);
  loaded.set(number, doc);
  return doc;
}

// A stretch of conversion as strings that stay and runs of characters that change, each an item of its own.
function runs(edit, old, now) {
  const from = [...old], to = [...now];
  if (from.length !== to.length) return [Object.assign(edit, { old, text: now })];
  const list = [];
  for (let i = 0, end; i < to.length; i = end) {
    const same = from[i] === to[i];
    for (end = i + 1; end < to.length && (from[end] === to[end]) === same;) end++;
    const text = to.slice(i, end).join("");
    list.push(same ? { string: text } : { ...edit, id: `${edit.id}.${list.length}`, column: edit.column + i, old: from.slice(i, end).join(""), text });
  }
  return list;
}

// What stood and what stands where these tokens are, each in the order of the clean text.
function leaves(tokens, old = [], now = []) {
  for (const token of tokens) {
    if (typeof token === "string") { old.push(token); now.push(token); }
    else if (typeof token !== "number" && Array.isArray(token[1])) leaves(token[1], old, now);
    else if (typeof token !== "number") { old.push(token[1]); now.push(token[2]); }
  }
  return [old, now];
}

const original = tokens => leaves(tokens)[0].join("");

// The original and the clean text, whole.
function texts(doc) {
  const [old, now] = leaves(doc.tokens);
  return [(doc.order ? doc.order.map(i => old[i]) : old).join(""), now.join("")];
}

// ---- decisions

// What was decided, in order; undo takes the last one away.
let log = [];
let verdicts = new Map(), never = new Set(), always = new Set(), protect = [], alike = [];
const saved = "jiaokan:" + about.id;
try { log = JSON.parse(localStorage.getItem(saved)) ?? []; } catch { /* a page without storage forgets */ }
let exported = log.length;

const place = item => `${item.line}:${item.column}`;
const code = rule => rules[rule].code;
const keyOf = d => JSON.stringify([d.document, d.at, d.rule, d.old, d.new ?? null]);

function asDecision(item, accept) {
  const decision = { accept, document: index[item.doc][0], at: place(item), rule: code(item.rules[0]), old: item.old };
  if (item.text != null) decision.new = item.text;
  return decision;
}

function settle() {
  verdicts = new Map(); never = new Set(); always = new Set(); protect = []; alike = [];
  for (const { type, value } of log) {
    if (type === "edit") { verdicts.delete(keyOf(value)); verdicts.set(keyOf(value), value); }
    else if (type === "clear") verdicts.delete(keyOf(value));
    else if (type === "never") { never.add(value); always.delete(value); }
    else if (type === "always") { always.add(value); never.delete(value); }
    else if (type === "protect") { if (!protect.includes(value)) protect.push(value); }
    else if (type === "alike") {
      alike = alike.filter(d => d.rule !== value.rule || d.old !== value.old || d.new !== value.new);
      alike.push(value);
    }
  }
  byId("count").textContent = verdicts.size + never.size + always.size + protect.length + alike.length;
  byId("undo").disabled = log.length === 0;
  try { localStorage.setItem(saved, JSON.stringify(log)); } catch { /* as above */ }
}

function decide(type, value, said) {
  log.push({ type, value });
  settle();
  redraw();
  say(said);
}

function undo() {
  if (!log.length) return;
  log.pop();
  settle();
  redraw();
  say("Undone");
}

// What becomes of an edit: accepted, refused (and why) or nothing said.
function verdict(item) {
  const own = verdicts.get(keyOf(asDecision(item, true)));
  if (own) return { accept: own.accept, why: own.accept ? "accepted" : "refused" };
  if (item.old && protect.includes(item.old)) return { accept: false, why: "its text is never to be changed" };
  const general = alike.find(d => d.old === item.old && (d.new ?? null) === (item.text ?? null) && item.rules.some(r => code(r) === d.rule));
  if (general) return { accept: general.accept, why: general.accept ? "all alike are accepted" : "all alike are refused" };
  const rule = item.rules.find(r => never.has(code(r)));
  if (rule != null) return { accept: false, why: `${code(rule)} is never to edit` };
  const need = item.needs.map(id => load(item.doc).byId.get(id)).find(on => on && verdict(on)?.accept === false);
  if (need) return { accept: false, why: `it depends on the edit at ${place(need)}, which is refused` };
  if (item.finding && item.open && item.rules.some(r => always.has(code(r)))) return { accept: true, why: "its rule is always accepted" };
  return null;
}

// Whether the clean text will have the edit.
const isMade = item => { const v = verdict(item); return item.finding ? v?.accept === true : v?.accept !== false; };

const UNSEEN = new RegExp(`[\\u{7f}${hidden}]`, "gu");
function quoted(value) {
  return JSON.stringify(value).replace(UNSEEN, c => {
    const digits = c.codePointAt(0).toString(16);
    return digits.length > 4 ? "\\U" + digits.padStart(8, "0") : "\\u" + digits.padStart(4, "0");
  });
}

// A regular expression for just this text.
const literal = content => content.replace(/[\\.+*?()|[\]{}^$#&\-~]/g, "\\$&");

function toml() {
  let file = "# Decisions on edits: `jiaokan clean --decisions FILE` applies them. docs/DECISIONS.md explains them.\n";
  const list = (name, values) => { if (values.length) file += `${name} = [${values.map(quoted).join(", ")}]\n`; };
  list("never", [...never].sort());
  list("always", [...always].sort());
  list("protect", protect.map(literal));
  for (const { accept, ...decision } of [...alike, ...verdicts.values()]) {
    file += `\n[[${accept ? "accept" : "refuse"}]]\n`;
    for (const name of ["document", "at", "rule", "old", "new"]) if (decision[name] != null) file += `${name} = ${quoted(decision[name])}\n`;
  }
  return file;
}

// ---- the text of a document

const isOff = item => item.rules.every(rule => state.off.has(rule));

// The document as a flow of strings, line breaks and marks, cut into parts that can be shown at once.
function flow(doc) {
  if (doc.parts) return doc.parts;
  const parts = [[]];
  let size = 0, seen = null;
  const add = (part, weight) => {
    if (size > 2 * PART) { parts.push([]); size = 0; }
    parts.at(-1).push(part);
    size += weight;
  };
  const string = (content, moved) => {
    if (seen && content.startsWith(seen.item.old) && seen.item.old && seen.item.old.length <= 200 && !seen.item.old.includes("\n")) {
      seen.noted = seen.item.old;
      content = content.slice(seen.noted.length);
    }
    seen = null;
    content.split("\n").forEach((line, i) => {
      if (i > 0) {
        add({ br: true, moved }, 1);
        if (size > PART) { parts.push([]); size = 0; }
      }
      // A line without end is cut too.
      for (let at = 0; at < line.length; at += PART) add({ string: line.slice(at, at + PART), moved }, Math.min(line.length - at, PART));
    });
  };
  const visit = (tokens, moved) => {
    for (const token of tokens) {
      if (typeof token === "string") { string(token, moved); continue; }
      if (typeof token === "number" && token < 0) {
        seen = { item: doc.byId.get("f" + (-1 - token)), moved };
        add(seen, 10);
      } else if (typeof token === "number") add({ origin: doc.byId.get("e" + token) }, 10);
      else if (Array.isArray(token[1])) { const item = doc.byId.get("e" + token[0]); add({ target: item }, 10); visit(token[1], item); }
      else {
        seen = null;
        for (const run of doc.runs.get("e" + token[0]) ?? [doc.byId.get("e" + token[0])]) {
          if (run.string != null) add({ string: run.string, moved }, run.string.length);
          else add({ item: run, moved }, 10 + run.old.length);
        }
      }
    }
  };
  visit(doc.tokens, null);
  doc.partOf = new Map();
  parts.forEach((part, i) => part.forEach(({ item, target }) => { const it = item ?? target; if (it) doc.partOf.set(it.id, i); }));
  return doc.parts = parts;
}

function label(item) {
  const what = item.kind === MOVE ? `${folded(item.old)} moved`
    : item.finding && item.text == null ? folded(item.old)
    : !item.old ? `${folded(item.text)} inserted` : !item.text ? `${folded(item.old)} deleted` : `${folded(item.old)} becomes ${folded(item.text)}`;
  const v = verdict(item);
  return `${code(item.rules[0])}${item.finding ? " finding" : ""}: ${what.replaceAll("\n", "⏎")}${v ? "; " + v.why : ""}`;
}

function frame(item, tag = "span") {
  const v = verdict(item);
  const classes = ["e", item.finding && "finding", item.kind === CONVERT && "convert", v && (v.accept ? "accepted" : "refused"), state.current === item.id && "current"];
  return h(tag, { class: classes.filter(Boolean).join(" "), "data-id": item.id, tabindex: state.current === item.id ? 0 : -1, role: "button", "aria-label": label(item) });
}

// Characters beside the ones they came from, one to one.
function ruby(node, old, now) {
  if ([...old].length !== [...now].length) node.append(text("del", null, folded(old), true), text("ins", null, now, true));
  else if (state.ruby) node.append(h("ruby", null, text("span", null, now), text("rt", null, old)));
  else node.append(text("span", { class: "converted", title: old }, now));
}

// An edit in the text; `side` is the column or view it stands in.
function mark(item, side, noted) {
  const made = isMade(item), shown = made ? item.text ?? "" : item.old;
  if (isOff(item) && !item.finding && state.current !== item.id) return put(h("span"), side === "old" ? item.old : shown);
  if (item.finding && isOff(item)) return put(h("span"), noted ?? "");
  const node = frame(item);
  if (item.finding) {
    if (made && item.kind === REPLACE && noted != null && side !== "clean") node.append(text("del", null, noted, true), text("ins", null, item.text, true));
    else if (made && noted != null && item.kind === REPLACE) put(node, item.text);
    else put(node, noted ?? "");
    if (side !== "clean") node.append(h("span", { class: "flag", "aria-hidden": "true" }, "⚑"));
  } else if (side === "clean") put(node, shown);
  else if (item.kind === CONVERT) {
    if (!made) node.append(text("span", { class: "kept" }, item.old), h("span", { class: "flag", "aria-hidden": "true" }, "✗"));
    else if (side === "old") node.append(text("span", { class: "converted" }, item.old));
    else ruby(node, item.old, item.text);
  } else if (!made) node.append(item.old ? text("span", { class: "kept" }, side === "old" ? item.old.replaceAll("\n", "⏎") : folded(item.old), true) : "", h("span", { class: "flag", "aria-hidden": "true" }, "✗"));
  else {
    if (side !== "new" && item.old) node.append(text("del", null, folded(item.old), true));
    if (side !== "old" && item.text) node.append(text("ins", null, folded(item.text), true));
    if (!node.hasChildNodes()) node.append(h("span", { class: "void", "aria-hidden": "true" }, "‸"));
  }
  return node;
}

const moved = (item, tag) => {
  const node = frame(item);
  node.append(text(tag, null, folded(item.old), true));
  return node;
};

// A string of a moved stretch, where it stands now.
const carried = (part, side) => !part.moved || side === "clean" ? put(h("span"), part.string)
  : isMade(part.moved) ? text("ins", { class: "carried" }, part.string) : text("s", { class: "carried" }, part.string);

function paragraphs(parts, side) {
  const blocks = [];
  let block = null;
  const add = node => { (block ??= blocks[blocks.push(h("p")) - 1]).append(node); };
  for (const part of parts) {
    if (part.br) block = null;
    else if (part.origin) { if (side === "merged" && !isOff(part.origin)) add(moved(part.origin, isMade(part.origin) ? "del" : "span")); else if (!isMade(part.origin)) add(put(h("span"), part.origin.old)); }
    else if (part.target) { if (side === "merged" && !isOff(part.target)) add(frame(part.target)); if (block) block.lastChild.append(h("span", { class: "flag", "aria-hidden": "true" }, "↷")); }
    else if (part.string != null) { if (!(side === "clean" && part.moved && !isMade(part.moved))) add(carried(part, side)); }
    else {
      if (side === "clean" && part.moved && !isMade(part.moved)) continue;
      add(mark(part.item, side, part.noted));
      const shown = part.item.finding ? "" : isMade(part.item) ? part.item.text : part.item.old;
      if (shown?.includes("\n")) block = null;
    }
  }
  return blocks;
}

// Rows with the original left and the clean text right.
function rows(parts) {
  const found = [];
  let row = null;
  const add = (old, now) => {
    if (!row) { row = [h("p", { class: "old" }), h("p", { class: "new" })]; found.push(h("div", { class: "row" }, ...row)); }
    if (old) row[0].append(old);
    if (now) row[1].append(now);
  };
  for (const part of parts) {
    if (part.br) { if (part.moved) add(null, text("ins", null, "\n", true)); else row = null; }
    else if (part.origin) add(moved(part.origin, isMade(part.origin) ? "del" : "span"), null);
    else if (part.target) add(null, frame(part.target));
    else if (part.string != null) add(part.moved ? null : put(h("span"), part.string), carried(part, "new"));
    else {
      const { item } = part, [old, now] = item.finding ? ["", ""] : isMade(item) ? [item.old, item.text] : [item.old, item.old];
      add(part.moved ? null : mark(item, "old", part.noted), mark(item, "new", part.noted));
      if (!part.moved && now.includes("\n")) row = null;
      else if (!part.moved && old.includes("\n")) add(h("br"), null);
    }
  }
  return found;
}

// ---- views

function bars(caption, head, entries) {
  const most = Math.max(1, ...entries.map(entry => entry.value));
  return h("table", { class: "bars" }, h("caption", null, caption), h("colgroup", null, h("col", { class: "names" }), h("col")),
    h("thead", { class: "unseen" }, h("tr", null, h("th", { scope: "col" }, head), h("th", { scope: "col" }, "Number"))),
    h("tbody", null, entries.map(({ name, value, shown, group }) => {
      const bar = h("span", { class: "bar" });
      bar.style.width = `calc((100% - 10rem) * ${value / most})`;
      bar.classList.toggle("some", value > 0);
      return h("tr", group ? { class: "group" } : null, h("th", { scope: "row" }, name), h("td", null, bar, h("span", { class: "number" }, shown ?? value.toLocaleString("en"))));
    })));
}

const ruleLink = rule => h("a", { href: "#/rule/" + code(rule), class: "code", title: rules[rule].summary }, code(rule));
const percent = share => (100 * share).toFixed(share && share < 0.01 ? 2 : 1) + " %";

function leftOut() {
  const { documents, edits, findings } = about.left;
  if (!documents) return null;
  return h("p", { class: "note" }, `Not in this page: ${plural(documents, "document")} with ${plural(edits, "edit")} and ${plural(findings, "finding")}. The page holds the ${plural(index.length, "riskiest document")}; clean fewer files to see others.`);
}

function overview() {
  const edits = about.counts.reduce((sum, c) => sum + c[1], 0), converted = about.counts.reduce((sum, c) => sum + c[2], 0), findings = about.counts.reduce((sum, c) => sum + c[3], 0);
  const tile = (n, what) => h("div", null, h("dd", null, n.toLocaleString("en")), h("dt", null, what));
  const stages = [...new Set(about.counts.map(c => rules[c[0]].stage))];
  const entries = stages.flatMap(stage => {
    const own = about.counts.filter(c => rules[c[0]].stage === stage);
    const sum = own.reduce((sum, c) => sum + c[1] + c[3], 0), characters = own.reduce((sum, c) => sum + c[2], 0);
    const told = (edits, characters, findings) => [edits && plural(edits, "edit"), characters && plural(characters, "character"), findings && plural(findings, "finding")].filter(Boolean).join(", ");
    return [{ name: stage, value: 0, shown: told(own.reduce((s, c) => s + c[1], 0), characters, own.reduce((s, c) => s + c[3], 0)), group: true, sum },
      ...own.map(([rule, edits, converted, findings]) => ({ name: h("span", null, ruleLink(rule), " ", rules[rule].name), value: edits || findings || converted, shown: told(edits, converted, findings), converted }))];
  });
  // Converted characters flood everything else: they are told, not drawn.
  for (const entry of entries) if (entry.converted) entry.value = 0;
  const bounds = ["nothing", ...about.ends.map(end => "up to " + percent(Number(end)).replace(".0", "")), "more"];
  return [
    h("h1", null, "Overview"),
    h("dl", { class: "tiles" }, tile(about.documents, about.documents === 1 ? "document" : "documents"), tile(about.changed, "changed"), tile(edits, "edits"), tile(converted, "characters converted"), tile(findings, "findings")),
    leftOut(),
    about.before ? h("p", { class: "note" }, `Not in this page: ${plural(about.before, "file")} that an earlier run had cleaned.`) : null,
    about.failed.length ? h("section", null, h("h2", null, "Failed"), h("ul", null, about.failed.map(([name, what]) => text("li", null, `${name}: ${what}`)))) : null,
    h("div", { class: "charts" },
      bars("Edits and findings by stage and rule", "Rule", entries),
      bars("Documents by the share of characters that edits touched (conversion left out)", "Share", about.shares.map((value, i) => ({ name: bounds[i], value })))),
    h("h2", null, "Riskiest documents"),
    h("p", { class: "hint" }, "Ordered by how many of the edits are likely wrong, and by how much of the text they touched."),
    documentTable(),
    h("p", { class: "hint" }, `Written by jiaokan ${about.version}.`),
  ];
}

function documentTable() {
  const body = h("tbody"), pager = h("div", { class: "pager" });
  const fill = page => {
    body.replaceChildren(...index.slice(page * PAGE, (page + 1) * PAGE).map(([name, characters, touched, edits, findings], i) =>
      h("tr", null, h("th", { scope: "row" }, text("a", { href: `#/doc/${page * PAGE + i}` }, name)),
        h("td", null, percent(Math.min(1, touched / Math.max(1, characters)))), h("td", null, edits.toLocaleString("en")), h("td", null, findings.toLocaleString("en")), h("td", null, characters.toLocaleString("en")))));
    turn(pager, page, Math.ceil(index.length / PAGE), fill);
  };
  fill(0);
  return h("div", { class: "scroll" }, h("table", { class: "documents" }, h("thead", null, h("tr", null, ["Document", "Touched", "Edits", "Findings", "Characters"].map(name => h("th", { scope: "col" }, name)))), body), pager);
}

function turn(pager, page, pages, go) {
  pager.replaceChildren(...pages < 2 ? [] : [
    h("button", { type: "button", disabled: page === 0, onclick: () => go(page - 1), "aria-label": "Back" }, "‹"),
    h("span", null, `${page + 1} of ${pages}`),
    h("button", { type: "button", disabled: page === pages - 1, onclick: () => go(page + 1), "aria-label": "On" }, "›")]);
}

function listDocuments(page) {
  state.page = page;
  byId("documents-list").start = page * PAGE + 1;
  byId("documents-list").replaceChildren(...index.slice(page * PAGE, (page + 1) * PAGE).map(([name, , , edits, findings], i) => {
    const number = page * PAGE + i;
    return h("li", null, h("a", { href: `#/doc/${number}`, "aria-current": state.doc?.number === number ? "page" : null },
      text("span", { class: "name" }, name), h("span", { class: "hint" }, plural(edits, "edit") + (findings ? `, ${plural(findings, "finding")}` : ""))));
  }));
  turn(byId("documents-pager"), page, Math.ceil(index.length / PAGE), listDocuments);
}

function ruleView(rule) {
  const { code, name, stage, applicability, summary, explanation } = rules[rule];
  const how = { safe: "Its edits are made; doubtful ones are findings.", unsafe: "Its edits are findings unless they are asked for.", display: "It only reports." }[applicability];
  const count = about.counts.find(c => c[0] === rule) ?? [rule, 0, 0, 0];
  return [h("h1", null, h("span", { class: "code" }, code), " ", name), h("p", null, summary), h("p", { class: "explanation" }, ...explained(explanation)),
    h("p", null, `Stage ${stage}. ${how}`), h("p", null, `Here: ${plural(count[1], "edit")}, ${plural(count[2], "converted character")}, ${plural(count[3], "finding")}.`),
    h("p", { class: "actions" }, ruleButtons(rule))];
}

// Backticks set samples apart.
const explained = content => content.split("`").map((part, i) => i % 2 ? text("code", { lang: "zh" }, part) : part);

function ruleButtons(rule) {
  const name = code(rule), only = rules[rule].applicability === "display";
  return [
    h("button", { type: "button", onclick: () => decide("never", name, `${name} never edits`), "aria-pressed": String(never.has(name)) }, `Never ${name}`),
    only ? null : h("button", { type: "button", onclick: () => decide("always", name, `${name}: unsafe edits too`), "aria-pressed": String(always.has(name)) }, `Always ${name}`)];
}

function found(query) {
  const hits = [];
  let more = 0;
  state.query = "";
  for (let i = 0; i < index.length; i++) {
    const doc = load(i);
    const inside = texts(doc).reverse().map(whole => [whole, whole.indexOf(query)]).find(([, at]) => at >= 0);
    if (!inside && !index[i][0].includes(query)) continue;
    if (hits.length >= 100) { more++; continue; }
    const snippet = inside ? [inside[0].slice(Math.max(0, inside[1] - 20), inside[1]), inside[0].slice(inside[1], inside[1] + query.length), inside[0].slice(inside[1] + query.length, inside[1] + query.length + 30)] : null;
    hits.push(h("li", null, text("a", { href: `#/doc/${i}/find` }, index[i][0]), snippet && h("p", { lang: "zh" }, text("span", null, snippet[0]), text("mark", null, snippet[1]), text("span", null, snippet[2]))));
  }
  state.query = query;
  return [h("h1", null, "Found"), h("p", { class: "hint" }, hits.length ? `${plural(hits.length + more, "document")}${more ? ", the first 100 are shown" : ""}` : "Nothing in this page has it."), h("ol", { class: "hits" }, hits)];
}

function documentView(doc) {
  const [, characters, touched, edits, findings] = index[doc.number];
  const views = h("div", { role: "group", "aria-label": "View", class: "segments" }, VIEWS.map(view =>
    h("button", { type: "button", "data-view": view, "aria-pressed": String(view === state.view), onclick: () => setView(view) }, VIEW_NAMES[view])));
  const toggles = h("div", { class: "segments" },
    h("button", { type: "button", id: "ruby", "aria-pressed": String(state.ruby), onclick: () => flip("ruby"), title: "Originals above converted characters (r)" }, "Ruby"),
    h("button", { type: "button", id: "risk", "aria-pressed": String(state.risk), onclick: () => flip("risk"), title: "j and k go from the least certain edit on (s)" }, "Riskiest first"));
  const counts = new Map();
  for (const item of doc.items) for (const rule of item.rules) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  const filter = h("fieldset", { class: "filter" }, h("legend", null, "Rules"), [...counts].sort((a, b) => a[0] - b[0]).map(([rule, n]) => h("span", { class: "rule" },
    h("label", { title: rules[rule].summary }, h("input", { type: "checkbox", value: code(rule), checked: !state.off.has(rule), onchange: event => { event.target.checked ? state.off.delete(rule) : state.off.add(rule); draw(); } }), ` ${rules[rule].name}`),
    h("button", { type: "button", class: "number", title: `Only ${rules[rule].name}, or all again`, "aria-label": `Only ${rules[rule].name}, ${n}`, onclick: () => only(rule, [...counts.keys()]) }, n))));
  return [text("h1", { class: "path" }, doc.name),
    h("p", { class: "hint" }, `${plural(characters, "character")}, ${plural(edits, "edit")}, ${plural(findings, "finding")}; ${percent(Math.min(1, touched / Math.max(1, characters)))} touched. `, h("span", { id: "step" })),
    h("div", { class: "bar-of-tools" }, views, toggles), filter, h("div", { id: "parts-top", class: "pager" }), h("article", { id: "text", lang: "zh" }), h("div", { id: "parts", class: "pager" })];
}

// Draws the part of the document that is shown.
function draw() {
  const article = byId("text"), doc = state.doc;
  if (!article || !doc) return;
  const parts = flow(doc);
  state.part = Math.min(state.part, parts.length - 1);
  const part = parts[state.part];
  article.className = state.view + (state.ruby ? " ruby" : "");
  article.replaceChildren(...state.view === "sides" ? rows(part) : paragraphs(part, state.view));
  const go = next => { state.part = next; draw(); byId("main").scrollIntoView(); };
  turn(byId("parts-top"), state.part, parts.length, go);
  turn(byId("parts"), state.part, parts.length, go);
  panel();
}

// Draws again what a decision may have changed.
function redraw() {
  if (state.doc) { const y = scrollY; draw(); scrollTo(0, y); focusCurrent(false); } else route();
}

// Shows one rule alone, or all again if it is alone already.
function only(rule, all) {
  const others = all.filter(other => other !== rule);
  const isAlone = !state.off.has(rule) && others.every(other => state.off.has(other));
  state.off = new Set(isAlone ? [] : others);
  for (const box of document.querySelectorAll(".filter input")) box.checked = !all.some(other => state.off.has(other) && code(other) === box.value);
  draw();
}

function flip(name) {
  state[name] = !state[name];
  byId(name)?.setAttribute("aria-pressed", String(state[name]));
  if (name === "ruby") draw(); else panel();
}

function setView(view) {
  state.view = view;
  for (const button of document.querySelectorAll("[data-view]")) button.setAttribute("aria-pressed", String(button.dataset.view === view));
  draw();
  focusCurrent(false);
  say(VIEW_NAMES[view]);
}

// ---- the edit that is looked at

// What j and k visit: conversions only where there is nothing else.
function steps(doc) {
  const shown = doc.items.filter(item => !isOff(item));
  const others = shown.filter(item => item.kind !== CONVERT);
  const list = others.length ? others : shown;
  return state.risk ? [...list].sort((a, b) => a.confidence - b.confidence || a.order - b.order) : list;
}

function step(by) {
  const doc = state.doc;
  if (!doc) { if (index.length) location.hash = "#/doc/0"; return; }
  const list = steps(doc), at = list.findIndex(item => item.id === state.current);
  const next = at < 0 ? (by > 0 ? 0 : list.length - 1) : at + by;
  if (next < 0 || next >= list.length) return say(by > 0 ? "The last edit of the document; n goes to the next one" : "The first edit of the document");
  select(list[next].id, true);
}

function select(id, focus) {
  const doc = state.doc, item = doc.byId.get(id);
  for (const before of document.querySelectorAll(".e.current")) { before.classList.remove("current"); before.tabIndex = -1; }
  state.current = id;
  flow(doc);
  if (doc.partOf.get(id) !== state.part) { state.part = doc.partOf.get(id) ?? state.part; draw(); }
  const nodes = document.querySelectorAll(`.e[data-id="${CSS.escape(id)}"]`);
  nodes.forEach(node => { node.classList.add("current"); node.tabIndex = 0; });
  panel();
  if (focus) { focusCurrent(true); say(`${label(item)}, ${place(item)}`); }
}

function focusCurrent(scroll) {
  const node = document.querySelector(".e.current");
  if (!node) return;
  node.focus({ preventScroll: true });
  if (scroll) node.scrollIntoView({ block: "center" });
}

function panel() {
  const aside = byId("edit"), doc = state.doc, item = doc?.byId.get(state.current);
  const stepped = byId("step");
  if (stepped && doc) {
    const list = steps(doc), at = list.findIndex(step => step.id === state.current);
    stepped.textContent = at < 0 ? `j goes to the first of ${list.length}.` : `${at + 1} of ${list.length}${state.risk ? ", riskiest first" : ""}.`;
  }
  document.body.classList.toggle("has-edit", Boolean(item));
  aside.hidden = !item;
  if (!item) return aside.replaceChildren();
  const v = verdict(item), canMake = !item.finding || item.open;
  const choose = accept => () => choice(accept);
  const both = item.kind === MOVE ? [text("p", { class: "quote", lang: "zh" }, item.old, true), item.target ? h("p", null, `would move to ${item.target.join(":")}`) : h("p", null, "moved behind its paragraph")]
    : [h("p", { class: "quote", lang: "zh" }, item.old || !item.text ? text(item.text == null ? "span" : "del", null, item.old, true) : null, item.text ? text("ins", null, item.text, true) : null)];
  const string = h("input", { type: "text", id: "never-text", lang: "zh", autocomplete: "off" });
  string.value = item.old;
  const protectIt = event => { event.preventDefault(); if (string.value) decide("protect", string.value, "Never to be changed: " + string.value); };
  aside.replaceChildren(
    h("div", { class: "aside-head" }, h("h2", null, item.finding ? "Finding " : "Edit ", h("span", { class: "hint" }, `at ${place(item)}`)), h("button", { type: "button", "aria-label": "Close", onclick: () => { state.current = null; draw(); } }, "×")),
    ...both,
    h("ul", { class: "reasons" }, item.rules.map(rule => h("li", null, ruleLink(rule), ` ${rules[rule].name}: ${rules[rule].summary}`))),
    h("p", { class: "hint" }, item.kind === CONVERT ? null : `Confidence ${item.confidence.toFixed(2)}`, item.needs.length ? `; goes with ${item.needs.map(id => place(doc.byId.get(id))).join(", ")}` : null),
    h("p", { class: "verdict " + (v ? v.accept ? "accepted" : "refused" : "") }, v ? `${v.accept ? "✓" : "✗"} ${v.why}` : item.finding ? (canMake ? "Not made: too doubtful. What it writes would be cleaned on." : "Only reported.") : "Made."),
    h("div", { class: "actions" },
      canMake ? h("button", { type: "button", id: "accept", onclick: choose(true), "aria-pressed": String(v?.accept === true) }, item.finding ? "Make it " : "Accept ", h("kbd", null, "a")) : null,
      h("button", { type: "button", id: "refuse", onclick: choose(false), "aria-pressed": String(v?.accept === false) }, item.finding ? "Leave it " : "Refuse ", h("kbd", null, "x"))),
    h("details", { class: "wider" }, h("summary", null, "Everywhere"),
      h("div", { class: "actions" },
        canMake ? h("button", { type: "button", id: "always-alike", onclick: () => general(item, true) }, "Always this change") : null,
        h("button", { type: "button", id: "never-alike", onclick: () => general(item, false) }, "Never this change"),
        item.rules.flatMap(ruleButtons)),
      h("form", { onsubmit: protectIt }, h("label", { for: "never-text" }, "Never change this text"), h("div", { class: "together" }, string, h("button", { type: "submit", id: "protect" }, "Never")))));
  wasWide && aside.querySelector("details").setAttribute("open", "");
  aside.querySelector("details").addEventListener("toggle", event => { wasWide = event.target.open; });
}
let wasWide = false;

function choice(accept) {
  const item = state.doc?.byId.get(state.current);
  if (!item || accept && item.finding && !item.open) return;
  const list = steps(state.doc), at = list.indexOf(item);
  decide("edit", asDecision(item, accept), `${accept ? "Accepted" : "Refused"}: ${label(item)}`);
  // On to the next one; back is k, undo is u.
  if (at >= 0 && at + 1 < list.length) select(list[at + 1].id, false), focusCurrent(true);
}

function general(item, accept) {
  const { rule, old, new: now } = asDecision(item, accept);
  const value = { accept, rule, old };
  if (now != null) value.new = now;
  decide("alike", value, accept ? "Always this change" : "Never this change");
}

// ---- dialogs, announcements, theme

let timer = 0;
function say(what) {
  clearTimeout(timer);
  timer = setTimeout(() => { byId("status").textContent = what; }, 50);
}

function dialog(title, ...content) {
  const box = byId("dialog");
  box.replaceChildren(h("h2", { id: "dialog-title" }, title), ...content, h("form", { method: "dialog" }, h("button", null, "Close")));
  box.showModal();
}

function exportDecisions() {
  const file = toml();
  const area = h("textarea", { id: "decisions", readonly: true, rows: 16, spellcheck: "false", "aria-label": "Decisions" });
  area.value = file;
  const save = () => {
    const link = h("a", { download: "decisions.toml", href: URL.createObjectURL(new Blob([file], { type: "application/toml" })) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    exported = log.length;
  };
  dialog("Decisions", h("p", null, "Save this file, then run ", h("code", null, "jiaokan clean --decisions decisions.toml …"), " with the same inputs and options."), area,
    h("div", { class: "actions" }, h("button", { type: "button", id: "save", onclick: save }, "Save decisions.toml")));
}

const KEYS = [["j / k", "next / previous edit"], ["n / p", "next / previous document"], ["a / x", "accept / refuse the edit"], ["u", "undo"], ["v", "merged, side by side, clean"], ["r", "originals above converted characters"], ["s", "riskiest edits first, or by place"], ["o", "overview"], ["/", "find"], ["e", "decisions"], ["t", "light or dark"], ["?", "these keys"]];
const help = () => dialog("Keyboard", h("dl", { class: "keys" }, KEYS.flatMap(([keys, what]) => [h("dt", null, h("kbd", null, keys)), h("dd", null, what)])));

function theme() {
  const isDark = (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  document.documentElement.dataset.theme = isDark ? "light" : "dark";
  say(isDark ? "Light" : "Dark");
}

// ---- where in the page we are: #/, #/doc/N, #/rule/CODE, #/find

function route() {
  const [, kind, what, more] = location.hash.split("/");
  const main = byId("main");
  const number = Number(what);
  if (kind === "doc" && number >= 0 && number < index.length) {
    const doc = load(number);
    if (state.doc !== doc) { state.doc = doc; state.current = null; state.part = 0; }
    if (more === "find" && state.query) {
      const has = flow(doc).findIndex(part => part.some(p => (p.string ?? p.item?.text ?? "").includes(state.query)));
      state.part = Math.max(0, has);
    }
    main.replaceChildren(...documentView(doc));
    listDocuments(Math.floor(number / PAGE));
    draw();
    if (more === "find") document.querySelector("#text mark")?.scrollIntoView({ block: "center" });
    document.title = `${doc.name} – jiaokan report`;
  } else {
    state.doc = null; state.current = null;
    const rule = rules.findIndex(r => r.code === what);
    const view = kind === "rule" && rule >= 0 ? ruleView(rule) : kind === "find" && state.query ? found(state.query) : overview();
    main.replaceChildren(...view.filter(Boolean));
    listDocuments(state.page);
    panel();
    document.title = "jiaokan report";
  }
}

addEventListener("hashchange", () => { route(); scrollTo(0, 0); byId("main").focus({ preventScroll: true }); });
addEventListener("beforeunload", event => { if (log.length > exported) event.preventDefault(); });
byId("main").addEventListener("click", event => {
  const node = event.target.closest(".e");
  if (node) select(node.dataset.id, false);
});
byId("undo").addEventListener("click", undo);
byId("export").addEventListener("click", exportDecisions);
byId("theme").addEventListener("click", theme);
byId("help").addEventListener("click", help);
byId("find").addEventListener("submit", event => {
  event.preventDefault();
  state.query = byId("query").value;
  if (location.hash === "#/find") route(); else location.hash = "#/find";
});
byId("query").addEventListener("input", event => { if (!event.target.value) { state.query = ""; if (location.hash === "#/find") location.hash = "#/"; else draw(); } });

const KEY = {
  j: () => step(1), k: () => step(-1),
  n: () => go(1), p: () => go(-1),
  a: () => choice(true), x: () => choice(false), u: undo,
  v: () => state.doc && setView(VIEWS[(VIEWS.indexOf(state.view) + 1) % VIEWS.length]),
  r: () => flip("ruby"), s: () => flip("risk"), o: () => { location.hash = "#/"; },
  e: exportDecisions, t: theme, "?": help, "/": () => byId("query").focus(),
  Enter: press, " ": press,
  Escape: () => { if (state.current) { state.current = null; draw(); } },
};
function press(event) {
  const node = event.target.closest?.(".e");
  if (!node) return true;
  select(node.dataset.id, true);
}

function go(by) {
  const next = state.doc ? state.doc.number + by : 0;
  if (next >= 0 && next < index.length) location.hash = `#/doc/${next}`;
  else say(by > 0 ? "The last document" : "The first document");
}
addEventListener("keydown", event => {
  if (event.ctrlKey || event.altKey || event.metaKey || byId("dialog").open) return;
  if (event.target.matches?.("input:not([type=checkbox]), textarea")) { if (event.key === "Escape") event.target.blur(); return; }
  const does = KEY[event.key];
  if (does && does(event) !== true) event.preventDefault();
});

if (matchMedia("(max-width: 60rem)").matches) byId("list").removeAttribute("open");
settle();
route();
})();
