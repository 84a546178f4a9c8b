"use strict";
// Every text goes into the page as text; nothing is ever read as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const STEP = 200, MOST_USES = 200;
const by = id => document.getElementById(id);
const make = (name, text, kind) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
};
const percent = (part, whole) => whole ? `${Math.floor(100 * part / whole)} %` : "–";
const short = digest => digest.replace(/^(sha\d+:.{12}).*/, "$1…");

// An image's row: uses are [repository, file, line, digest, trust], a digest is a number or -1,
// trust is 1 where the lockfile proves what rules ask for, 2 where it does not, 0 without rules.
const images = data.images.map(([name, uses, now, error]) => {
  const pinned = uses.filter(use => use[3] >= 0);
  const digests = new Map();
  for (const use of pinned) digests.set(use[3], (digests.get(use[3]) || 0) + 1);
  const behind = now < 0 ? 0 : pinned.filter(use => use[3] !== now).length;
  const dates = [...digests.keys()].map(one => data.created[one]).filter(Boolean).sort();
  return { name, uses, now, error, digests, behind, unpinned: uses.length - pinned.length,
           unsigned: uses.filter(use => use[4] === 2).length, ruled: uses.some(use => use[4] > 0),
           repositories: new Set(uses.map(use => use[0])).size, oldest: dates[0] || "" };
});
const repositories = data.repositories.map(([name, labels, status, error, findings]) => (
  { name, labels, status, error, findings, uses: [], pinned: 0, behind: 0 }));
for (const image of images) for (const use of image.uses) {
  const repository = repositories[use[0]];
  repository.uses.push([image, use]);
  if (use[3] >= 0) repository.pinned += 1;
  if (use[3] >= 0 && image.now >= 0 && use[3] !== image.now) repository.behind += 1;
}
for (const one of repositories) {
  one.unpinned = one.uses.length - one.pinned;
  one.errors = one.findings.filter(finding => finding[0] === "error").length;
  one.labelText = Object.entries(one.labels).map(([key, value]) => `${key}: ${value}`).join(", ");
}

const VIEWS = {
  image: {
    rows: images,
    text: row => row.name,
    states: { all: () => true, unpinned: row => row.unpinned > 0, behind: row => row.behind > 0,
              unsigned: row => row.unsigned > 0, "more than one digest": row => row.digests.size > 1, "without an answer": row => !!row.error },
    columns: [
      ["Image", row => row.name], ["Repositories", row => row.repositories], ["Uses", row => row.uses.length],
      ["Unpinned", row => row.unpinned, "bad"], ["Digests", row => row.digests.size],
      ["Behind", row => row.behind, "waits"], ["Oldest", row => row.oldest.slice(0, 10)],
      ["Signed", row => row.unsigned ? `${row.unsigned} not` : row.ruled ? "yes" : ""],
      ["Now", row => row.now >= 0 ? short(data.digests[row.now]) : row.error ? "no answer" : "–"],
    ],
    more: row => {
      const lines = [...row.digests].sort((a, b) => b[1] - a[1]).map(([digest, count]) => {
        const line = make("li");
        line.append(make("code", data.digests[digest]), ` in ${count} place${count > 1 ? "s" : ""}`);
        if (data.created[digest]) line.append(`, created ${data.created[digest].slice(0, 10)}`);
        if (row.now >= 0) line.append(" ", digest === row.now ? make("span", "current", "good") : make("span", "behind", "waits"));
        return line;
      });
      if (row.error) lines.push(make("li", row.error, "waits"));
      return lines.concat(row.uses.map(use => useLine(repositories[use[0]].name, use, row)));
    },
  },
  repository: {
    rows: repositories,
    text: row => `${row.name} ${row.labelText}`,
    states: { all: () => true, unpinned: row => row.unpinned > 0, behind: row => row.behind > 0,
              "with errors": row => row.errors > 0, failed: row => row.status === "failed" },
    columns: [
      ["Repository", row => row.name], ["Labels", row => row.labelText], ["Uses", row => row.uses.length],
      ["Pinned", row => row.pinned], ["Unpinned", row => row.unpinned, "bad"], ["Behind", row => row.behind, "waits"],
      ["Errors", row => row.errors, "bad"], ["State", row => row.status],
    ],
    more: row => {
      const lines = row.error ? [make("li", row.error, "bad")] : [];
      for (const [level, place, message] of row.findings) {
        lines.push(make("li", `${place}: ${level}: ${message}`, level === "error" ? "bad" : "waits"));
      }
      return lines.concat(row.uses.map(([image, use]) => useLine(image.name, use, image)));
    },
  },
};

function useLine(name, use, image) {
  const line = make("li", `${name} `);
  line.append(make("span", `${use[1]}:${use[2]} `, "soft"));
  if (use[3] < 0) line.append(make("span", "unpinned", "bad"));
  else line.append(make("code", short(data.digests[use[3]])));
  if (use[3] >= 0 && image.now >= 0 && use[3] !== image.now) line.append(" ", make("span", "behind", "waits"));
  if (use[4] === 2) line.append(" ", make("span", "unsigned", "bad"));
  return line;
}

let view = VIEWS.image, sorted = 2, falling = true, limit = STEP, found = [];

function head() {
  const row = make("tr");
  view.columns.forEach(([title, value], at) => {
    const cell = make("th");
    cell.scope = "col";
    if (view.rows.length && typeof value(view.rows[0]) === "number") cell.className = "number";
    const button = make("button", title);
    button.type = "button";
    button.addEventListener("click", () => {
      falling = at === sorted ? !falling : typeof value(view.rows[0] || {name: "", labelText: ""}) === "number";
      sorted = at;
      refresh();
      by("table").querySelectorAll("th button")[at].focus();
    });
    cell.append(button);
    if (at === sorted) cell.setAttribute("aria-sort", falling ? "descending" : "ascending");
    row.append(cell);
  });
  by("table").tHead.replaceChildren(row);
}

function refresh() {
  const words = by("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = view.states[by("state").value] || (() => true);
  const value = view.columns[sorted][1];
  const known = view.rows.map(row => [value(row), row]);
  found = known.filter(([, row]) => {
    const text = view.text(row).toLowerCase();
    return words.every(word => text.includes(word)) && wanted(row);
  });
  const sign = falling ? -1 : 1;
  found.sort(([a], [b]) => sign * (typeof a === "number" ? a - b : a < b ? -1 : a > b ? 1 : 0));
  limit = STEP;
  head();
  body();
}

function body() {
  const rows = document.createDocumentFragment();
  for (const [, row] of found.slice(0, limit)) rows.append(line(row));
  by("table").tBodies[0].replaceChildren(rows);
  by("more").hidden = found.length <= limit;
  by("shown").textContent = `${Math.min(limit, found.length)} of ${found.length}`;
}

function line(row) {
  const made = make("tr");
  view.columns.forEach(([, value, kind], at) => {
    const content = value(row);
    const cell = make("td", at ? String(content) : undefined, [typeof content === "number" ? "number" : "", kind && content ? kind : ""].join(" ").trim());
    if (!at) {
      const button = make("button", content, "open");
      button.type = "button";
      button.setAttribute("aria-expanded", "false");
      button.addEventListener("click", () => open(button, made, row));
      cell.append(button);
    }
    made.append(cell);
  });
  return made;
}

function open(button, above, row) {
  const isOpen = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!isOpen));
  if (isOpen) { above.nextSibling.remove(); return; }
  const list = make("ul", undefined, "uses");
  const lines = view.more(row);
  list.append(...lines.slice(0, MOST_USES));
  if (lines.length > MOST_USES) list.append(make("li", `and ${lines.length - MOST_USES} more`, "soft"));
  const below = make("tr", undefined, "more"), cell = make("td");
  cell.colSpan = view.columns.length;
  cell.append(list);
  below.append(cell);
  above.after(below);
}

function choose(name) {
  view = VIEWS[name];
  sorted = 2; falling = true;
  for (const one of ["image", "repository"]) by(`by-${one}`).setAttribute("aria-pressed", String(one === name));
  by("state").replaceChildren(...Object.keys(view.states).map(state => make("option", state)));
  refresh();
}

function bars(target, rows) {
  target.replaceChildren(...rows.map(([name, share, value]) => {
    const row = make("div", undefined, "bar");
    const track = make("span", undefined, "track");
    const filled = make("span");
    filled.style.width = `${100 * share}%`;
    track.append(filled);
    const title = make("span", name, "name");
    title.title = name;
    row.append(title, track, make("span", value, "value"));
    return row;
  }));
}

function shares() {
  const key = by("label").value;
  const groups = new Map();
  for (const one of repositories) {
    const name = key === "all" ? "all" : one.labels[key] || `without ${key}`;
    const group = groups.get(name) || [0, 0];
    groups.set(name, [group[0] + one.pinned, group[1] + one.uses.length]);
  }
  const rows = [...groups].sort((a, b) => a[1][0] / (a[1][1] || 1) - b[1][0] / (b[1][1] || 1)).slice(0, 20);
  bars(by("shares"), rows.map(([name, [part, whole]]) => [name, whole ? part / whole : 0, `${percent(part, whole)} of ${whole}`]));
}

function ages() {
  const steps = [["under a month", 30], ["1 to 3 months", 91], ["3 to 12 months", 365], ["1 to 2 years", 730], ["older", Infinity]];
  const counts = steps.map(() => 0);
  const now = Date.parse(data.now);
  let total = 0;
  for (const image of images) for (const digest of image.digests.keys()) {
    if (!data.created[digest]) continue;
    const days = (now - Date.parse(data.created[digest])) / 86400000;
    counts[steps.findIndex(([, most]) => days < most)] += 1;
    total += 1;
  }
  by("ages-figure").hidden = !total;
  bars(by("ages"), steps.map(([name], at) => [name, total ? counts[at] / total : 0, String(counts[at])]));
}

const keys = new Set(repositories.flatMap(one => Object.keys(one.labels)));
by("label").replaceChildren(...[...[...keys].sort((a, b) => (b === "team") - (a === "team") || (a < b ? -1 : 1)), "all"].map(key => make("option", key)));
by("label").addEventListener("change", shares);
by("by-image").addEventListener("click", () => choose("image"));
by("by-repository").addEventListener("click", () => choose("repository"));
by("filter").addEventListener("input", refresh);
by("state").addEventListener("change", refresh);
by("more").addEventListener("click", () => { limit += STEP; body(); });
window.addEventListener("beforeprint", () => { limit = found.length; body(); });
shares();
ages();
choose("image");
