package main

import (
	"fmt"
	"slices"
	"time"
)

// A tally counts what was found of many files.
type tally struct {
	rows     []*tallyRow
	refusals map[string][]string // files by reason
	most     struct{ cpu, peak worst }
}

// A tallyRow is one promise and for how many files it was kept.
type tallyRow struct {
	what       string
	of, good   int
	least      float64 // share that must be good; 0 where there is no target
	exceptions []string
}

func newTally() *tally { return &tally{refusals: map[string][]string{}} }

// count adds a file to a row, if the promise is about it.
func (t *tally) count(what, file string, good bool, least float64, applies bool) {
	i := slices.IndexFunc(t.rows, func(r *tallyRow) bool { return r.what == what })
	if i < 0 {
		i = len(t.rows)
		t.rows = append(t.rows, &tallyRow{what: what, least: least})
	}
	if !applies {
		return
	}
	r := t.rows[i]
	r.of++
	if good {
		r.good++
	} else {
		r.exceptions = append(r.exceptions, file)
	}
}

func (t *tally) refusal(file, reason string) {
	if reason != "" {
		t.refusals[reason] = append(t.refusals[reason], file)
	}
}

// costs adds what the processes used that were busy with a file.
func (t *tally) costs(who, file string, all []cost) {
	crashed, slow, large := false, false, false
	for _, c := range all {
		crashed = crashed || c.crashed()
		slow = slow || c.CPU > maxCPU
		large = large || c.Peak > maxPeak
		t.most.cpu.see(float64(c.CPU)/float64(time.Second), file)
		t.most.peak.see(float64(c.Peak)/(1<<20), file)
	}
	t.count(who+"no crash", file, !crashed, 1, true)
	t.count(who+"≤ 2 s", file, !slow, 1, true)
	t.count(who+"≤ 256 MiB", file, !large, 1, true)
}

// A worst is the largest of many numbers, and whose it is.
type worst struct {
	value float64
	file  string
}

func (w *worst) see(v float64, file string) {
	if v > w.value {
		w.value, w.file = v, file
	}
}

func (w worst) String() string { return fmt.Sprintf("%.2f (%s)", w.value, w.file) }

func (r *tallyRow) share() float64 {
	if r.of == 0 {
		return 1
	}
	return float64(r.good) / float64(r.of)
}

func (r *tallyRow) reached() bool { return r.share() >= r.least }
