// Points in time as they are written in references: whole seconds in UTC, in one spelling.

/** Milliseconds of `2026-01-31T12:00:00Z`; null for another spelling. */
export function parseTime(text) {
  if (typeof text !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) return null;
  const time = Date.parse(text);
  return !Number.isNaN(time) && formatTime(time) === text ? time : null;
}

export const formatTime = (time) => `${new Date(time).toISOString().slice(0, -5)}Z`;

/** Whether the text is a day such as `2026-01-31`. */
export const isDate = (text) => typeof text === "string" && parseTime(`${text}T00:00:00Z`) !== null;

const MONTHS = [
  "January", "February", "March", "April", "May", "June",
  "July", "August", "September", "October", "November", "December",
];

/** A point in time in words. */
export const longTime = (text) => `${longDate(text)}, ${text.slice(11, 16)} UTC`;

/** A day in words, so that no day is taken for a month. */
export function longDate(text) {
  const [year, month, day] = text.slice(0, 10).split("-").map(Number);
  return `${day} ${MONTHS[month - 1]} ${year}`;
}
