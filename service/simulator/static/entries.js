// What was posted: the newest entry move by move, and a short list of those before.

import { moment } from "./when.js";

const STATES = { reversed: "since reversed", held: "waiting for cash", paid: "paid out since", returned: "given back since" };

export class Entries {
  constructor(root) {
    this.last = root.querySelector(".last");
    this.title = root.querySelector("h3");
    this.list = root.querySelector(".before");
    this.spoken = root.querySelector(".spoken");
  }

  /** Show the entries, newest first; what has not changed is left alone. */
  show(entries) {
    const shown = JSON.stringify(entries);
    if (shown === this.shown) return;
    const [newest, ...before] = entries;
    const fresh = this.newest !== undefined && newest && newest.reference !== this.newest;
    this.shown = shown;
    this.newest = newest ? newest.reference : null;
    this.last.hidden = !newest;
    this.title.hidden = !before.length;
    if (!newest) return;
    this.last.replaceChildren(head("h3", newest), moves(newest));
    this.last.classList.toggle("fresh", fresh);
    this.fill(before);
    if (fresh) this.spoken.textContent = said(newest);
  }

  fill(entries) {
    const open = new Set([...this.list.querySelectorAll("details[open]")].map((one) => one.dataset.reference));
    const focused = this.list.contains(document.activeElement) && document.activeElement.parentElement.dataset.reference;
    this.list.replaceChildren(...entries.map((entry) => earlier(entry, open.has(entry.reference))));
    if (focused) this.list.querySelector(`[data-reference="${focused}"] summary`)?.focus();
  }
}

function made(name, className, ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

function when(entry) {
  const time = made("time", "", moment(entry.at));
  time.dateTime = entry.at;
  return time;
}

function head(level, entry) {
  const title = made(level, "reason", entry.reason);
  const state = STATES[entry.state] ? [made("em", "state", STATES[entry.state])] : [];
  return made("header", "", title, made("span", "code reference", entry.reference), when(entry), ...state);
}

function moves(entry) {
  return made("ul", "moves", ...entry.moves.map(move));
}

function move({ source, target, amount, reason }) {
  const arrow = made("span", "arrow", made("b", "", amount), made("span", "line"), made("small", "", reason));
  return made("li", "", made("span", "end", source), made("span", "unseen", " to "), arrow, made("span", "end", target));
}

function earlier(entry, open) {
  const main = entry.moves[0];
  const details = made("details", "");
  details.dataset.reference = entry.reference;
  details.open = open;
  const line = made("span", "line", made("b", "", entry.reason), " ", made("span", "sum", main.amount));
  const ends = made("span", "ends", `${main.source} to ${main.target}`);
  details.append(made("summary", "", line, ends, when(entry)), head("h4", entry), moves(entry));
  return made("li", "", details);
}

function said(entry) {
  const told = entry.moves.map(({ amount, source, target }) => `${amount} from ${source} to ${target}`);
  return `Posted: ${entry.reason}. ${told.join("; ")}.`;
}
