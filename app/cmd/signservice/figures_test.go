package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"signservice/signer/signertest"
)

// BenchmarkFigures prints what the released program costs beside the floor:
// read the file, SHA-256, write a copy, one RSA-2048 signature. Each row comes
// from turns in which the floor, the program, and both programs' mere start-up
// run one after the other, so that a machine that is busy for a while is busy
// for all of them. Start-up is taken off both sides; times are medians. "noise"
// is the floor's second run of each turn against its first: where it is far from
// 1.00 the machine was too busy, and the ratio of the best runs says more than
// that of the medians. Files lie in memory (tmpfs) where there is one, since a disk would
// hide what is measured; only --sync is measured on the disk.
//
// FIGURES=quick takes fewer turns and no file above 10 MB. SIGNSERVICE names the
// program; task bench gives the released one.
func BenchmarkFigures(b *testing.B) {
	w := newFiguresWorld(b)
	var rows []figure
	for b.Loop() {
		rows = append(w.startup(b), w.files(b)...)
		rows = append(rows, w.options(b)...)
		rows = append(rows, w.rate(b))
	}
	fmt.Fprintf(os.Stdout, "\nMeasured on %d cores, %s/%s, %s.\n", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	printFigures(os.Stdout, rows)
}

// A figure is a row of the table.
type figure struct {
	what                string
	ours, floor         string
	ratio, best         string // of medians, of minima
	cpu, noise          string
	peak                string
	target              string
	reached, hasVerdict bool
	noisy               bool // too much so for a verdict against
}

func printFigures(w io.Writer, rows []figure) {
	cells := [][]string{{"figure", "ours", "floor", "ratio", "best", "CPU ratio", "noise", "peak MiB", "target", ""}}
	for _, r := range rows {
		verdict := ""
		switch {
		case r.hasVerdict && r.reached:
			verdict = "reached"
		case r.hasVerdict && r.noisy:
			verdict = "too noisy"
		case r.hasVerdict:
			verdict = "MISSED"
		}
		cells = append(cells, []string{r.what, r.ours, r.floor, r.ratio, r.best, r.cpu, r.noise, r.peak, r.target, verdict})
	}
	printTable(w, cells)
}

// figuresWorld are the programs, a key and the documents.
type figuresWorld struct {
	yardstick
	ours      string // the program
	key, cert string
	fast      string // a folder in memory
	disk      string // a folder on the disk
	quick     bool
}

func newFiguresWorld(tb testing.TB) *figuresWorld {
	tb.Helper()
	dir := tb.TempDir()
	w := &figuresWorld{
		yardstick: newYardstick(tb, dir), ours: os.Getenv("SIGNSERVICE"),
		disk: dir, fast: memoryFolder(tb), quick: os.Getenv("FIGURES") == "quick",
	}
	if w.ours == "" {
		w.ours = filepath.Join(dir, "signservice")
		goBuild(tb, w.ours, ".")
	}
	w.key, w.cert, _ = signertest.SelfSigned(tb, signertest.Leaf{Algorithm: signertest.RSA2048}).Files(tb)
	return w
}

// memoryFolder gives a folder on a tmpfs, or an ordinary one.
func memoryFolder(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "signservice-figures-*")
	if err != nil {
		return tb.TempDir()
	}
	tb.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// startup is what every run pays before it does anything.
func (w *figuresWorld) startup(tb testing.TB) []figure {
	tb.Helper()
	var runs series
	for range w.turns(40) {
		runs = append(runs, w.good(tb, w.ours, "--version"))
	}
	wall := runs.wall()
	return []figure{{
		what: "start-up (--version)", ours: milliseconds(wall), peak: mebibytes(runs.peak()),
		target: "≤ 20 ms", reached: wall <= 20*time.Millisecond, hasVerdict: true,
	}}
}

func (w *figuresWorld) turns(n int) int {
	if w.quick {
		return max(3, n/5)
	}
	return n
}

// A measuredFile is a document that is signed for the table.
type measuredFile struct {
	name    string
	make    signertest.PDF
	turns   int
	most    float64 // of the floor
	memory  bool    // its peak has a target
	options bool    // signed with --check and --sync, too
}

// measuredFiles have a page for each 50 KB; the rest of their size is streams,
// as in a real file.
func (w *figuresWorld) measuredFiles() []measuredFile {
	all := []measuredFile{
		{name: "100 KB", make: signertest.PDF{Pages: 2, Size: 100_000}, turns: 60, most: 1.5},
		{name: "1 MB", make: signertest.PDF{Pages: 20, Size: 1_000_000}, turns: 60, most: 1.5, memory: true, options: true},
		{name: "10 MB", make: signertest.PDF{Pages: 200, Size: 10_000_000}, turns: 40, most: 1.2, memory: true, options: true},
		{name: "10,000 pages, 4.5 MB", make: signertest.PDF{Pages: 10_000, Size: 4_500_000}, turns: 40, most: 1.2},
		{name: "10,000 pages in object streams", make: signertest.PDF{Pages: 10_000, Size: 4_500_000, ObjectStream: true}, turns: 40, most: 1.2},
		{name: "100 MB", make: signertest.PDF{Pages: 2000, Size: 100_000_000}, turns: 11, most: 1.2, memory: true, options: true},
		{name: "500 MB", make: signertest.PDF{Pages: 10_000, Size: 500_000_000}, turns: 5, most: 1.2, memory: true},
	}
	if w.quick {
		return all[:5]
	}
	return all
}

// files signs files of all sizes.
func (w *figuresWorld) files(tb testing.TB) []figure {
	tb.Helper()
	var rows []figure
	for _, f := range w.measuredFiles() {
		in := w.document(tb, w.fast, f.make)
		m := w.measure(tb, in, w.turns(f.turns), nil, nil)
		row := m.figure("sign " + f.name)
		row.target = fmt.Sprintf("≤ %.1f ×", f.most)
		row.reached, row.hasVerdict = m.ratio() <= f.most, true
		if f.memory {
			row.target += ", ≤ 30 MiB"
			row.reached = row.reached && m.ours.peak() <= 30<<20
		}
		rows = append(rows, row)
	}
	return rows
}

// options gives figures of their own to what the app always does and the
// command line does when asked.
func (w *figuresWorld) options(tb testing.TB) []figure {
	tb.Helper()
	var check, sync []figure
	for _, f := range w.measuredFiles() {
		if !f.options {
			continue
		}
		turns := w.turns(f.turns / 2)
		in := w.document(tb, w.fast, f.make)
		check = append(check, w.measure(tb, in, turns, []string{"--check"}, nil).figure("sign --check "+f.name))
		in = w.document(tb, w.disk, f.make)
		row := w.measure(tb, in, turns, []string{"--sync"}, []string{"-sync"}).figure("sign --sync " + f.name)
		row.target = "none; the floor waits for the disk too"
		sync = append(sync, row)
	}
	return append(check, sync...)
}

// document writes a document; the one before it is removed, as 500 MB are
// better there once.
func (w *figuresWorld) document(tb testing.TB, dir string, p signertest.PDF) string {
	tb.Helper()
	name := filepath.Join(dir, "in.pdf")
	if err := os.WriteFile(name, p.Bytes(), 0o600); err != nil {
		tb.Fatal(err)
	}
	runtime.GC() // give the document's memory back before anything is timed
	return name
}

// measure signs a document in turns with the floor.
func (w *figuresWorld) measure(tb testing.TB, in string, turns int, ours, floor []string) measurement {
	tb.Helper()
	out := filepath.Join(filepath.Dir(in), "out.pdf")
	fresh := func() {
		if err := os.RemoveAll(out); err != nil {
			tb.Fatal(err)
		}
	}
	sign := append(append([]string{w.ours, "sign"}, ours...), "--key", w.key, "--cert", w.cert, in, out)
	least := append(append([]string{w.program, "floor"}, floor...), w.key, in, out)
	var m measurement
	for turn := range turns + 1 {
		fresh()
		first := w.good(tb, least...)
		fresh()
		signed := w.good(tb, sign...)
		fresh()
		second := w.good(tb, least...)
		empty, version := w.good(tb, w.program), w.good(tb, w.ours, "--version")
		if turn == 0 {
			continue // warm the caches
		}
		m.floor, m.again, m.floorStart = append(m.floor, first), append(m.again, second), append(m.floorStart, empty)
		m.ours, m.oursStart = append(m.ours, signed), append(m.oursStart, version)
	}
	fresh()
	return m
}

// A measurement is a program against the floor, with the start-ups of both.
type measurement struct {
	ours, oursStart, floor, again, floorStart series
}

func (m measurement) ratio() float64 {
	return float64(m.ours.wall()-m.oursStart.wall()) / float64(m.floorNet())
}

func (m measurement) floorNet() time.Duration { return m.floors().wall() - m.floorStart.wall() }

// best is the ratio of the fastest runs.
func (m measurement) best() float64 {
	return float64(m.ours.least()-m.oursStart.least()) / float64(m.floors().least()-m.floorStart.least())
}

func (m measurement) floors() series { return append(slices.Clone(m.floor), m.again...) }

func (m measurement) figure(what string) figure {
	cpu := float64(m.ours.cpu()-m.oursStart.cpu()) / float64(m.floors().cpu()-m.floorStart.cpu())
	noise := float64(m.again.wall()-m.floorStart.wall()) / float64(m.floor.wall()-m.floorStart.wall())
	return figure{
		what: what, ours: milliseconds(m.ours.wall() - m.oursStart.wall()), floor: milliseconds(m.floorNet()),
		ratio: fmt.Sprintf("%.2f", m.ratio()), best: fmt.Sprintf("%.2f", m.best()),
		cpu: fmt.Sprintf("%.2f", cpu), noise: fmt.Sprintf("%.2f", noise), noisy: noise < .8 || noise > 1.25,
		peak: mebibytes(m.ours.peak()),
	}
}

// A series are the costs of the same run again and again.
type series []cost

// wall gives the median.
func (s series) wall() time.Duration {
	return median(s, func(c cost) time.Duration { return c.Wall })
}

// least gives the minimum.
func (s series) least() time.Duration {
	return slices.MinFunc(s, func(a, b cost) int { return cmp.Compare(a.Wall, b.Wall) }).Wall
}

// cpu gives the median.
func (s series) cpu() time.Duration {
	return median(s, func(c cost) time.Duration { return c.CPU })
}

// peak gives the largest: a peak that was reached once can be reached again.
func (s series) peak() int64 {
	var most int64
	for _, c := range s {
		most = max(most, c.Peak)
	}
	return most
}

func median(s series, of func(cost) time.Duration) time.Duration {
	var all []time.Duration
	for _, c := range s {
		all = append(all, of(c))
	}
	return middle(all)
}

// middle gives the median.
func middle(all []time.Duration) time.Duration {
	all = slices.Sorted(slices.Values(all))
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/1e6) }

func mebibytes(n int64) string { return fmt.Sprintf("%.1f", float64(n)/(1<<20)) }
