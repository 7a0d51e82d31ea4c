// The settings page: sections, forms, the choice of a person, and tick boxes
// that assign at once.

import { get, post, say, onConfirm, save } from "./api.js";
import { inFrame, selectUser } from "./frame.js";
import { buttons, busy, problem, replace, toast, element, errorBox, lastPressed } from "./page.js";
import { codes, filters, failed, clearErrors } from "./form.js";

const place = document.getElementById("section");
const tabs = [...document.querySelectorAll("[data-section]")];

// show puts what the server answered into the page.
async function show(answer, button) {
  if (answer.more) {
    const template = document.createElement("template");
    template.innerHTML = answer.html;
    const rows = template.content.querySelector("[data-append]");
    place.querySelector("[data-append]").append(...rows.children);
    place.querySelector("[data-older]").replaceChildren(...template.content.querySelector("[data-older]").childNodes);
  } else if (answer.html) {
    replace(place, answer.html);
    const name = /^\/api\/admin\/([a-z]+)/.exec(button?.dataset.get || "")?.[1];
    if (name) mark(name);
    live();
    place.querySelector("[data-focus]")?.focus();
  }
  if (answer.notice) toast(answer.notice);
  if (answer.file) save(new Blob([Uint8Array.from(atob(answer.file), (c) => c.charCodeAt(0))]), answer.fileName);
}

// mark shows which section is open.
function mark(name) {
  for (const tab of tabs) tab.setAttribute("aria-current", String(tab.dataset.section === name));
}

async function open(name) {
  mark(name);
  try {
    await show(await get(`/api/admin/${name}`));
  } catch (cause) {
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

// live makes a fresh section's fields work.
function live() {
  codes(place);
  filters(place);
  for (const form of place.querySelectorAll("[data-form]")) form.addEventListener("submit", send);
  for (const form of place.querySelectorAll("[data-query]")) form.addEventListener("submit", ask);
  for (const box of place.querySelectorAll("[data-reveals]")) {
    const target = document.getElementById(box.dataset.reveals);
    const set = () => (target.hidden = !box.checked);
    box.addEventListener("change", set);
    set();
  }
  for (const field of place.querySelectorAll("[data-person]")) person(field);
  for (const field of place.querySelectorAll("[data-select]")) field.addEventListener("focus", () => field.select());
}

// send sends a form as JSON: ticks as true and false, files in base64, the rest
// as text.
function send(event) {
  event.preventDefault();
  const form = event.currentTarget;
  busy(form.querySelector("[type=submit]"), async () => {
    clearErrors(form);
    const data = {};
    for (const input of form.elements) {
      if (input.dataset.list) (data[input.dataset.list] ??= []).push(...(input.checked ? [input.value] : []));
      if (!input.name) continue;
      if (input.type === "file") {
        if (input.files[0]?.size > Number(input.dataset.max)) {
          failed(form, { field: input.name, message: input.dataset.tooLarge });
          return;
        }
        data[input.name] = await base64(input.files[0]);
      } else data[input.name] = input.type === "checkbox" ? input.checked : input.value;
    }
    try {
      await show(await post(form.dataset.form, data));
    } catch (cause) {
      failed(form, cause);
    }
  });
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

// person is the choice of a user of the portal: a list that follows the
// typing (the pattern of an editable combobox), or the portal's own window.
function person(field) {
  const input = field.querySelector("[role=combobox]");
  const list = field.querySelector("[role=listbox]");
  const chosen = field.querySelector("input[name=user]");
  const pick = field.querySelector("[data-pick]");
  const note = field.querySelector("[data-error-for]");
  let active = -1;
  let timer = 0;
  let asked = 0;

  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (id, name) => {
    chosen.value = id;
    input.value = name;
    note.textContent = "";
    input.removeAttribute("aria-invalid");
    close();
    const login = field.closest("form").elements.login;
    if (login && !login.value) login.focus();
  };
  const highlight = (i) => {
    active = i;
    [...list.children].forEach((row, at) => row.setAttribute("aria-selected", String(at === i)));
    const row = list.children[i];
    if (!row) return;
    input.setAttribute("aria-activedescendant", row.id);
    row.scrollIntoView({ block: "nearest" });
  };
  const offer = (people) => {
    list.replaceChildren();
    people.forEach((one, i) => {
      const row = element("li", "combo-option");
      row.id = `person-${i}`;
      row.setAttribute("role", "option");
      row.append(element("span", "combo-name", one.name), element("span", "hint", one.more || ""));
      row.addEventListener("mousedown", (event) => {
        event.preventDefault(); // the field keeps the focus
        choose(one.id, one.name);
      });
      list.append(row);
    });
    if (people.length === 0) list.append(element("li", "combo-none", say("nobody-found")));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    highlight(people.length > 0 ? 0 : -1);
  };
  const search = async () => {
    const mine = ++asked;
    try {
      const people = await get(`/api/admin/people?q=${encodeURIComponent(input.value.trim())}`);
      if (mine === asked && document.activeElement === input) offer(people);
    } catch (cause) {
      note.textContent = cause.message;
    }
  };
  input.addEventListener("input", () => {
    chosen.value = "";
    clearTimeout(timer);
    timer = setTimeout(search, 250);
  });
  input.addEventListener("focus", () => {
    if (!chosen.value) search();
  });
  input.addEventListener("blur", () => {
    asked++;
    close();
  });
  input.addEventListener("keydown", (event) => {
    const rows = list.querySelectorAll("[role=option]");
    if (list.hidden || rows.length === 0) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      highlight((active + (event.key === "ArrowDown" ? 1 : rows.length - 1)) % rows.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      rows[active]?.dispatchEvent(new MouseEvent("mousedown", { bubbles: true, cancelable: true }));
    } else if (event.key === "Escape") {
      close();
    }
  });
  if (inFrame) {
    pick.hidden = false;
    pick.addEventListener("click", async () => {
      const answer = await selectUser();
      const one = Array.isArray(answer) ? answer[0] : answer;
      if (one && one.id) choose(String(one.id), String(one.name || one.id));
    });
  }
}

// A dangerous act is confirmed in a dialog, near where the person pressed.
const dialog = document.getElementById("confirmation");
onConfirm((why) => {
  const field = dialog.querySelector("[name=code]");
  const error = dialog.querySelector("[data-error-for]");
  field.value = "";
  error.textContent = why;
  field.toggleAttribute("aria-invalid", Boolean(why));
  dialog.style.top = `${Math.max(16, lastPressed() - 120)}px`;
  dialog.returnValue = "";
  dialog.showModal();
  field.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes" ? field.value : ""), { once: true });
  });
});
codes(dialog);

buttons(show);
open("overview");
