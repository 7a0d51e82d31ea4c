// What forms share: fields for codes, search in a list, errors beside fields.

import { countdown } from "./countdown.js";
import { problem } from "./page.js";

// codes lets a person type or paste a code with blanks, shows it as "123 456"
// and keeps the cursor where it was.
export function codes(root) {
  for (const input of root.querySelectorAll("input.code")) {
    input.addEventListener("input", () => {
      const before = input.value.slice(0, input.selectionStart).replace(/\D/g, "").length;
      const digits = input.value.replace(/\D/g, "").slice(0, 6);
      input.value = digits.length > 3 ? `${digits.slice(0, 3)} ${digits.slice(3)}` : digits;
      const at = Math.min(before, digits.length);
      const cursor = at > 3 ? at + 1 : at;
      input.setSelectionRange(cursor, cursor);
      clearField(input);
    });
  }
}

// filters hides the entries of a list that do not hold the words typed.
export function filters(root) {
  for (const input of root.querySelectorAll("[data-filter]")) {
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      const list = document.getElementById(input.dataset.filter);
      for (const entry of list.querySelectorAll("[data-find]")) {
        const text = entry.dataset.find.toLowerCase();
        entry.hidden = !words.every((word) => text.includes(word));
      }
    });
    // Enter in a search must not send the form around it.
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) event.preventDefault();
    });
  }
}

function clearField(input) {
  input.removeAttribute("aria-invalid");
  const note = input.form?.querySelector(`[data-error-for="${input.name}"]`);
  if (note && !("counts" in note.dataset)) note.textContent = "";
}

// clearErrors takes away what an earlier attempt said.
export function clearErrors(form) {
  for (const note of form.querySelectorAll("[data-error-for]")) note.textContent = "";
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  for (const box of form.querySelectorAll("[data-error-box]")) box.replaceChildren();
}

// failed says why a form was refused: beside the field it is about, with the
// cursor in it, or above the button.
export function failed(form, cause) {
  const note = cause.field ? form.querySelector(`[data-error-for="${cause.field}"]`) : null;
  if (!note) {
    problem(form.querySelector("[data-error-box]") || document.getElementById("errors"), cause);
    return;
  }
  note.textContent = cause.message;
  if (cause.count && cause.after) countdown(form, note, cause);
  const input = form.querySelector(`#${note.id.replace(/-error$/, "")}`) || form.querySelector(`[name="${cause.field}"]`);
  const target = (cause.field === "user" && form.querySelector("#person")) || input;
  target?.setAttribute("aria-invalid", "true");
  target?.focus();
  if (target?.classList?.contains("code")) target.select();
}
