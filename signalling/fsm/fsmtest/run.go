package fsmtest

import (
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
)

// Table is a table that can be covered: a *fsm.Table, or what has its own.
type Table interface {
	// Cover lets the table note from now on which cells fire.
	Cover()
	// Coverage tells of each cell whether it has fired.
	Coverage() map[string]bool
}

// Run runs the tests and then checks the tables, by their names, against the text of the list. It
// writes what is wrong to w and returns the exit code.
func Run(m *testing.M, w io.Writer, list string, tables map[string]Table) int {
	for _, t := range tables {
		t.Cover()
	}
	code := m.Run()
	if code != 0 || !complete() {
		return code
	}
	return Report(w, Check(list, tables))
}

// complete reports whether all tests were asked for.
func complete() bool {
	for _, name := range []string{"test.run", "test.skip", "test.fuzz", "test.list"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return false
		}
	}
	return !testing.Short()
}

// Report writes the faults and returns the exit code.
func Report(w io.Writer, faults []string) int {
	if len(faults) == 0 {
		return 0
	}
	// If it cannot be written the exit code still tells.
	_, _ = fmt.Fprintf(w, "--- FAIL: state tables\n    %s\n", strings.Join(faults, "\n    "))
	return 1
}

// Check compares the tables with the text of a list and returns what is wrong, in order.
func Check(text string, tables map[string]Table) []string {
	listed, faults := parse(text)
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		cells := tables[name].Coverage()
		for _, cell := range slices.Sorted(maps.Keys(cells)) {
			key := name + ": " + cell
			_, there := listed[key]
			delete(listed, key)
			switch {
			case there && cells[cell]:
				faults = append(faults, key+": is in the list, and has fired")
			case !there && !cells[cell]:
				faults = append(faults, key+": no test fires it")
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(listed)) {
		faults = append(faults, key+": is in the list, and is no cell")
	}
	return faults
}

// parse reads a list: the reason of each cell.
func parse(text string) (listed map[string]string, faults []string) {
	listed = make(map[string]string)
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := strings.SplitN(line, ": ", 3)
		if len(parts) != 3 || parts[2] == "" {
			faults = append(faults, fmt.Sprintf("%q: want table: state, event: reason", line))
			continue
		}
		listed[parts[0]+": "+parts[1]] = parts[2]
	}
	return listed, faults
}
