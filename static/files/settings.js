// The settings page: sections, forms, the choice of a person, and tick boxes
// that assign at once.

import { get, post, blob, say, onConfirm, save, Problem } from "./api.js";
import { buttons, busy, problem, replace, toast, element, errorBox, modal, signedPage } from "./page.js";
import { codes, filters, failed, clearErrors } from "./form.js";
import { person } from "./person.js";

const place = document.getElementById("section");
const tabs = [...document.querySelectorAll("[data-section]")];

// show puts what the server answered into the page.
async function show(answer, button) {
  if (answer.more) {
    append(answer.html);
  } else if (answer.place) {
    const template = document.createElement("template");
    template.innerHTML = answer.html;
    const fresh = template.content.firstElementChild;
    document.getElementById(answer.place).replaceWith(fresh);
    live(fresh);
    (fresh.querySelector("[data-focus]") || fresh.querySelector("[tabindex]"))?.focus();
  } else if (answer.html) {
    const focus = keep();
    replace(place, answer.html);
    const name = /^\/api\/admin\/([a-z]+)/.exec(button?.dataset.get || "")?.[1];
    if (name) mark(name);
    live(place);
    focus();
  }
  if (answer.notice) toast(answer.notice);
  if (answer.file) save(new Blob([Uint8Array.from(atob(answer.file), (c) => c.charCodeAt(0))]), answer.fileName);
}

// append puts further rows below those that are shown. The button that asked
// for them is drawn anew, or gone: then the first of the rows has the focus.
function append(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const older = place.querySelector("[data-older]");
  const asked = older.contains(document.activeElement);
  const rows = [...template.content.querySelector("[data-append]").children];
  place.querySelector("[data-append]").append(...rows);
  older.replaceChildren(...template.content.querySelector("[data-older]").childNodes);
  if (!asked) return;
  const button = older.querySelector("button");
  if (!button && rows[0]) rows[0].tabIndex = -1;
  (button ?? rows[0])?.focus({ preventScroll: true });
}

// keep remembers which control of the section has the focus. What it gives puts
// the focus back, once the section is drawn anew: on the control's like where
// it is the same screen and still has one, else at the screen's beginning.
// Focus that is elsewhere, on a tab or nowhere yet, stays there.
function keep() {
  const control = document.activeElement;
  if (!place.contains(control)) return () => {};
  const says = (e) => [e.tagName, e.name, e.getAttribute("aria-label"), e.labels?.[0]?.textContent ?? e.textContent].join("\n");
  const alike = (text) => [...place.querySelectorAll("button, input, select, textarea, summary")].filter((e) => says(e) === text);
  const title = () => place.querySelector("[data-focus], h2")?.textContent;
  const [text, before] = [says(control), title()];
  const at = alike(text).indexOf(control);
  return () => {
    const likes = before === title() && at >= 0 ? alike(text).filter((e) => e.checkVisibility()) : [];
    const like = likes[Math.min(at, likes.length - 1)];
    if (like) like.focus({ preventScroll: true });
    else (place.querySelector("[data-focus]") ?? place).focus();
  };
}

// mark shows which section is open; on a phone the row of tabs is moved to it.
function mark(name) {
  for (const tab of tabs) {
    const open = tab.dataset.section === name;
    tab.setAttribute("aria-current", String(open));
    const row = tab.parentElement;
    if (open) row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
  }
}

let opened = 0;

// open shows a section. What a section answers after another was opened is
// passed over.
async function open(name) {
  const mine = ++opened;
  mark(name);
  try {
    const answer = await get(`/api/admin/${name}`);
    if (mine === opened) await show(answer);
  } catch (cause) {
    if (mine !== opened) return;
    place.replaceChildren();
    problem(document.getElementById("errors"), cause);
  }
}

for (const tab of tabs) {
  tab.addEventListener("click", () => {
    document.getElementById("errors").replaceChildren();
    open(tab.dataset.section);
  });
}

// live makes the fields of a fresh section, or of a part of one, work.
function live(fresh) {
  codes(fresh);
  filters(fresh);
  for (const form of fresh.querySelectorAll("[data-form]")) form.addEventListener("submit", send);
  for (const form of fresh.querySelectorAll("[data-query]")) form.addEventListener("submit", ask);
  for (const box of fresh.querySelectorAll("[data-reveals]")) {
    const target = document.getElementById(box.dataset.reveals);
    const set = () => (target.hidden = !box.checked);
    box.addEventListener("change", set);
    set();
  }
  for (const form of fresh.querySelectorAll("[data-sample]")) samples(form);
  for (const field of fresh.querySelectorAll("[data-person]")) person(field);
  for (const field of fresh.querySelectorAll("[data-select]")) field.addEventListener("focus", () => field.select());
  for (const slot of fresh.querySelectorAll("[data-picture]")) signedPage(slot);
}

// send sends a form as JSON: ticks as true and false, files in base64, the rest
// as text.
function send(event) {
  event.preventDefault();
  const form = event.currentTarget;
  busy(form.querySelector("[type=submit]"), async () => {
    clearErrors(form);
    try {
      await show(await post(form.dataset.form, await filled(form)));
    } catch (cause) {
      failed(form, cause);
    }
  });
}

// filled gives what a form holds; a file that is too large is a refusal.
async function filled(form) {
  const data = {};
  for (const input of form.elements) {
    if (input.dataset.list) (data[input.dataset.list] ??= []).push(...(input.checked ? [input.value] : []));
    if (!input.name || (input.type === "radio" && !input.checked)) continue;
    if (input.type === "file") {
      if (input.files[0]?.size > Number(input.dataset.max)) throw new Problem({ field: input.name, message: input.dataset.tooLarge });
      data[input.name] = await base64(input.files[0]);
    } else data[input.name] = input.type === "checkbox" ? input.checked : input.value;
  }
  return data;
}

// samples shows the sample pages of the signet's form, anew after each change.
function samples(form) {
  const other = place.querySelector("[data-sample-other]");
  const note = place.querySelector("[data-sample-error]");
  if (!other) return;
  let timer = 0;
  let running = null;
  const draw = async () => {
    running?.abort();
    const mine = (running = new AbortController());
    try {
      clearErrors(form);
      const data = { ...(await filled(form)), other: other.checked };
      for (const figure of place.querySelectorAll("[data-sample-page]")) {
        const picture = await blob(form.dataset.sample, { ...data, sample: figure.dataset.samplePage }, mine.signal);
        if (mine !== running) return;
        const image = figure.querySelector("img");
        const before = image.src;
        image.src = URL.createObjectURL(picture);
        if (before) URL.revokeObjectURL(before);
      }
      note.textContent = "";
    } catch (cause) {
      if (mine.signal.aborted) return;
      if (cause.field) failed(form, cause);
      else note.textContent = cause.message;
    }
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(draw, 300);
  };
  form.addEventListener("input", soon);
  other.addEventListener("change", soon);
  draw();
}

// base64 reads a file; none is an empty text.
async function base64(file) {
  if (!file) return "";
  let text = "";
  for (const byte of new Uint8Array(await file.arrayBuffer())) text += String.fromCharCode(byte);
  return btoa(text);
}

// ask shows a section anew, narrowed as the form says.
function ask(event) {
  event.preventDefault();
  const form = event.currentTarget;
  busy(form.querySelector("[type=submit]"), async () => {
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
    try {
      await show(await get(`${form.dataset.query}?${query}`));
    } catch (cause) {
      problem(errorBox(form), cause);
    }
  });
}

// Tick boxes that let an account use a certificate: said to the server at
// once, and taken back where it refuses.
place.addEventListener("change", async (event) => {
  const box = event.target.closest("[data-assign]");
  if (!box) return;
  box.disabled = true;
  try {
    const answer = await post("/api/admin/assignments", {
      user: box.dataset.user,
      certificate: box.dataset.certificate,
      assigned: box.checked,
    });
    toast(answer.notice);
    const limits = box.closest("[data-grant]")?.querySelector("[data-limits]");
    if (limits) limits.hidden = !box.checked;
  } catch (cause) {
    box.checked = !box.checked;
    problem(errorBox(box), cause);
  } finally {
    box.disabled = false;
    box.focus();
  }
});

// A dangerous act is confirmed in a dialog, near where the person pressed.
const dialog = document.getElementById("confirmation");
onConfirm((why) => {
  const field = dialog.querySelector("[name=code]");
  const error = dialog.querySelector("[data-error-for]");
  field.value = "";
  error.textContent = why;
  field.toggleAttribute("aria-invalid", Boolean(why));
  const given = modal(dialog);
  field.focus();
  return given.then((yes) => (yes ? field.value : ""));
});
codes(dialog);

buttons(show);
open((tabs.find((tab) => tab.getAttribute("aria-current") === "true") ?? tabs[0]).dataset.section);
