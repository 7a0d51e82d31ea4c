// The list of a deal's documents: who has signed each, asked for when the list is
// there, and several of them at once.

import { events, post } from "./api.js";
import { busy, errorBox, problem, replace } from "./page.js";
import { fill } from "./picture.js";

export class DocumentList {
  constructor(place, show) {
    this.place = place;
    this.show = show;
    this.stop = new AbortController();
    this.bar = place.querySelector("[data-selection]");
    place.addEventListener("change", (event) => event.target.matches("[data-tick]") && this.tell(), { signal: this.stop.signal });
    this.bar?.querySelector("button").addEventListener("click", (event) => this.sign(event.currentTarget));
    this.look();
    // Rows are written anew when more is known of them.
    this.watch = new MutationObserver(() => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.look(), 150);
    });
    for (const rows of place.querySelectorAll(".rows")) this.watch.observe(rows, { childList: true });
  }

  close() {
    this.stop.abort();
    this.watch.disconnect();
    clearTimeout(this.timer);
  }

  // ticked are the documents that are chosen.
  ticked() {
    return [...this.place.querySelectorAll("[data-tick]:checked")].map((tick) => JSON.parse(tick.closest("[data-document]").dataset.document));
  }

  tell() {
    const n = this.ticked().length;
    this.bar.hidden = n < 2;
    this.bar.querySelector("[data-selection-words]").textContent = fill(this.bar.dataset.words, { n });
  }

  sign(button) {
    return busy(button, async () => {
      try {
        await this.show(await post("/api/sign/selection", { documents: this.ticked() }));
      } catch (cause) {
        problem(errorBox(button), cause);
      }
    });
  }

  // look asks who has signed the documents that were not asked about yet. Where
  // the answer does not come the list stays as it is.
  async look() {
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
