package keys

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"runtime"
)

// whyNotLoaded finds out why a shared library cannot be loaded, since the
// binding does not say: the commonest mistakes of a configuration.
func whyNotLoaded(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("it is a folder")
	case runtime.GOOS != "linux":
		return errors.New("it is no PKCS#11 module for this system")
	}
	f, err := elf.Open(path)
	if err != nil {
		return fmt.Errorf("it is no shared library: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	machines := map[string]elf.Machine{
		"386": elf.EM_386, "amd64": elf.EM_X86_64, "arm": elf.EM_ARM, "arm64": elf.EM_AARCH64, "riscv64": elf.EM_RISCV,
	}
	if want, ok := machines[runtime.GOARCH]; ok && f.Machine != want {
		return fmt.Errorf("it is built for %v, this program for %s", f.Machine, runtime.GOARCH)
	}
	return errors.New("it is no PKCS#11 module, or a library that it needs is missing")
}
