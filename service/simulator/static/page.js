// The table the phones lie on: who holds which, and asking about once a second what is new.

import { Entries } from "./entries.js";
import { Phone } from "./phone.js";

const EVERY = 1000; // milliseconds between two questions
const PATIENCE = 5000;

const { gateway, state, seconds } = document.body.dataset;
const phones = [...document.querySelectorAll(".phone")].map((root) => new Phone(root, { gateway, seconds: Number(seconds) }));
const held = phones.map((phone) => phone.number);
const entries = new Entries(document.querySelector(".books"));
const pulse = document.querySelector(".pulse");

phones.forEach((phone, place) => {
  phone.select.addEventListener("change", () => {
    const other = held.indexOf(phone.number);
    if (other >= 0 && other !== place) give(other, held[place]);
    give(place, phone.number);
    ask();
  });
});

/** Give a number to a phone; nobody holds two phones, so whoever had it swaps. */
function give(place, number) {
  held[place] = number;
  phones[place].hand(number);
}

async function ask() {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE);
  try {
    const answer = await fetch(state, { cache: "no-store", signal: stop.signal });
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.json());
    alive(true);
  } catch {
    alive(false);
  } finally {
    clearTimeout(timer);
  }
}

function alive(yes) {
  const words = yes ? "Live" : "No answer from Senti, asking again";
  pulse.classList.toggle("lost", !yes);
  pulse.classList.toggle("beat");
  if (pulse.lastElementChild.textContent !== words) pulse.lastElementChild.textContent = words;
}

function show(news) {
  rename(news.phones);
  phones.forEach((phone, place) => {
    const fresh = phone.take(news.phones[phone.number], news.now);
    if (fresh) buzz(phone.root);
    const badge = document.querySelector(`[data-badge-of="${place + 1}"]`);
    badge.textContent = phone.inboxList.unread;
    badge.hidden = !phone.inboxList.unread;
    document.querySelector(`[data-name-of="${place + 1}"]`).textContent = phone.name.split(" ")[0];
  });
  entries.show(news.entries);
}

/** A number that nobody had has somebody's name once they have registered. */
function rename(known) {
  for (const option of document.querySelectorAll("option")) {
    const words = known[option.value].name + option.dataset.also;
    if (option.textContent !== words) option.textContent = words;
  }
}

function buzz(root) {
  root.classList.remove("buzz");
  void root.offsetWidth; // begins the animation anew
  root.classList.add("buzz");
}

async function forever() {
  for (;;) {
    if (!document.hidden) await ask();
    await new Promise((done) => setTimeout(done, EVERY));
  }
}

forever();
