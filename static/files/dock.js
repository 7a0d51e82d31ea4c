// A bar that stays in sight. A portal makes our frame as high as its page, so
// nothing scrolls inside and "position: sticky" has nothing to stick to: the page
// around the frame scrolls, of which we see nothing. What an observer may see,
// also from a frame of another site, is how much of our own page is on the screen.

import { element } from "./page.js";

// A strip of the page that is partly on the screen tells where the screen ends,
// each time that moves by a hundredth of it.
const strip = 300;
const steps = Array.from({ length: 101 }, (_, i) => i / 100);

const typed = 'input:not([type="radio"], [type="checkbox"]), textarea, select';

export class Dock {
  // slot keeps the bar's own place, and holds it alone; view is what the bar may
  // lie upon; media says on which screens it does.
  constructor(slot, view, media = "all") {
    this.slot = slot;
    this.bar = slot.firstElementChild;
    this.view = view;
    this.media = window.matchMedia(media);
    this.touch = window.matchMedia("(pointer: coarse)");
    this.lift = 0;
    this.seen = new Map(); // strip → its part on the screen
    this.ruler = element("div", "ruler");
    this.ruler.setAttribute("aria-hidden", "true");
    view.append(this.ruler);
    this.eye = new IntersectionObserver((entries) => this.look(entries), { threshold: steps });
    this.size = new ResizeObserver(() => this.measure());
    this.size.observe(view);
    this.size.observe(this.bar);
    this.stop = new AbortController();
    const { signal } = this.stop;
    const place = () => this.place();
    window.addEventListener("scroll", place, { signal, passive: true });
    window.addEventListener("resize", place, { signal });
    document.addEventListener("focusin", place, { signal });
    document.addEventListener("focusout", place, { signal });
    this.media.addEventListener("change", place, { signal });
  }

  close() {
    this.stop.abort();
    this.eye.disconnect();
    this.size.disconnect();
    clearTimeout(this.timer);
    this.ruler.remove();
  }

  // measure lays strips over the whole view.
  measure() {
    const n = Math.ceil(this.view.clientHeight / strip);
    while (this.ruler.childElementCount > n) {
      this.eye.unobserve(this.ruler.lastChild);
      this.seen.delete(this.ruler.lastChild);
      this.ruler.lastChild.remove();
    }
    while (this.ruler.childElementCount < n) {
      const one = element("div", "ruler-strip");
      this.ruler.append(one);
      this.eye.observe(one);
    }
    this.place();
    this.settle();
  }

  look(entries) {
    const before = this.shown()?.bottom;
    for (const { target, isIntersecting, intersectionRect } of entries) {
      if (!this.ruler.contains(target)) continue;
      if (isIntersecting) this.seen.set(target, { top: intersectionRect.top + window.scrollY, bottom: intersectionRect.bottom + window.scrollY });
      else this.seen.delete(target);
    }
    this.place();
    if (before !== this.shown()?.bottom) this.settle();
  }

  // settle looks once more when nothing has moved for a moment, since the last
  // hundredth of a strip tells nothing.
  settle() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      for (const one of this.ruler.children) {
        this.eye.unobserve(one);
        this.eye.observe(one);
      }
    }, 100);
  }

  // shown is the part of the view that is on the screen; nothing where none is.
  shown() {
    if (this.seen.size === 0) return undefined;
    const all = [...this.seen.values()];
    const top = Math.min(...all.map((part) => part.top)) - window.scrollY;
    const bottom = Math.max(...all.map((part) => part.bottom)) - window.scrollY;
    return { top, bottom: Math.min(bottom, window.innerHeight) };
  }

  // place lifts the bar to the end of what is on the screen, if its own place is
  // below that.
  place() {
    const at = document.activeElement;
    const mine = this.bar.contains(at);
    // While a finger types into it the bar stays where it is: the browser has
    // moved it above the keyboard, which we do not see.
    if (mine && this.lift > 0 && this.touch.matches && at.matches(typed)) return;
    let lift = Math.round(this.wanted());
    if (lift > 0 && !mine && this.hides(at, lift)) lift = 0;
    if (lift === this.lift) return;
    this.lift = lift;
    this.bar.style.transform = lift > 0 ? `translateY(${-lift}px)` : "";
    this.bar.classList.toggle("docked", lift > 0);
  }

  wanted() {
    const shown = this.shown();
    if (!shown || !this.media.matches) return 0;
    const own = this.slot.getBoundingClientRect();
    if (own.height === 0 || shown.bottom - shown.top < 2.5 * own.height) return 0; // more would be hidden than shown
    return Math.min(own.bottom - shown.bottom, own.top - this.view.getBoundingClientRect().top);
  }

  // hides tells that the bar would lie on what the person works at, or under a
  // keyboard on the screen.
  hides(at, lift) {
    if (!at || at === document.body || !this.view.contains(at)) return false;
    if (this.touch.matches && at.matches(typed)) return true;
    const own = this.slot.getBoundingClientRect();
    const other = at.getBoundingClientRect();
    return other.bottom > own.top - lift - 8 && other.top < own.bottom - lift;
  }
}
