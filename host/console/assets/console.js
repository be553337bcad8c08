// What the pages do beyond plain HTML. Each page works without it.
"use strict";

// A text with values in its places: {0}, {1}, {2}.
const fill = (text, ...values) => text.replace(/\{(\d)\}/g, (_, place) => values[place] ?? "");

// A job that runs: its progress as it goes on. When the job has ended, the page is loaded anew and says what came of it.
const live = document.querySelector("[data-events]");
if (live) {
  const bar = live.querySelector("progress");
  const status = live.querySelector("[data-status]");
  const events = new EventSource(live.dataset.events);
  let errors = 0;
  events.addEventListener("progress", (event) => {
    const { phase, done, total } = JSON.parse(event.data);
    errors = 0;
    if (total > 0) {
      bar.max = total;
      bar.value = done;
    } else {
      bar.removeAttribute("value");
    }
    status.textContent = total > 0 ? fill(live.dataset.of, phase, done, total) : phase;
  });
  events.addEventListener("job", (event) => {
    errors = 0;
    if (JSON.parse(event.data).ended_at !== null) {
      events.close();
      location.reload();
    }
  });
  // The browser connects again by itself; after a while somebody has to look.
  events.addEventListener("error", () => {
    errors += 1;
    if (errors > 5 || events.readyState === EventSource.CLOSED) {
      events.close();
      status.textContent = live.dataset.lost;
    }
  });
}

// A plan: only the changes with a text. What is typed goes nowhere.
const find = document.querySelector("[data-find]");
const changes = [...document.querySelectorAll("[data-change]")];
if (find && changes.length > 1) {
  const input = find.querySelector("input");
  const status = find.querySelector("[data-status]");
  const texts = changes.map((change) => change.textContent.toLowerCase());
  find.hidden = false;
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    let shown = 0;
    changes.forEach((change, place) => {
      change.hidden = wanted !== "" && !texts[place].includes(wanted);
      shown += change.hidden ? 0 : 1;
    });
    status.textContent = wanted === "" ? "" : fill(find.dataset.shown, shown, changes.length);
  });
}

// j and k go to the next and the last change, unless somebody types.
document.addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof Element && event.target.closest("input, select, textarea");
  if (isTyping || event.ctrlKey || event.altKey || event.metaKey || !["j", "k"].includes(event.key)) {
    return;
  }
  const heads = changes.filter((change) => !change.hidden).map((change) => change.querySelector("summary"));
  const place = heads.indexOf(document.activeElement);
  const next = event.key === "j" ? place + 1 : Math.max(place - 1, 0);
  heads[Math.min(next, heads.length - 1)]?.focus();
});
