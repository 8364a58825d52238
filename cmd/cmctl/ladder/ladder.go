package ladder

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"callmanager/api/cmdpb"
	"callmanager/cmd/cmctl/table"
	"callmanager/signalling/dissect"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// A Ladder prints the events of a trace, one line a PDU.
type Ladder struct {
	// Out is where the lines go.
	Out io.Writer
	// Local and Remote name the hosts. An empty remote takes the name of the link that leads there.
	Local, Remote string
	// Width is that of the column of the remote names, in characters.
	Width int
	// All has PDUs of SSCOP printed too that carry no message.
	All bool
	// Colour tells direction and trouble by colours.
	Colour bool
	// Call is the call whose messages are printed; the zero value is all calls.
	Call Filter
}

// arrowWidth is that of the longest message name on its arrow.
const arrowWidth = 29

// The colours of a ladder (ECMA-48).
const (
	colourSent     = "\x1b[32m" // green
	colourReceived = "\x1b[36m" // cyan
	colourFault    = "\x1b[31m" // red
	colourEnd      = "\x1b[m"
)

// Add prints one event, if it is one of those wanted, and how many were lost before it. It returns the error of Out.
func (l *Ladder) Add(e *cmdpb.TraceEvent) error {
	var lost error
	if e.GetLost() > 0 {
		_, lost = fmt.Fprintf(l.Out, "%15s  (%d events lost)\n", "", e.GetLost())
	}
	line := LineOf(e)
	if line.Message == "" && !l.All || !l.Call.Matches(e, &line) {
		return lost
	}
	name, details := line.Message, line.Details
	if name == "" {
		name, details, _ = strings.Cut(line.Summary, " ")
	} else {
		details = strings.TrimRight(reference(e, &line)+"  "+details, " ")
	}
	remote := table.Printable(cmp.Or(l.Remote, e.GetLink()))
	text := fmt.Sprintf("%s  %s  %s  %-*s  %s", time.Unix(0, int64(e.GetTimeNs())).Format("15:04:05.000000"),
		table.Printable(l.Local), l.paint(arrow(table.Printable(name), e.GetSent()), e, &line), l.Width, remote,
		table.Printable(details))
	_, err := fmt.Fprintln(l.Out, strings.TrimRight(text, " "))
	return errors.Join(lost, err)
}

// LineOf puts an event into words. One without octets has its own.
func LineOf(e *cmdpb.TraceEvent) dissect.Line {
	if len(e.GetSdu()) == 0 {
		return dissect.Line{
			Summary: e.GetSummary(), Message: e.GetMessage(), CallReference: msg.CallRef{Value: e.GetCallReference()},
			Details: strings.TrimPrefix(e.GetSummary(), e.GetMessage()+" "),
		}
	}
	return dissect.Summarize(e.GetSdu())
}

// arrow draws a name on an arrow from or to this host.
func arrow(name string, sent bool) string {
	const head, around = 3, 2 // the arrow's other end, and blanks
	dashes := strings.Repeat("-", max(1, arrowWidth-head-around-len(name)))
	if sent {
		return "-- " + name + " " + dashes + ">"
	}
	return "<" + dashes + " " + name + " --"
}

// paint gives an arrow its colour.
func (l *Ladder) paint(text string, e *cmdpb.TraceEvent, line *dissect.Line) string {
	switch {
	case !l.Colour:
		return text
	case line.Cause != 0 && line.Cause != ie.CauseNormalClearing && line.Cause != ie.CauseNormalUnspecified && line.Cause != ie.CauseStatusEnquiryResponse:
		return colourFault + text + colourEnd
	case e.GetSent():
		return colourSent + text + colourEnd
	}
	return colourReceived + text + colourEnd
}

// reference formats a call reference as the list of calls does.
func reference(e *cmdpb.TraceEvent, line *dissect.Line) string {
	switch line.CallReference.Value {
	case msg.GlobalCallRef:
		return "global"
	case msg.DummyCallRef:
		return "dummy"
	}
	return fmt.Sprintf("%d/%s", line.CallReference.Value, owner(e, line))
}
