package signertest

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Refusals reads a list of strangers' files that may not be signed: lines of
// file, reason and explanation, with tabs between them, below a head. It gives
// the reason by file.
func Refusals(tb testing.TB, list string) map[string]string {
	tb.Helper()
	f, err := os.Open(list)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	out := map[string]string{}
	lines := bufio.NewScanner(f)
	for n := 0; lines.Scan(); n++ {
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) != 3 {
			tb.Fatalf("%s: line %d has not three fields", list, n+1)
		}
		if n > 0 {
			out[fields[0]] = fields[1]
		}
	}
	if err := lines.Err(); err != nil {
		tb.Fatal(err)
	}
	return out
}

// PdfsigIn asks poppler about all signatures of a file that it may be unable to
// open, which gives an error. Trust is not asked for, and nothing is looked up in
// the network. nss is a folder made by NSS: to make one takes longer than to ask.
func PdfsigIn(tb testing.TB, nss, file string) ([]PdfsigResult, error) {
	tb.Helper()
	out, err := Try(tb, "pdfsig", "-nocert", "-nssdir", nss, file)
	var exit *exec.ExitError
	if errors.As(err, &exit) && strings.Contains(string(out), "does not contain any signatures") {
		err = nil
	}
	return parsePdfsig(string(out)), err
}
