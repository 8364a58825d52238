package simnet

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
	Last  int
	lines []string
}

func (r *Record) note(now time.Duration, format string, args ...any) {
	if r == nil {
		return
	}
	r.lines = append(r.lines, fmt.Sprintf("%12.6f  %s", now.Seconds(), fmt.Sprintf(format, args...)))
	if r.Last > 0 && len(r.lines) > 2*r.Last {
		r.lines = append(r.lines[:0], r.lines[len(r.lines)-r.Last:]...)
	}
}

// frame takes down a PDU on a wire, with what becomes of it.
func (r *Record) frame(y *way, pdu []byte, fate string) {
	if r == nil {
		return
	}
	line := dissect.Summarize(pdu)
	if y.w.healed && line.Message == "" && fate == "" {
		return // SSCOP watches idle links
	}
	summary := line.Summary
	if line.Message != "" {
		summary = fmt.Sprintf("%s %06x %s", line.Message, line.CallReference.Value, summary)
	}
	if fate != "" {
		fate = "  [" + strings.TrimSpace(fate) + "]"
	}
	r.note(y.w.now, "%s ---> %s  %s%s", y.from.h, y.to.h, summary, fate)
}

// request takes down what a client asks, event what it is told.
func (r *Record) request(now time.Duration, c *client, q cm.Request) {
	if r != nil {
		r.note(now, "%s <-- client %d  %s", c.h, c.id, words(q))
	}
}

func (r *Record) event(now time.Duration, c *client, ev cm.Event) {
	if r != nil {
		r.note(now, "%s --> client %d  %s", c.h, c.id, words(ev))
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
