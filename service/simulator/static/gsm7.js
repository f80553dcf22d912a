// How much room a text takes on the air: septets of the phones' own alphabet, or UCS-2 units if one letter is outside it.

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENDED = new Set("\f^{}\\[~]|€");

/** Return how much of which room a text takes: a screen has 160 septets or 80 units, a message 160 or 70. */
export function room(text, { units = 80 } = {}) {
  let used = 0;
  for (const letter of text) {
    if (EXTENDED.has(letter)) used += 2;
    else if (BASIC.has(letter)) used += 1;
    else return { used: text.length, most: units, name: "units" };
  }
  return { used, most: 160, name: "septets" };
}
