package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// childCommand gives the words that start one of this program's hidden commands
// in a process of its own. It refuses to start the program of a test, which would
// run its tests, this one among them.
func childCommand(name string) ([]string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	if strings.Contains(filepath.Base(self), ".test") {
		return nil, errors.New("a test has no hidden commands")
	}
	return []string{self, name}, nil
}
