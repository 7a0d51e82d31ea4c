package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"signservice/signer/pdf"
)

const mega = 1 << 20

// evil makes files that would exhaust a reader without bounds: each is small
// or answers a small reader in one way only, by a limit.
func evil() map[string]func() []byte {
	form := func(fields string) func() []byte {
		return func() []byte {
			b := newBuilder()
			b.onePage("/AcroForm 5 0 R", "")
			b.object(5, "<</Fields ["+fields+"]>>")
			return b.table()
		}
	}
	scan := func(piece string, n int) func() []byte {
		return func() []byte { return []byte("%PDF-1.4\n" + strings.Repeat(piece, n)) }
	}
	return map[string]func() []byte{
		"many numbers":                form(strings.Repeat("1 ", 7*mega)),
		"many arrays":                 form(strings.Repeat("[]", mega/2)),
		"many dictionaries":           form(strings.Repeat("<</A<</B 1>>>>", mega/4)),
		"deep arrays":                 form(strings.Repeat("[", mega)),
		"deep dictionaries":           form(strings.Repeat("<</A", mega)),
		"a string without end":        form(strings.Repeat("(", 15*mega)),
		"one field many times":        form(strings.Repeat("3 0 R ", mega/2)),
		"fields of fields":            fieldLoop,
		"an object larger than large": form("(" + strings.Repeat("x", 20*mega) + ")"),
		"objects without end":         scan("1 0 obj [ [ ", 2*mega),
		"strings without end":         scan("1 0 obj ( ", 2*mega),
		"trailers without end":        scan("trailer<</A ", 2*mega),
		"obj obj obj":                 scan("obj ", 8*mega),
		"many objects":                manyObjects,
		"a bomb of rows":              func() []byte { return xrefBomb(40*mega, 1) },
		"many bombs of rows":          func() []byte { return xrefBomb(20*mega, 60) },
		"a bomb in a bomb":            bombInBomb,
		"bombs of objects":            objectBombs,
		"many sections":               manySections,
		"many pages, none counted":    manyPages,
		"a tree of nodes":             deepTree,
		"a length that is itself":     lengthLoop,
		"a stream in itself":          packLoop,
		"rows of every length":        oddRows,
	}
}

func fieldLoop() []byte {
	b := newBuilder()
	b.onePage("/AcroForm<</Fields[5 0 R]>>", "")
	for i := 5; i < 3000; i++ {
		b.object(i, fmt.Sprintf("<</T(x)/Kids[%d 0 R 5 0 R %d 0 R]>>", i+1, i))
	}
	return b.table()
}

func manyObjects() []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	for i := range 700_000 {
		fmt.Fprintf(&b, "%d 0 obj<</Type/Catalog/Pages 1 0 R>>\n", i+1)
	}
	return b.Bytes()
}

func xrefBomb(size, count int) []byte {
	b := newBuilder()
	b.onePage("", "")
	data := deflated(strings.Repeat("\x00", size))
	for i := range count {
		at := b.Len()
		prev := ""
		if b.prev > 0 {
			prev = fmt.Sprintf("/Prev %d", b.prev)
		}
		b.stream(100+i, "/Type/XRef/W[1 4 2]/Size 9000000/Root 1 0 R/Filter/FlateDecode"+prev, data)
		b.prev = at
	}
	fmt.Fprintf(b, "startxref\n%d\n%%%%EOF", b.prev)
	return b.Bytes()
}

func bombInBomb() []byte {
	b := newBuilder()
	b.onePage("", "")
	return b.xrefStreamOf(9, "/Filter[/FlateDecode/FlateDecode]", func(string) string {
		return deflated(deflated(strings.Repeat("\x00", 20*mega)))
	})
}

func objectBombs() []byte {
	b := newBuilder()
	var fields strings.Builder
	data := deflated("1000 0 " + strings.Repeat(" ", 20*mega))
	for i := range 50 {
		b.stream(100+i, "/Type/ObjStm/N 1/First 7/Filter/FlateDecode", data)
		b.packed[1000+i] = [2]int{100 + i, 0}
		fmt.Fprintf(&fields, "%d 0 R ", 1000+i)
	}
	b.onePage("/AcroForm<</Fields["+fields.String()+"]>>", "")
	return b.xrefStream(99)
}

func manySections() []byte {
	b := newBuilder()
	var fields strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&fields, "%d 0 R ", 1000+i)
	}
	b.onePage("/AcroForm<</Fields["+fields.String()+"]>>", "")
	b.table()
	for range 4000 {
		b.table()
	}
	return b.Bytes()
}

func manyPages() []byte {
	b := newBuilder()
	var kids strings.Builder
	for i := range 150_000 {
		fmt.Fprintf(&kids, "%d 0 R ", i+10)
		b.object(i+10, "<</Type/Page>>")
	}
	b.object(1, "<</Type/Catalog/Pages 2 0 R>>")
	b.object(2, "<</Type/Pages/Kids["+kids.String()+"]>>")
	return b.table()
}

func deepTree() []byte {
	b := newBuilder()
	b.object(1, "<</Type/Catalog/Pages 2 0 R>>")
	for i := 2; i < 5000; i++ {
		b.object(i, fmt.Sprintf("<</Type/Pages/Count 1/Kids[%d 0 R]>>", i+1))
	}
	b.object(5000, "<</Type/Page>>")
	return b.table()
}

func lengthLoop() []byte {
	b := newBuilder()
	b.onePage("/Metadata 5 0 R", "")
	b.object(5, "<</Length 5 0 R>>stream\nx\nendstream")
	return b.table()
}

func packLoop() []byte {
	b := newBuilder()
	b.onePage("/AcroForm 7 0 R", "")
	b.packed[5], b.packed[6], b.packed[7] = [2]int{6, 0}, [2]int{5, 0}, [2]int{7, 0}
	return b.xrefStream(9)
}

func oddRows() []byte {
	b := newBuilder()
	b.onePage("", "")
	at := b.Len()
	b.WriteString("xref\n0 2000000\n")
	for i := range 2_000_000 {
		fmt.Fprintf(b, "%d 0 n\n", i)
	}
	fmt.Fprintf(b, "trailer<</Root 1 0 R>>\nstartxref\n%d\n%%%%EOF", at)
	return b.Bytes()
}

// hostileFiles gives the files made here and the folder of others', if it is
// at hand.
func hostileFiles(t testing.TB) map[string]func() []byte {
	t.Helper()
	out := evil()
	names, err := filepath.Glob(filepath.Join(hostileDir, "*.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		out[filepath.Base(name)] = func() []byte {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
	}
	return out
}

// TestHostile: no file makes the reader panic, run on, or use more memory than
// it may. What it uses is looked at in a process for each file.
func TestHostile(t *testing.T) {
	if name := os.Getenv("PDF_HOSTILE"); name != "" {
		endure(t, name)
		if peak := peakMemory(t); peak > 256*mega && !underRace {
			t.Errorf("%d MiB were used", peak/mega)
		}
		return
	}
	dir := t.TempDir()
	for name, file := range hostileFiles(t) {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, "hostile.pdf")
			if err := os.WriteFile(path, file(), 0o600); err != nil {
				t.Fatal(err)
			}
			c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHostile$", "-test.timeout=60s")
			c.Env = append(os.Environ(), "PDF_HOSTILE="+path)
			if out, err := c.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		})
	}
}

// peakMemory gives the most memory that this process ever had, in bytes.
func peakMemory(t testing.TB) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skipf("this system does not tell how much memory a process used: %v", err)
	}
	for line := range strings.Lines(string(status)) {
		var kilobytes int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kilobytes); n == 1 {
			return kilobytes << 10
		}
	}
	t.Skip("this system does not tell how much memory a process used")
	return 0
}

func endure(t *testing.T, name string) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	st, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f, err := pdf.Open(file, st.Size(), pdf.Options{})
	if err != nil {
		known(t, err)
		return
	}
	readAll(t, f)
	_, err = f.Prepare(t.Context(), pdf.SignatureSpec{})
	known(t, err)
}

// TestLimits: what is refused for its size is refused by that name.
func TestLimits(t *testing.T) {
	for _, name := range []string{
		"many numbers", "deep arrays", "deep dictionaries", "a bomb of rows", "many bombs of rows", "a bomb in a bomb",
		"bombs of objects", "one field many times", "many sections",
	} {
		in := evil()[name]()
		f, err := pdf.Open(bytes.NewReader(in), int64(len(in)), pdf.Options{})
		if err == nil {
			_, err = f.Prepare(t.Context(), pdf.SignatureSpec{})
		}
		if !errors.Is(err, pdf.ErrLimit) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
