// The form that orders signatures, and the page beside it: what is chosen in one
// is seen in the other.

import { post } from "./api.js";
import { busy } from "./page.js";
import { codes, filters, failed, clearErrors, clearField } from "./form.js";
import { Dock } from "./dock.js";
import { PageView, arrows, beside, fill } from "./picture.js";

// The places that were chosen for documents, as long as the tab is open: a
// document that is opened again, as after a refused order, has its own.
const kept = new Map();
const keyOf = (file) => JSON.stringify(file.document || file.request);

export class SignForm {
  // place is the screen; show shows the next one.
  constructor(place, show) {
    this.show = show;
    this.form = place.querySelector("#sign-form");
    this.files = JSON.parse(this.form.dataset.files);
    this.current = this.files[0];
    this.heading = place.querySelector("h1");
    this.sheets = new Map(); // of all documents, as far as they were asked for
    this.stop = new AbortController();
    codes(this.form);
    filters(this.form);
    const view = place.querySelector("[data-page-view]");
    this.page = new PageView(view, () => this.choice(), (chosen) => this.choose(chosen), (sheet) => this.covered(sheet));
    this.recall();
    this.listen();
    this.tell();
    this.page.refresh();
    if (this.form.querySelector("[type=submit]").disabled) return; // nothing to keep in sight
    this.dock = new Dock(this.form.querySelector("[data-order-slot]"), this.form.parentElement, "(max-width: 719px)");
  }

  close() {
    this.page.close();
    this.dock?.close();
    this.stop.abort();
    this.asking?.abort();
    clearTimeout(this.timer);
  }

  // arrive puts the focus where the person goes on: into the code where nothing
  // else is to be chosen and no keyboard comes up over the page, else to the top.
  arrive() {
    const { code } = this.form.elements;
    const touch = window.matchMedia("(pointer: coarse)").matches;
    if (this.form.dataset.remembered === "true" && code && !touch) {
      this.heading.scrollIntoView({ block: "nearest" });
      code.focus({ preventScroll: true });
    } else {
      this.heading.focus();
    }
  }

  // recall takes over the places that were chosen before in this tab.
  recall() {
    let any = false;
    for (const file of this.files) {
      const place = kept.get(keyOf(file));
      if (!place || (place.page === "number" && place.number > file.pages)) continue;
      file.place = { ...place };
      any = true;
    }
    const { same } = this.form.elements;
    if (same) same.checked = new Set(this.files.map((file) => JSON.stringify(file.place))).size === 1;
    if (any) this.mirror();
  }

  listen() {
    const { form } = this;
    const { signal } = this.stop;
    form.addEventListener("change", (event) => this.changed(event.target));
    form.elements.reason?.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.page.refresh(), 500);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      busy(form.querySelector("[type=submit]"), () => this.order(), true);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      const other = event.target.closest("form, dialog");
      if ((!other || other === form) && !form.querySelector("[type=submit]").disabled) form.requestSubmit();
    }, { signal });
    form.addEventListener("keydown", (event) => this.grid(event));
    for (const button of form.querySelectorAll("[data-file]")) {
      button.addEventListener("click", () => this.open(button.dataset.file));
    }
    // Enter in the page's number goes there and signs nothing.
    form.elements.number?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.changed(event.target);
    });
  }

  // grid moves the choice as the six places lie; below them is the free one.
  grid(event) {
    const way = arrows[event.key];
    const { target } = event;
    if (!way || target.name !== "position" || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    let to = "free";
    if (target.value === "free") to = way[1] < 0 || way[0] < 0 ? this.page.nearest() : "free";
    else if (!(way[1] > 0 && target.value.startsWith("bottom"))) to = beside(target.value, way);
    if (to === target.value) return;
    const input = this.form.querySelector(`input[name="position"][value="${to}"]`);
    input.checked = true;
    input.focus();
    this.changed(input);
  }

  checked(name) {
    return this.form.querySelector(`input[name="${name}"]:checked`);
  }

  // choice is what the form says of the document that is shown.
  choice() {
    return {
      ...this.current,
      certificate: this.checked("certificate")?.value || "",
      visible: this.form.elements.visible.checked,
      reason: this.form.elements.reason.value,
    };
  }

  // changed takes over what the person has changed in the form.
  changed(field) {
    clearField(field);
    const place = { ...this.current.place };
    if (field.name === "page") place.page = field.value;
    if (field.name === "position") place.position = field.value;
    if (field.name === "position" && field.value === "free") place.spot = this.page.spot();
    if (field.name === "number") {
      place.page = "number";
      place.number = Math.min(Math.max(1, Math.round(Number(field.value)) || 1), this.current.pages);
      field.value = place.number;
    }
    if (field.name === "page" && field.value === "number") place.number = Number(this.form.elements.number.value) || 1;
    const moved = ["page", "position", "number"].includes(field.name);
    if (moved || field.name === "same") this.set(place);
    this.tell();
    if (moved) this.page.follow();
    else this.page.refresh();
  }

  // set gives the place to the document that is shown, or to all.
  set(place) {
    const all = this.form.elements.same?.checked;
    for (const file of this.files) {
      if (!all && file !== this.current) continue;
      file.place = { ...place };
      kept.set(keyOf(file), file.place);
    }
  }

  // choose takes a place that was chosen on the page.
  choose(place) {
    this.set(place);
    this.mirror();
    this.tell();
    this.page.follow();
  }

  // mirror has the form's fields say what the document's place is.
  mirror() {
    const { page, number, position } = this.current.place;
    for (const [name, value] of [["page", page], ["position", position]]) {
      const input = this.form.querySelector(`input[name="${name}"][value="${value}"]`);
      if (input) input.checked = true;
    }
    if (page === "number") this.form.elements.number.value = number;
    this.form.elements.number.max = this.current.pages;
    for (const part of this.form.querySelectorAll("[data-many-pages]")) {
      part.hidden = this.current.pages < 3 && page !== "number";
    }
  }

  // open shows another document of the order.
  open(request) {
    this.current = this.files.find((file) => file.request === request);
    for (const button of this.form.querySelectorAll("[data-file]")) {
      button.setAttribute("aria-pressed", String(button.dataset.file === request));
    }
    this.mirror();
    this.tell();
    this.page.follow();
  }

  // where and which page, in words.
  words(file) {
    const { page, number, position, spot } = file.place;
    const text = (name, value) => this.form.querySelector(`input[name="${name}"][value="${value}"]`)?.dataset.words || "";
    const percent = (x) => Math.round((x || 0) * 100);
    let where = text("position", position);
    if (position === "free") where = fill(this.page.root.dataset.free, { x: percent(spot?.x), y: percent(spot?.y) });
    return { where, page: fill(text("page", page), { number: Math.min(number || 1, file.pages) }) };
  }

  // tell says in words what will happen.
  tell() {
    const { form } = this;
    const visible = form.elements.visible.checked;
    form.querySelector("#signet").classList.toggle("off", !visible);
    form.querySelector("#signet-body").inert = !visible;
    const { where, page } = this.words(this.current);
    const free = this.current.place.position === "free";
    form.querySelector("[data-place-where]").textContent = free ? this.checked("position").dataset.words : where;
    form.querySelector("[data-place-page]").textContent = free ? `${page}, ${where}` : page;
    const who = this.checked("certificate")?.dataset.short || "";
    const places = new Set(this.files.map((file) => JSON.stringify(this.words(file))));
    const summary = form.querySelector("[data-summary]");
    const sentence = !visible ? form.dataset.withoutMark : places.size > 1 ? form.dataset.withMarks : form.dataset.withMark;
    if (summary) summary.textContent = fill(sentence, { who, where, page });
    form.querySelectorAll("[data-file]").forEach((button, i) => {
      const words = this.words(this.files[i]);
      button.querySelector("[data-file-place]").textContent = visible ? `${words.page}, ${words.where}` : "";
    });
  }

  // covered takes the sheet of the document that is shown.
  covered(sheet) {
    this.sheet = sheet;
    this.mark();
    this.across();
  }

  // across asks for the sheets of the other documents that get the same place, one
  // after another: an earlier signet may be there in them alone.
  async across() {
    this.asking?.abort();
    const stop = (this.asking = new AbortController());
    if (!this.form.elements.same?.checked || !this.form.elements.visible.checked) return;
    const shown = this.choice();
    for (const file of this.files) {
      if (file === this.current) continue;
      const look = { certificate: shown.certificate, visible: true, reason: shown.reason, ...file.place, shown: 0, width: 100 };
      const key = this.sheetKey(file, look);
      try {
        if (!this.sheets.has(key)) this.sheets.set(key, await post(`/api/sign/requests/${file.request}/sheet`, look, stop.signal));
      } catch {
        // The order will tell.
      }
      if (stop.signal.aborted) return;
      file.sheet = this.sheets.get(key);
      this.mark();
    }
  }

  // sheetKey names a sheet, which tells of all six places of its page.
  sheetKey(file, look) {
    const { page, number, position, spot } = look;
    return JSON.stringify([file.request, look.certificate, look.reason, page, page === "number" && number, position === "free" && spot]);
  }

  // mark tells of places that an earlier signet has, in the document that is
  // shown or in one that gets the same place.
  mark() {
    const { covers, coversIn } = this.page.root.dataset;
    const others = this.form.elements.same?.checked ? this.files.filter((file) => file !== this.current && file.sheet) : [];
    const words = (mine, taken) => {
      if (mine) return covers;
      const names = others.filter((file) => taken(file.sheet)).map((file) => file.name);
      return names.length > 0 ? fill(coversIn, { name: names.join(", ") }) : "";
    };
    for (const zone of this.form.querySelectorAll(".zone")) {
      const position = zone.querySelector("input").value;
      const covered = (sheet) => sheet?.zones?.find((z) => z.position === position)?.covers;
      const text = words(covered(this.sheet), covered);
      zone.classList.toggle("covers", text !== "");
      zone.querySelector("[data-covers-words]").textContent = text;
      this.page.hatch(position, text !== "");
    }
    const here = this.current.place.position;
    const taken = (sheet) => (here === "free" ? sheet.signet?.covers : sheet.zones?.find((z) => z.position === here)?.covers);
    const visible = this.form.elements.visible.checked;
    const warning = this.form.querySelector("[data-place-warning]");
    const text = this.sheet?.trouble || (visible ? words(this.sheet?.signet?.covers, taken) : "");
    if (warning.textContent !== text) warning.textContent = text;
    this.form.querySelectorAll("[data-file]").forEach((button, i) => {
      const file = this.files[i];
      const covered = file === this.current ? this.sheet?.signet?.covers : others.includes(file) && taken(file.sheet);
      button.querySelector("[data-file-warning]").textContent = visible && covered ? covers : "";
    });
  }

  // order sends the form. It stays as it is until the order is taken.
  async order() {
    const { form } = this;
    clearErrors(form);
    const wait = form.querySelector("[data-order-wait]");
    wait.textContent = wait.dataset.orderWait;
    const data = new FormData(form);
    const places = {};
    if (this.files.length > 1) for (const file of this.files) places[file.request] = file.place;
    try {
      await this.show(await post("/api/sign/orders", {
        requests: this.files.map((file) => file.request),
        ...this.current.place,
        places,
        certificate: data.get("certificate") || "",
        visible: data.has("visible"),
        reason: data.get("reason") || "",
        code: data.get("code") || "",
        confirm: data.has("confirm"),
      }));
    } catch (cause) {
      failed(form, cause);
    } finally {
      wait.textContent = "";
    }
  }
}
