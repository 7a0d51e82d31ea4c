// The choice of a person, in the settings and where a colleague is asked.

import { get, say } from "./api.js";
import { inFrame, selectUser } from "./frame.js";
import { element } from "./page.js";

// person is the choice of a user of the portal: a list that follows the
// typing (the pattern of an editable combobox), or the portal's own window.
export function person(field) {
  const input = field.querySelector("[role=combobox]");
  const list = field.querySelector("[role=listbox]");
  const chosen = field.querySelector("input[type=hidden]");
  const pick = field.querySelector("[data-pick]");
  // Where a choice may be left out, what is typed and not chosen counts for nothing.
  const keep = "keep" in field.dataset;
  let kept = { id: chosen.value, name: input.value };
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
    kept = { id, name };
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
    if (!row) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", row.id);
    row.scrollIntoView({ block: "nearest" });
  };
  const offer = (people) => {
    list.replaceChildren();
    people.forEach((one, i) => {
      const row = element("li", "combo-option");
      row.id = `${input.id}-${i}`;
      row.setAttribute("role", "option");
      row.append(element("span", "combo-name", one.name), element("span", "hint", one.more || ""));
      row.addEventListener("mousedown", (event) => {
        event.preventDefault(); // the field keeps the focus
        choose(one.id, one.name);
      });
      list.append(row);
    });
    if (people.length === 0) {
      const none = element("li", "combo-none", say("nobody-found"));
      none.setAttribute("role", "option");
      none.setAttribute("aria-disabled", "true");
      list.append(none);
    }
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    highlight(people.length > 0 ? 0 : -1);
  };
  const search = async () => {
    const mine = ++asked;
    try {
      const people = await get(`${field.dataset.person}?q=${encodeURIComponent(input.value.trim())}`);
      if (mine === asked && document.activeElement === input) offer(people);
    } catch (cause) {
      note.textContent = cause.message;
    }
  };
  input.addEventListener("input", () => {
    chosen.value = "";
    asked++; // what is still to come is of what was typed before
    highlight(-1); // so is the list
    clearTimeout(timer);
    timer = setTimeout(search, 250);
  });
  input.addEventListener("focus", () => {
    if (!chosen.value) search();
  });
  input.addEventListener("blur", () => {
    asked++;
    close();
    if (!keep || chosen.value) return;
    if (input.value.trim()) choose(kept.id, kept.name);
    else kept = { id: "", name: "" };
  });
  input.addEventListener("keydown", (event) => {
    const rows = list.querySelectorAll("[role=option]:not([aria-disabled])");
    // Until somebody is chosen Enter does not send the form.
    if (event.key === "Enter" && input.value && !chosen.value) event.preventDefault();
    if (list.hidden || rows.length === 0) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      highlight(event.key === "ArrowDown" ? (active + 1) % rows.length : (active > 0 ? active : rows.length) - 1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      rows[active]?.dispatchEvent(new MouseEvent("mousedown", { bubbles: true, cancelable: true }));
    } else if (event.key === "Escape") {
      close();
    }
  });
  if (inFrame && pick) {
    pick.hidden = false;
    pick.addEventListener("click", async () => {
      const answer = await selectUser();
      const one = Array.isArray(answer) ? answer[0] : answer;
      if (one && one.id) choose(String(one.id), String(one.name || one.id));
    });
  }
}
