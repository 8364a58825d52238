package ladder

import (
	"fmt"
	"strconv"
	"strings"

	"callmanager/api/cmdpb"
	"callmanager/signalling/dissect"
	"callmanager/signalling/q2931/msg"
)

// The sides that allocate call references, as the list of calls names them.
const (
	Ours   = "ours"
	Theirs = "theirs"
)

// owner returns the side that allocated a call reference.
func owner(e *cmdpb.TraceEvent, line *dissect.Line) string {
	if e.GetSent() != line.CallReference.Flag {
		return Ours
	}
	return Theirs
}

// A Filter lets the messages of one call through. The zero value lets all events through.
type Filter struct {
	on    bool
	link  string // empty: any
	value uint32
	owner string // empty: whoever allocated the reference
}

// ParseFilter reads [LINK:]REF[/ours|/theirs]. An empty text makes the zero value; what is wrong with another is told in
// words that begin with it.
func ParseFilter(s string) (f Filter, err error) {
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
	if err != nil || n >= uint64(msg.DummyCallRef) || f.owner != "" && f.owner != Ours && f.owner != Theirs {
		return f, fmt.Errorf("%q: want a call reference such as 13, bob:13 or bob:13/ours", s)
	}
	f.value = uint32(n)
	return f, nil
}

// Link returns the link that the call is on; it is empty for any.
func (f *Filter) Link() string { return f.link }

// Matches reports whether an event is of the call. The line is what [LineOf] makes of the event.
func (f *Filter) Matches(e *cmdpb.TraceEvent, line *dissect.Line) bool {
	if !f.on {
		return true
	}
	return line.Message != "" && line.CallReference.Value == f.value && (f.link == "" || f.link == e.GetLink()) &&
		(f.owner == "" || f.owner == owner(e, line))
}
