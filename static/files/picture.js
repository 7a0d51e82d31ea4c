// The page that will be signed, as the server draws it from the very bytes: with
// the six places of a signet on it, and the signet itself, which can be dragged or
// moved by arrow keys.

import { blob, post } from "./api.js";

export const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const zooms = [1, 1.5, 2, 3];
const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });
const columns = ["left", "center", "right"];
const share = (x) => Math.min(1, Math.max(0, Number.isFinite(x) ? x : 0));

// fill puts values into a sentence: "page {page}".
export const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

// spotOf is where a signet lies, in shares of the room it leaves on the page.
const spotOf = (z) => (z ? { x: share(z.x / (1 - z.width)), y: share(z.y / (1 - z.height)) } : { x: 0, y: 0 });

// beside is the place next to one of the six, in a direction; at the edge it is
// the same.
export function beside(position, [x, y]) {
  const [row, column] = position.split("-");
  const at = Math.min(2, Math.max(0, columns.indexOf(column) + x));
  return `${y < 0 ? "top" : y > 0 ? "bottom" : row}-${columns[at]}`;
}

// PageView shows one document at a time. choice() gives what the form says now:
// {request, name, pages, certificate, visible, reason, place}; choose(place) is
// told where the person wants the signet.
export class PageView {
  constructor(root, choice, choose, told) {
    this.root = root;
    this.choice = choice;
    this.choose = choose;
    this.told = told; // is told each sheet as it is known
    this.pictures = root.dataset.pictures === "true";
    this.frame = root.querySelector("[data-page-frame]");
    this.paper = root.querySelector("[data-page-sheet]");
    this.image = root.querySelector("[data-page-image]");
    this.signet = root.querySelector("[data-page-signet]");
    this.note = root.querySelector("[data-page-note]");
    this.field = root.querySelector("[data-page-shown]");
    this.words = root.querySelector("[data-page-words]");
    this.shown = 0; // 0 follows the signet
    this.zoom = 0;
    this.last = "";
    this.sheet = null;
    this.listen();
  }

  listen() {
    for (const button of this.root.querySelectorAll("[data-turn-by]")) {
      button.addEventListener("click", () => this.turn((this.sheet?.page || 1) + Number(button.dataset.turnBy)));
    }
    this.field.addEventListener("change", () => this.turn(Number(this.field.value) || 1));
    for (const button of this.root.querySelectorAll("[data-zoom-by]")) {
      button.addEventListener("click", () => this.enlarge(Number(button.dataset.zoomBy)));
    }
    for (const zone of this.root.querySelectorAll("[data-zone]")) {
      zone.addEventListener("click", () => this.put({ position: zone.dataset.zone }));
    }
    this.signet.addEventListener("keydown", (event) => this.key(event));
    this.signet.addEventListener("pointerdown", (event) => this.drag(event));
    this.words?.addEventListener("toggle", () => this.read());
    this.watch = new ResizeObserver(() => {
      // A picture that was drawn for a much narrower place looks coarse.
      if (this.sheet && this.width() > 1.3 * this.drawn) this.refresh();
    });
    this.watch.observe(this.frame);
  }

  // close ends what is under way.
  close() {
    this.watch.disconnect();
    this.stop?.abort();
    clearTimeout(this.timer);
    if (this.address) URL.revokeObjectURL(this.address);
  }

  // turn shows another page; the signet stays where it is.
  turn(page) {
    this.shown = Math.min(Math.max(1, page), this.choice().pages);
    this.field.value = this.shown;
    this.refresh();
  }

  enlarge(by) {
    this.zoom = Math.min(Math.max(0, this.zoom + by), zooms.length - 1);
    this.paper.style.width = `${100 * zooms[this.zoom]}%`;
    this.frame.classList.toggle("zoomed", this.zoom > 0);
    this.frame.tabIndex = this.zoom > 0 ? 0 : -1;
    this.root.querySelector("[data-zoom]").textContent = percent.format(zooms[this.zoom]);
    this.refresh();
  }

  width() {
    return Math.round(this.paper.clientWidth * Math.min(window.devicePixelRatio || 1, 2));
  }

  // put tells where the person wants the signet: on the page that is shown.
  put(place) {
    clearTimeout(this.timer);
    this.floating = false;
    const page = this.sheet?.page || 1;
    const { pages, place: old } = this.choice();
    const same = this.sheet?.signet;
    const where = same ? {} : page === pages ? { page: "last" } : page === 1 ? { page: "first" } : { page: "number", number: page };
    this.choose({ ...old, ...where, ...place });
  }

  // key takes the signet from place to place; with Shift it moves freely. Once it
  // lies freely the arrows alone move it a little, and Escape takes it to the
  // nearest place.
  key(event) {
    const way = arrows[event.key];
    if (event.ctrlKey || event.altKey || event.metaKey || (!way && event.key !== "Escape")) return;
    const free = this.floating || this.choice().place.position === "free";
    if (event.key === "Escape" && !free) return;
    event.preventDefault();
    if (event.key === "Escape") return this.put({ position: this.nearest() });
    if (!free && !event.shiftKey) return this.put({ position: beside(this.choice().place.position, way) });
    const step = event.shiftKey ? 0.05 : 0.01;
    const spot = this.spot();
    this.move(share(spot.x + way[0] * step), share(spot.y + way[1] * step));
    this.land(400);
  }

  // drag follows the pointer until it is let go.
  drag(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.signet.focus();
    const paper = this.paper.getBoundingClientRect();
    const box = this.signet.getBoundingClientRect();
    const grip = { x: event.clientX - box.left, y: event.clientY - box.top };
    let moved = false;
    const follow = (e) => {
      if (!moved && Math.hypot(e.clientX - event.clientX, e.clientY - event.clientY) < 4) return;
      moved = true;
      this.signet.classList.add("moving");
      this.move(
        share((e.clientX - grip.x - paper.left) / Math.max(1, paper.width - box.width)),
        share((e.clientY - grip.y - paper.top) / Math.max(1, paper.height - box.height)),
      );
    };
    const drop = () => {
      this.signet.removeEventListener("pointermove", follow);
      this.signet.classList.remove("moving");
      if (moved) this.land(0);
    };
    this.signet.setPointerCapture(event.pointerId);
    this.signet.addEventListener("pointermove", follow);
    this.signet.addEventListener("lostpointercapture", drop, { once: true });
  }

  // nearest is the place that the signet lies next to.
  nearest() {
    const { x, y } = this.spot();
    const off = (z) => Math.hypot(spotOf(z).x - x, spotOf(z).y - y);
    const [first] = [...(this.sheet?.zones || [])].sort((a, b) => off(a) - off(b));
    return first?.position || "bottom-right";
  }

  // spot is where the signet lies, in shares of the room it leaves: by the form,
  // which may be ahead of the sheet, unless it is being moved.
  spot() {
    const { position, spot } = this.choice().place;
    if (!this.floating && position === "free" && spot) return spot;
    const zone = this.floating ? null : this.sheet?.zones?.find((z) => z.position === position);
    return spotOf(zone || this.sheet?.signet);
  }

  // move draws the signet's frame elsewhere; land orders it there.
  move(x, y) {
    const z = this.sheet?.signet;
    if (!z) return;
    this.floating = true;
    Object.assign(z, { x: x * (1 - z.width), y: y * (1 - z.height), position: "free" });
    this.lay(this.signet, z);
    this.signet.classList.add("stale");
  }

  land(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const { x, y } = this.spot();
      this.put({ position: "free", spot: { x: Number(x.toFixed(4)), y: Number(y.toFixed(4)) } });
    }, wait);
  }

  // hatch marks a place that an earlier signet has, here or in another document.
  hatch(position, covers) {
    this.root.querySelector(`[data-zone="${position}"]`)?.classList.toggle("covers", covers);
  }

  lay(element, z) {
    element.style.left = `${z.x * 100}%`;
    element.style.top = `${z.y * 100}%`;
    element.style.width = `${z.width * 100}%`;
    element.style.height = `${z.height * 100}%`;
  }

  // follow shows the signet's page again, as after a change in the form.
  follow() {
    this.shown = 0;
    this.refresh();
  }

  // refresh asks for the page as it would be signed now, unless it is shown.
  async refresh() {
    const now = this.choice();
    const look = {
      certificate: now.certificate, visible: now.visible, reason: now.reason, ...now.place,
      shown: this.shown, width: this.width() || 600,
    };
    const key = JSON.stringify([now.request, look]);
    if (key === this.last) return;
    this.last = key;
    this.stop?.abort();
    const stop = (this.stop = new AbortController());
    const path = `/api/sign/requests/${now.request}`;
    this.signet.classList.add("stale");
    try {
      const sheet = await post(`${path}/sheet`, look, stop.signal);
      if (stop.signal.aborted) return;
      this.shape(sheet, now);
      if (this.pictures) await this.draw(path, look, sheet, now, stop);
      else this.signet.classList.remove("stale");
    } catch (cause) {
      if (!stop.signal.aborted) this.fail(cause);
    }
  }

  // shape gives the paper its shape and lays the places on it.
  shape(sheet, now) {
    const turned = this.sheet?.page !== sheet.page;
    this.sheet = sheet;
    this.paper.style.aspectRatio = `${sheet.width} / ${sheet.height}`;
    this.field.value = sheet.page;
    this.field.max = sheet.pages;
    const count = this.root.querySelector("[data-page-count]");
    count.textContent = fill(count.dataset.words, { pages: sheet.pages });
    const [back, next] = this.root.querySelectorAll("[data-turn-by]");
    back.disabled = sheet.page <= 1;
    next.disabled = sheet.page >= sheet.pages;
    for (const zone of this.root.querySelectorAll("[data-zone]")) {
      const z = sheet.zones?.find((one) => one.position === zone.dataset.zone);
      zone.hidden = !z || !now.visible;
      if (!z) continue;
      this.lay(zone, z);
      zone.classList.toggle("covers", Boolean(z.covers));
      zone.classList.toggle("chosen", sheet.signet?.position === z.position);
    }
    this.signet.hidden = !sheet.signet;
    if (sheet.signet) this.lay(this.signet, sheet.signet);
    if (turned && this.words?.open) this.read();
    this.say(now);
    this.told?.(sheet);
  }

  // say puts one sentence below the page: what is in the way, or where to look.
  say(now) {
    const d = this.root.dataset;
    const s = this.sheet;
    let words = "";
    if (s.trouble) words = s.trouble;
    else if (now.visible && !s.signet) words = fill(d.elsewhere, { page: onPage(now.place, now.pages) });
    else if (now.visible && s.signet?.covers) words = d.covers;
    this.note.textContent = words;
  }

  async draw(path, look, sheet, now, stop) {
    const late = setTimeout(() => {
      this.paper.classList.add("drawing");
      if (!this.address) this.note.textContent = this.root.dataset.drawing;
    }, 250);
    try {
      const file = await blob(`${path}/picture`, { ...look, shown: sheet.page }, stop.signal);
      const address = URL.createObjectURL(file);
      const fresh = new Image();
      fresh.src = address;
      await fresh.decode();
      if (stop.signal.aborted) return URL.revokeObjectURL(address);
      if (this.address) URL.revokeObjectURL(this.address);
      this.address = address;
      this.drawn = look.width;
      this.image.src = address;
      this.image.alt = fill(this.root.dataset.alt, { page: sheet.page, pages: sheet.pages, name: now.name });
      this.image.hidden = false;
      this.signet.classList.remove("stale");
      this.say(now);
    } finally {
      clearTimeout(late);
      this.paper.classList.remove("drawing");
    }
  }

  // fail says why there is no picture; the form works without it. What is too
  // much now is tried again.
  fail(cause) {
    this.last = "";
    this.image.hidden = true;
    this.note.textContent = cause.message || "";
    if (cause.kind === "unavailable" && cause.after) setTimeout(() => this.root.isConnected && this.refresh(), cause.after * 1000);
  }

  // read fetches the words of the page, once it is asked for.
  async read() {
    if (!this.words.open || !this.sheet) return;
    const body = this.words.querySelector("[data-page-words-body]");
    const { request } = this.choice();
    const key = `${request} ${this.sheet.page}`;
    if (body.dataset.key === key) return;
    try {
      const { text } = await post(`/api/sign/requests/${request}/text`, { shown: this.sheet.page });
      body.dataset.key = key;
      body.textContent = text.trim() || body.dataset.none;
    } catch (cause) {
      body.textContent = cause.message;
    }
  }
}

// onPage is the number of the page that a place is on.
export function onPage(place, pages) {
  if (place.page === "first") return 1;
  return place.page === "number" ? Math.min(place.number, pages) : pages;
}
