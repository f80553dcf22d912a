// The messages on one phone: which have come, which were read, and the list of them.

import { moment } from "./when.js";

const ON_ITS_WAY = new Set(["queued", "sending"]);

// What was read on which number, for as long as the page stays open; nothing is kept in the browser.
const read = new Map();

export class Inbox {
  constructor(list, open) {
    this.list = list;
    this.messages = [];
    list.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) open(this.messages.find((message) => message.id === button.dataset.id));
    });
  }

  /** Take the messages of a number, oldest first; return how many came since the last time. */
  take(phone, messages) {
    const arrived = messages.filter((message) => !ON_ITS_WAY.has(message.state)).reverse();
    if (!read.has(phone)) read.set(phone, new Set(arrived.map((message) => message.id)));
    const known = new Set(this.messages.map((message) => message.id));
    const fresh = this.phone === phone ? arrived.filter((message) => !known.has(message.id)).length : 0;
    Object.assign(this, { phone, messages: arrived });
    this.draw();
    return fresh;
  }

  /** Lay the messages away: the phone is somebody else's now. */
  forget() {
    Object.assign(this, { phone: null, messages: [] });
  }

  get unread() {
    return this.messages.filter((message) => this.isUnread(message)).length;
  }

  isUnread(message) {
    return !read.get(this.phone).has(message.id);
  }

  /** Note that a message was opened. */
  seen(message) {
    read.get(this.phone).add(message.id);
    this.draw();
  }

  draw() {
    const shown = JSON.stringify([this.phone, this.messages.map((message) => [message.id, this.isUnread(message)])]);
    if (shown === this.shown) return;
    this.shown = shown;
    const focused = this.list.contains(document.activeElement) && document.activeElement.dataset.id;
    const rows = this.messages.map((message) => row(message, this.isUnread(message)));
    this.list.replaceChildren(...(rows.length ? rows : [nothing()]));
    if (focused) this.list.querySelector(`[data-id="${focused}"]`)?.focus();
  }
}

function row(message, unread) {
  const button = document.createElement("button");
  const head = document.createElement("b");
  const begins = document.createElement("span");
  const item = document.createElement("li");
  button.type = "button";
  button.dataset.id = message.id;
  button.classList.toggle("unread", unread);
  head.textContent = `${unread ? "New: " : ""}${moment(message.at)}`;
  begins.textContent = message.text;
  button.append(head, begins);
  item.append(button);
  return item;
}

function nothing() {
  const item = document.createElement("li");
  item.textContent = "No messages yet.";
  return item;
}
