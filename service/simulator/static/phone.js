// One feature phone: what its screen shows, and what each key does there.

import { room } from "./gsm7.js";
import { Inbox } from "./inbox.js";
import { Keypad, erase, insert } from "./keys.js";
import { PATIENCE, Talk, freshId, post } from "./talk.js";
import { clock, moment } from "./when.js";

// What the keys do on each screen: soft keys with their words, and the field that takes what is typed.
const VIEWS = {
  idle:    { left: ["Messages", "inbox"], right: ["Write", "write"], call: "dial", clear: "erase", end: "home", field: "number" },
  wait:    { right: ["Cancel", "hangUp"], end: "hangUp" },
  talk:    { left: ["Send", "reply"], right: ["Cancel", "hangUp"], call: "reply", clear: "erase", end: "hangUp", field: "answer" },
  over:    { left: ["OK", "home"], call: "home", clear: "home", end: "home" },
  inbox:   { right: ["Back", "home"], clear: "home", end: "home" },
  message: { left: ["Reply", "write"], right: ["Back", "inbox"], clear: "inbox", end: "home" },
  write:   { left: ["Send", "sendMessage"], right: ["Cancel", "home"], call: "sendMessage", clear: "erase", end: "home", field: "text" },
};
const DIALLED = /^\*[0-9*]+#$/;
const MESSAGE = { units: 70 };
const MOUSE = matchMedia("(pointer: fine)"); // where focusing a field does not bring up a keyboard of glass

export class Phone {
  constructor(root, { gateway, seconds }) {
    Object.assign(this, { root, gateway, seconds, view: "idle", talk: null, letters: false });
    this.one = (selector) => root.querySelector(selector);
    this.select = this.one("select");
    this.said = this.one(".said");
    this.inboxList = new Inbox(this.one(".messages"), (message) => this.open(message));
    this.keypad = new Keypad(this.one(".pad"), (digit, event) => this.press(digit, event.detail > 0));
    root.addEventListener("click", (event) => this.clicked(event));
    root.addEventListener("keydown", (event) => this.typed(event));
    root.addEventListener("input", () => this.count());
    this.home({ focus: false });
    this.label();
  }

  get number() {
    return this.select.value;
  }

  get field() {
    return VIEWS[this.view].field && this.one(`.${VIEWS[this.view].field}`);
  }

  // Screens

  show(view, text, { focus = true } = {}) {
    clearInterval(this.countdown);
    this.view = this.root.dataset.view = view;
    this.said.textContent = text ?? "";
    this.said.scrollTop = 0;
    for (const part of this.root.querySelectorAll("[data-in]")) part.hidden = !part.dataset.in.split(" ").includes(view);
    for (const side of ["left", "right"]) {
      const key = this.one(`[data-key=${side}]`);
      key.textContent = VIEWS[view][side]?.[0] ?? "";
      key.hidden = !VIEWS[view][side];
    }
    this.said.tabIndex = this.said.scrollHeight > this.said.clientHeight ? 0 : -1; // who cannot roll a wheel walks there
    this.setLetters(view === "write");
    this.one(".silence").textContent = "";
    this.measure(view === "talk" || view === "over" ? text : null);
    if (focus) this.focus();
  }

  focus() {
    const first = { inbox: ".messages button", over: "[data-key=left]", message: "[data-key=right]", wait: ".said" };
    if (MOUSE.matches) (this.field ?? this.one(first[this.view]) ?? this.one("[data-key=right]")).focus();
  }

  measure(text) {
    const { used, most, name } = room(text ?? "");
    this.one(".room").textContent = text === null ? "" : `${used} of ${most} ${name}`;
    this.one(".room").classList.toggle("over", used > most);
  }

  count() {
    const { used, most } = room(this.field?.value ?? "", this.view === "write" ? MESSAGE : {});
    this.one(".left").textContent = used <= most ? `${most - used} left` : `${used - most} too many`;
    this.one(".count").classList.toggle("over", used > most);
    this.tooLong = used > most;
  }

  setLetters(on) {
    this.letters = on;
    this.one(".mode").textContent = on ? "abc" : "123";
    this.one(".mode").setAttribute("aria-label", on ? "abc: keys type letters" : "123: keys type digits");
    this.count();
  }

  // Keys

  clicked(event) {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.key) this.act(button.dataset.key);
    else if (button.dataset.code) this.fill(button.dataset.code);
    else if (button.classList.contains("mode")) this.setLetters(!this.letters);
  }

  typed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.target === this.select) return;
    const inField = event.target === this.field;
    if (event.key === "Enter" && event.repeat); // a thumb that rests on the key sends once
    else if (event.key === "Escape") this.act("end");
    else if (event.key === "Enter" && inField) this.act("call");
    else if (!inField && /^[0-9*#]$/.test(event.key)) this.press(event.key, true);
    else if (!inField && event.key === "Backspace") this.act("clear");
    else return;
    event.preventDefault();
  }

  press(digit, refocus) {
    if (!this.field) return;
    if (refocus && MOUSE.matches) this.field.focus();
    this.keypad.type(this.field, digit, this.letters);
  }

  act(key) {
    const what = VIEWS[this.view][key];
    if (what) this[Array.isArray(what) ? what[1] : what]();
  }

  erase() {
    erase(this.field);
  }

  fill(code) {
    this.field.value = "";
    insert(this.field, code);
    this.focus();
  }

  home({ focus = true } = {}) {
    for (const name of ["number", "answer", "text"]) this.one(`.${name}`).value = "";
    this.show("idle", this.news(), { focus });
  }

  // Talks

  async dial() {
    const code = this.field.value.replaceAll(" ", "");
    this.field.value = "";
    if (!code) return;
    if (!DIALLED.test(code)) return this.show("over", "This phone calls codes only, such as *384*96#");
    this.talk = new Talk(this.gateway, this.number, code);
    await this.hop();
  }

  async reply() {
    if (this.tooLong) return;
    const input = this.field.value;
    this.field.value = "";
    await this.hop(input);
  }

  async hop(input) {
    const talk = this.talk;
    this.show("wait", "Running ...");
    const screen = await talk.hop(input);
    if (!screen || talk !== this.talk) return;
    this.show(screen.ends ? "over" : "talk", screen.text, { focus: this.root.contains(document.activeElement) });
    if (!screen.ends) this.waitForAnswer();
  }

  hangUp() {
    this.talk?.close();
    this.talk = null;
    this.home();
  }

  /** Count the silence down as the network does, which ends a talk that nobody goes on with. */
  waitForAnswer() {
    const until = Date.now() + this.seconds * 1000;
    const tick = () => {
      const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
      this.one(".silence").textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")} to answer`;
      if (left > 0) return;
      this.talk.close();
      this.talk = null;
      this.show("over", "Session timed out.", { focus: this.root.contains(document.activeElement) });
    };
    this.countdown = setInterval(tick, 500);
    tick();
  }

  // Messages

  inbox() {
    this.show("inbox", "");
  }

  open(message) {
    this.inboxList.seen(message);
    this.badge();
    this.show("message", `Senti, ${moment(message.at)}\n${message.text}`);
  }

  write() {
    this.show("write", "");
  }

  async sendMessage() {
    const text = this.field.value;
    if (!text.trim() || this.tooLong) return;
    this.field.value = "";
    this.show("over", "Sending ...");
    const form = { id: freshId(), phone: this.number, to: "Senti", text };
    const sent = await post(`${this.gateway}/sms`, form, { signal: AbortSignal.timeout(PATIENCE) }).then((answer) => answer.ok, () => false);
    if (this.view === "over") this.show("over", sent ? "Message sent." : "Message not sent. Try again.");
  }

  // From outside

  /** Take what is new for this phone: who holds it and its messages; return how many just came. */
  take({ name, messages }, now) {
    this.name = name;
    this.root.setAttribute("aria-label", `Phone of ${name}`);
    const fresh = this.inboxList.take(this.number, messages);
    this.badge();
    for (const hands of this.root.querySelectorAll(".clock")) hands.textContent = clock(now);
    if (this.view === "idle" && this.said.textContent !== this.news()) this.said.textContent = this.news();
    return fresh;
  }

  news() {
    const unread = this.inboxList?.unread ?? 0;
    return unread ? `${unread} new message${unread > 1 ? "s" : ""}` : "";
  }

  badge() {
    const { unread } = this.inboxList;
    this.one(".mail").hidden = !unread;
    this.one(".mail b").textContent = unread;
  }

  /** Put the phone into another hand. */
  hand(phone) {
    this.talk?.close();
    this.talk = null;
    this.inboxList.forget();
    this.badge();
    this.select.value = phone;
    this.home({ focus: false });
    this.label();
  }

  /** Write on the first screen whose phone it is and which codes they dial. */
  label() {
    const { number, codes: dialled } = this.select.selectedOptions[0].dataset;
    this.one(".own").textContent = number;
    const codes = dialled.split(" ");
    const buttons = codes.map((code) => Object.assign(document.createElement("button"), { type: "button", textContent: code }));
    for (const button of buttons) button.dataset.code = button.textContent;
    this.one(".codes").replaceChildren(...buttons);
  }
}
