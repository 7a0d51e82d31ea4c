package repair_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"signservice/signer/pdf"
	"signservice/signer/repair"
	"signservice/signer/signertest"
)

// TestMain lets the test's own program be the child process.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "child" {
		memory, err := strconv.ParseInt(os.Args[2], 10, 64)
		if err == nil {
			err = repair.Child(os.Stdin, os.Stdout, memory)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(repair.ExitRefused)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// repairer repairs with the real child.
func repairer(t *testing.T, l repair.Limits) *repair.Repairer {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return repair.New(repair.Config{Command: []string{self, "child"}, Limits: l})
}

func try(t *testing.T, r *repair.Repairer, in []byte) (*repair.Result, error) {
	t.Helper()
	return r.Repair(t.Context(), bytes.NewReader(in), int64(len(in)))
}

// withoutTable is a document whose cross-reference section cannot be found.
func withoutTable(p signertest.PDF) []byte {
	return bytes.Replace(p.Bytes(), []byte("startxref\n"), []byte("startxref\n9"), 1)
}

// TestRepair: a damaged document comes back whole, with its pages and its form,
// and can be signed like any other.
func TestRepair(t *testing.T) {
	for name, p := range map[string]signertest.PDF{
		"one page":   {},
		"many pages": {Pages: 40},
		"a form":     {TextField: true},
		"turned":     {Pages: 2, Rotate: 90, CropBox: [4]float64{10, 10, 300, 300}},
	} {
		t.Run(name, func(t *testing.T) {
			in := withoutTable(p)
			result, err := try(t, repairer(t, repair.Limits{}), in)
			if err != nil {
				t.Fatal(err)
			}
			if want := max(1, p.Pages); result.Pages != want || !strings.Contains(result.Damage, "cross-reference") {
				t.Errorf("%d pages, want %d; damage %q", result.Pages, want, result.Damage)
			}
			signertest.Run(t, "qpdf", "--check", signertest.WriteFile(t, "repaired.pdf", result.Document))
			f, err := pdf.Open(bytes.NewReader(result.Document), int64(len(result.Document)), pdf.Options{NoRepair: true})
			if err != nil {
				t.Fatal(err)
			}
			page, err := f.Page(1)
			if err != nil || page.Rotate != p.Rotate || page.CropBox.X1 != 300 && p.CropBox != [4]float64{} {
				t.Errorf("page 1 is %+v, %v", page, err)
			}
			if _, err := f.Prepare(t.Context(), pdf.SignatureSpec{}); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestRefused: what is not repaired, and why. The child is not even started for
// most of them.
func TestRefused(t *testing.T) {
	r := repairer(t, repair.Limits{Size: 1 << 20})
	signed := signedPDF(t)
	for name, c := range map[string]struct {
		in   []byte
		want error
	}{
		"healthy":                    {signertest.PDF{}.Bytes(), repair.ErrHealthy},
		"healthy, signed":            {signed, repair.ErrSigned},
		"damaged, signed":            {bytes.ReplaceAll(signed, []byte("startxref\n"), []byte("startxref\n9")), repair.ErrSigned},
		"broken, signed once":        {[]byte("%PDF-1.7\n1 0 obj\n<</ByteRange[0 1 2 3]>>\nendobj\n"), repair.ErrSigned},
		"encrypted":                  {[]byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer<</Encrypt 5 0 R>>"), repair.ErrEncrypted},
		"no PDF":                     {[]byte("hello, world"), pdf.ErrNotPDF},
		"empty":                      {nil, pdf.ErrNotPDF},
		"too large":                  {make([]byte, 1<<20+1), repair.ErrLimit},
		"nothing to make a page of":  {[]byte("%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n"), repair.ErrFailed},
		"a page tree without a page": {bytes.Replace(signertest.PDF{}.Bytes(), []byte("/Kids ["), []byte("/Kidz ["), 1), repair.ErrFailed},
	} {
		if got, err := try(t, r, c.in); !errors.Is(err, c.want) || got != nil {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// signedPDF has a signature, as far as structure goes.
func signedPDF(t *testing.T) []byte {
	t.Helper()
	in := signertest.PDF{}.Bytes()
	f, err := pdf.Open(bytes.NewReader(in), int64(len(in)), pdf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := f.AppendSignature(t.Context(), &out, pdf.SignatureSpec{}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestLoop: a file of a few bytes in which pdfcpu loses itself ends the child, not
// this program.
func TestLoop(t *testing.T) {
	in := bytes.Replace(signertest.PDF{Catalog: "/OpenAction<</S/GoToE/D(x)/T 90 0 R>>"}.Bytes(),
		[]byte("xref\n"), []byte("90 0 obj\n<</R/C/N(x)/T 90 0 R>>\nendobj\nxxxx\n"), 1)
	if _, err := try(t, repairer(t, repair.Limits{}), in); !errors.Is(err, repair.ErrLimit) {
		t.Errorf("%v, want ErrLimit", err)
	}
}

// TestHostile: files made to exhaust programs exhaust nothing, damaged once more.
func TestHostile(t *testing.T) {
	names, err := filepath.Glob("../../../shared/data/hostile/*.pdf")
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Skip("the hostile files are not on this machine")
	}
	r := repairer(t, repair.Limits{Memory: 256 << 20, Timeout: 20 * time.Second})
	for _, name := range names {
		in, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		in = bytes.ReplaceAll(in, []byte("startxref"), []byte("startxxxx"))
		_, err = try(t, r, in)
		t.Logf("%s: %v", filepath.Base(name), err)
	}
}

// TestCap: the kernel holds the child to its memory, and a child that is ended is
// told as that.
func TestCap(t *testing.T) {
	in := withoutTable(signertest.PDF{Size: 30 << 20})
	if _, err := try(t, repairer(t, repair.Limits{Memory: 40 << 20}), in); !errors.Is(err, repair.ErrLimit) {
		t.Errorf("30 MiB in 40 MiB: %v, want ErrLimit", err)
	}
	if _, err := try(t, repairer(t, repair.Limits{}), in); err != nil {
		t.Errorf("30 MiB in 512 MiB: %v", err)
	}
}

// TestTime: a repair ends when its time is over, or when the caller leaves.
func TestTime(t *testing.T) {
	in := withoutTable(signertest.PDF{})
	slow := repair.New(repair.Config{Command: []string{"/bin/sh", "-c", "exec sleep 60"}, Limits: repair.Limits{Timeout: 50 * time.Millisecond}})
	if _, err := try(t, slow, in); !errors.Is(err, repair.ErrLimit) {
		t.Errorf("slow: %v, want ErrLimit", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := repairer(t, repair.Limits{}).Repair(ctx, bytes.NewReader(in), int64(len(in))); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestMisbehaving: whatever a child writes, nothing of it is believed.
func TestMisbehaving(t *testing.T) {
	in := withoutTable(signertest.PDF{Pages: 2, TextField: true})
	healthy := func(p signertest.PDF) string { return "cat " + signertest.WriteFile(t, "out.pdf", p.Bytes()) }
	for name, c := range map[string]struct {
		script string
		want   error
	}{
		"says nothing":     {"cat >/dev/null", repair.ErrFailed},
		"gives it back":    {"cat >/dev/null; cat " + signertest.WriteFile(t, "in.pdf", in), repair.ErrFailed},
		"loses a page":     {healthy(signertest.PDF{TextField: true}), repair.ErrLoss},
		"loses the form":   {healthy(signertest.PDF{Pages: 2}), repair.ErrLoss},
		"writes no end":    {"cat /dev/zero", repair.ErrLimit},
		"is killed":        {"kill -9 $$", repair.ErrLimit},
		"gives a signed":   {"cat " + signertest.WriteFile(t, "signed.pdf", signedPDF(t)), repair.ErrSigned},
		"cannot":           {"exit 3", repair.ErrFailed},
		"shouts and stops": {"head -c 100000 /dev/zero >&2; exit 2", repair.ErrLimit},
	} {
		var log bytes.Buffer
		r := repair.New(repair.Config{Command: []string{"/bin/sh", "-c", c.script + " #"}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if _, err := try(t, r, in); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if log.Len() > 40<<10 {
			t.Errorf("%s: %d bytes in the log", name, log.Len())
		}
	}
	missing := repair.New(repair.Config{Command: []string{"/no/such/program"}})
	if _, err := try(t, missing, in); err == nil || errors.Is(err, repair.ErrFailed) {
		t.Errorf("without a program: %v", err)
	}
}

// TestReader: a document that cannot be read is not called damaged.
func TestReader(t *testing.T) {
	in := withoutTable(signertest.PDF{})
	broken := errors.New("the disk is gone")
	reads := 0
	doc := readerAt(func(b []byte, off int64) (int, error) {
		if reads++; reads > 3 { // in the midst of it all
			return 0, broken
		}
		return bytes.NewReader(in).ReadAt(b, off)
	})
	if _, err := repairer(t, repair.Limits{}).Repair(t.Context(), doc, int64(len(in))); !errors.Is(err, broken) {
		t.Errorf("%v, want the reader's error", err)
	}
}

type readerAt func([]byte, int64) (int, error)

// ReadAt implements io.ReaderAt.
func (f readerAt) ReadAt(b []byte, off int64) (int, error) { return f(b, off) }

var _ io.ReaderAt = readerAt(nil)

// TestStrangers: what becomes of the strangers' damaged files. Whatever comes out
// can be signed.
func TestStrangers(t *testing.T) {
	files, err := filepath.Glob("../../../shared/data/pdf/*.pdf")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("the strangers' files are not on this machine")
	}
	r := repairer(t, repair.Limits{})
	damaged, repaired := 0, 0
	for _, name := range files {
		in, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		result, err := try(t, r, in)
		if errors.Is(err, repair.ErrHealthy) || errors.Is(err, repair.ErrSigned) || errors.Is(err, repair.ErrEncrypted) {
			continue
		}
		damaged++
		if err != nil {
			if !errors.Is(err, repair.ErrFailed) && !errors.Is(err, repair.ErrLoss) && !errors.Is(err, repair.ErrLimit) {
				t.Errorf("%s: %v", filepath.Base(name), err)
			}
			t.Logf("%s: %v", filepath.Base(name), err)
			continue
		}
		repaired++
		f, err := pdf.Open(bytes.NewReader(result.Document), int64(len(result.Document)), pdf.Options{NoRepair: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Prepare(t.Context(), pdf.SignatureSpec{}); err != nil {
			t.Errorf("%s: %v", filepath.Base(name), err)
		}
	}
	t.Logf("%d damaged, %d repaired", damaged, repaired)
	if damaged != 28 || repaired < 19 {
		t.Errorf("%d damaged, %d repaired; there were 28 and 19", damaged, repaired)
	}
}
