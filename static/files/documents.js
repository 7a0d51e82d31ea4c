// The list of a deal's documents: who has signed each, asked for when the list is
// there, and several of them at once.

import { Problem, events, post } from "./api.js";
import { Dock } from "./dock.js";
import { busy, errorBox, problem, replace } from "./page.js";
import { fill } from "./picture.js";

export class DocumentList {
  constructor(place, show) {
    this.place = place;
    this.show = show;
    this.stop = new AbortController();
    this.bar = place.querySelector("[data-selection]");
    this.all = place.querySelector("[data-select-all]");
    if (this.bar) this.choices();
    this.look();
    // Rows are written anew when more is known of them.
    this.watch = new MutationObserver(() => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.look(), 150);
    });
    for (const rows of place.querySelectorAll(".rows")) this.watch.observe(rows, { childList: true });
  }

  // choices makes the ticks live.
  choices() {
    this.dock = new Dock(this.bar.parentElement, this.bar.closest(".block"));
    this.place.addEventListener("change", ({ target }) => {
      if (target.matches("[data-tick-all]")) for (const tick of this.place.querySelectorAll("[data-tick]")) tick.checked = target.checked;
      if (target.matches("[data-tick], [data-tick-all]")) this.tell();
    }, { signal: this.stop.signal });
    this.bar.querySelector("button").addEventListener("click", (event) => this.sign(event.currentTarget));
  }

  close() {
    this.stop.abort();
    this.dock?.close();
    this.watch.disconnect();
    clearTimeout(this.timer);
  }

  // ticked are the documents that are chosen.
  ticked() {
    return [...this.place.querySelectorAll("[data-tick]:checked")].map((tick) => JSON.parse(tick.closest("[data-document]").dataset.document));
  }

  tell() {
    const n = this.ticked().length;
    const ticks = this.place.querySelectorAll("[data-tick]").length;
    this.all.hidden = ticks < 2;
    this.all.querySelector("input").checked = n === ticks;
    this.all.querySelector("input").indeterminate = n > 0 && n < ticks;
    this.bar.hidden = n < 1;
    this.bar.querySelector("button").hidden = n < 2;
    this.bar.querySelector("[data-selection-words]").textContent = fill(this.bar.dataset.words, { n });
    this.say(n === 1 && ticks > 1 ? this.bar.dataset.one : "");
  }

  // say puts a sentence above the button.
  say(words) {
    this.bar.querySelector("[data-selection-status]").textContent = words;
  }

  sign(button) {
    return busy(button, async () => {
      const documents = this.ticked();
      const read = (n) => this.say(fill(this.bar.dataset.reading, { n, of: documents.length }));
      try {
        read(0);
        await this.show(await this.freeze(documents, read));
      } catch (cause) {
        this.say("");
        problem(errorBox(button), cause);
      }
    }, true);
  }

  // freeze opens the documents and tells read how many are; it gives the screen
  // that follows. Where streams do not come through it asks once more without:
  // what was opened by then is not opened again.
  async freeze(documents, read) {
    let screen = null;
    let refusal = null;
    try {
      await events("/api/sign/selection", this.stop.signal, (event) => {
        if (event.problem) refusal = new Problem(event.problem);
        else if (event.screen) screen = event;
        else read(event.read);
      }, { documents }, true);
    } catch (cause) {
      if (cause.told || this.stop.signal.aborted) throw cause;
    }
    if (refusal) throw refusal;
    return screen || post("/api/sign/selection", { documents }, this.stop.signal);
  }

  // look asks who has signed the documents that were not asked about yet. Where
  // the answer does not come the list stays as it is.
  async look() {
    if (this.bar) this.tell();
    const places = new Map();
    for (const row of this.place.querySelectorAll("[data-document]")) {
      const { source, field, fileId } = JSON.parse(row.dataset.document);
      const key = JSON.stringify([source, field, fileId]);
      const slot = row.querySelector("[data-signatures]");
      if (slot.childElementCount === 0) places.set(key, { slot, document: { source, field, fileId } });
    }
    const documents = [...places.values()].map((p) => p.document);
    if (documents.length === 0) return;
    try {
      await events("/api/sign/signatures", this.stop.signal, ({ source, field, fileId, html }) => {
        const known = places.get(JSON.stringify([source, field, fileId]));
        if (!known?.slot.isConnected) return;
        replace(known.slot, html);
      }, { documents });
    } catch {
      // The list is of use without it.
    }
  }
}
