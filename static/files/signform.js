// The form that orders signatures, and the page beside it: what is chosen in one
// is seen in the other.

import { post } from "./api.js";
import { busy } from "./page.js";
import { codes, filters, failed, clearErrors } from "./form.js";
import { PageView, fill } from "./picture.js";

export class SignForm {
  // place is the screen; show shows the next one.
  constructor(place, show) {
    this.show = show;
    this.form = place.querySelector("#sign-form");
    this.files = JSON.parse(this.form.dataset.files);
    this.current = this.files[0];
    codes(this.form);
    filters(this.form);
    const view = place.querySelector("[data-page-view]");
    this.page = new PageView(view, () => this.choice(), (chosen) => this.choose(chosen), (sheet) => this.covered(sheet));
    this.listen();
    this.tell();
    this.page.refresh();
  }

  close() {
    this.page.close();
    clearTimeout(this.timer);
  }

  listen() {
    const { form } = this;
    form.addEventListener("change", (event) => this.changed(event.target));
    form.elements.reason?.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.page.refresh(), 500);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      busy(form.querySelector("[type=submit]"), () => this.order());
    });
    for (const root of [form, this.page.root]) {
      root.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
      });
    }
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
    const place = { ...this.current.place };
    if (field.name === "page") place.page = field.value;
    if (field.name === "position") place.position = field.value;
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
    for (const file of this.files) if (all || file === this.current) file.place = { ...place };
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
    if (position === "free") this.form.querySelector("[data-free-choice]").hidden = false;
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

  // covered tells of places that an earlier signet has.
  covered(sheet) {
    const say = this.page.root.dataset.covers;
    for (const zone of this.form.querySelectorAll(".zone")) {
      const input = zone.querySelector("input");
      const covers = Boolean(sheet.zones?.find((z) => z.position === input.value)?.covers);
      zone.classList.toggle("covers", covers);
      zone.querySelector("[data-covers-words]").textContent = covers ? say : "";
    }
    const here = this.form.elements.visible.checked && sheet.signet?.covers;
    this.form.querySelector("[data-place-warning]").textContent = sheet.trouble || (here ? say : "");
  }

  // order sends the form. It stays as it is until the order is taken.
  async order() {
    const { form } = this;
    clearErrors(form);
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
    }
  }
}
