// The keypad: digits at once, letters by pressing again, and arrows that walk from key to key.

const LETTERS = {
  1: ".,'-1", 2: "abc2", 3: "def3", 4: "ghi4", 5: "jkl5", 6: "mno6",
  7: "pqrs7", 8: "tuv8", 9: "wxyz9", 0: " 0", "*": "*", "#": "#",
};
const AGAIN = 1000; // milliseconds within which the same key means its next letter
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -3, ArrowDown: 3 };

/** Put a text where the field's cursor is, or at its end; `over` letters before it are replaced. */
export function insert(field, text, over = 0) {
  const focused = document.activeElement === field;
  const from = focused ? field.selectionStart : field.value.length;
  const to = focused ? field.selectionEnd : field.value.length;
  const start = Math.max(0, from - over);
  const longer = text.length - (to - start);
  if (field.maxLength > 0 && field.value.length + longer > field.maxLength) return;
  field.setRangeText(text, start, to, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Take away what stands before the cursor. */
export function erase(field) {
  const focused = document.activeElement === field;
  const end = focused ? field.selectionEnd : field.value.length;
  const start = focused && field.selectionStart < end ? field.selectionStart : Math.max(0, end - 1);
  field.setRangeText("", start, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

export class Keypad {
  constructor(pad, press) {
    this.last = { digit: null, at: 0, turn: 0, field: null };
    const keys = [...pad.querySelectorAll("[data-digit]")];
    pad.addEventListener("click", (event) => {
      const key = event.target.closest("[data-digit]");
      if (key) press(key.dataset.digit, event);
    });
    pad.addEventListener("keydown", (event) => {
      const step = STEPS[event.key];
      const next = keys[keys.indexOf(document.activeElement) + step];
      if (!step || !next) return;
      event.preventDefault();
      for (const key of keys) key.tabIndex = key === next ? 0 : -1;
      next.focus();
    });
  }

  /** Type a key into a field: its digit, or in letters mode the letter whose turn it is. */
  type(field, digit, letters) {
    if (!letters) return insert(field, digit);
    const now = performance.now();
    const same = this.last.digit === digit && this.last.field === field && now - this.last.at < AGAIN;
    const choices = LETTERS[digit];
    const turn = same ? (this.last.turn + 1) % choices.length : 0;
    this.last = { digit, at: now, turn, field };
    const before = field.value.slice(0, same ? -1 : undefined);
    const begins = before === "" || before.endsWith(" ");
    insert(field, begins ? choices[turn].toUpperCase() : choices[turn], same ? 1 : 0);
  }
}
