package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signservice/signer"
	"signservice/signer/pdf"
	"signservice/signer/signertest"
)

// judges have the program sign files, and ask others about the results.
type judges struct {
	yardstick
	ours             string // the program
	key, cert, chain string
	nss              string
}

// A verdict is what was found of one file.
type verdict struct {
	refusal  string // why it was not signed, "" if it was
	findings []finding
	costs    []cost
}

// A finding is one promise, kept or not for this file.
type finding struct {
	what  string
	good  bool
	least float64
	note  string // behind the file's name among the exceptions
}

func newJudges(t *testing.T) *judges {
	t.Helper()
	dir := t.TempDir()
	j := &judges{yardstick: newYardstick(t, dir), ours: filepath.Join(dir, "signservice"), nss: signertest.NSS(t)}
	goBuild(t, j.ours, ".")
	ca := signertest.NewCA(t, signertest.CAOptions{})
	j.key, j.cert, j.chain = ca.Issue(t, signertest.Leaf{Algorithm: signertest.RSA2048}).Files(t)
	return j
}

// refusalReasons are the reasons in the program's words, as a user reads them.
func refusalReasons() map[string]error {
	return map[string]error{
		"password": signer.ErrPassword, "public key": signer.ErrPublicKeyEncryption, "encryption": signer.ErrUnsupportedEncryption,
		"permission": signer.ErrPermission, "certified": signer.ErrCertified, "locked": signer.ErrFieldLocked,
		"no page": signer.ErrNoPages, "not a PDF": signer.ErrNotPDF, "damaged": signer.ErrDamaged, "limit": signer.ErrLimit,
	}
}

// mayNot tells whether it is the document's will not to be signed, or nothing is
// there to be signed, rather than our inability.
func mayNot(reason string) bool {
	switch reason {
	case "password", "public key", "permission", "certified", "locked", "no page", "not a PDF":
		return true
	}
	return false
}

// reasonOf finds out why the program refused.
func reasonOf(c cost) string {
	for reason, err := range refusalReasons() {
		if strings.Contains(c.Stderr, err.Error()) {
			return reason
		}
	}
	return "unknown: " + c.Stderr
}

// crashed tells whether a program ended as none may: by a signal, a panic, or
// the time that it was given.
func (c cost) crashed() bool {
	return c.Signal != "" || c.Exit == 2 && strings.Contains(c.Stderr, "goroutine ")
}

// sign has the program sign a file.
func (j *judges) sign(t *testing.T, in, out string, flags ...string) cost {
	t.Helper()
	args := append([]string{j.ours, "sign", "--key", j.key, "--cert", j.cert, "--chain", j.chain}, flags...)
	return j.run(t, time.Minute, append(args, in, out)...)
}

// costs has the program sign and verify a file.
func (j *judges) costs(t *testing.T, in string) []cost {
	t.Helper()
	return []cost{
		j.sign(t, in, filepath.Join(t.TempDir(), "out.pdf")),
		j.run(t, time.Minute, j.ours, "verify", in),
	}
}

// judge signs a file twice and asks everybody.
func (j *judges) judge(t *testing.T, in string) verdict {
	t.Helper()
	dir, err := os.MkdirTemp("", "signservice-corpus-*")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	out, twice := filepath.Join(dir, "out.pdf"), filepath.Join(dir, "twice.pdf")
	v := verdict{costs: []cost{j.sign(t, in, out), j.run(t, time.Minute, j.ours, "verify", in)}}
	if v.costs[0].Exit != 0 {
		v.refusal = reasonOf(v.costs[0])
		return v
	}
	before, after := readFile(t, in), readFile(t, out)
	v.add("input kept as a prefix", bytes.HasPrefix(after, before), 1, "")
	v.fields(t, before, after)
	v.openssl(t, before, after)
	j.pdfsig(t, &v, in, out)
	v.qpdf(t, in, out)
	v.render(t, in, out, dir)
	again := j.sign(t, out, twice, "--check")
	v.costs = append(v.costs, again)
	v.add("second signature, first and earlier ones still good", again.Exit == 0, 1, " ("+strings.TrimSpace(again.Stderr)+")")
	return v
}

func (v *verdict) add(what string, good bool, least float64, note string) {
	v.findings = append(v.findings, finding{what, good, least, note})
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// fields: no form field is lost, and one is new at most.
func (v *verdict) fields(t *testing.T, before, after []byte) {
	was, is := fieldNames(t, before), fieldNames(t, after)
	lost := 0
	for name, n := range was {
		lost += max(0, n-is[name])
	}
	if len(was) > 0 {
		v.add("form fields all kept", lost == 0, 1, fmt.Sprintf(" (%d lost)", lost))
	}
}

// fieldNames counts the fields of a form by name and kind, walking the form
// itself. (The reader is ours; pdfsig and qpdf have their say by other rows.)
func fieldNames(t *testing.T, b []byte) map[string]int {
	t.Helper()
	out := map[string]int{}
	f, err := pdf.Open(bytes.NewReader(b), int64(len(b)), pdf.Options{})
	if err != nil {
		t.Error(err)
		return out
	}
	catalog, err := f.Catalog()
	if err != nil {
		t.Error(err)
		return out
	}
	form, _ := f.Resolve(catalog["AcroForm"])
	d, _ := form.(pdf.Dict)
	list, _ := f.Resolve(d["Fields"])
	seen := map[pdf.Ref]bool{}
	var walk func(o pdf.Object, path string)
	walk = func(o pdf.Object, path string) {
		if ref, ok := o.(pdf.Ref); ok {
			if seen[ref] {
				return
			}
			seen[ref] = true
		}
		value, _ := f.Resolve(o)
		field, ok := value.(pdf.Dict)
		if !ok {
			return
		}
		name, _ := f.Resolve(field["T"])
		kind, _ := f.Resolve(field["FT"])
		path += fmt.Sprintf("/%v:%v", name, kind)
		out[path]++
		kids, _ := f.Resolve(field["Kids"])
		array, _ := kids.(pdf.Array)
		for _, kid := range array {
			walk(kid, path)
		}
	}
	array, _ := list.(pdf.Array)
	for _, o := range array {
		walk(o, "")
	}
	return out
}

// openssl verifies the container over the bytes that it covers, which are found
// without our reader: the last /ByteRange and its gap.
func (v *verdict) openssl(t *testing.T, before, after []byte) {
	const what = "openssl cms accepts"
	content, container, err := newSignature(before, after)
	if err != nil {
		v.add(what, false, 1, " ("+err.Error()+")")
		return
	}
	err = signertest.VerifyCMS(t, container, content)
	v.add(what, err == nil, 1, fmt.Sprintf(" (%v)", err))
}

// newSignature finds the signature in what was appended.
func newSignature(before, after []byte) (content, container []byte, err error) {
	i := bytes.LastIndex(after[len(before):], []byte("/ByteRange ["))
	if i < 0 {
		return nil, nil, errors.New("no byte range")
	}
	var r [4]int
	if _, err := fmt.Sscanf(string(after[len(before)+i:]), "/ByteRange [%d %d %d %d", &r[0], &r[1], &r[2], &r[3]); err != nil {
		return nil, nil, err
	}
	if r[0] != 0 || r[1] < len(before) || r[2] < r[1]+2 || r[2]+r[3] != len(after) {
		return nil, nil, fmt.Errorf("byte range %d", r)
	}
	container, err = hex.DecodeString(string(after[r[1]+1 : r[2]-1]))
	return append(bytes.Clone(after[:r[1]]), after[r[2]:]...), container, err
}

// pdfsig asks poppler about all signatures, where it can open the file.
func (j *judges) pdfsig(t *testing.T, v *verdict, in, out string) {
	was, err := signertest.PdfsigIn(t, j.nss, in)
	if err != nil {
		return // a file that poppler does not open
	}
	is, err := signertest.PdfsigIn(t, j.nss, out)
	good := err == nil && len(is) == len(was)+1
	valid := func(all []signertest.PdfsigResult) (n int) {
		for _, s := range all {
			if s.Valid() {
				n++
			}
		}
		return n
	}
	if earlier := valid(was); earlier > 0 {
		v.add("earlier signatures still good (pdfsig)", valid(is) == earlier+1, 1, fmt.Sprintf(" (%d, then %d)", earlier, valid(is)))
	}
	whole := false
	for _, s := range is {
		whole = whole || s.Whole && s.Valid() && s.SubFilter == "ETSI.CAdES.detached"
	}
	v.add("pdfsig accepts", good && whole, 1, fmt.Sprintf(" (%d signatures, then %d; %v)", len(was), len(is), err))
}

// qpdf must not complain of the output more than of the input.
func (v *verdict) qpdf(t *testing.T, in, out string) {
	was, is := exitCode(t, "qpdf", "--check", in), exitCode(t, "qpdf", "--check", out)
	rank := map[int]int{0: 0, 3: 1, 2: 2} // clean, warnings, errors
	v.add("qpdf --check no worse", rank[is] <= rank[was], 1, fmt.Sprintf(" (%d, then %d)", was, is))
}

func exitCode(t *testing.T, program string, args ...string) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Error(err)
	}
	return cmd.ProcessState.ExitCode()
}

// render compares the first page, where poppler draws it, and draws it twice
// the same.
func (v *verdict) render(t *testing.T, in, out, dir string) {
	first, ok := page(t, in, filepath.Join(dir, "a"))
	if !ok {
		return
	}
	signed, _ := page(t, out, filepath.Join(dir, "b"))
	same := bytes.Equal(first, signed)
	if !same {
		again, _ := page(t, in, filepath.Join(dir, "c"))
		if !bytes.Equal(first, again) {
			return // drawn by chance
		}
	}
	v.add("first page looks the same", same, .999, "")
}

func page(t *testing.T, file, to string) ([]byte, bool) {
	t.Helper()
	if exitCode(t, "pdftoppm", "-r", "40", "-f", "1", "-l", "1", "-singlefile", file, to) != 0 {
		return nil, false
	}
	b, err := os.ReadFile(to + ".ppm")
	return b, err == nil
}
