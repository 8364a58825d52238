package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"callmanager/api/cmdpb"
	"callmanager/signalling/dissect"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// ladder prints signalling between two hosts, one line a PDU:
//
//	15:04:05.000000  alice  -- SETUP ----------------->  bob  13/ours  to 4700... from 4700... BCOB-X
//	15:04:05.000100  alice  <-------- CALL PROCEEDING --  bob  13/ours  0/32
type ladder struct {
	out io.Writer
	// local and remote name the hosts. An empty remote takes the name of the link that leads there.
	local, remote string
	width         int // of the column of the remote names
	all           bool
	colour        bool
	call          callFilter
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

// add prints one event.
func (l *ladder) add(e *cmdpb.TraceEvent) error {
	var lost error
	if e.GetLost() > 0 {
		_, lost = fmt.Fprintf(l.out, "%15s  (%d events lost)\n", "", e.GetLost())
	}
	line := lineOf(e)
	if line.Message == "" && !l.all || !l.call.matches(e, &line) {
		return lost
	}
	name, details := line.Message, line.Details
	if name == "" {
		name, details, _ = strings.Cut(line.Summary, " ")
	} else {
		details = strings.TrimRight(reference(e, &line)+"  "+details, " ")
	}
	remote := strings.Map(visible, cmp.Or(l.remote, e.GetLink()))
	text := fmt.Sprintf("%s  %s  %s  %-*s  %s", time.Unix(0, int64(e.GetTimeNs())).Format("15:04:05.000000"),
		strings.Map(visible, l.local), l.paint(arrow(strings.Map(visible, name), e.GetSent()), e, &line), l.width, remote,
		strings.Map(visible, details))
	_, err := fmt.Fprintln(l.out, strings.TrimRight(text, " "))
	return errors.Join(lost, err)
}

// lineOf puts an event into words. One without octets has its own.
func lineOf(e *cmdpb.TraceEvent) dissect.Line {
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
func (l *ladder) paint(text string, e *cmdpb.TraceEvent, line *dissect.Line) string {
	switch {
	case !l.colour:
		return text
	case line.Cause != 0 && line.Cause != ie.CauseNormalClearing && line.Cause != ie.CauseNormalUnspecified && line.Cause != ie.CauseStatusEnquiryResponse:
		return colourFault + text + colourEnd
	case e.GetSent():
		return colourSent + text + colourEnd
	}
	return colourReceived + text + colourEnd
}

// The sides that allocate call references, as the list of calls names them.
const (
	ours   = "ours"
	theirs = "theirs"
)

// owner returns the side that allocated a call reference.
func owner(e *cmdpb.TraceEvent, line *dissect.Line) string {
	if e.GetSent() != line.CallReference.Flag {
		return ours
	}
	return theirs
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

// callFilter lets one call through, or all if on is not set.
type callFilter struct {
	on    bool
	link  string // empty: on any link
	value uint32
	owner string // empty: whoever allocated the reference
}

// parseCallFilter reads [LINK:]REF[/ours|/theirs].
func parseCallFilter(s string) (f callFilter, err error) {
	if s == "" {
		return f, nil
	}
	f.on = true
	rest := s
	if i := strings.LastIndexByte(s, ':'); i >= 0 {
		f.link, rest = s[:i], s[i+1:]
	}
	rest, f.owner, _ = strings.Cut(rest, "/")
	n, err := strconv.ParseUint(rest, 10, 32)
	if err != nil || n >= uint64(msg.DummyCallRef) || f.owner != "" && f.owner != ours && f.owner != theirs {
		return f, fmt.Errorf("--call %q: want a call reference such as 13, bob:13 or bob:13/ours: %w", s, errUsage)
	}
	f.value = uint32(n)
	return f, nil
}

// matches reports whether an event is of the call.
func (f *callFilter) matches(e *cmdpb.TraceEvent, line *dissect.Line) bool {
	if !f.on {
		return true
	}
	return line.Message != "" && line.CallReference.Value == f.value && (f.link == "" || f.link == e.GetLink()) &&
		(f.owner == "" || f.owner == owner(e, line))
}
