package signertest

import (
	_ "embed"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

//go:embed testdata/faultmodule.c
var faultModuleSource []byte

// FaultModule is a PKCS#11 module that stands before the one of an HSM, counts
// what reaches it and misbehaves as a test says, also while a program uses it.
// It is written in C and compiled for the test.
type FaultModule struct {
	// Path is the module to configure instead of HSM.Module.
	Path string
	dir  string
}

// NewFaultModule compiles the module. The programs that load it find their
// instructions through the environment, so its tests cannot run in parallel.
// The test is skipped, or fails where CI=true, without gcc and Go.
func NewFaultModule(tb testing.TB, h *HSM) *FaultModule {
	tb.Helper()
	Need(tb, "gcc", "go")
	m := &FaultModule{dir: tb.TempDir()}
	m.Path = filepath.Join(m.dir, "fault.so")
	// The headers of the standard come with the binding.
	headers := strings.TrimSpace(string(Run(tb, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/miekg/pkcs11")))
	source := filepath.Join(m.dir, "fault.c")
	m.write(tb, "fault.c", string(faultModuleSource))
	m.write(tb, "real", h.Module)
	Run(tb, "gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-fvisibility=hidden", "-I", headers, "-o", m.Path, source, "-ldl", "-lpthread")
	tb.Setenv("FAULTMODULE_DIR", m.dir)
	return m
}

// Set says what to do from now on, in place of what was said before; nothing
// makes the module well-behaved. A fault is one of
//
//	C_Name hang        the call never returns
//	C_Name crash       SIGSEGV
//	C_Name exit        the process ends
//	C_Name slow 300    the call takes so many milliseconds longer
//	C_Name chatter     something is printed to both standard streams
//	C_Name 0x30        the call fails with this code of CK_RV
//	spoil              signatures come out false
//	tries 3            the token locks after so many wrong PINs, and says so
//	absent             the token is pulled out, its sessions end
//	no-slot            the module shows no slot
//	serial X           every token says that this is its serial number
//	uninitialised, no-pin, keypad    what the token's flags say
//
// with C_Name one of C_Initialize, C_Finalize, C_GetSlotList, C_GetTokenInfo,
// C_OpenSession, C_GetSessionInfo, C_Login, C_FindObjectsInit, C_FindObjects,
// C_GetAttributeValue, C_SignInit, C_Sign, C_GenerateKeyPair, C_CreateObject.
func (m *FaultModule) Set(tb testing.TB, faults ...string) {
	tb.Helper()
	m.write(tb, "faults", strings.Join(faults, "\n")+"\n")
}

// Count tells how often a call reached the module, over all processes:
// C_Initialize, C_OpenSession, C_Login, C_FindObjectsInit, C_Sign,
// C_GenerateKeyPair or C_CreateObject. "C_Login user" and "C_Login signature"
// tell the PINs apart.
func (m *FaultModule) Count(tb testing.TB, call string) int {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(m.dir, "calls"))
	if err != nil && !os.IsNotExist(err) {
		tb.Fatal(err)
	}
	lines := slices.Collect(strings.Lines(string(data)))
	return len(slices.DeleteFunc(lines, func(line string) bool {
		line = strings.TrimSuffix(line, "\n")
		return line != call && !strings.HasPrefix(line, call+" ")
	}))
}

// WrongPINs tells how many wrong PINs the module took since the last right one.
func (m *FaultModule) WrongPINs(tb testing.TB) int {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(m.dir, "wrong"))
	if os.IsNotExist(err) {
		return 0
	}
	n, bad := strconv.Atoi(string(data))
	if err != nil || bad != nil {
		tb.Fatal(err, bad)
	}
	return n
}

// SetWrongPINs makes the module believe that so many wrong PINs came before.
func (m *FaultModule) SetWrongPINs(tb testing.TB, n int) {
	tb.Helper()
	m.write(tb, "wrong", strconv.Itoa(n))
}

// write replaces a file in one step, so that the module never reads half of it.
func (m *FaultModule) write(tb testing.TB, name, content string) {
	tb.Helper()
	temporary := filepath.Join(m.dir, ".new")
	if err := os.WriteFile(temporary, []byte(content), 0o600); err != nil {
		tb.Fatal(err)
	}
	if err := os.Rename(temporary, filepath.Join(m.dir, name)); err != nil {
		tb.Fatal(err)
	}
}
