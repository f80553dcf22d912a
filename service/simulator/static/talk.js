// One conversation with the gateway, as the phone company would hold it: dial, answer, hang up.

export const PATIENCE = 10_000; // milliseconds that a network waits for a screen
export const NO_ANSWER = "Connection problem or invalid MMI code.";

/** Post a form; answers have no meaning here but for hops. What is typed goes into the body only. */
export async function post(path, form, options = {}) {
  return fetch(path, { method: "POST", body: new URLSearchParams(form), cache: "no-store", ...options });
}

/** Return an id that nobody guesses; works where the page is served to another machine without https, too. */
export function freshId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Talk {
  constructor(gateway, phone, code) {
    this.gateway = gateway;
    this.form = { session: freshId(), phone, code };
    this.open = true;
  }

  /** Return {text, ends} for the first hop (no input) or for an answer; null if we hung up meanwhile. */
  async hop(input) {
    const stop = (this.stop = new AbortController());
    const timer = setTimeout(() => stop.abort(), PATIENCE);
    const form = input === undefined ? this.form : { ...this.form, input };
    let screen = null;
    try {
      const answer = await post(`${this.gateway}/ussd`, form, { signal: stop.signal });
      screen = answer.status === 200 ? read(await answer.text()) : null;
    } catch {
      screen = null; // no connection, or nothing in time: a phone does not tell them apart
    } finally {
      clearTimeout(timer);
    }
    if (!this.open) return null;
    if (!screen) {
      this.close();
      return { text: NO_ANSWER, ends: true };
    }
    if (screen.ends) this.close({ shown: true });
    return screen;
  }

  /** Tell the gateway that it is over; `shown` says that the phone has had the last screen. */
  close({ shown = false } = {}) {
    if (!this.open) return;
    this.open = false;
    if (this.stop) this.stop.abort();
    post(`${this.gateway}/ussd-end`, shown ? { ...this.form, shown: "1" } : this.form).catch(() => {});
  }
}

function read(answer) {
  const found = /^(CON|END) ([^]*)$/.exec(answer);
  return found && { text: found[2], ends: found[1] === "END" };
}
