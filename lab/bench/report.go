package bench

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"
	"time"
)

// The variables that a benchmark reads: see the package comment.
const (
	RowsEnv     = "BENCH_ROWS"
	PairsEnv    = "BENCH_PAIRS"
	TurnEnv     = "BENCH_TURN"
	ProfilesEnv = "BENCH_PROFILES"
)

// What the variables are if they are not set.
const (
	DefaultPairs = 5
	DefaultTurn  = 350 * time.Millisecond
)

// Pairs returns how many pairs a measurement has.
func Pairs() int {
	if n, err := strconv.Atoi(os.Getenv(PairsEnv)); err == nil && n > 0 {
		return n
	}
	return DefaultPairs
}

// Turn returns how long one turn of a pair sends.
func Turn() time.Duration {
	if d, err := time.ParseDuration(os.Getenv(TurnEnv)); err == nil && d > 0 {
		return d
	}
	return DefaultTurn
}

// Profiles returns the directory for CPU profiles, or an empty string for none.
func Profiles() string { return os.Getenv(ProfilesEnv) }

// Figures are the measurements of a row, pair by pair. Beside belongs to rows that are compared with something,
// UDP and Others may be empty.
type Figures struct {
	Ours   []float64            `json:"ours"`
	Beside []float64            `json:"beside,omitempty"`
	UDP    []float64            `json:"udp,omitempty"`
	Others map[string][]float64 `json:"others,omitempty"`
}

// An event is what a benchmark tells the suite.
type event struct {
	Bench   string   `json:"bench"`
	Pair    int      `json:"pair,omitempty"` // that has been measured, from 1
	ID      string   `json:"id,omitempty"`   // of a row, with its figures
	Figures *Figures `json:"figures,omitempty"`
	Skipped string   `json:"skipped,omitempty"` // why the benchmark and those below it measure nothing
	End     bool     `json:"end,omitempty"`     // no more will come: the suite's own
}

// Columns collects the values of a measurement by name.
type Columns map[string][]float64

// Add adds a value.
func (c Columns) Add(name string, v float64) { c[name] = append(c[name], v) }

// Median returns the median of a column.
func (c Columns) Median(name string) float64 { return Median(c[name]) }

// Some returns the columns of some names.
func (c Columns) Some(names ...string) map[string][]float64 {
	m := make(map[string][]float64)
	for _, n := range names {
		m[n] = c[n]
	}
	return m
}

// Measure calls a function that measures one pair for each pair of each iteration of a benchmark.
func Measure(b *testing.B, measure func(c Columns)) Columns {
	b.Helper()
	c := make(Columns)
	n := 0
	for b.Loop() {
		for range Pairs() {
			measure(c)
			n++
			tell(b, event{Pair: n})
		}
	}
	b.ReportMetric(0, "ns/op") // an iteration is a set of pairs, and its time says nothing
	return c
}

// Report tells the suite the figures of a row, if it listens.
func Report(b *testing.B, id string, f Figures) {
	b.Helper()
	d, ok := DefOf(id)
	switch {
	case !ok:
		b.Fatalf("there is no row %q", id)
	case len(f.Ours) == 0 || d.Beside != "" && len(f.Beside) != len(f.Ours):
		b.Fatalf("row %q has %d figures of ours beside %d", id, len(f.Ours), len(f.Beside))
	}
	tell(b, event{ID: id, Figures: &f})
}

// Skip ends a benchmark that this machine cannot do, and tells the suite why.
func Skip(b *testing.B, why string) {
	b.Helper()
	tell(b, event{Skipped: why})
	b.Skip(why)
}

// tell adds an event to the file of the suite.
func tell(b *testing.B, e event) {
	b.Helper()
	path := os.Getenv(RowsEnv)
	if path == "" {
		return
	}
	e.Bench = b.Name()
	line, err := json.Marshal(e)
	if err != nil {
		b.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		b.Fatal(err)
	}
	_, err = f.Write(append(line, '\n'))
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		b.Fatal(err)
	}
}
