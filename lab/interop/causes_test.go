package interop_test

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/lab/interop"
)

// causes counts the causes in the messages that the daemon sends, in the words of a trace. It shows which
// side has refused a call: the guest tells its caller an errno at most.
type causes struct {
	mu   sync.Mutex
	seen map[string]int
	lost uint64
}

// inSummary finds the cause in a trace's line.
var inSummary = regexp.MustCompile(`\bcause (\d+)`)

// follow counts from now on.
func (s *session) follow(t *testing.T) {
	t.Helper()
	s.sent.seen = map[string]int{}
	err := s.conn.Trace(t.Context(), "", func(e *cmdpb.TraceEvent) {
		s.sent.mu.Lock()
		defer s.sent.mu.Unlock()
		s.sent.lost += e.GetLost()
		if m := inSummary.FindStringSubmatch(e.GetSummary()); m != nil && e.GetSent() {
			s.sent.seen[e.GetMessage()+" "+m[1]]++
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// normalUnspecified is the cause of an ordinary release by UNI 3.0, in place of 16.
const normalUnspecified = 31

// unusual returns how often the daemon has sent which cause but that of an ordinary release, and forgets
// it.
func (s *session) unusual(t *testing.T) map[string]int {
	t.Helper()
	s.sent.mu.Lock()
	defer s.sent.mu.Unlock()
	if s.sent.lost > 0 {
		t.Errorf("the trace has lost %d events", s.sent.lost)
	}
	seen := s.sent.seen
	s.sent.seen = map[string]int{}
	ordinary := client.NormalClearing
	if s.profile == "uni3.0" {
		ordinary = normalUnspecified
	}
	delete(seen, fmt.Sprintf("RELEASE %d", ordinary))
	return seen
}

// wantUsual fails if the daemon has refused a call or ended one in another way than an ordinary one.
func (s *session) wantUsual(t *testing.T) {
	t.Helper()
	if seen := s.unusual(t); len(seen) > 0 {
		t.Errorf("the daemon sent %v", seen)
	}
}

// inUse is how the guest's kernel says that a VC is in use there.
const inUse = "address already in use"

// collisions counts the calls that the guest's kernel could not take since their VC was in use there, as
// its own accept tells. The counting ends with the task.
func collisions(task *interop.Task) *atomic.Int64 {
	n := new(atomic.Int64)
	go func() {
		for {
			switch r, err := task.Next(); {
			case r.What == "failed" && strings.Contains(r.Text, inUse):
				n.Add(1)
			case r.What == "" && err != nil:
				return
			}
		}
	}()
	return n
}
