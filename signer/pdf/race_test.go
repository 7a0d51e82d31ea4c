//go:build race

package pdf_test

// underRace: the race detector multiplies what a program uses.
const underRace = true
