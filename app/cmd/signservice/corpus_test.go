package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"signservice/signer/signertest"
)

// What no file may make the program use.
const (
	maxCPU  = 2 * time.Second // beyond one read, which is nothing for files of this size
	maxPeak = 256 << 20
)

// TestCorpus has the released program sign a folder of strangers' PDFs, each
// twice, and asks others about the results: qpdf, poppler and openssl. It prints
// the table of what they say and fails where a target is missed.
//
// CORPUS names the folder. Which files of the shared one may not be signed, and
// why, is listed in signer/testdata/refusals.tsv. Without CORPUS these and a
// sample are taken, so that each run of the tests shows a little. The whole
// folder, 736 files, takes three minutes on two cores.
func TestCorpus(t *testing.T) {
	signertest.Need(t, "qpdf", "pdfsig", "pdftoppm", "openssl", "certutil")
	const shared = "../../../../shared/data"
	dir, every := os.Getenv("CORPUS"), 1
	if dir == "" {
		dir, every = filepath.Join(shared, "pdf"), 24
	}
	c := &corpusRun{
		judges: newJudges(t), expected: signertest.Refusals(t, "../../../signer/testdata/refusals.tsv"), table: newTally(),
		dir: dir, shared: every > 1 || samePath(dir, filepath.Join(shared, "pdf")),
	}
	start := time.Now()
	c.each(t, c.files(t, every), c.stranger)
	c.each(t, hostileFiles(t, filepath.Join(shared, "hostile")), c.hostile)
	c.print(time.Since(start))
	for _, row := range c.table.rows {
		if !row.reached() {
			t.Errorf("%s: %d of %d: %s", row.what, row.good, row.of, strings.Join(row.exceptions, ", "))
		}
	}
}

// corpusRun is one run over a folder.
type corpusRun struct {
	*judges
	dir      string
	shared   bool              // the folder is the one that the list is about
	expected map[string]string // by file, why it may not be signed

	mu    sync.Mutex
	table *tally
}

// files lists the PDFs of the folder and of those in it: every nth of them, and
// those on the list.
func (c *corpusRun) files(t *testing.T, every int) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(c.dir, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && strings.EqualFold(filepath.Ext(name), ".pdf") {
			all = append(all, name)
		}
		return err
	})
	switch {
	case errors.Is(err, fs.ErrNotExist) && every > 1:
		t.Skipf("the strangers' files are not on this machine: %v", err)
	case err != nil:
		t.Fatal(err)
	case len(all) == 0:
		t.Fatalf("no PDF in %s", c.dir)
	}
	slices.Sort(all)
	var some []string
	for i, name := range all {
		if i%every == 0 || c.expected[filepath.Base(name)] != "" {
			some = append(some, name)
		}
	}
	return some
}

// hostileFiles are files that were made to break readers; none where the folder
// is absent.
func hostileFiles(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func samePath(a, b string) bool {
	first, err1 := os.Stat(a)
	second, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(first, second)
}

// each works through files with two workers.
func (c *corpusRun) each(t *testing.T, files []string, work func(t *testing.T, file string)) {
	t.Helper()
	queue := make(chan string)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for file := range queue {
				work(t, file)
			}
		})
	}
	for _, file := range files {
		queue <- file
	}
	close(queue)
	workers.Wait()
}

// stranger signs one file, has the result judged, and signs it again.
func (c *corpusRun) stranger(t *testing.T, file string) {
	name, err := filepath.Rel(c.dir, file)
	if err != nil {
		name = file
	}
	v := c.judge(t, file)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.table.costs("every file: ", name, v.costs)
	c.table.refusal(name, v.refusal)
	want := ""
	if c.shared {
		want = c.expected[name]
		c.table.count("refused with the reason on the list", name, want == v.refusal, 1, want != "" || v.refusal != "")
	}
	c.table.count("signed, of all", name, v.refusal == "", 0, true)
	c.table.count("signed, of those that may be", name, v.refusal == "", .99, want == "" && !mayNot(v.refusal))
	for _, f := range v.findings {
		c.table.count(f.what, name+f.note, f.good, f.least, true)
	}
}

// hostile signs and verifies a file that wants to do harm; whether it can be
// signed does not matter.
func (c *corpusRun) hostile(t *testing.T, file string) {
	costs := c.costs(t, file)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.table.costs("hostile files: ", filepath.Base(file), costs)
}

// print writes the table and what is behind it.
func (c *corpusRun) print(took time.Duration) {
	cells := [][]string{{"what", "files", "good", "share", "target", "", "exceptions"}}
	for _, r := range c.table.rows {
		row := []string{r.what, fmt.Sprint(r.of), fmt.Sprint(r.good), fmt.Sprintf("%.1f %%", 100*r.share()), "", "", ""}
		if r.least > 0 {
			row[4] = fmt.Sprintf("%.1f %%", 100*r.least)
			row[5] = map[bool]string{true: "reached", false: "MISSED"}[r.reached()]
			row[6] = strings.Join(r.exceptions, ", ")
		}
		cells = append(cells, row)
	}
	fmt.Fprintf(os.Stdout, "\nStrangers' PDFs in %s, signed and judged in %s.\n", c.dir, took.Round(time.Second))
	printTable(os.Stdout, cells)
	reasons := [][]string{{"refused because", "files", "names"}}
	for _, reason := range slices.Sorted(maps.Keys(c.table.refusals)) {
		names := c.table.refusals[reason]
		slices.Sort(names)
		reasons = append(reasons, []string{reason, fmt.Sprint(len(names)), strings.Join(names, " ")})
	}
	fmt.Fprintln(os.Stdout)
	printTable(os.Stdout, reasons)
	fmt.Fprintf(os.Stdout, "\nMost that a process used: CPU seconds %s, MiB %s.\n", c.table.most.cpu, c.table.most.peak)
}
