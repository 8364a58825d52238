package main

import (
	"fmt"
	"strconv"
	"time"

	"callmanager/cmd/cmctl/bench"
	"callmanager/cmd/cmctl/table"
)

// number formats a count.
func number(n uint64) string { return strconv.FormatUint(n, 10) }

// span formats milliseconds.
func span(ms float64) string {
	return time.Duration(ms * float64(time.Millisecond)).Round(time.Millisecond).String()
}

// judgement says in one line what was wrong with what came.
func judgement(o *bench.Outcome) string {
	return fmt.Sprintf("lost %d (%.4g %%), reordered %d (deepest %d), duplicates %d, damaged %d",
		o.Lost, 100*o.Loss, o.Reordered, o.Deepest, o.Duplicates, o.Damaged)
}

// showSource prints what came of a source.
func (a *app) showSource(r *bench.SourceResult) error {
	t := table.New(a.out, "STAGE", "SDUS", "OCTETS", "TIME", "RATE")
	t.Row("offered", number(r.Offered), "", span(r.Duration), "")
	t.Row("accepted by the ring", number(r.Accepted), number(r.Octets), span(r.Duration), bench.Bits(r.Rate))
	sent := ""
	if r.Sent != nil {
		sent = number(*r.Sent)
	}
	t.Row("sent", sent, "", "", "")
	o := r.Received
	if o == nil {
		t.Row("received", "", "", "", "")
		return t.Flush()
	}
	t.Row("received", number(o.SDUs), number(o.Octets), span(o.Duration), bench.Bits(o.Rate))
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.out, "%s\ndelay variation: %s\n", judgement(o), percentiles(o.Variation))
	return err
}

// percentiles says in one line what times are.
func percentiles(t bench.Times) string {
	us := bench.Microseconds
	return fmt.Sprintf("p50 %s  p90 %s  p99 %s  p99.9 %s  max %s", us(t.P50), us(t.P90), us(t.P99), us(t.P999), us(t.Max))
}

// timesRow prints times as a row of a table.
func timesRow(t *table.Table, what string, n uint64, v bench.Times) {
	if n == 0 {
		t.Row(what, number(n), "", "", "", "", "", "", "")
		return
	}
	us := bench.Microseconds
	t.Row(what, number(n), us(v.Min), us(v.Mean), us(v.P50), us(v.P90), us(v.P99), us(v.P999), us(v.Max))
}

// newTimesTable starts a table of times.
func (a *app) newTimesTable() *table.Table {
	return table.New(a.out, "TIME OF", "COUNT", "MIN", "MEAN", "P50", "P90", "P99", "P99.9", "MAX")
}

// showRTT prints what came of round trips.
func (a *app) showRTT(r *bench.RTTResult) error {
	t := a.newTimesTable()
	timesRow(t, "round trip", r.Received, r.Times)
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.out, "%d SDUs of %d octets sent in %s: lost %d (%.4g %%), reordered %d, duplicates %d, damaged %d\n",
		r.Sent, r.Size, span(r.Duration), r.Lost, 100*r.Loss, r.Reordered, r.Duplicates, r.Damaged)
	return err
}

// showCalls prints what came of calls.
func (a *app) showCalls(r *bench.CallsResult) error {
	t := a.newTimesTable()
	timesRow(t, "set-up", r.Connected, r.Setup)
	timesRow(t, "release", r.Released, r.Release)
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.out, "%d calls offered in %s, %d begun, %d connected (%s /s), %d released, %d failed, %d aborted\n",
		r.Offered, span(r.Duration), r.Begun, r.Connected, bench.Count(r.Rate), r.Released, r.Failed, r.Aborted)
	if err != nil || len(r.Failures) == 0 {
		return err
	}
	t = table.New(a.out, "FAILED", "IN", "CAUSE", "REASON")
	for _, f := range r.Failures {
		cause := ""
		if f.Cause != 0 {
			cause = strconv.Itoa(int(f.Cause))
		}
		t.Row(number(f.Count), f.Phase, cause, f.Text)
	}
	return t.Flush()
}

// showSunk prints what a sink has received in a call.
func (a *app) showSunk(r *bench.SinkResult) error {
	o := &r.Received
	_, err := fmt.Fprintf(a.out, "%s from %s: %d SDUs, %d octets in %s, %s: %s; delay variation p50 %s p99 %s max %s%s\n",
		r.Verb, r.Calling, o.SDUs, o.Octets, span(o.Duration), bench.Bits(o.Rate), judgement(o),
		bench.Microseconds(o.Variation.P50), bench.Microseconds(o.Variation.P99), bench.Microseconds(o.Variation.Max), after("; ", r.Ended))
	return err
}

// after puts something in front of a text, if there is one.
func after(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

// showSink prints the total of a sink.
func (a *app) showSink(t *bench.SinkTotal) error {
	_, err := fmt.Fprintf(a.out, "%d calls of source, %d of rtt, %d of calls in %s; %d SDUs, %d octets; %d refused, %d failed\n",
		t.Source, t.RTT, t.Calls, span(t.Duration), t.SDUs, t.Octets, t.Refused, t.Failed)
	return err
}
