package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A Listener takes the events of a step's benchmarks and shows how far they are.
type Listener struct {
	step *Step
	show io.Writer
	at   string // the benchmark whose line is open
	rows []Row
}

// NewListener makes a listener of a step that writes what it hears: a line for each benchmark, which grows by a
// dot for each pair, and a line for each row.
func NewListener(s *Step, show io.Writer) *Listener { return &Listener{step: s, show: show} }

// Rows returns the rows that have come so far, and those that are known to be missing.
func (l *Listener) Rows() []Row { return l.rows }

// Listen takes events until the end is told.
func (l *Listener) Listen(r io.Reader) error {
	in := json.NewDecoder(r)
	for {
		var e event
		if err := in.Decode(&e); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("what the benchmarks tell: %w", err)
		}
		if e.End {
			l.line("")
			return nil
		}
		l.hear(&e)
	}
}

// End is the event that ends Listen.
func End(w io.Writer) error { return json.NewEncoder(w).Encode(event{End: true}) }

// hear takes one event.
func (l *Listener) hear(e *event) {
	switch {
	case e.Skipped != "":
		l.skip(e)
	case e.ID != "" && e.Figures != nil:
		d, ok := DefOf(e.ID)
		if !ok || len(e.Figures.Ours) == 0 {
			return
		}
		r := newRow(d, e.Figures)
		l.rows = append(l.rows, r)
		c := r.cells()
		l.line("")
		_, _ = fmt.Fprintf(l.show, "    %s: %s; %s; ratio %s; target %s: met: %s\n", c[0], c[1], c[2], c[4], c[5], c[6])
	case e.Pair > 0:
		if l.at != e.Bench {
			l.line(e.Bench)
		}
		_, _ = fmt.Fprint(l.show, ".")
	}
}

// skip notes the rows of a benchmark, and of those below it, as missing.
func (l *Listener) skip(e *event) {
	l.line("")
	for _, d := range l.step.defs {
		if d.Bench == e.Bench || strings.HasPrefix(d.Bench, e.Bench+"/") {
			l.rows = append(l.rows, missingRow(d, e.Skipped))
			_, _ = fmt.Fprintf(l.show, "    %s: not measured: %s\n", d.Measure, e.Skipped)
		}
	}
}

// line ends the open line, and begins one.
func (l *Listener) line(bench string) {
	if l.at != "" {
		_, _ = fmt.Fprintln(l.show)
	}
	if l.at = bench; bench != "" {
		_, _ = fmt.Fprintf(l.show, "  %s ", strings.TrimPrefix(bench, "Benchmark"))
	}
}
