package bench

import (
	"fmt"
	"strings"
)

// Compare returns a table of what has changed between two results, row by row, and on which side of each
// target the new one stands. A row is compared by its ratio, or by its figure if it has none. A change is beyond
// the spread if either median lies outside of what the other run has measured at all.
func Compare(before, after *Result) string {
	rows := [][]string{{"measure", "of", "old (least to most)", "new (least to most)", "change", "beyond the spread", "target"}}
	for i := range after.Rows {
		now := &after.Rows[i]
		was := before.row(now.ID)
		if was == nil {
			was = &Row{Missing: "not in the old result"}
		}
		rows = append(rows, changeCells(was, now))
	}
	for i := range before.Rows {
		if was := &before.Rows[i]; after.row(was.ID) == nil {
			rows = append(rows, changeCells(was, &Row{Measure: was.Measure, Missing: "not in the new result"}))
		}
	}
	var b strings.Builder
	b.WriteString(markdown(rows))
	for _, r := range []struct {
		name string
		*Result
	}{{"old", before}, {"new", after}} {
		fmt.Fprintf(&b, "\n%s: commit %s, %s, %d pairs; %s\n", r.name, r.Commit, r.When.Format("2006-01-02 15:04"), r.Pairs, r.Machine)
	}
	if before.Machine.CPU != after.Machine.CPU || before.Machine.Cores != after.Machine.Cores {
		b.WriteString("\nThe machines differ: figures say nothing, and ratios little.\n")
	}
	return b.String()
}

// changeCells compares a row of two results.
func changeCells(was, now *Row) []string {
	of := OfFigure
	if was.Ratio != nil || now.Ratio != nil {
		of = OfRatio
	}
	cells := []string{now.Measure, of, spreadCell(was, now.Unit), spreadCell(now, now.Unit), none, none, none}
	if now.Missing == "" {
		cells[6] = "missed"
		if *now.Met {
			cells[6] = "met"
		}
	}
	if was.Missing != "" || now.Missing != "" {
		return cells
	}
	a, b := was.score(), now.score()
	switch a.Median {
	case b.Median:
		cells[4] = "0 %"
	case 0:
		cells[4] = "from 0"
	default:
		cells[4] = fmt.Sprintf("%+.1f %%", 100*(b.Median/a.Median-1))
	}
	cells[5] = "no"
	if !a.Holds(b.Median) && !b.Holds(a.Median) {
		cells[5] = "yes, " + direction(now, b.Median > a.Median)
	}
	return cells
}

// direction says whether more is better.
func direction(r *Row, more bool) string {
	if more == (r.Target.Least != nil) {
		return "better"
	}
	return "worse"
}

// spreadCell is what a row is compared by, or why there is nothing.
func spreadCell(r *Row, unit string) string {
	if r.Missing != "" {
		return r.Missing
	}
	s := r.score()
	write := func(v float64) string { return figure(v, unit) }
	if r.Ratio != nil {
		write = digits
	}
	return fmt.Sprintf("%s (%s to %s)", write(s.Median), write(s.Min), write(s.Max))
}
