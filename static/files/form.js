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

// filters hides the entries of a list that do not hold the words typed. What is
// chosen stays in sight, at the top.
export function filters(root) {
  for (const input of root.querySelectorAll("[data-filter]")) {
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      const list = document.getElementById(input.dataset.filter);
      let found = 0;
      for (const entry of list.querySelectorAll("[data-find]")) {
        const text = entry.dataset.find.toLowerCase();
        const fits = words.every((word) => text.includes(word));
        if (fits) found++;
        const kept = !fits && entry.querySelector("input:checked") !== null;
        entry.classList.toggle("kept", kept);
        entry.hidden = !fits && !kept;
      }
      const none = list.querySelector("[data-filter-none]");
      if (none) none.textContent = found === 0 ? none.dataset.filterNone : "";
    });
    // Enter in a search must not send the form around it.
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) event.preventDefault();
    });
  }
}

// clearField takes away what was wrong with a field, or with its group.
export function clearField(input) {
  (input.closest('[role="radiogroup"]') || input).removeAttribute("aria-invalid");
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
  let target = (cause.field === "user" && form.querySelector("#person")) || input;
  const group = target?.closest('[role="radiogroup"]');
  (group || target)?.setAttribute("aria-invalid", "true");
  if (group) target = group.querySelector("input:checked") || group.querySelector("input");
  target?.focus();
  if (target?.classList?.contains("code")) target.select();
}
