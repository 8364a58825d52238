package ladder

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"callmanager/signalling/cm"
	"callmanager/signalling/dissect"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// Record takes down what happens in a run: the last of it. A nil Record takes
// down nothing.
type Record struct {
	// Last is how many lines are kept; zero keeps all.
	Last int
	// Idle leaves out what SSCOP says on links without messages.
	Idle  bool
	lines []string
}

// Note takes down a line.
func (r *Record) Note(now time.Duration, format string, args ...any) {
	if r == nil {
		return
	}
	r.lines = append(r.lines, fmt.Sprintf("%12.6f  %s", now.Seconds(), fmt.Sprintf(format, args...)))
	if r.Last > 0 && len(r.lines) > 2*r.Last {
		r.lines = append(r.lines[:0], r.lines[len(r.lines)-r.Last:]...)
	}
}

// Frame takes down a PDU on a wire between two hosts, with what becomes of it.
func (r *Record) Frame(now time.Duration, from, to fmt.Stringer, pdu []byte, fate string) {
	if r == nil {
		return
	}
	line := dissect.Summarize(pdu)
	if r.Idle && line.Message == "" && fate == "" {
		return // SSCOP watches idle links
	}
	summary := line.Summary
	if line.Message != "" {
		summary = fmt.Sprintf("%s %06x %s", line.Message, line.CallReference.Value, summary)
	}
	if fate != "" {
		fate = "  [" + strings.TrimSpace(fate) + "]"
	}
	r.Note(now, "%s ---> %s  %s%s", from, to, summary, fate)
}

// Request takes down what a client of a host asks, Event what it is told.
func (r *Record) Request(now time.Duration, host fmt.Stringer, client cm.ClientID, q cm.Request) {
	if r != nil {
		r.Note(now, "%s <-- client %d  %s", host, client, words(q))
	}
}

// Event takes down what a client is told.
func (r *Record) Event(now time.Duration, host fmt.Stringer, client cm.ClientID, ev cm.Event) {
	if r != nil {
		r.Note(now, "%s --> client %d  %s", host, client, words(ev))
	}
}

// words shows a request or an event in short: its type and the fields that are
// set, but for parameters.
func words(v any) string {
	x := reflect.ValueOf(v)
	var b strings.Builder
	b.WriteString(x.Type().Name())
	for i := range x.NumField() {
		name, f := x.Type().Field(i).Name, x.Field(i)
		if f.IsZero() && name != "Status" {
			continue
		}
		switch value := f.Interface().(type) {
		case primitive.Params, *cm.OpenAFResult, [][]byte:
			continue
		case ie.Cause:
			fmt.Fprintf(&b, " cause %d", value.Value)
		case vc.Contract:
			fmt.Fprintf(&b, " %v %d/%d", value.Category, value.Forward.PCR, value.Backward.PCR)
		default:
			fmt.Fprintf(&b, " %s %v", strings.ToLower(name), reflect.Indirect(f).Interface())
		}
	}
	return b.String()
}

// String is the ladder.
func (r *Record) String() string {
	lines := r.lines
	if r.Last > 0 && len(lines) > r.Last {
		lines = lines[len(lines)-r.Last:]
	}
	return strings.Join(lines, "\n")
}
