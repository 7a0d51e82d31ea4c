package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// printTable writes rows as Markdown, in columns: the first row is the head.
func printTable(w io.Writer, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for n, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString("| " + cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+1))
		}
		fmt.Fprintln(w, line.String()+"|")
		if n == 0 {
			line.Reset()
			for _, width := range widths {
				line.WriteString("| " + strings.Repeat("-", width) + " ")
			}
			fmt.Fprintln(w, line.String()+"|")
		}
	}
}
