package bench

import (
	"fmt"
	"math"
	"strings"
)

// none is an empty cell.
const none = "–"

// Markdown returns the table of a result, with the machine below it.
func (r *Result) Markdown() string {
	rows := [][]string{{"measure", "ours", "compared with", "UDP sockets", "ratio (least to most)", "target", "met"}}
	for i := range r.Rows {
		rows = append(rows, r.Rows[i].cells())
	}
	var b strings.Builder
	b.WriteString(markdown(rows))
	fmt.Fprintf(&b, "\nMedians of %d alternate pairs, %g s a turn; %s; commit %s, %s.\n",
		r.Pairs, r.Turn, r.Machine, r.Commit, r.When.Format("2006-01-02"))
	return b.String()
}

// cells are the row's cells of the table.
func (r *Row) cells() []string {
	if r.Missing != "" {
		return []string{r.Measure, "not measured: " + r.Missing, none, none, none, none, none}
	}
	beside, udp, met := none, none, "no"
	if r.Beside != nil {
		beside = fmt.Sprintf("%s: %s", r.Beside.Name, figure(r.Beside.Figure.Median, r.Unit))
	}
	if r.UDP != nil {
		udp = figure(r.UDP.Median, r.Unit)
	}
	ratio := fmt.Sprintf("%s (ours: %s to %s)", none, figure(r.Ours.Min, r.Unit), figure(r.Ours.Max, r.Unit))
	if r.Ratio != nil {
		ratio = fmt.Sprintf("%s (%s to %s)", digits(r.Ratio.Median), digits(r.Ratio.Min), digits(r.Ratio.Max))
	}
	if *r.Met {
		met = "yes"
	}
	return []string{r.Measure, figure(r.Ours.Median, r.Unit), beside, udp, ratio, r.Target.text(r.Unit), met}
}

// figure writes a value with its unit, large ones with a prefix.
func figure(v float64, unit string) string {
	switch {
	case unit == SDUs:
		return fmt.Sprintf("%.0f", v)
	case unit == PerSecond && v >= 1e6:
		return digits(v/1e6) + " M/s"
	case unit == PerSecond:
		return digits(v/1e3) + " k/s"
	case unit == Microseconds && v >= 1e4:
		return digits(v/1e3) + " ms"
	}
	return digits(v) + " " + unit
}

// digits writes three digits that count, and all before the point.
func digits(v float64) string {
	if v == 0 {
		return "0"
	}
	places := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	return fmt.Sprintf("%.*f", max(0, min(places, 3)), v)
}

// markdown lays a table out; the first row is its head.
func markdown(rows [][]string) string {
	width := make([]int, len(rows[0]))
	for _, cells := range rows {
		for i, c := range cells {
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	var b strings.Builder
	line := func(cells []string, pad string) {
		for i, c := range cells {
			b.WriteString("| " + c + strings.Repeat(pad, width[i]-len([]rune(c))) + " ")
		}
		b.WriteString("|\n")
	}
	line(rows[0], " ")
	line(make([]string, len(width)), "-")
	for _, cells := range rows[1:] {
		line(cells, " ")
	}
	return b.String()
}
