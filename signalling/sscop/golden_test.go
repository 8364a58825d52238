package sscop_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/sscop"
)

// captured is a PDU of a golden session. The capture was taken at the side that
// made the connection: what that side sent may have been lost afterwards, what
// is lost of the other is not in it.
type captured struct {
	n      int // in the file, from 1
	at     time.Duration
	caller bool // sent it
	octets []byte
	pdu    sscop.PDU
}

func readSession(t *testing.T, name string) (all []captured) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(golden, "sscop", name))
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	var begin time.Duration
	for b = b[24:]; len(b) >= 16; {
		record := b[16 : 16+le.Uint32(b[8:])]
		at := time.Duration(le.Uint32(b))*time.Second + time.Duration(le.Uint32(b[4:]))*time.Microsecond
		b = b[16+len(record):]
		if begin == 0 {
			begin = at
		}
		c := captured{n: len(all) + 1, at: at - begin, caller: record[0]&0x80 != 0, octets: record[4:]}
		c.pdu = parse(t, c.octets)
		all = append(all, c)
	}
	return all
}

// standIn is our entity in place of one side of a session.
type standIn struct {
	*rig
	session []captured
	caller  bool // the side that it stands in for
	burst   bool // the user gave all data at once
	given   bool
	losses  [2]int // every so many PDUs to this side, and from it, are lost; 0: none
	heard   int
	said    int
}

// TestGoldenSessions lets our entity stand in for each side of the two captured
// sessions, given what the other side sent and what the user did. In the second
// one, between two stacks that have nothing in common, every ninth PDU of the
// caller is lost and every seventh of the other. Each PDU that ours sends is the
// captured one octet by octet, and the data arrive once and in order.
func TestGoldenSessions(t *testing.T) {
	for _, row := range []struct {
		file    string
		pdus    int
		window  int // of the called side; the caller has 128
		sdus    int // that arrive
		losses  [2]int
		retried uint64 // SDs that the caller sends again
	}{
		{file: "session.pcap", pdus: 10, window: 128, sdus: 2},
		{file: "two-stacks-with-loss.pcap", pdus: 426, window: 30, sdus: 300, losses: [2]int{9, 7}, retried: 37},
	} {
		session := readSession(t, row.file)
		if len(session) != row.pdus {
			t.Fatalf("%s: %d PDUs", row.file, len(session))
		}
		t.Run(row.file+" as the caller", func(t *testing.T) {
			s := standIn{rig: newRig(t, sscop.Config{Window: 128}), session: session, caller: true, burst: row.sdus > 100}
			s.play()
			if n := s.c.Stats().Retransmitted; n != row.retried {
				t.Errorf("%d SDs were sent again, want %d", n, row.retried)
			}
		})
		t.Run(row.file+" as the called", func(t *testing.T) {
			s := standIn{rig: newRig(t, sscop.Config{Window: row.window}), session: session, losses: row.losses}
			s.play()
			if diff := cmp.Diff(s.callerData(row.sdus), s.sdus); diff != "" {
				t.Errorf("delivered (-sent +ours):\n%s", diff)
			}
		})
	}
}

// callerData returns the first n SDUs of the caller.
func (s *standIn) callerData(n int) (sdus []string) {
	connection := 0
	seen := make(map[string]bool)
	for i := range s.session {
		c := &s.session[i]
		if c.pdu.Type == sscop.RS {
			connection++
		}
		key := fmt.Sprint(connection, c.pdu.NS)
		if c.pdu.Type == sscop.SD && !seen[key] && len(sdus) < n {
			seen[key] = true
			sdus = append(sdus, string(c.pdu.Data))
		}
	}
	return sdus
}

func (s *standIn) play() {
	s.t.Helper()
	for i := range s.session {
		c := &s.session[i]
		s.now = c.at
		if c.caller == s.caller {
			s.expect(c)
			continue
		}
		s.heard++
		if s.losses[0] == 0 || s.heard%s.losses[0] != 0 {
			s.hear(c)
		}
	}
	s.skipLost()
	if len(s.sent) > 0 {
		s.t.Errorf("sent beyond the capture: %v", s.sent)
	}
	if s.c.State() != sscop.Idle {
		s.t.Errorf("ends in %v", s.c.State())
	}
	for i, n := range s.c.Stats().Errors {
		code := sscop.ErrorCode('A' + i)
		if n > 0 && code != sscop.ErrLoss && code != sscop.ErrNoCredit && code != sscop.ErrCreditAgain {
			s.t.Errorf("MAA-ERROR %v %d times", code, n)
		}
	}
}

// hear takes a PDU and lets the user answer as the captured one did: yes to all,
// and done with what is delivered.
func (s *standIn) hear(c *captured) {
	s.t.Helper()
	before := len(s.sdus)
	s.take()
	s.recv(c.pdu)
	switch s.take() {
	case "EST.ind":
		s.do(func(c *sscop.Conn) { c.EstablishResponse(nil) })
	case "RSY.ind":
		s.do(func(c *sscop.Conn) { c.ResyncResponse() })
	}
	s.do(func(c *sscop.Conn) { c.Grant(len(s.sdus) - before) })
}

// skipLost takes away what was lost before the capture.
func (s *standIn) skipLost() {
	if n := s.losses[1]; n > 0 && len(s.sent) > 0 && (s.said+1)%n == 0 {
		s.sent = s.sent[1:]
		s.said++
	}
}

// expect wants our entity to send what the captured side sent: already, as an
// answer, or when its user or its timer does what the captured one did.
func (s *standIn) expect(c *captured) {
	s.t.Helper()
	s.skipLost()
	switch {
	case len(s.sent) == 0:
		s.provoke(c)
	case c.pdu.Type == sscop.POLL && s.sent[0].Type != sscop.POLL: // a timer was a little faster there
		answers := s.sent
		s.sent = nil
		s.timer(c)
		s.sent = append(s.sent, answers...)
	}
	if len(s.sent) == 0 {
		s.t.Fatalf("PDU %d is %v, ours sends nothing", c.n, &c.pdu)
	}
	p := s.sent[0]
	s.sent, s.said = s.sent[1:], s.said+1
	if got := p.Append(nil); !cmp.Equal(got, c.octets) {
		s.t.Fatalf("PDU %d is %v % x, ours %v % x", c.n, &c.pdu, c.octets, &p, got)
	}
}

// provoke lets happen what makes a PDU of this type go out.
func (s *standIn) provoke(c *captured) {
	s.t.Helper()
	uu := c.pdu.Data
	switch c.pdu.Type { //nolint:exhaustive // the others are answers
	case sscop.BGN:
		s.do(func(c *sscop.Conn) { c.Establish(uu) })
	case sscop.RS:
		s.do(func(c *sscop.Conn) { c.Resync(uu) })
	case sscop.END:
		s.do(func(c *sscop.Conn) { c.Release(uu) })
	case sscop.UD:
		s.do(func(c *sscop.Conn) { c.UnitData(uu) })
	case sscop.MD:
		s.do(func(c *sscop.Conn) { c.MgmtData(uu) })
	case sscop.SD:
		if s.burst && !s.given {
			s.given = true
			s.data(s.callerData(300)...)
			return
		}
		s.data(string(uu))
	case sscop.POLL:
		s.timer(c)
	default:
		s.t.Fatalf("PDU %d: nothing makes ours send %v", c.n, &c.pdu)
	}
}

// timer runs out the timer that the captured side's must have been: the next one
// of ours, within the 20 ms that two schedulers make of it.
func (s *standIn) timer(c *captured) {
	s.t.Helper()
	next := -1
	for i := range s.timers {
		if s.timers[i].on && (next < 0 || s.timers[i].at < s.timers[next].at) {
			next = i
		}
	}
	if next < 0 {
		s.t.Fatalf("PDU %d is %v, no timer of ours runs", c.n, &c.pdu)
	}
	if off := (c.at - s.timers[next].at).Abs(); off > 20*time.Millisecond {
		s.t.Errorf("PDU %d: Timer_%v is %v off", c.n, sscop.Timer(next), off)
	}
	s.expire(sscop.Timer(next))
}
