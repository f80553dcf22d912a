// Times as people read them; they arrive in the country's own time, so nothing is converted here.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export function clock(at) {
  return at.slice(11, 16);
}

export function moment(at) {
  return `${Number(at.slice(8, 10))} ${MONTHS[Number(at.slice(5, 7)) - 1]} ${clock(at)}`;
}
